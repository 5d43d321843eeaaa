//! Blocks that are not final: overlays over overlays, of which one wins.

use std::sync::Arc;

use types::Hash;
use vm::{Delta, ExecutionError, Ledger, execute};

use crate::bank::*;

#[test]
fn a_fork_that_loses_leaves_nothing() {
    let mut ledger = ledger();
    let root = ledger.state_root();
    let shared = signed(ALICE, 0, vec![transfer(WON, BOB, 1_000)]);
    let left = run(&ledger, &[], now(1), &[shared.clone(), signed(BOB, 0, vec![transfer(WON, STRANGER, 1)])]);
    let right = run(&ledger, &[], now(1), &[signed(ALICE, 1, vec![transfer(WON, STRANGER + 1, 1_000)]), shared]);
    assert_ne!(left.state_root, right.state_root);
    assert_eq!(ledger.state_root(), root, "executing changes nothing");
    assert!(right.receipts[1].failure().is_some(), "on the right the money is gone");

    let left = Arc::new(left.delta);
    let above = run(&ledger, std::slice::from_ref(&left), now(2), &[signed(BOB, 1, vec![transfer(WON, ALICE, 1_049)])]);
    assert!(above.receipts[0].failure().is_none(), "sees its parent");
    drop(left);
    drop(above);

    ledger.apply(right.delta);
    assert_eq!(ledger.state_root(), right.state_root);
    assert_eq!((balance(&ledger, ALICE, WON), balance(&ledger, BOB, WON)), (0, 50));
    assert!(ledger.account(&address(STRANGER)).is_none());
    assert_eq!(balance(&ledger, STRANGER + 1, WON), 1_000);
}

#[test]
fn roots_do_not_depend_on_what_is_folded_in() {
    let blocks: Vec<_> =
        (0..5u8).map(|number| vec![signed(ALICE, number.into(), vec![transfer(WON, STRANGER + number, 10)])]).collect();
    // Fold in each block `lag` blocks late.
    let roots = |lag: usize| -> Vec<Hash> {
        let mut ledger = ledger();
        let mut pending = Vec::new();
        let mut roots = Vec::new();
        for (block, height) in blocks.iter().zip(1..) {
            let execution = run(&ledger, &pending, now(height), block);
            roots.push(execution.state_root);
            pending.push(Arc::new(execution.delta));
            if pending.len() > lag {
                ledger.apply(Arc::unwrap_or_clone(pending.remove(0)));
            }
        }
        roots
    };
    let expected = roots(0);
    (1..=5).for_each(|lag| assert_eq!(roots(lag), expected, "folded in {lag} blocks late"));
}

#[test]
fn deltas_must_follow_the_ledger() {
    let mut ledger = ledger();
    let first = Arc::new(run(&ledger, &[], now(1), &[signed(ALICE, 0, vec![transfer(WON, BOB, 1)])]).delta);
    let path = [first.clone()];
    let second = Arc::new(run(&ledger, &path, now(2), &[signed(ALICE, 1, vec![transfer(WON, BOB, 1)])]).delta);
    fn refused(ledger: &Ledger, path: &[Arc<Delta>]) -> Result<Hash, ExecutionError> {
        execute(ledger, path, now(3), []).map(|execution| execution.state_root)
    }
    assert_eq!(refused(&ledger, std::slice::from_ref(&second)), Err(ExecutionError::NotConnected));
    assert_eq!(refused(&ledger, &[second.clone(), first.clone()]), Err(ExecutionError::NotConnected));
    assert!(refused(&ledger, &[first.clone(), second.clone()]).is_ok());
    ledger.apply(first.as_ref().clone());
    assert_eq!(refused(&ledger, &[first, second.clone()]), Err(ExecutionError::NotConnected));
    assert!(refused(&ledger, &[second]).is_ok());
}

#[test]
#[should_panic(expected = "does not follow the ledger")]
fn a_delta_of_another_state_is_not_folded_in() {
    let mut ledger = ledger();
    let delta = run(&ledger, &[], now(1), &[signed(ALICE, 0, vec![transfer(WON, BOB, 1)])]).delta;
    ledger.apply(delta.clone());
    ledger.apply(delta);
}
