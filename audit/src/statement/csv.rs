//! A statement as comma-separated values (RFC 4180), for spreadsheets.

use types::Amount;

use super::{Line, Statement};
use crate::rows::Rows;
use crate::time::iso;

const COLUMNS: usize = 15;

const HEAD: [&str; COLUMNS] = [
    "row",
    "time",
    "height",
    "index",
    "transaction",
    "asset",
    "symbol",
    "counterparty",
    "credit",
    "debit",
    "balance",
    "memo",
    "reference",
    "order",
    "merchant",
];

impl Statement {
    /// The statement as rows: its account, the merchant if it is one, each asset's opening balance, the movements, each
    /// asset's sums and closing balance. Amounts are in the asset's smallest unit.
    pub fn to_csv(&self) -> String {
        let mut rows = Rows::new(HEAD);
        let (account, height) = (self.account.to_string(), self.height.to_string());
        rows.add(["account", "", &height, "", "", "", "", &account, "", "", "", "", &self.chain.to_string(), "", ""]);
        if let Some(merchant) = &self.merchant {
            let (name, number) = (&merchant.name, &merchant.business_number);
            rows.add(["merchant", "", &height, "", "", "", "", &account, "", "", "", name, number, "", ""]);
        }
        for totals in &self.totals {
            let (asset, opening) = (totals.asset.to_string(), totals.opening.to_string());
            let from = self.period.from.map(iso).unwrap_or_default();
            rows.add(["opening", &from, "", "", "", &asset, &totals.symbol, "", "", "", &opening, "", "", "", ""]);
        }
        self.lines.iter().for_each(|line| self.movement(line, &mut rows));
        for totals in &self.totals {
            let (asset, closing) = (totals.asset.to_string(), totals.closing.to_string());
            let (credits, debits) = (totals.credits.to_string(), totals.debits.to_string());
            let to = self.period.to.map(iso).unwrap_or_default();
            let symbol = &totals.symbol;
            rows.add([
                "closing", &to, &height, "", "", &asset, symbol, "", &credits, &debits, &closing, "", "", "", "",
            ]);
        }
        rows.text()
    }

    fn movement(&self, line: &Line, rows: &mut Rows<COLUMNS>) {
        let symbol = self.totals.iter().find(|totals| totals.asset == line.asset).map(|totals| totals.symbol.as_str());
        let others: Vec<String> = line.counterparties.iter().map(ToString::to_string).collect();
        let orders: Vec<&str> = line.orders.iter().map(|named| &*named.order).collect();
        let mut merchants: Vec<String> = line.orders.iter().map(|named| named.merchant.to_string()).collect();
        merchants.dedup();
        let side = |amount: Amount| if amount == Amount::ZERO { String::new() } else { amount.to_string() };
        rows.add([
            "movement",
            &iso(line.timestamp),
            &line.height.to_string(),
            &line.index.map(|index| index.to_string()).unwrap_or_default(),
            &line.transaction.map(|id| id.to_string()).unwrap_or_default(),
            &line.asset.to_string(),
            symbol.unwrap_or_default(),
            &others.join(" "),
            &side(line.credit),
            &side(line.debit),
            &line.balance.to_string(),
            &line.memos.join("; "),
            &line.references.join("; "),
            &orders.join("; "),
            &merchants.join(" "),
        ]);
    }
}
