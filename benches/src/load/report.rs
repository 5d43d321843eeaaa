//! What a run has shown: as a table, as JSON and as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Deserializer, Serialize};
use types::{Hash, Height};

use super::costs::Costs;
use super::html;
use super::measure::Interval;
use super::mix::Mix;

/// Milliseconds from when a payment was due to the client's knowledge of its finality.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct FinalityMillis {
    /// Half of the payments were final within this time.
    pub p50: f64,
    /// Nine of ten were.
    pub p90: f64,
    /// 99 of a hundred were.
    pub p99: f64,
    /// All were.
    pub max: f64,
}

/// The figures of a run: what `--json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Payments sent. Each is in exactly one of the next five.
    pub submitted: u64,
    /// Executed with effect.
    #[serde(rename = "final")]
    pub finalized: u64,
    /// Executed without effect.
    pub failed: u64,
    /// Never executed, and never will be.
    pub expired: u64,
    /// Refused by every node that was asked.
    pub rejected: u64,
    /// Perhaps or surely admitted, but without a certain outcome by the deadline and a grace. The warm-up's included.
    pub lost: u64,
    /// Seconds from the first sending to the last finality.
    pub duration_s: f64,
    /// `final` / `duration_s`.
    pub payments_per_second: f64,
    /// From when a payment was due to the client's knowledge of its finality.
    pub finality_ms: FinalityMillis,
    /// How many validators the network has.
    pub validators: usize,
    /// Whether all validators that answer have the same state root.
    pub state_roots_agree: bool,
    /// Whether on each of them each asset's supply equals the sum of all balances.
    pub supply_conserved: bool,

    /// What the load consisted of.
    pub mix: Mix,
    /// Payments in a transaction.
    pub payments_each: u64,
    /// Milliseconds for which validators held everything from one another back.
    pub link_delay_ms: u64,
    /// `rate` or `saturate`.
    pub mode: String,
    /// Payments a second asked for, in open loop.
    pub rate: Option<u32>,
    /// Accounts that pay one another.
    pub accounts: u64,
    /// Payments of the warm-up, which are in none of the figures above but `lost`.
    pub warmup_submitted: u64,
    /// Blocks with payments of this run.
    pub blocks: u64,
    /// The longest time between two such blocks while load was on, as the client saw them.
    pub longest_gap_ms: f64,
    /// Refusals by error code; what a busy node refused was sent again.
    #[serde(deserialize_with = "by_code")]
    pub refusals: BTreeMap<i32, u64>,
    /// Sendings of bytes that had been sent before.
    pub resent: u64,
    /// Processor time of this process while load was on, in seconds.
    pub client_cpu_seconds: Option<f64>,
    /// Processor time of each validator in the same time, in seconds; null where its process is not known here.
    pub validator_cpu_seconds: Vec<Option<f64>>,
    /// Resident memory of each validator at the end, in bytes.
    pub validator_resident_bytes: Vec<Option<u64>>,
    /// Where the costs went; null where a validator runs elsewhere, or the system does not tell.
    pub costs: Option<Costs>,
    /// The height at which state roots were compared.
    pub height: Height,
    /// The state root there.
    pub state_root: Hash,
    /// What is wrong or was not checked.
    pub remarks: Vec<String>,
}

impl Summary {
    /// Whether nothing was lost, the validators agree and no money appeared or vanished.
    pub fn is_sound(&self) -> bool {
        self.lost == 0 && self.state_roots_agree && self.supply_conserved
    }

    /// What the load was, for people.
    pub(super) fn load(&self) -> String {
        let load = match self.rate {
            Some(rate) => format!("{rate} payments a second, open loop"),
            None => "saturation, a bounded number in flight".to_owned(),
        };
        format!("{load} ({})", self.mix.name())
    }
}

/// JSON writes codes as text, and within a flattened structure serde does not read it as numbers by itself.
fn by_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<i32, u64>, D::Error> {
    let counts: BTreeMap<String, u64> = BTreeMap::deserialize(deserializer)?;
    counts.into_iter().map(|(code, count)| Ok((code.parse().map_err(serde::de::Error::custom)?, count))).collect()
}

/// All that a run has shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The figures.
    #[serde(flatten)]
    pub summary: Summary,
    /// The seconds of the run.
    pub timeline: Vec<Interval>,
    /// Percentile and milliseconds, for the plot of latencies.
    pub percentiles: Vec<(f64, f64)>,
}

impl Report {
    /// Whether nothing was lost, the validators agree and no money appeared or vanished.
    pub fn is_sound(&self) -> bool {
        self.summary.is_sound()
    }

    /// The figures as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(&self.summary).expect("names and numbers are JSON")
    }

    /// The figures' names and values, for people.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let Summary { finality_ms: finality, .. } = self.summary;
        let summary = &self.summary;
        let yes = |good: bool| if good { "yes" } else { "NO" }.to_owned();
        let list = |values: Vec<Option<String>>| {
            values.into_iter().map(|value| value.unwrap_or("?".into())).collect::<Vec<_>>().join("  ")
        };
        let seconds = |value: &Option<f64>| value.map(|seconds| format!("{seconds:.2}"));
        let megabytes = |value: &Option<u64>| value.map(|bytes| format!("{}", bytes >> 20));
        let refusals = summary.refusals.iter().map(|(code, count)| format!("{count} x {code}"));
        let mut rows = vec![
            ("load", summary.load()),
            ("submitted", summary.submitted.to_string()),
            ("final", summary.finalized.to_string()),
            ("failed", summary.failed.to_string()),
            ("expired", summary.expired.to_string()),
            ("rejected", summary.rejected.to_string()),
            ("lost", summary.lost.to_string()),
            ("payments a second", format!("{:.0}", summary.payments_per_second)),
            ("  from first sending to last finality", format!("{:.2} s", summary.duration_s)),
            ("finality p50", format!("{:.1} ms", finality.p50)),
            ("finality p90", format!("{:.1} ms", finality.p90)),
            ("finality p99", format!("{:.1} ms", finality.p99)),
            ("finality max", format!("{:.1} ms", finality.max)),
            ("blocks with payments", summary.blocks.to_string()),
            ("longest gap between them", format!("{:.0} ms", summary.longest_gap_ms)),
            ("sent again", summary.resent.to_string()),
            ("refusals by code", refusals.collect::<Vec<_>>().join(", ")),
            ("validators", summary.validators.to_string()),
            ("state roots agree", format!("{} (height {})", yes(summary.state_roots_agree), summary.height)),
            ("supply conserved", yes(summary.supply_conserved)),
            ("processor time, client (s)", seconds(&summary.client_cpu_seconds).unwrap_or("?".into())),
            ("processor time, validators (s)", list(summary.validator_cpu_seconds.iter().map(seconds).collect())),
            ("memory, validators (MiB)", list(summary.validator_resident_bytes.iter().map(megabytes).collect())),
        ];
        rows.extend(summary.costs.iter().flat_map(Costs::rows));
        rows
    }

    /// The figures as a table for a terminal.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (name, value) in self.rows() {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{name:<44} {value}");
        }
        if let Some(costs) = &self.summary.costs {
            let _ = write!(table, "\n{costs}");
        }
        for remark in &self.summary.remarks {
            let _ = writeln!(table, "! {remark}");
        }
        table
    }

    /// Writes `report.json` and `index.html` into `directory`, which is made if needed.
    pub fn write(&self, directory: &Path) -> anyhow::Result<()> {
        let place = || format!("cannot write the report into {}", directory.display());
        std::fs::create_dir_all(directory).with_context(place)?;
        let json = serde_json::to_string_pretty(self).with_context(place)?;
        std::fs::write(directory.join("report.json"), json).with_context(place)?;
        std::fs::write(directory.join("index.html"), html::page(self)).with_context(place)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A report of a run in which all went well.
    pub(in crate::load) fn sound() -> Report {
        let interval = |second| Interval {
            second,
            sent: 1000,
            finalized: 990 + second,
            p50_ms: 10.0,
            p99_ms: 30.5,
            max_ms: 41.0,
            height: second * 20,
        };
        let summary = Summary {
            submitted: 30_000,
            finalized: 29_998,
            failed: 1,
            expired: 0,
            rejected: 1,
            lost: 0,
            duration_s: 30.01,
            payments_per_second: 999.6,
            finality_ms: FinalityMillis { p50: 10.0, p90: 20.0, p99: 30.0, max: 41.0 },
            validators: 4,
            state_roots_agree: true,
            supply_conserved: true,
            mix: Mix::SelfSigned,
            payments_each: 1,
            link_delay_ms: 0,
            mode: "rate".into(),
            rate: Some(1000),
            accounts: 10_000,
            warmup_submitted: 0,
            blocks: 600,
            longest_gap_ms: 60.0,
            refusals: BTreeMap::from([(-33011, 3)]),
            resent: 3,
            client_cpu_seconds: Some(3.5),
            validator_cpu_seconds: vec![Some(5.0), None],
            validator_resident_bytes: vec![Some(50 << 20), None],
            costs: None,
            height: Height(600),
            state_root: Hash::ZERO,
            remarks: vec!["d <does> not answer".into()],
        };
        let percentiles = vec![(50.0, 10.0), (90.0, 20.0), (99.0, 30.0), (100.0, 41.0)];
        Report { summary, timeline: (1..=30).map(interval).collect(), percentiles }
    }

    #[test]
    fn json_has_the_named_fields() {
        let value: serde_json::Value = serde_json::from_str(&sound().json()).expect("JSON");
        for count in ["submitted", "final", "failed", "expired", "rejected", "lost", "validators"] {
            assert!(value[count].is_u64(), "{count}");
        }
        for number in ["duration_s", "payments_per_second", "longest_gap_ms", "client_cpu_seconds"] {
            assert!(value[number].is_f64(), "{number}");
        }
        for percentile in ["p50", "p90", "p99", "max"] {
            assert!(value["finality_ms"][percentile].is_f64(), "{percentile}");
        }
        assert_eq!((&value["state_roots_agree"], &value["supply_conserved"]), (&true.into(), &true.into()));
        assert!(value["validator_cpu_seconds"][1].is_null());
        assert_eq!(value["refusals"]["-33011"], 3);
    }

    #[test]
    fn soundness_is_no_loss_equal_roots_and_conserved_supply() {
        assert!(sound().is_sound());
        let spoil: [fn(&mut Summary); 3] =
            [|s| s.lost = 1, |s| s.state_roots_agree = false, |s| s.supply_conserved = false];
        for spoil in spoil {
            let mut report = sound();
            spoil(&mut report.summary);
            assert!(!report.is_sound());
        }
    }

    #[test]
    fn the_table_shows_figures_and_remarks() {
        let table = sound().table();
        assert!(table.lines().any(|line| line.starts_with("final ") && line.ends_with(" 29998")));
        assert!(table.contains("! d <does> not answer"));
    }

    #[test]
    fn a_report_is_two_files() {
        let directory = tempfile::tempdir().expect("directory");
        let place = directory.path().join("new");
        sound().write(&place).expect("written");
        let json = std::fs::read_to_string(place.join("report.json")).expect("there");
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&value["final"], value["timeline"].as_array().map(Vec::len)), (&29_998.into(), Some(30)));
        assert!(place.join("index.html").exists());
    }
}
