//! Faults of processes and their clocks.

use super::{CrashPoint, Fault, Kept, Planned};
use crate::random::Random;
use crate::scenario::Stage;
use crate::time::{MILLIS, SECONDS};

fn crash_point(random: &mut Random) -> CrashPoint {
    match random.below(6) {
        0 | 1 => CrashPoint::Now,
        // An effect list is rarely longer.
        2 => CrashPoint::AfterEffects(random.below(12) as u32),
        3 => CrashPoint::AfterFlush,
        4 => CrashPoint::AfterMessages(random.below(6) as u32),
        _ => CrashPoint::BeforeDurable,
    }
}

fn kept(random: &mut Random) -> Kept {
    match random.below(4) {
        0 => Kept::Nothing,
        1 => Kept::Everything,
        _ => Kept::PerMille(random.below(1001)),
    }
}

/// Crashes at any boundary, and restarts. Any number of validators may be down at once.
pub(crate) fn crashes(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let machine = stage.machine();
        let (at, until) = stage.period(5 * MILLIS, 5 * SECONDS);
        let fault = Fault::Crash { machine, point: crash_point(stage.random), kept: kept(stage.random) };
        stage.faults.push(Planned { at, until, fault });
    }
}

/// Processes that stand still for a while.
pub(crate) fn pauses(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let machine = stage.machine();
        let (at, until) = stage.period(10 * MILLIS, 5 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::Pause(machine) });
    }
}

/// Civil time that jumps far. A wrong clock is a fault like any other: at most f validators have one.
pub(crate) fn clock_jumps(stage: &mut Stage<'_>, count: u64) {
    let Some(machine) = stage.spend_fault() else { return };
    for _ in 0..count {
        let by = stage.random.between(500, 90_000);
        // Below 90 seconds.
        let millis = if stage.random.chance(500) { by as i64 } else { -(by as i64) };
        let (at, until) = stage.period(SECONDS / 2, 5 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::ClockJump { machine, millis } });
    }
}

/// A validator whose disk is put back to an earlier state.
pub(crate) fn amnesia(stage: &mut Stage<'_>) {
    let Some(machine) = stage.spend_fault() else { return };
    let (copied, at) = stage.period(100 * MILLIS, 6 * SECONDS);
    stage.faults.push(Planned { at: copied, until: copied, fault: Fault::DiskCopied(machine) });
    let until = at + stage.random.between(20 * MILLIS, 4 * SECONDS);
    stage.faults.push(Planned { at, until, fault: Fault::DiskRolledBack(machine) });
}

/// A validator that forgets while the chain stands still: nobody goes on, so the view in which it forgets is the one in
/// which it votes again.
pub(crate) fn forgetful_in_a_stall(stage: &mut Stage<'_>) {
    let Some(machine) = stage.spend_fault() else { return };
    let (at, until) = stage.period(4 * SECONDS, 8 * SECONDS);
    let mut from = stage.machines.clone();
    stage.random.shuffle(&mut from);
    let to = from.split_off(from.len() / 2);
    stage.faults.push(Planned { at, until, fault: Fault::Cut { from, to, is_both_ways: true } });
    let copied = at.saturating_sub(stage.random.between(MILLIS, 2 * SECONDS));
    stage.faults.push(Planned { at: copied, until: copied, fault: Fault::DiskCopied(machine) });
    let forgets = at + stage.random.between(20 * MILLIS, 3 * SECONDS);
    let starts = forgets + stage.random.between(5 * MILLIS, 200 * MILLIS);
    stage.faults.push(Planned { at: forgets, until: starts, fault: Fault::DiskRolledBack(machine) });
}

/// A validator that loses its disk.
pub(crate) fn empty_disks(stage: &mut Stage<'_>) {
    let Some(machine) = stage.spend_fault() else { return };
    let (at, until) = stage.period(20 * MILLIS, 4 * SECONDS);
    stage.faults.push(Planned { at, until, fault: Fault::EmptyDisk(machine) });
}
