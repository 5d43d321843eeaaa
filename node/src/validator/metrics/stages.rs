//! Processor time by kind of work.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use types::stage::{self, Stage};

/// What the threads that are measured have used so far, by stage. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct StageTimes(Arc<[AtomicU64; Stage::ALL.len()]>);

impl StageTimes {
    /// From now on counts this thread's processor time. It is at [`Stage::Loop`] until it says something else.
    pub(crate) fn measure_thread(&self) {
        let times = self.clone();
        let mut last = thread_time();
        stage::observe(Stage::Loop, move |ended| {
            let now = thread_time();
            let nanos = now.saturating_sub(last).as_nanos() as u64;
            times.0[ended as usize].fetch_add(nanos, Ordering::Relaxed);
            last = now;
        });
    }

    /// The time spent in a stage.
    pub(super) fn of(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.0[stage as usize].load(Ordering::Relaxed))
    }
}

impl fmt::Debug for StageTimes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(Stage::ALL.map(|stage| (stage.name(), self.of(stage)))).finish()
    }
}

/// Processor time of this thread. Zero where the system does not tell.
fn thread_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_where_it_is_spent() {
        let times = StageTimes::default();
        let measured = times.clone();
        let work = move || {
            measured.measure_thread();
            let _stage = Stage::Execution.enter();
            let start = thread_time();
            while thread_time() < start + Duration::from_millis(20) {}
        };
        std::thread::spawn(work).join().expect("no panic");
        assert!(times.of(Stage::Execution) >= Duration::from_millis(20), "{times:?}");
        assert!(times.of(Stage::Roots).is_zero() && times.of(Stage::Loop) < Duration::from_millis(20), "{times:?}");
    }
}
