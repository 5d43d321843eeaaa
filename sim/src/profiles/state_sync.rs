use super::Profile;
use super::network::uneven;
use crate::doubles::DoubleKind;
use crate::faults::{crashes, partitions, slow_links};
use crate::scenario::Stage;

/// Machines that begin late, and liars that tell them what to begin with.
pub(super) const PROFILE: Profile =
    Profile { name: "state-sync", about: "machines that begin with a checkpoint, and liars about it", prepare };

fn prepare(stage: &mut Stage<'_>) {
    let liars = stage.random.below(stage.budget() as u64 + 1);
    for _ in 0..liars {
        if let Some(machine) = stage.spend_fault() {
            stage.doubles.insert(machine, DoubleKind::SyncLiar);
        }
    }
    if stage.random.chance(400) {
        stage.delay = uneven(stage);
    }
    let count = stage.random.between(1, 3);
    stage.join(count);
    let (crashed, cut, slow) = (stage.random.below(10), stage.random.below(4), stage.random.below(3));
    crashes(stage, crashed);
    partitions(stage, cut);
    slow_links(stage, slow);
}
