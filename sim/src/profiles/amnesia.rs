use super::Profile;
use crate::faults::{amnesia, crashes, empty_disks, forgetful_in_a_stall, partitions};
use crate::scenario::Stage;

/// A validator that starts with an old copy of its disk, or with none.
pub(super) const PROFILE: Profile = Profile { name: "amnesia", about: "a disk that is rolled back or empty", prepare };

fn prepare(stage: &mut Stage<'_>) {
    for _ in 0..stage.budget() {
        match stage.random.below(5) {
            0 | 1 => amnesia(stage),
            2 | 3 => forgetful_in_a_stall(stage),
            _ => empty_disks(stage),
        }
    }
    let (crashed, cut) = (stage.random.below(3), stage.random.below(3));
    crashes(stage, crashed);
    partitions(stage, cut);
}
