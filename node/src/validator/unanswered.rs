//! Notices that nobody gives this validator the block that it lacks: others may not keep it any more.

use std::time::{Duration, Instant};

use types::Height;

use crate::rate_limit::RateLimit;

/// Others come to have a block within this time, or it is worth a line.
const PATIENCE: Duration = Duration::from_secs(60);

/// Empty answers to the question for the next block.
pub(super) struct Unanswered {
    tip: Height,
    since: Option<Instant>,
    lines: RateLimit,
}

impl Unanswered {
    pub(super) fn new() -> Self {
        Self { tip: Height(0), since: None, lines: RateLimit::new(PATIENCE) }
    }

    /// An empty answer came while `tip` is the latest block here. Tells when it is worth a line, and how long there have
    /// been such answers alone.
    pub(super) fn note(&mut self, tip: Height, now: Instant) -> Option<Duration> {
        if self.tip != tip {
            (self.tip, self.since) = (tip, None);
        }
        let lasted = now.duration_since(*self.since.get_or_insert(now));
        let is_long = lasted >= PATIENCE && self.lines.pass(now).is_some();
        is_long.then_some(lasted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lasts_is_worth_a_line_and_not_too_often() {
        let start = Instant::now();
        let mut unanswered = Unanswered::new();
        let mut note = |tip, seconds| unanswered.note(Height(tip), start + Duration::from_secs(seconds)).is_some();
        assert!(!note(5, 0) && !note(5, 59));
        assert!(!note(6, 61), "it has gone on in between");
        assert!(!note(6, 120) && note(6, 121));
        assert!(!note(6, 180) && note(6, 181));
    }
}
