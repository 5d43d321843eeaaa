//! The only clock of a validator.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use replica::Now;
use types::{Moment, Timestamp};

/// Reads civil time and a monotonic clock that starts with the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(super) fn now(&self) -> Now {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            moment: Moment(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)),
            time: Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// The instant of a moment.
    pub(super) fn instant(&self, moment: Moment) -> Instant {
        self.start + Duration::from_micros(moment.0)
    }
}
