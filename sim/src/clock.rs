//! A machine's two clocks: civil time, which is wrong by a skew and can jump; and the monotonic one, which only drifts.

use replica::Now;
use types::{Moment, Timestamp};

use crate::Micros;
use crate::time::{GENESIS_MILLIS, MILLIS};

const MILLION: i128 = 1_000_000;

/// The clocks of one machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    /// How far civil time is ahead, in milliseconds; negative where it lags.
    pub(crate) skew_millis: i64,
    /// How much faster than the world both clocks run, in millionths.
    pub(crate) drift_ppm: i64,
    /// When the monotonic clock began: with the process.
    pub(crate) started: Micros,
}

impl Clock {
    pub(crate) fn now(&self, world: Micros) -> Now {
        Now { moment: self.moment(world), time: self.civil(world) }
    }

    fn moment(&self, world: Micros) -> Moment {
        Moment(scaled(world.saturating_sub(self.started), MILLION + i128::from(self.drift_ppm), MILLION, 0))
    }

    fn civil(&self, world: Micros) -> Timestamp {
        let run = scaled(world, MILLION + i128::from(self.drift_ppm), MILLION, 0) / MILLIS;
        // The chain is a little older than the run.
        Timestamp((GENESIS_MILLIS + 1 + run).saturating_add_signed(self.skew_millis))
    }

    /// The earliest time of the world at which the monotonic clock shows `moment`.
    pub(crate) fn world_time(&self, moment: Moment) -> Micros {
        let rate = MILLION + i128::from(self.drift_ppm);
        self.started.saturating_add(scaled(moment.0, MILLION, rate, rate - 1))
    }
}

/// `value * by / per`, rounded down after adding `round`.
fn scaled(value: u64, by: i128, per: i128, round: i128) -> u64 {
    u64::try_from((i128::from(value) * by + round) / per).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_never_early() {
        for drift_ppm in [-300_000, -7, 0, 13, 250_000] {
            let clock = Clock { drift_ppm, started: 12_345, ..Clock::default() };
            for moment in [0, 1, 999, 1_000_000, 123_456_789].map(Moment) {
                let at = clock.world_time(moment);
                assert!(clock.now(at).moment >= moment, "{drift_ppm} {moment:?}");
            }
        }
    }
}
