use super::Profile;
use crate::MachineId;
use crate::faults::{Fault, Planned, crashes};
use crate::scenario::Stage;
use crate::time::{MILLIS, SECONDS};

/// Two machines with one key, each on its side of partitions that move.
pub(super) const PROFILE: Profile =
    Profile { name: "twins", about: "two copies of one validator on two sides", prepare };

fn prepare(stage: &mut Stage<'_>) {
    let Some(first) = stage.spend_fault() else { return };
    stage.twin = Some(first);
    let second = MachineId(stage.machines.len() as u16);
    let mut at = 0;
    while at < stage.healed_at() {
        let until = (at + stage.random.between(500 * MILLIS, 5 * SECONDS)).min(stage.healed_at());
        split(stage, [first, second], at, until);
        at = until;
    }
    let crashed = stage.random.below(3);
    crashes(stage, crashed);
}

/// Each twin hears its side only; the sides may hear each other, share some, or be apart.
fn split(stage: &mut Stage<'_>, twins: [MachineId; 2], at: u64, until: u64) {
    let mut others: Vec<MachineId> = stage.machines.iter().copied().filter(|machine| *machine != twins[0]).collect();
    stage.random.shuffle(&mut others);
    let middle = stage.random.between(1, others.len() as u64 - 1) as usize;
    let (left, right) = others.split_at(middle);
    let mut cut = |from: &[MachineId], to: &[MachineId]| {
        let fault = Fault::Cut { from: from.to_vec(), to: to.to_vec(), is_both_ways: true };
        stage.faults.push(Planned { at, until, fault });
    };
    cut(&twins[..1], right);
    cut(&twins[1..], left);
    if stage.random.chance(600) {
        let fault = Fault::Cut { from: left.to_vec(), to: right.to_vec(), is_both_ways: true };
        stage.faults.push(Planned { at, until, fault });
    }
}
