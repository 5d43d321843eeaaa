use super::Profile;
use crate::faults::{flapping, slow_links};
use crate::network::Delay;
use crate::scenario::Stage;
use crate::time::MILLIS;

/// Links in order, with long and uneven delays, slow ones and some that come and go.
pub(super) const PROFILE: Profile = Profile { name: "network", about: "long tails, slow and flapping links", prepare };

fn prepare(stage: &mut Stage<'_>) {
    stage.delay = uneven(stage);
    let (slow, flaps) = (stage.random.below(3), stage.random.below(3));
    slow_links(stage, slow);
    flapping(stage, flaps);
}

/// Delays of a network that is far away or has bad days.
pub(super) fn uneven(stage: &mut Stage<'_>) -> Delay {
    match stage.random.below(3) {
        0 => Delay { least: 5 * MILLIS, usual: 60 * MILLIS, tail_per_mille: 0, most: 0 },
        1 => Delay { least: MILLIS, usual: 10 * MILLIS, tail_per_mille: 30, most: 800 * MILLIS },
        _ => Delay { least: 200, usual: 3 * MILLIS, tail_per_mille: 5, most: 3_000 * MILLIS },
    }
}
