//! What a soak has shown.

use std::fmt::Write;
use std::time::Duration;

use benches::load::{Interval, Summary};
use serde::Serialize;

use super::SoakOptions;
use super::audit::Audit;
use super::killer::Killer;
use super::watch::Watch;

/// The figures of a soak. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoakReport {
    /// What decided the kills.
    pub seed: u64,
    /// For how long payments were sent, in seconds.
    pub seconds: u64,
    /// Payments a second asked for.
    pub rate: u32,
    /// Validators killed.
    pub kills: u64,
    /// Kills of two at once.
    pub kills_of_two: u64,
    /// Kills of all at once.
    pub kills_of_all: u64,
    /// Validators started again.
    pub restarts: u64,
    /// Payments sent, and what became of them as clients were told.
    pub load: Summary,
    /// What is on the chain.
    pub audit: Audit,
    /// The longest time between finalizations.
    pub longest_gap_ms: u64,
    /// The longest time between finalizations while a quorum followed the chain.
    pub longest_gap_with_quorum_ms: u64,
    /// From a validator's start to its first answer, the longest.
    pub longest_start_ms: u64,
    /// From a validator's start to when it follows the chain again, the longest.
    pub longest_return_ms: u64,
    /// Catch-up of validators that were away.
    pub catch_up: CatchUpSpeed,
    /// Resident memory of each validator at the end, in bytes.
    pub memory_bytes: Vec<Option<u64>>,
}

/// How fast validators caught up, from their first answer on, against the chain in the same time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CatchUpSpeed {
    /// How often one caught up that was 20 blocks or more behind.
    pub count: u64,
    /// Together, in seconds.
    pub seconds: f64,
    /// Blocks a second.
    pub blocks_per_second: f64,
    /// Payments a second.
    pub payments_per_second: f64,
    /// What the chain grew in the same time, in blocks a second.
    pub chain_blocks_per_second: f64,
    /// What the chain grew in the same time, in payments a second.
    pub chain_payments_per_second: f64,
}

fn millis(duration: Duration) -> u64 {
    // Some days at most.
    duration.as_millis() as u64
}

impl SoakReport {
    pub(super) fn new(
        options: &SoakOptions,
        load: Summary,
        audit: Audit,
        killer: &Killer,
        watch: &Watch,
        memory_bytes: Vec<Option<u64>>,
    ) -> SoakReport {
        let caught = &watch.catch_up;
        let seconds = caught.took.as_secs_f64();
        let rate = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        SoakReport {
            seed: options.seed,
            seconds: options.duration.as_secs(),
            rate: options.rate,
            kills: killer.kills,
            kills_of_two: killer.pairs,
            kills_of_all: killer.all,
            restarts: killer.restarts,
            load,
            audit,
            longest_gap_ms: millis(watch.longest_gap),
            longest_gap_with_quorum_ms: millis(watch.longest_gap_with_quorum),
            longest_start_ms: millis(watch.longest_start),
            longest_return_ms: millis(watch.longest_return),
            catch_up: CatchUpSpeed {
                count: caught.count,
                seconds,
                blocks_per_second: rate(caught.blocks),
                payments_per_second: rate(caught.payments),
                chain_blocks_per_second: rate(caught.chain_blocks),
                chain_payments_per_second: rate(caught.chain_payments),
            },
            memory_bytes,
        }
    }

    /// True if every payment that a validator took has exactly one outcome, and the same one everywhere.
    pub fn is_sound(&self) -> bool {
        self.load.lost == 0 && self.audit.is_sound()
    }

    /// The figures for people.
    pub fn table(&self) -> String {
        let (load, audit, catch_up) = (&self.load, &self.audit, &self.catch_up);
        let verdict = |holds: bool| if holds { "yes" } else { "NO" };
        let memory: Vec<String> = (self.memory_bytes.iter())
            .map(|bytes| bytes.map_or("?".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000)))
            .collect();
        let lines = [
            (
                "killed",
                format!("{} times ({} of two, {} of all at once)", self.kills, self.kills_of_two, self.kills_of_all),
            ),
            ("started again", format!("{} times", self.restarts)),
            ("payments sent", format!("{} ({} a second for {} s)", load.submitted, self.rate, self.seconds)),
            ("final", load.finalized.to_string()),
            ("failed", load.failed.to_string()),
            ("expired", load.expired.to_string()),
            ("refused", load.rejected.to_string()),
            ("lost", load.lost.to_string()),
            ("sent again", load.resent.to_string()),
            ("on the chain", format!("{} transactions in {} blocks", audit.transactions, audit.blocks)),
            ("executed twice", audit.twice.to_string()),
            ("told, not on chain", audit.missing.to_string()),
            ("on chain, told not", audit.unexpected.to_string()),
            ("chains agree", verdict(audit.chains_agree && load.state_roots_agree).to_owned()),
            ("supply conserved", verdict(audit.supply_conserved && load.supply_conserved).to_owned()),
            ("finality", format!("p50 {:.1} ms, p99 {:.1} ms", load.finality_ms.p50, load.finality_ms.p99)),
            ("longest gap", format!("{} ms", self.longest_gap_ms)),
            ("with a quorum", format!("{} ms", self.longest_gap_with_quorum_ms)),
            ("start", format!("{} ms to the first answer at most", self.longest_start_ms)),
            ("return", format!("{} ms to following the chain at most", self.longest_return_ms)),
            (
                "catch-up",
                format!(
                    "{} times: {:.0} blocks, {:.0} payments a second; the chain meanwhile {:.0} and {:.0}",
                    catch_up.count,
                    catch_up.blocks_per_second,
                    catch_up.payments_per_second,
                    catch_up.chain_blocks_per_second,
                    catch_up.chain_payments_per_second
                ),
            ),
            ("memory", memory.join(", ")),
            ("seed", self.seed.to_string()),
        ];
        lines.iter().fold(String::new(), |mut text, (name, value)| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<20} {value}");
            text
        })
    }
}

/// The live line.
pub(super) fn line(interval: &Interval, killer: &Killer, watch: &Watch) -> String {
    format!(
        "{:>4} s  height {}  final {}/s  killed {}  away {}  following {}  longest gap {} ms ({} ms with a quorum)",
        interval.second,
        watch.height(),
        interval.finalized,
        killer.kills,
        killer.away(),
        watch.following(),
        millis(watch.longest_gap),
        millis(watch.longest_gap_with_quorum),
    )
}
