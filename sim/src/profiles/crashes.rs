use super::Profile;
use crate::faults::{crashes, pauses};
use crate::scenario::Stage;

/// Processes that end anywhere, or stand still.
pub(super) const PROFILE: Profile =
    Profile { name: "crashes", about: "crashes at any boundary, restarts, pauses", prepare };

fn prepare(stage: &mut Stage<'_>) {
    let (crashed, paused) = (stage.random.between(2, 12), stage.random.below(5));
    crashes(stage, crashed);
    pauses(stage, paused);
}
