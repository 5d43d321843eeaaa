//! Random operations of every kind, on which ledger and model agree. `examples/random_operations.rs` runs as many as one
//! likes; here are a few, and a check that they are worth something.

use crate::generator::{Tally, World};

#[test]
fn ledger_and_model_agree() {
    let mut tally = Tally::default();
    for seed in 0..8 {
        tally.add(&World::run(seed, 1_000));
    }
    let Tally { operations, succeeded, failed, .. } = &tally;
    assert!(*operations >= 7_000);
    assert!(succeeded * 100 / operations >= 30, "{tally:#?}");
    assert!(failed.len() >= 60, "{tally:#?}");
}
