//! Random operations of every kind, on which ledger and model agree. `examples/random_operations.rs` runs as many as one
//! likes; here are a few, and a check that they are worth something.

use crate::generator::{Tally, World};

#[test]
fn ledger_and_model_agree() {
    let mut tally = Tally::default();
    for seed in 0..8 {
        tally.add(&World::run(seed, 1_000));
    }
    let Tally { operations, succeeded, failed, skipped, by_sessions, by_several_keys, sponsored, .. } = &tally;
    assert!(*operations >= 7_000);
    assert!(succeeded * 100 / operations >= 30, "{tally:#?}");
    assert!(failed.len() >= 66, "{tally:#?}");
    let of_keys = ["missing_role", "session_forbids", "invalid_policy", "invalid_session", "unknown_session"];
    assert!(of_keys.iter().all(|kind| failed.contains_key(kind)), "{tally:#?}");
    assert!(*by_sessions >= 50 && *by_several_keys >= 50 && *sponsored >= 200, "{tally:#?}");
    assert!(skipped["unauthorized"] >= 300, "{tally:#?}");
}
