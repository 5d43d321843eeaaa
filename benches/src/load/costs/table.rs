//! Costs as lines of text.

use std::fmt;

use super::Costs;

impl Costs {
    /// Bytes, sizes and the wall: name and value.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String)> {
        let bytes = |bytes: f64| format!("{bytes:.0}");
        vec![
            ("bytes a payment, batches between validators", bytes(self.batch_bytes)),
            ("  votes and all else between them", bytes(self.vote_bytes)),
            ("  on loopback, clients and headers included", bytes(self.loopback_bytes)),
            ("  put into one validator's store", bytes(self.stored_bytes)),
            ("  written to disk by one validator", self.disk_bytes.map_or("?".into(), bytes)),
            ("  kept on disk by one validator", bytes(self.kept_bytes)),
            ("transactions in a block", format!("{:.1}", self.block_transactions)),
            ("transactions verified together", format!("{:.1}", self.verified_together)),
            ("flushes a second, one validator", format!("{:.1}", self.flushes_per_second)),
            ("one signature among many", format!("{:.1} us", self.signature_micros)),
            ("wall: only signatures, all cores", format!("{:.0} transactions a second", self.wall)),
            ("  reached", format!("{:.0} %", 100.0 * self.wall_share)),
        ]
    }
}

/// Where processor time went, as a table.
impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<44} {:>10} {:>8}", "processor time a payment", "us", "share")?;
        for cost in &self.cpu_micros {
            writeln!(f, "  {:<42} {:>10.1} {:>6.1} %", cost.work, cost.micros, 100.0 * cost.share)?;
        }
        let total: f64 = self.cpu_micros.iter().map(|cost| cost.micros).sum();
        writeln!(f, "  {:<42} {total:>10.1}", "all cores, all of the time")
    }
}
