//! The open loop's schedule: when each transaction is due, whatever the network does.

/// Transaction `n` is due `n * each / rate` seconds after the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    /// Payments a second.
    rate: u32,
    /// Payments in a transaction.
    each: u64,
    total: u64,
}

impl Schedule {
    /// `rate` payments a second for `seconds`, `each` of them in a transaction.
    pub(super) fn new(rate: u32, each: u64, seconds: u32) -> Schedule {
        Schedule { rate, each, total: (u64::from(rate) * u64::from(seconds)).div_ceil(each) }
    }

    /// How many transactions there are.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// When transaction `n` is due, in microseconds after the start.
    pub(super) fn due(&self, n: u64) -> u64 {
        (u128::from(n) * u128::from(self.each) * 1_000_000).div_ceil(u128::from(self.rate)) as u64
    }

    /// How many transactions are due by `elapsed` microseconds after the start.
    pub(super) fn due_by(&self, elapsed: u64) -> u64 {
        let due = u128::from(elapsed) * u128::from(self.rate) / (u128::from(self.each) * 1_000_000) + 1;
        due.min(u128::from(self.total)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transaction_is_due_exactly_when_the_rate_says() {
        let rates = [1, 3, 999, 1000, 30_000, 1_000_000];
        for (rate, each) in rates.into_iter().flat_map(|rate| [(rate, 1), (rate, 100)]) {
            let schedule = Schedule::new(rate, each, 3);
            assert_eq!(schedule.total(), (u64::from(rate) * 3).div_ceil(each));
            for n in (0..schedule.total()).step_by(rate as usize / 7 + 1) {
                let due = schedule.due(n);
                assert!(schedule.due_by(due) > n, "{n} at {rate}/s is due at {due}");
                assert!(due == 0 || schedule.due_by(due - 1) <= n, "{n} at {rate}/s is not due before {due}");
            }
        }
    }

    #[test]
    fn the_schedule_ends() {
        let schedule = Schedule::new(1000, 1, 30);
        assert_eq!(schedule.due_by(29_999_000), 30_000);
        assert_eq!(schedule.due_by(29_998_999), 29_999);
        assert_eq!(schedule.due_by(u64::MAX), 30_000);
    }
}
