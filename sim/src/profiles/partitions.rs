use super::Profile;
use super::lossy::datagrams;
use crate::faults::{flapping, one_way_cuts, partitions};
use crate::scenario::Stage;

/// Sides that do not hear each other, or only one of them the other.
pub(super) const PROFILE: Profile =
    Profile { name: "partitions", about: "partitions, also one-way, and flapping links", prepare };

fn prepare(stage: &mut Stage<'_>) {
    if stage.random.chance(300) {
        stage.class = datagrams(stage);
    }
    let (whole, one_way, flaps) = (stage.random.between(1, 4), stage.random.below(4), stage.random.below(3));
    partitions(stage, whole);
    one_way_cuts(stage, one_way);
    flapping(stage, flaps);
}
