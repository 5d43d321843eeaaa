//! Keeps what others do from filling the log.

use std::time::{Duration, Instant};

/// Lets one occasion pass per interval and counts the others.
#[derive(Debug)]
pub(crate) struct RateLimit {
    interval: Duration,
    passed: Option<Instant>,
    suppressed: u64,
}

impl RateLimit {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, passed: None, suppressed: 0 }
    }

    /// How many occasions were suppressed since the last that passed, if this one passes.
    pub(crate) fn pass(&mut self, now: Instant) -> Option<u64> {
        if self.passed.is_some_and(|passed| now.duration_since(passed) < self.interval) {
            self.suppressed += 1;
            return None;
        }
        self.passed = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passes_per_interval() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut limit = RateLimit::new(second);
        let verdicts = [0, 1, 999, 1000, 1001].map(|ms| limit.pass(start + Duration::from_millis(ms)));
        assert_eq!(verdicts, [Some(0), None, None, Some(2), None]);
    }
}
