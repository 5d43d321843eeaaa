//! A merchant's report as comma-separated values.

use types::Amount;

use super::{MerchantReport, OrderLine};
use crate::rows::Rows;
use crate::time::iso;

const COLUMNS: usize = 16;

const HEAD: [&str; COLUMNS] = [
    "row",
    "time",
    "height",
    "index",
    "transaction",
    "order",
    "customer",
    "by",
    "asset",
    "symbol",
    "gross",
    "fee",
    "vat",
    "net",
    "held",
    "balance",
];

impl MerchantReport {
    /// The report as rows: the merchant, what was set aside and its balance when the period began, a row for each step, and for
    /// each asset what was paid, refunded, parked, moved beside the orders, and what is set aside and its balance at the end.
    /// Amounts are in the asset's smallest unit; what was given back is negative in fee, VAT and net.
    pub fn to_csv(&self) -> String {
        let mut rows = Rows::new(HEAD);
        let (account, height) = (self.account.to_string(), self.height.to_string());
        let name = self.merchant.as_ref().map_or("", |merchant| merchant.name.as_str());
        let chain = self.chain.to_string();
        rows.add(["merchant", "", &height, "", &chain, name, "", &account, "", "", "", "", "", "", "", ""]);
        let (from, to) = (self.period.from.map(iso).unwrap_or_default(), self.period.to.map(iso).unwrap_or_default());
        for totals in &self.totals {
            let asset = totals.asset.to_string();
            let (held, opening) = (totals.held_before.to_string(), totals.opening.to_string());
            let symbol = &totals.symbol;
            rows.add(["opening", &from, "", "", "", "", "", "", &asset, symbol, "", "", "", "", &held, &opening]);
        }
        self.lines.iter().for_each(|line| self.step(line, &mut rows));
        for totals in &self.totals {
            let (asset, symbol) = (totals.asset.to_string(), &totals.symbol);
            let mut total = |row: &str, [gross, fee, vat, net, held, balance]: [&str; 6]| {
                rows.add([row, &to, &height, "", "", "", "", "", &asset, symbol, gross, fee, vat, net, held, balance]);
            };
            let (fee, vat, net) = (totals.fee.to_string(), totals.vat.to_string(), totals.net.to_string());
            total("refunded", [&totals.refunded.to_string(), "", "", "", "", ""]);
            total("total", [&totals.gross.to_string(), &fee, &vat, &net, "", ""]);
            total("parked", ["", "", "", &totals.parked.to_string(), "", ""]);
            total("beside", ["", "", "", "", "", &totals.beside.to_string()]);
            total("closing", ["", "", "", "", &totals.held.to_string(), &totals.closing.to_string()]);
        }
        rows.text()
    }

    fn step(&self, line: &OrderLine, rows: &mut Rows<COLUMNS>) {
        let totals = self.totals.iter().find(|totals| totals.asset == line.asset);
        let held = if line.held == Amount::ZERO { String::new() } else { line.held.to_string() };
        rows.add([
            line.step.name(),
            &iso(line.timestamp),
            &line.height.to_string(),
            &line.index.to_string(),
            &line.transaction.to_string(),
            &line.order,
            &line.customer.to_string(),
            &line.by.to_string(),
            &line.asset.to_string(),
            totals.map_or("", |totals| totals.symbol.as_str()),
            &line.gross.to_string(),
            &line.fee.to_string(),
            &line.vat.to_string(),
            &line.net.to_string(),
            &held,
            "",
        ]);
    }
}
