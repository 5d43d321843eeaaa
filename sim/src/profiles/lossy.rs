use super::Profile;
use super::network::uneven;
use crate::network::Class;
use crate::scenario::Stage;

/// Links that lose, double and reorder.
pub(super) const PROFILE: Profile = Profile { name: "lossy", about: "loss, duplication and reordering", prepare };

fn prepare(stage: &mut Stage<'_>) {
    stage.delay = uneven(stage);
    stage.class = datagrams(stage);
}

/// Links like datagrams.
pub(super) fn datagrams(stage: &mut Stage<'_>) -> Class {
    Class::Lossy { loss: stage.random.below(200), duplication: stage.random.below(300) }
}
