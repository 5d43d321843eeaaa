//! Finds the highest rate that a network bears, by loading it at one rate after another.

use std::fmt;

use rpc::net_file::NetFile;
use serde::Serialize;

use super::bound::{Bound, Pace};
use super::options::Options;
use super::report::{FinalityMillis, Report, Summary};
use super::run_quietly;
use super::search::Search;

/// A rate that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// Payments a second offered.
    pub rate: u32,
    /// Payments a second that became final while load was on, after its first second.
    pub final_per_second: f64,
    /// From when a payment was due to the client's knowledge of its finality.
    pub finality_ms: FinalityMillis,
    /// Executed without effect.
    pub failed: u64,
    /// Never executed, and never will be.
    pub expired: u64,
    /// Refused by every node that was asked.
    pub rejected: u64,
    /// Without a certain outcome.
    pub lost: u64,
    /// Whether the bound held.
    pub held: bool,
    /// In which ways it did not.
    pub why: Vec<String>,
}

impl Probe {
    fn new(rate: u32, options: &Options, report: &Report, bound: Bound) -> Probe {
        let run = &report.summary;
        let why = bound.broken_by(options, report);
        Probe {
            rate,
            final_per_second: Pace::of(options, report).per_second(),
            finality_ms: run.finality_ms,
            failed: run.failed,
            expired: run.expired,
            rejected: run.rejected,
            lost: run.lost,
            held: why.is_empty(),
            why,
        }
    }
}

/// A line for people.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FinalityMillis { p50, p99, .. } = self.finality_ms;
        write!(f, "{:>7} payments a second: p50 {p50:>7.1} ms  p99 {p99:>7.1} ms  ", self.rate)?;
        if self.held { f.write_str("held") } else { write!(f, "broke: {}", self.why.join(", ")) }
    }
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Saturation {
    /// The bound on latency, in milliseconds.
    pub bound_p99_ms: f64,
    /// The rates that were tried, in their order.
    pub probes: Vec<Probe>,
    /// The run at the highest rate that held.
    pub highest: Option<Report>,
    /// Whether in all probes the validators agreed and supply was conserved. A payment that was lost breaks the bound, but
    /// not this.
    pub is_sound: bool,
}

/// A search as JSON.
#[derive(Serialize)]
struct Written<'a> {
    bound_p99_ms: f64,
    probes: &'a [Probe],
    highest: Option<&'a Summary>,
}

impl Saturation {
    /// The probes and the figures of the highest rate that held, as JSON.
    pub fn json(&self) -> String {
        let Saturation { bound_p99_ms, probes, highest, .. } = self;
        let highest = highest.as_ref().map(|report| &report.summary);
        serde_json::to_string_pretty(&Written { bound_p99_ms: *bound_p99_ms, probes, highest })
            .expect("names and numbers are JSON")
    }
}

/// Raises the rate until a run breaks the bound, then narrows it down. `each` is told of each probe.
pub async fn search(
    options: &Options,
    net: &NetFile,
    bound: Bound,
    mut each: impl FnMut(&Probe),
) -> anyhow::Result<Saturation> {
    let mut search = Search::new(options.first_rate());
    let mut found = Saturation { bound_p99_ms: bound.p99_ms, probes: Vec::new(), highest: None, is_sound: true };
    while let Some(rate) = search.next() {
        let options = Options { rate: Some(rate), ..options.clone() };
        let report = run_quietly(&options, net).await?;
        let probe = Probe::new(rate, &options, &report, bound);
        each(&probe);
        search.learn(rate, probe.held);
        found.is_sound &= report.summary.state_roots_agree && report.summary.supply_conserved;
        // Rates that hold are tried in rising order.
        if probe.held {
            found.highest = Some(report);
        }
        found.probes.push(probe);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::options::tests::options;
    use super::super::report::tests::sound;
    use super::*;

    fn probe(lost: u64) -> Probe {
        let mut report = sound();
        (report.summary.failed, report.summary.rejected, report.summary.lost) = (0, 0, lost);
        Probe::new(1000, &options(&[]), &report, Bound { p99_ms: 25.0 })
    }

    #[test]
    fn a_probe_tells_why_it_broke() {
        assert_eq!(
            probe(2).to_string(),
            "   1000 payments a second: p50    10.0 ms  p99    30.0 ms  broke: 2 lost, p99 above 25 ms"
        );
    }

    #[test]
    fn json_has_the_probes_and_the_highest() {
        let mut found = Saturation { bound_p99_ms: 25.0, probes: vec![probe(0)], highest: None, is_sound: true };
        let value = |found: &Saturation| serde_json::from_str::<serde_json::Value>(&found.json()).expect("JSON");
        let none = value(&found);
        assert_eq!((&none["bound_p99_ms"], none["highest"].is_null()), (&25.0.into(), true));
        let probe = &none["probes"][0];
        assert_eq!(
            (&probe["rate"], &probe["held"], &probe["why"][0]),
            (&1000.into(), &false.into(), &"p99 above 25 ms".into())
        );
        found.highest = Some(sound());
        assert_eq!(value(&found)["highest"]["submitted"], 30_000);
    }
}
