use super::Profile;
use super::network::uneven;
use crate::doubles::DoubleKind;
use crate::faults::{crashes, partitions};
use crate::scenario::Stage;

/// As many Byzantine validators as the protocol stands.
pub(super) const PROFILE: Profile =
    Profile { name: "byzantine", about: "up to f Byzantine validators of all kinds", prepare };

fn prepare(stage: &mut Stage<'_>) {
    let count = stage.random.between(1, stage.budget() as u64);
    doubles(stage, count);
    if stage.random.chance(500) {
        stage.delay = uneven(stage);
    }
    let (crashed, cut) = (stage.random.below(4), stage.random.below(4));
    crashes(stage, crashed);
    partitions(stage, cut);
    if stage.doubles.values().any(|kind| *kind == DoubleKind::Liar) {
        // Somebody has to catch up for it to lie to.
        crashes(stage, 6);
        partitions(stage, 3);
    }
}

/// So many Byzantine validators, if so many may still be.
pub(super) fn doubles(stage: &mut Stage<'_>, count: u64) {
    for _ in 0..count {
        let Some(machine) = stage.spend_fault() else { return };
        let kind = *stage.random.pick(&DoubleKind::ALL);
        stage.doubles.insert(machine, kind);
    }
}
