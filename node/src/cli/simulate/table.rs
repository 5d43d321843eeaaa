//! What came of all runs, by profile.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};
use sim::Report;

/// The runs of one profile.
pub(super) struct Tally {
    profile: &'static str,
    runs: u64,
    simulated_micros: u64,
    events: u64,
    blocks: u64,
    payments: u64,
    faults: u64,
    misdeeds: u64,
    epochs: u64,
    syncs: u64,
    worst_recovery_micros: u64,
    violations: u64,
}

impl Tally {
    pub(super) fn new(profile: &'static str) -> Self {
        let (runs, simulated_micros, events, blocks, payments) = Default::default();
        let (faults, misdeeds, epochs, syncs, worst_recovery_micros, violations) = Default::default();
        Self {
            profile,
            runs,
            simulated_micros,
            events,
            blocks,
            payments,
            faults,
            misdeeds,
            epochs,
            syncs,
            worst_recovery_micros,
            violations,
        }
    }

    pub(super) fn add(&mut self, report: &Report) {
        self.runs += 1;
        self.simulated_micros += report.simulated;
        self.events += report.events;
        self.blocks += report.blocks;
        self.payments += report.payments as u64;
        self.faults += report.faults.len() as u64;
        self.misdeeds += report.misdeeds.values().sum::<u64>();
        self.epochs += report.epochs;
        self.syncs += report.synced;
        self.worst_recovery_micros = self.worst_recovery_micros.max(report.recovery);
        self.violations += u64::from(report.violation.is_some());
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "profile": self.profile, "runs": self.runs, "simulated_seconds": self.simulated_micros as f64 / 1e6,
            "events": self.events, "blocks": self.blocks, "payments": self.payments, "faults": self.faults,
            "misdeeds": self.misdeeds, "epochs": self.epochs, "state_syncs": self.syncs,
            "worst_recovery_seconds": self.worst_recovery_micros as f64 / 1e6,
            "violations": self.violations,
        })
    }
}

/// The table, and a line about the whole.
pub(super) fn table(tallies: &[Tally], took: Duration) -> String {
    let mut text = format!(
        "{:<12}{:>8}{:>10}{:>11}{:>9}{:>10}{:>8}{:>10}{:>8}{:>8}{:>10}{:>12}\n",
        "profile",
        "runs",
        "hours",
        "events",
        "blocks",
        "payments",
        "faults",
        "misdeeds",
        "epochs",
        "syncs",
        "recovery",
        "violations"
    );
    for tally in tallies {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:<12}{:>8}{:>10.2}{:>11}{:>9}{:>10}{:>8}{:>10}{:>8}{:>8}{:>8.1} s{:>12}",
            tally.profile,
            tally.runs,
            tally.simulated_micros as f64 / 3.6e9,
            tally.events,
            tally.blocks,
            tally.payments,
            tally.faults,
            tally.misdeeds,
            tally.epochs,
            tally.syncs,
            tally.worst_recovery_micros as f64 / 1e6,
            tally.violations,
        );
    }
    let runs: u64 = tallies.iter().map(|tally| tally.runs).sum();
    let hours = tallies.iter().map(|tally| tally.simulated_micros).sum::<u64>() as f64 / 3.6e9;
    let (seconds, rate) = (took.as_secs_f64(), runs as f64 / took.as_secs_f64().max(1e-9));
    let _ = writeln!(text, "{runs} runs in {seconds:.1} s, {rate:.1} a second; {hours:.2} simulated hours");
    text
}
