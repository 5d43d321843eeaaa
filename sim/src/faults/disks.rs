//! Faults of disks.

use super::{Fault, Planned};
use crate::scenario::Stage;
use crate::time::{MILLIS, SECONDS};

/// Disks that are full for a while.
pub(crate) fn disk_full(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let machine = stage.machine();
        let (at, until) = stage.period(SECONDS / 2, 6 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::DiskFull(machine) });
    }
}

/// Flushes that take their time.
pub(crate) fn slow_flushes(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let machine = stage.machine();
        let by = stage.random.between(10 * MILLIS, 700 * MILLIS);
        let (at, until) = stage.period(SECONDS, 8 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::SlowFlush { machine, by } });
    }
}

/// A disk with a flipped bit, if one more validator may be lost.
pub(crate) fn damage(stage: &mut Stage<'_>) {
    if let Some(machine) = stage.spend_fault() {
        let (at, until) = stage.period(SECONDS, SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::FlippedBit(machine) });
    }
}
