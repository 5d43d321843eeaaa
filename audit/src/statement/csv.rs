//! A statement as comma-separated values (RFC 4180), for spreadsheets.

use types::Amount;

use super::{Line, Statement};
use crate::time::iso;

const HEAD: &str = "row,time,height,index,transaction,asset,symbol,counterparty,credit,debit,balance,memo,reference";

impl Statement {
    /// The statement as rows: its account, the merchant if it is one, each asset's opening balance, the movements, each
    /// asset's sums and closing balance. Amounts are in the asset's smallest unit.
    pub fn to_csv(&self) -> String {
        let mut rows = vec![HEAD.to_owned()];
        let (account, height) = (self.account.to_string(), self.height.to_string());
        rows.push(row(["account", "", &height, "", "", "", "", &account, "", "", "", "", &self.chain.to_string()]));
        if let Some(merchant) = &self.merchant {
            let (name, number) = (&merchant.name, &merchant.business_number);
            rows.push(row(["merchant", "", &height, "", "", "", "", &account, "", "", "", name, number]));
        }
        for totals in &self.totals {
            let (asset, opening) = (totals.asset.to_string(), totals.opening.to_string());
            let from = self.period.from.map(iso).unwrap_or_default();
            rows.push(row(["opening", &from, "", "", "", &asset, &totals.symbol, "", "", "", &opening, "", ""]));
        }
        rows.extend(self.lines.iter().map(|line| self.movement(line)));
        for totals in &self.totals {
            let (asset, closing) = (totals.asset.to_string(), totals.closing.to_string());
            let (credits, debits) = (totals.credits.to_string(), totals.debits.to_string());
            let to = self.period.to.map(iso).unwrap_or_default();
            let closing =
                ["closing", &to, &height, "", "", &asset, &totals.symbol, "", &credits, &debits, &closing, "", ""];
            rows.push(row(closing));
        }
        rows.join("\r\n") + "\r\n"
    }

    fn movement(&self, line: &Line) -> String {
        let symbol = self.totals.iter().find(|totals| totals.asset == line.asset).map(|totals| totals.symbol.as_str());
        let others: Vec<String> = line.counterparties.iter().map(ToString::to_string).collect();
        let side = |amount: Amount| if amount == Amount::ZERO { String::new() } else { amount.to_string() };
        row([
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
        ])
    }
}

fn row(fields: [&str; 13]) -> String {
    fields.map(field).join(",")
}

/// A field as it is read back. A text that a spreadsheet would take for a formula gets an apostrophe in front: memos and
/// references are whatever a payer wrote.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}
