use super::Profile;
use crate::faults::{clock_jumps, crashes};
use crate::scenario::Stage;

/// Clocks that are off, drift and jump.
pub(super) const PROFILE: Profile = Profile { name: "clock", about: "skew, drift and jumps of civil time", prepare };

fn prepare(stage: &mut Stage<'_>) {
    wrong_clocks(stage);
    let crashed = stage.random.below(3);
    crashes(stage, crashed);
}

/// Clocks that are a little off everywhere, and far off at times in one place.
pub(super) fn wrong_clocks(stage: &mut Stage<'_>) {
    stage.skew_millis = stage.random.between(0, 400);
    stage.drift_ppm = stage.random.between(0, 5_000);
    let jumps = stage.random.between(1, 4);
    clock_jumps(stage, jumps);
}
