use super::Profile;
use super::byzantine::doubles;
use super::clock::wrong_clocks;
use super::lossy::datagrams;
use super::network::uneven;
use crate::faults::{crashes, damage, disk_full, flapping, one_way_cuts, partitions, pauses, slow_flushes, slow_links};
use crate::scenario::Stage;

/// A bit of all of it.
pub(super) const PROFILE: Profile = Profile { name: "everything", about: "all of the above at once", prepare };

fn prepare(stage: &mut Stage<'_>) {
    if stage.random.chance(600) {
        stage.delay = uneven(stage);
    }
    if stage.random.chance(400) {
        stage.class = datagrams(stage);
    }
    match stage.random.below(4) {
        0 => wrong_clocks(stage),
        1 => damage(stage),
        _ => {
            let count = stage.random.below(3);
            doubles(stage, count);
        }
    }
    let kinds: [fn(&mut Stage<'_>, u64); 8] =
        [partitions, one_way_cuts, flapping, slow_links, slow_flushes, disk_full, crashes, pauses];
    for make in kinds {
        let count = stage.random.below(3);
        make(stage, count);
    }
}
