use super::Profile;
use super::byzantine::doubles;
use super::lossy::datagrams;
use super::network::uneven;
use crate::MachineId;
use crate::council::{Change, PlannedChange};
use crate::faults::{crashes, partitions, pauses};
use crate::scenario::Stage;
use crate::time::SECONDS;

/// A validator set that changes while things go wrong.
pub(super) const PROFILE: Profile =
    Profile { name: "epochs", about: "validators that join, leave and change their keys", prepare };

fn prepare(stage: &mut Stage<'_>) {
    if stage.random.chance(500) {
        doubles(stage, 1);
    }
    if stage.random.chance(500) {
        stage.delay = uneven(stage);
    }
    if stage.random.chance(400) {
        stage.class = datagrams(stage);
    }
    // Something to order at every boundary.
    stage.payments = stage.random.between(50, 200);
    let mut members = stage.machines.clone();
    let count = stage.random.between(1, 6);
    let mut new = stage.join(count);
    let mut at = 0;
    while at + SECONDS < stage.healed_at() {
        at += stage.random.between(SECONDS, 9 * SECONDS);
        let changes = match stage.random.chance(300) {
            true => replace_many(stage, &mut members, &mut new),
            false => changes(stage, &mut members, &mut new),
        };
        if !changes.is_empty() {
            stage.changes.push(PlannedChange { at, changes });
        }
    }
    let (crashed, cut, paused) = (stage.random.below(8), stage.random.below(4), stage.random.below(3));
    crashes(stage, crashed);
    partitions(stage, cut);
    pauses(stage, paused);
}

/// As many honest validators make room for new ones as there are new ones.
fn replace_many(stage: &Stage<'_>, members: &mut [MachineId], new: &mut Vec<MachineId>) -> Vec<Change> {
    let mut changes = Vec::new();
    for member in members.iter_mut().filter(|member| !stage.is_faulty(**member)) {
        let Some(comes) = new.pop() else { break };
        changes.push(Change::Replace { leaves: std::mem::replace(member, comes), comes });
    }
    changes
}

/// One to three changes that leave a committee which stands its faulty members.
fn changes(stage: &mut Stage<'_>, members: &mut Vec<MachineId>, new: &mut Vec<MachineId>) -> Vec<Change> {
    let mut changes = Vec::new();
    for _ in 0..stage.random.between(1, 3) {
        let place = stage.random.index(members.len());
        let mut after = members.clone();
        let change = match stage.random.below(3) {
            0 => {
                let Some(comes) = new.last().copied() else { continue };
                after.push(comes);
                Change::Add(comes)
            }
            1 => Change::Remove(after.remove(place)),
            _ => {
                let Some(comes) = new.last().copied() else { continue };
                let leaves = std::mem::replace(&mut after[place], comes);
                Change::Replace { leaves, comes }
            }
        };
        // Who came with these very changes does not leave with them.
        let is_new = |machine: &MachineId| {
            changes
                .iter()
                .any(|change| matches!(change, Change::Add(new) | Change::Replace { comes: new, .. } if new == machine))
        };
        let leaves_at_once = members.get(place).is_some_and(is_new);
        if !stage.tolerates(&after) || (leaves_at_once && !matches!(change, Change::Add(_))) {
            continue;
        }
        if !matches!(change, Change::Remove(_)) {
            new.pop();
        }
        *members = after;
        changes.push(change);
    }
    changes
}
