use super::Profile;
use crate::faults::{crashes, damage, disk_full, slow_flushes};
use crate::scenario::Stage;

/// Disks that are slow, full or wrong, and crashes that show what they kept.
pub(super) const PROFILE: Profile =
    Profile { name: "disk", about: "torn writes, a flipped bit, full and slow disks", prepare };

fn prepare(stage: &mut Stage<'_>) {
    let (slow, full, crashed) = (stage.random.below(4), stage.random.below(4), stage.random.between(1, 6));
    slow_flushes(stage, slow);
    disk_full(stage, full);
    crashes(stage, crashed);
    if stage.random.chance(400) {
        damage(stage);
    }
}
