//! How long a view may take before it is given up.

use crate::Timing;

/// So many notarized views are remembered. Faulty leaders can make their views take as long as they are waited for; that moves the median
/// only where they have led half of these, as four of thirteen who sit close together can.
const REMEMBERED: usize = 8;

/// Where views take long, as on a crowded machine, they are not given up before twice what they usually take.
const OF_THE_USUAL: u64 = 2;

/// A validator's patience with a view.
#[derive(Debug)]
pub(crate) struct Patience {
    shortest: u64,
    longest: u64,
    /// Views given up in vain, less those that were not; no more than lengthen the patience.
    failures: u32,
    /// How many milliseconds the latest notarized views took; the place of the next.
    took: [u64; REMEMBERED],
    next: usize,
}

impl Patience {
    pub(crate) fn new(timing: &Timing) -> Self {
        let (shortest, longest) = (timing.timeout_millis, timing.max_timeout_millis.max(timing.timeout_millis));
        Self { shortest, longest, failures: 0, took: [0; REMEMBERED], next: 0 }
    }

    /// Milliseconds from the moment at which a block was due.
    pub(crate) fn millis(&self) -> u64 {
        let usual = self.shortest.max(OF_THE_USUAL.saturating_mul(self.usual_millis()));
        usual.saturating_mul(1 << self.failures.min(32)).min(self.longest)
    }

    /// The median of the views that are remembered.
    fn usual_millis(&self) -> u64 {
        let mut sorted = self.took;
        sorted.sort_unstable();
        sorted[REMEMBERED / 2]
    }

    /// A view was nullified after this validator had waited in vain.
    pub(crate) fn failed(&mut self) {
        if self.millis() < self.longest {
            self.failures += 1;
        }
    }

    /// A view was notarized, given up here or not: so many milliseconds after its block was due, if this validator waited for it.
    pub(crate) fn notarized(&mut self, millis: Option<u64>) {
        self.failures = self.failures.saturating_sub(1);
        if let Some(millis) = millis {
            self.took[self.next] = millis;
            self.next = (self.next + 1) % REMEMBERED;
        }
    }

    /// A block became final: views do not fail any more.
    pub(crate) fn finalized(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience() -> Patience {
        Patience::new(&Timing { heartbeat_millis: 1000, timeout_millis: 400, max_timeout_millis: 3000 })
    }

    #[test]
    fn it_doubles_while_views_fail_and_shrinks_back() {
        let mut patience = patience();
        let grown: Vec<u64> = std::iter::repeat_with(|| {
            patience.failed();
            patience.millis()
        })
        .take(5)
        .collect();
        assert_eq!(grown, [800, 1600, 3000, 3000, 3000]);
        patience.notarized(Some(10));
        assert_eq!(patience.millis(), 1600);
        patience.finalized();
        assert_eq!(patience.millis(), 400);
    }

    #[test]
    fn views_that_usually_take_long_are_waited_for_twice_as_long() {
        let mut patience = patience();
        (0..3).for_each(|_| patience.notarized(Some(500)));
        assert_eq!(patience.millis(), 400, "three of eight say nothing");
        patience.notarized(Some(500));
        assert_eq!(patience.millis(), 1000);
        patience.failed();
        assert_eq!(patience.millis(), 2000);
        patience.finalized();
        (0..5).for_each(|_| patience.notarized(Some(30)));
        assert_eq!(patience.millis(), 400);
        (0..8).for_each(|_| patience.notarized(Some(u64::MAX)));
        assert_eq!(patience.millis(), 3000, "to a limit");
    }
}
