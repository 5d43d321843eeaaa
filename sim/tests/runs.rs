//! Runs as a whole: a seed is one run, every profile holds for a few seeds, and every double is as bad as its name.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use sim::{DoubleKind, PROFILES, Profile, Run, shrink};

fn profile(name: &str) -> &'static Profile {
    Profile::named(name).unwrap()
}

#[test]
fn a_seed_is_one_run_to_the_last_byte() {
    for name in ["calm", "everything", "twins", "byzantine"] {
        let run = Run { lines: 50, ..Run::new(11, profile(name)) };
        let (first, second) = (run.report(), run.report());
        assert_eq!(first.digest, second.digest, "{name}");
        assert_eq!((first.events, first.trace), (second.events, second.trace), "{name}");
        let other = Run::new(12, profile(name)).report();
        assert_ne!(first.digest, other.digest, "{name}");
    }
}

#[test]
fn watching_a_run_does_not_change_it() {
    let silent = Run::new(5, profile("everything"));
    let watched = Run { lines: 1_000_000, ..silent.clone() };
    assert_eq!(silent.report().digest, watched.report().digest);
}

/// A few seeds of each profile; `baro simulate` runs more.
#[test]
fn every_profile_holds() {
    for profile in &PROFILES {
        for seed in 0..4 {
            let report = Run::new(seed, profile).report();
            assert_eq!(report.violation, None, "baro simulate --seed {seed} --faults {} --trace", profile.name);
            assert!(report.payments > 0, "{} {seed}", profile.name);
        }
    }
}

#[test]
fn more_validators_hold_as_well() {
    for validators in [10, 16] {
        let run = Run { validators: Some(validators), ..Run::new(3, profile("everything")) };
        assert_eq!(run.report().violation, None, "{validators} validators");
    }
}

#[test]
fn every_double_does_what_it_is_named_for() {
    let mut misdeeds: BTreeMap<DoubleKind, u64> = BTreeMap::new();
    // Nobody begins late in the one profile, and only liars about checkpoints are in the other.
    let profiles = [profile("byzantine"), profile("state-sync")];
    for (seed, profile) in (0..200).flat_map(|seed| profiles.map(|profile| (seed, profile))) {
        for (kind, count) in Run::new(seed, profile).report().misdeeds {
            *misdeeds.entry(kind).or_default() += count;
        }
        if DoubleKind::ALL.iter().all(|kind| misdeeds.get(kind).is_some_and(|count| *count > 0)) {
            return;
        }
    }
    panic!("some double did nothing in 200 runs: {misdeeds:?}");
}

#[test]
fn a_run_without_violation_shrinks_to_itself() {
    let run = Run::new(1, profile("calm"));
    let report = run.report();
    let (shrunk, again) = shrink(&run, &report);
    assert_eq!((shrunk.faults, again.digest), (None, report.digest));
}
