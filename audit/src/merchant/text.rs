//! A merchant's report as a table to read.

use std::fmt::{Display, Formatter, Result};

use super::{MerchantReport, OrderLine, OrderTotals};
use crate::time::iso;

/// A number with its thousands apart.
fn grouped(number: impl ToString) -> String {
    let number = number.to_string();
    let digits = number.trim_start_matches('-');
    let mut grouped = number[..number.len() - digits.len()].to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl Display for MerchantReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "merchant  {}", self.account)?;
        if let Some(merchant) = &self.merchant {
            let active = if merchant.is_active { "" } else { ", suspended" };
            writeln!(f, "entry     {}, {}{active}", merchant.name, merchant.business_number)?;
        }
        writeln!(f, "chain     {}", self.chain)?;
        writeln!(f, "after     block {}, state {}", self.height, self.state_root)?;
        self.totals.iter().try_for_each(|totals| self.fmt_asset(totals, f))
    }
}

impl MerchantReport {
    fn fmt_asset(&self, totals: &OrderTotals, f: &mut Formatter<'_>) -> Result {
        let head = ["gross", "fee", "VAT", "net", "held"].map(|name| format!("{name:>16}")).concat();
        writeln!(f, "\n{:<33}{head}  order, customer", format!("{} (asset {})", totals.symbol, totals.asset))?;
        for line in self.lines.iter().filter(|line| line.asset == totals.asset) {
            let OrderLine { order, customer, by, .. } = line;
            let by = if by == customer || *by == self.account { String::new() } else { format!(", by {by}") };
            let amounts =
                [grouped(line.gross), grouped(line.fee), grouped(line.vat), grouped(line.net), grouped(line.held)];
            let amounts = amounts.map(|amount| format!("{amount:>16}")).concat();
            let (time, step) = (iso(line.timestamp), line.step.name());
            writeln!(f, "{time:<25}{step:<8}{amounts}  {}, {customer}{by}", &**order)?;
        }
        let mut say = |what: &str, amount: String| writeln!(f, "{what:<33}{amount:>16}");
        say("gross", grouped(totals.gross))?;
        say("refunded", grouped(totals.refunded))?;
        say("fee", grouped(totals.fee))?;
        say("VAT", grouped(totals.vat))?;
        say("net", grouped(totals.net))?;
        say("of it parked", grouped(totals.parked))?;
        say("set aside before", grouped(totals.held_before))?;
        say("still set aside", grouped(totals.held))?;
        say("balance before", grouped(totals.opening))?;
        say("moved beside the orders", grouped(totals.beside))?;
        say("balance", grouped(totals.closing))
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_apart_below_zero_too() {
        let texts = [0i128, 999, 1_000, -999, -1_000, -1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "-999", "-1,000", "-1,234,567"]);
    }
}
