//! The sums of a merchant's report, and the check that it ties.

use types::{Amount, AssetId};

use super::{MerchantReport, MerchantReportError, OrderLine, OrderTotals};
use crate::{OrderStep, Signed};

/// The sums of an asset's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub(super) gross: Amount,
    pub(super) refunded: Amount,
    pub(super) fee: Signed,
    pub(super) vat: Signed,
    pub(super) net: Signed,
    /// By how much more is set aside.
    held: Signed,
}

impl Sums {
    /// The sums, if they can be counted.
    pub(super) fn of(lines: &[OrderLine], asset: AssetId) -> Option<Sums> {
        lines.iter().filter(|line| line.asset == asset).try_fold(Sums::default(), Sums::with)
    }

    fn with(mut self, line: &OrderLine) -> Option<Sums> {
        let gross = Signed::of(line.gross)?;
        match line.step {
            OrderStep::Charge => self.gross = self.gross.checked_add(line.gross)?,
            OrderStep::Capture => {
                self.gross = self.gross.checked_add(line.gross)?;
                self.held = self.held.minus(gross)?;
            }
            OrderStep::Hold => self.held = self.held.plus(gross)?,
            OrderStep::Release | OrderStep::Void | OrderStep::Expire => self.held = self.held.minus(gross)?,
            OrderStep::Refund => self.refunded = self.refunded.checked_add(line.gross)?,
        }
        self.fee = self.fee.plus(line.fee)?;
        self.vat = self.vat.plus(line.vat)?;
        self.net = self.net.plus(line.net)?;
        Some(self)
    }
}

impl MerchantReport {
    /// Checks that the report ties: each line's shares make its amount, the totals are the sums of the lines, what is set aside
    /// is what was and the lines, and in each asset the net of all lines, less what was parked, and what moved beside the orders
    /// lead from the opening to the closing balance.
    pub fn check(&self) -> Result<(), MerchantReportError> {
        if let Some(line) = self.lines.iter().find(|line| !self.totals.iter().any(|total| total.asset == line.asset)) {
            return Err(MerchantReportError::NoTotals(line.asset));
        }
        for line in &self.lines {
            let shares = Signed::sum([line.fee, line.vat, line.net]).ok_or(MerchantReportError::Uncountable)?;
            let gross = Signed::of(line.gross).ok_or(MerchantReportError::Uncountable)?;
            let expected = match line.step {
                step if step.is_payment() => gross,
                OrderStep::Refund => Signed(-gross.0),
                _ => Signed::default(),
            };
            if shares != expected {
                let OrderLine { order, step, height, .. } = line.clone();
                return Err(MerchantReportError::Line { order, step, height });
            }
        }
        self.totals.iter().try_for_each(|totals| self.check_totals(totals))
    }

    fn check_totals(&self, totals: &OrderTotals) -> Result<(), MerchantReportError> {
        let asset = totals.asset;
        let uncountable = MerchantReportError::Uncountable;
        let sums = Sums::of(&self.lines, asset).ok_or(MerchantReportError::Uncountable)?;
        let OrderTotals { gross, refunded, fee, vat, net, .. } = *totals;
        if (sums.gross, sums.refunded, sums.fee, sums.vat, sums.net) != (gross, refunded, fee, vat, net) {
            return Err(MerchantReportError::Totals(asset));
        }
        let held = Signed::between(totals.held_before, totals.held);
        let (Some(held), Some(moved)) = (held, Signed::between(totals.opening, totals.closing)) else {
            return Err(uncountable);
        };
        if held != sums.held {
            return Err(MerchantReportError::StillHeld { asset, held, lines: sums.held });
        }
        let lines = net.minus(totals.parked).and_then(|net| net.plus(totals.beside)).ok_or(uncountable)?;
        if moved != lines {
            return Err(MerchantReportError::Closing { asset, moved, lines });
        }
        Ok(())
    }
}
