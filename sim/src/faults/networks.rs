//! Faults between machines.

use super::{Fault, Planned};
use crate::scenario::Stage;
use crate::time::{MILLIS, SECONDS};
use crate::{MachineId, Micros};

/// Everyone on one of two sides, at least one on each.
fn sides(stage: &mut Stage<'_>) -> (Vec<MachineId>, Vec<MachineId>) {
    let mut machines = stage.machines.clone();
    stage.random.shuffle(&mut machines);
    let first = stage.random.between(1, machines.len() as u64 - 1) as usize;
    let second = machines.split_off(first);
    (machines, second)
}

/// Two sides that do not hear each other.
pub(crate) fn partitions(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let (from, to) = sides(stage);
        let (at, until) = stage.period(SECONDS / 2, 8 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::Cut { from, to, is_both_ways: true } });
    }
}

/// One side hears the other, but not the other way round.
pub(crate) fn one_way_cuts(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let (from, to) = sides(stage);
        let (at, until) = stage.period(SECONDS / 2, 6 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::Cut { from, to, is_both_ways: false } });
    }
}

/// A link that comes and goes.
pub(crate) fn flapping(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let (a, b) = (stage.machine(), stage.machine());
        if a == b {
            continue;
        }
        let (start, end) = stage.period(2 * SECONDS, 8 * SECONDS);
        let mut at: Micros = start;
        while at < end {
            let down = stage.random.between(20 * MILLIS, 600 * MILLIS);
            let up = stage.random.between(20 * MILLIS, 600 * MILLIS);
            let fault = Fault::Cut { from: vec![a], to: vec![b], is_both_ways: true };
            stage.faults.push(Planned { at, until: at + down, fault });
            at += down + up;
        }
    }
}

/// A machine behind slow links.
pub(crate) fn slow_links(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let machine = stage.machine();
        let by = stage.random.between(20 * MILLIS, 900 * MILLIS);
        let (at, until) = stage.period(SECONDS, 8 * SECONDS);
        stage.faults.push(Planned { at, until, fault: Fault::SlowLinks { machine, by } });
    }
}
