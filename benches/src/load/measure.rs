//! What is counted and timed while the load runs.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use types::{Height, TransactionId};

/// The longest latency that is told apart, in microseconds: ten minutes.
const MAX_MICROS: u64 = 600_000_000;

/// A histogram of latencies in microseconds, to three digits.
pub(super) fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MAX_MICROS, 3).expect("the bounds are valid")
}

/// What became of payments. Each that was sent is in exactly one of the others once the run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// Sent at least once.
    pub submitted: u64,
    /// Executed with effect.
    pub finalized: u64,
    /// Executed without effect.
    pub failed: u64,
    /// Never executed, and never will be.
    pub expired: u64,
    /// Refused by every node that was asked.
    pub rejected: u64,
    /// Perhaps or surely admitted, and no certain outcome.
    pub lost: u64,
}

/// How a payment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Executed with effect.
    Final,
    /// Executed without effect.
    Failed,
    /// Never executed, and never will be.
    Expired,
    /// Refused.
    Rejected,
    /// Not known, though a node may have admitted it.
    Lost,
}

/// One second of the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its end, in seconds after the start.
    pub second: u64,
    /// Payments sent for the first time.
    pub sent: u64,
    /// Payments that the client saw become final.
    pub finalized: u64,
    /// Half of these were final within so many milliseconds of when they were due.
    pub p50_ms: f64,
    /// 99 of a hundred were.
    pub p99_ms: f64,
    /// All were.
    pub max_ms: f64,
    /// The greatest finalized height seen.
    pub height: u64,
}

/// Microseconds as milliseconds.
pub(super) fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// All that is counted and timed. Times are microseconds after the start.
pub(super) struct Measure {
    /// What became of the payments due in the warm-up.
    pub warmup: Counts,
    /// What became of the payments that are measured.
    pub measured: Counts,
    /// From when a payment was due to the client's knowledge of its finality.
    pub finality: Histogram<u64>,
    /// The seconds of the run.
    pub timeline: Vec<Interval>,
    /// Refusals by code.
    pub refusals: BTreeMap<i32, u64>,
    /// Sendings of bytes that had been sent before.
    pub resent: u64,
    /// When the first measured payment was sent.
    pub first_sent: Option<u64>,
    /// When the last measured payment was known to be final.
    pub last_final: Option<u64>,
    /// The greatest finalized height seen.
    pub height: Height,
    /// Blocks with payments of this run.
    pub blocks: u64,
    /// The longest time between two such blocks, while load was on.
    pub longest_gap: u64,
    /// How each transaction ended, if that is kept.
    pub outcomes: Option<Vec<(TransactionId, Outcome)>>,
    /// Payments in a transaction.
    each: u64,
    last_block: u64,
    load_ended: Option<u64>,
    interval: Histogram<u64>,
    interval_sent: u64,
    interval_final: u64,
}

impl Measure {
    /// Nothing yet, of transactions with so many payments each.
    pub(super) fn new(each: u64) -> Measure {
        Measure {
            each,
            warmup: Counts::default(),
            measured: Counts::default(),
            finality: latencies(),
            timeline: Vec::new(),
            refusals: BTreeMap::new(),
            resent: 0,
            first_sent: None,
            last_final: None,
            height: Height(0),
            blocks: 0,
            longest_gap: 0,
            outcomes: None,
            last_block: 0,
            load_ended: None,
            interval: latencies(),
            interval_sent: 0,
            interval_final: 0,
        }
    }

    /// Payments that became final, those of the warm-up included.
    pub(super) fn finalized(&self) -> u64 {
        self.warmup.finalized + self.measured.finalized
    }

    fn counts(&mut self, measured: bool) -> &mut Counts {
        if measured { &mut self.measured } else { &mut self.warmup }
    }

    /// The first transaction of a payment is sent for the first time.
    pub(super) fn sent(&mut self, now: u64, measured: bool) {
        let each = self.each;
        self.counts(measured).submitted += each;
        self.interval_sent += each;
        if measured {
            self.first_sent.get_or_insert(now);
        }
    }

    /// A payment that was due at `due` has ended; if with effect, it was made at `now`.
    pub(super) fn ended(&mut self, now: u64, due: u64, measured: bool, outcome: Outcome) {
        let each = self.each;
        let counts = self.counts(measured);
        match outcome {
            Outcome::Final => counts.finalized += each,
            Outcome::Failed => counts.failed += each,
            Outcome::Expired => counts.expired += each,
            Outcome::Rejected => counts.rejected += each,
            Outcome::Lost => counts.lost += each,
        }
        if outcome == Outcome::Final {
            let micros = now.saturating_sub(due).clamp(1, MAX_MICROS);
            self.interval.saturating_record(micros);
            self.interval_final += each;
            if measured {
                self.finality.saturating_record(micros);
                self.last_final = self.last_final.max(Some(now));
            }
        }
    }

    /// A validator reports a block, with or without payments of this run.
    pub(super) fn block(&mut self, now: u64, height: Height, with_payments: bool) {
        if height <= self.height {
            return;
        }
        self.height = height;
        if with_payments {
            self.blocks += 1;
            self.close_gap(now);
        }
    }

    fn close_gap(&mut self, now: u64) {
        // A gap counts if it began under load: afterwards there is nothing to finalize.
        if self.load_ended.is_none_or(|ended| self.last_block < ended) {
            self.longest_gap = self.longest_gap.max(now.saturating_sub(self.last_block));
        }
        self.last_block = now;
    }

    /// The last payment of the load was sent.
    pub(super) fn load_ends(&mut self, now: u64) {
        self.load_ended.get_or_insert(now);
    }

    /// Closes the present second.
    pub(super) fn second(&mut self, now: u64) -> Interval {
        let interval = Interval {
            second: now / 1_000_000,
            sent: self.interval_sent,
            finalized: self.interval_final,
            p50_ms: millis(self.interval.value_at_quantile(0.5)),
            p99_ms: millis(self.interval.value_at_quantile(0.99)),
            max_ms: millis(self.interval.max()),
            height: self.height.0,
        };
        self.timeline.push(interval);
        self.interval.reset();
        (self.interval_sent, self.interval_final) = (0, 0);
        interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_counts_from_when_a_payment_was_due() {
        let mut measure = Measure::new(1);
        // Due at 1 s, sent a whole second late: the lateness is part of the latency.
        measure.sent(2_000_000, true);
        measure.ended(2_010_000, 1_000_000, true, Outcome::Final);
        assert!(measure.finality.max() >= 1_009_000);
        assert_eq!((measure.first_sent, measure.last_final), (Some(2_000_000), Some(2_010_000)));
    }

    #[test]
    fn the_warmup_is_left_out() {
        let mut measure = Measure::new(1);
        measure.sent(0, false);
        measure.ended(900_000, 0, false, Outcome::Final);
        assert_eq!((measure.measured, measure.finality.len(), measure.first_sent), (Counts::default(), 0, None));
        assert_eq!((measure.warmup.submitted, measure.warmup.finalized), (1, 1));
        let mut batches = Measure::new(100);
        batches.sent(0, true);
        batches.ended(1, 0, true, Outcome::Final);
        assert_eq!((batches.measured.submitted, batches.measured.finalized), (100, 100), "payments are counted");
        assert_eq!(measure.second(1_000_000).finalized, 1, "the timeline shows it all the same");
    }

    #[test]
    fn gaps_count_between_blocks_with_payments_under_load() {
        let mut measure = Measure::new(1);
        measure.block(100, Height(1), true);
        measure.block(150, Height(2), false);
        measure.block(140, Height(1), true);
        measure.block(400, Height(3), true);
        assert_eq!((measure.longest_gap, measure.blocks), (300, 2));
        measure.load_ends(500);
        measure.block(900, Height(4), true);
        assert_eq!(measure.longest_gap, 500, "it began under load");
        measure.block(5000, Height(5), true);
        assert_eq!(measure.longest_gap, 500, "it began after the load");
    }
}
