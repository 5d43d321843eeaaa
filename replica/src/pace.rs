//! How much a block of this validator's may hold, so that executing it does not use up its view.
//!
//! Weight says what instructions take while the accounts that they touch are in the processor's caches. With a million accounts the
//! same weight takes several times as long, and on a crowded machine longer again. So what executes in a millisecond is measured, by
//! the shell's clock, and a leader gives its block as much as it can itself execute in a part of a view's timeout. Calls count by the gas
//! that they use where speed is measured; what a block may hold of them, gas alone bounds.

use std::sync::Arc;

use types::Moment;
use vm::Execution;

use crate::VerifiedBatch;

/// The leader executes a block before the others do, and votes follow: a third of the timeout for each.
const PART_OF_TIMEOUT: u64 = 3;

/// A measurement takes in at least so much weight, of one block or of several; and so much a block may always weigh.
const MEASURED_WEIGHT: usize = 256 << 10;

/// A faster measurement moves what is believed by one part in so many. A slower one is believed at once: a block that is too long may
/// cost its view, one that is too short costs little.
const INERTIA: u64 = 4;

/// So much gas takes as long as one of weight: 5 nanoseconds each, and 10.
const GAS_A_WEIGHT: u64 = 2;

/// How fast this validator executes.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When the turn began whose end is awaited.
    began: Moment,
    /// What has been executed since.
    in_turn: usize,
    /// What has been executed in turns that are not measured yet, and in how many microseconds.
    gathered: (usize, u64),
    /// Weight a millisecond; nothing before the first measurement.
    believed: Option<u64>,
}

impl Pace {
    /// A turn begins.
    pub(crate) fn begin(&mut self, at: Moment) {
        self.began = at;
        self.in_turn = 0;
    }

    /// These batches have been executed in the turn, whatever becomes of their block. What was skipped took no time.
    pub(crate) fn executed(&mut self, batches: &[Arc<VerifiedBatch>], execution: &Execution) {
        let weight = batches.iter().map(|batch| batch.weight()).sum();
        let taken = execution.receipts.len();
        self.add(weight, taken, taken + execution.skipped.count() as usize, execution.gas_used);
    }

    fn add(&mut self, weight: usize, taken: usize, of: usize, gas_used: u64) {
        self.in_turn += weight / of.max(1) * taken + (gas_used / GAS_A_WEIGHT) as usize;
    }

    /// The turn has ended.
    pub(crate) fn end(&mut self, at: Moment) {
        let executed = std::mem::take(&mut self.in_turn);
        if executed == 0 {
            return;
        }
        let (weight, micros) = &mut self.gathered;
        *weight += executed;
        *micros += at.0.saturating_sub(self.began.0);
        if *weight >= MEASURED_WEIGHT {
            let measured = *weight as u64 * 1_000 / (*micros).max(1);
            self.believed = Some(match self.believed {
                Some(believed) if measured > believed => believed + (measured - believed).div_ceil(INERTIA),
                _ => measured,
            });
            self.gathered = (0, 0);
        }
    }

    /// What a block may weigh where views have this timeout, and `most` at most. Little before the first measurement.
    pub(crate) fn block_weight(&self, timeout_millis: u64, most: usize) -> usize {
        let millis = timeout_millis / PART_OF_TIMEOUT;
        let executable = |per_milli: u64| usize::try_from(per_milli.saturating_mul(millis)).unwrap_or(usize::MAX);
        self.believed.map_or(0, executable).max(MEASURED_WEIGHT).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 6 << 20;

    /// A turn that takes so many milliseconds for this weight.
    fn turn(pace: &mut Pace, weight: usize, millis: u64) {
        turn_with(pace, (weight, 1, 1, 0), millis);
    }

    /// The same where of `of` transactions `taken` were executed, and used gas.
    fn turn_with(pace: &mut Pace, (weight, taken, of, gas): (usize, usize, usize, u64), millis: u64) {
        let began = Moment(7_000_000);
        pace.begin(began);
        pace.add(weight, taken, of, gas);
        pace.end(began.plus_millis(millis));
    }

    #[test]
    fn a_block_gets_what_executes_in_a_third_of_the_timeout() {
        let mut pace = Pace::default();
        assert_eq!(pace.block_weight(400, MOST), MEASURED_WEIGHT, "nothing is known yet");
        turn(&mut pace, 1_000_000, 100);
        assert_eq!(pace.block_weight(300, MOST), 1_000_000);
        assert_eq!(pace.block_weight(150, MOST), 500_000);
        assert_eq!(pace.block_weight(30_000, MOST), MOST);
    }

    #[test]
    fn slower_is_believed_at_once_and_faster_by_and_by() {
        let mut pace = Pace::default();
        turn(&mut pace, 1_000_000, 100);
        turn(&mut pace, 1_400_000, 100);
        assert_eq!(pace.block_weight(300, MOST), 1_100_000);
        turn(&mut pace, 1_400_000, 100);
        assert_eq!(pace.block_weight(300, MOST), 1_175_000);
        turn(&mut pace, 700_000, 100);
        assert_eq!(pace.block_weight(300, MOST), 700_000);
    }

    #[test]
    fn one_long_turn_is_forgotten_by_short_blocks_too() {
        let mut pace = Pace::default();
        turn(&mut pace, MEASURED_WEIGHT, 10_000);
        assert_eq!(pace.block_weight(400, MOST), MEASURED_WEIGHT, "a batch at least");
        let blocks = (1..).find(|_| {
            turn(&mut pace, 10_000, 0);
            pace.block_weight(400, MOST) == MOST
        });
        assert_eq!(blocks, Some(27), "as many as one measurement takes");
    }

    #[test]
    fn turns_that_execute_nothing_count_for_nothing() {
        let mut pace = Pace::default();
        turn(&mut pace, 1_000_000, 100);
        (0..100).for_each(|_| turn(&mut pace, 0, 5_000));
        assert_eq!(pace.block_weight(300, MOST), 1_000_000);
    }

    /// Copies would else make a slow validator believe that it is fast.
    #[test]
    fn what_was_skipped_does_not_count() {
        let mut pace = Pace::default();
        turn_with(&mut pace, (400_000_000, 5, 2_000, 0), 100);
        assert_eq!(pace.block_weight(300, MOST), 1_000_000);
    }

    /// Calls would else make a validator believe that it is slow.
    #[test]
    fn gas_counts_as_the_time_that_it_takes() {
        let mut pace = Pace::default();
        turn_with(&mut pace, (500_000, 1, 1, 1_000_000), 100);
        assert_eq!(pace.block_weight(300, MOST), 1_000_000);
    }
}
