use super::Profile;
use super::network::uneven;
use crate::MachineId;
use crate::council::{Change, PlannedChange};
use crate::doubles::DoubleKind;
use crate::faults::{Fault, Planned, crashes, partitions, slow_links};
use crate::scenario::Stage;
use crate::time::SECONDS;

/// Machines that begin late, and liars that tell them what to begin with.
pub(super) const PROFILE: Profile =
    Profile { name: "state-sync", about: "machines that begin with a checkpoint, and liars about it", prepare };

fn prepare(stage: &mut Stage<'_>) {
    let most = stage.budget() as u64;
    let count = if stage.random.chance(250) { 0 } else { stage.random.between(1, most) };
    let liars: Vec<MachineId> = (0..count).filter_map(|_| stage.spend_fault()).collect();
    stage.doubles.extend(liars.iter().map(|machine| (*machine, DoubleKind::SyncLiar)));
    if stage.random.chance(400) {
        stage.delay = uneven(stage);
    }
    let count = stage.random.between(1, 3);
    let new = stage.join(count);
    if stage.random.chance(700) {
        // Then there are ends of epochs to lie about.
        let at = stage.random.between(SECONDS, 5 * SECONDS);
        let (leaves, comes) = (stage.machines[0], new[0]);
        let change = if stage.is_faulty(leaves) { Change::Add(comes) } else { Change::Replace { leaves, comes } };
        stage.changes.push(PlannedChange { at, changes: vec![change] });
    }
    if stage.random.chance(500) {
        hear_liars_only(stage, &liars);
    }
    let (crashed, cut, slow) = (stage.random.below(10), stage.random.below(4), stage.random.below(3));
    crashes(stage, crashed);
    partitions(stage, cut);
    slow_links(stage, slow);
}

/// Who begins hears nobody else for its first seconds.
fn hear_liars_only(stage: &mut Stage<'_>, liars: &[MachineId]) {
    for (machine, at) in stage.candidates.clone() {
        let honest = stage.machines.iter().copied().filter(|other| *other != machine && !liars.contains(other));
        let fault = Fault::Cut { from: vec![machine], to: honest.collect(), is_both_ways: true };
        let until = at + stage.random.between(3 * SECONDS, 9 * SECONDS);
        stage.faults.push(Planned { at: at.saturating_sub(SECONDS), until: until.min(stage.healed_at()), fault });
    }
}
