//! When to dial again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
/// The longest delay.
pub(super) const LAST: Duration = Duration::from_secs(2);

/// Delays that double from 50 ms to 2 s, each a little off so that validators that start together do not dial together.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The delay before the next dial.
    pub(super) fn next(&mut self) -> Duration {
        let delay = FIRST.saturating_mul(1 << self.failures.min(16)).min(LAST);
        self.failures += 1;
        delay.mul_f64(rand::random_range(0.8..1.2))
    }

    /// Starts over if the link lasted. One that is cut as soon as it opens keeps backing off.
    pub(super) fn lasted(&mut self, up: Duration) {
        if up >= LAST {
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_last_and_start_over() {
        let mut backoff = Backoff::default();
        for expected in [50, 100, 200, 400, 800, 1600, 2000, 2000] {
            let delay = backoff.next().as_millis();
            assert!((expected * 8 / 10..=expected * 12 / 10).contains(&delay), "{delay} for {expected}");
        }
        backoff.lasted(Duration::from_millis(10));
        assert!(backoff.next() > Duration::from_secs(1));
        backoff.lasted(LAST);
        assert!(backoff.next() < Duration::from_millis(61));
    }
}
