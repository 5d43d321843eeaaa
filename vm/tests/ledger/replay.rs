//! One id has one outcome: the edges of the window in which it may execute.

use std::sync::Arc;

use types::{Deadline, Height};
use vm::{Precheck, ReceiptPointer, Skipped};

use crate::bank::*;

const NONE: Skipped = Skipped { already_executed: 0, expired: 0, too_far: 0, unauthorized: 0, unpaid: 0 };

#[test]
fn the_window_is_exact() {
    let second = u64::from(SECOND) * 1_000;
    // A deadline, the block's time, whether the transaction executes.
    let expired = Skipped { expired: 1, ..NONE };
    let too_far = Skipped { too_far: 1, ..NONE };
    for (valid_until, millis, skipped) in [
        (SECOND, second, NONE),
        (SECOND, second + 999, NONE),
        (SECOND, second + 1_000, expired),
        (SECOND - 1, second, expired),
        (SECOND + MAX_VALID_SECONDS, second, NONE),
        (SECOND + MAX_VALID_SECONDS + 1, second + 999, too_far),
        (SECOND + MAX_VALID_SECONDS + 1, second + 1_000, NONE),
        (u32::MAX, second, too_far),
        (0, second, expired),
    ] {
        let ledger = ledger();
        let transaction = until(valid_until, ALICE, 0, vec![transfer(WON, BOB, 1)]);
        let context = context(1, millis);
        let execution = run(&ledger, &[], context, std::slice::from_ref(&transaction));
        assert_eq!(execution.skipped, skipped, "deadline {valid_until} at {millis}");
        assert_eq!(execution.receipts.len(), usize::from(skipped == NONE));
        let valid_until = Deadline(valid_until);
        let precheck = match skipped {
            _ if skipped == expired => Err(Precheck::Expired { valid_until }),
            _ if skipped == too_far => {
                Err(Precheck::DeadlineTooFar { valid_until, max_valid_seconds: MAX_VALID_SECONDS })
            }
            _ => Ok(()),
        };
        assert_eq!(ledger.precheck(&transaction, context), precheck);
    }
}

#[test]
fn an_executed_transaction_is_skipped_wherever_it_was_executed() {
    let mut ledger = ledger();
    let [a, b, c] = [0, 1, 2].map(|salt| signed(ALICE, salt, vec![transfer(WON, BOB, 1)]));
    // In the ledger (a), in an ancestor (b), in the block itself (c).
    finalize(&mut ledger, now(1), std::slice::from_ref(&a));
    let parent = Arc::new(run(&ledger, &[], now(2), std::slice::from_ref(&b)).delta);
    let block = [&a, &b, &c, &c, &a];
    let execution = vm::execute(&ledger, std::slice::from_ref(&parent), now(3), block).unwrap();
    assert_eq!(execution.skipped, Skipped { already_executed: 4, ..NONE });
    assert_eq!(execution.receipts.iter().map(|receipt| receipt.id).collect::<Vec<_>>(), [c.id()]);

    let at = |height, index| ReceiptPointer { height: Height(height), index };
    assert_eq!(ledger.executed(&b.id()), None, "not final yet");
    assert_eq!(ledger.precheck(&b, now(3)), Ok(()));
    ledger.apply(Arc::unwrap_or_clone(parent));
    ledger.apply(execution.delta);
    assert_eq!([&a, &b, &c].map(|one| ledger.executed(&one.id())), [at(1, 0), at(2, 0), at(3, 0)].map(Some));
    assert_eq!(ledger.precheck(&b, now(4)), Err(Precheck::AlreadyExecuted(at(2, 0))));
    assert_eq!((balance(&ledger, BOB, WON), ledger.executed_total()), (53, 3));
}

#[test]
fn a_failed_transaction_is_not_tried_again() {
    let mut ledger = ledger();
    let transaction = signed(BOB, 0, vec![transfer(WON, ALICE, 60)]);
    finalize(&mut ledger, now(1), std::slice::from_ref(&transaction));
    finalize(&mut ledger, now(2), &[signed(ALICE, 0, vec![transfer(WON, BOB, 100)])]);
    let again = finalize(&mut ledger, now(3), &[transaction]);
    assert_eq!((again.receipts.len(), again.skipped.already_executed), (0, 1));
    assert_eq!(balance(&ledger, BOB, WON), 150);
}

#[test]
fn a_second_closes_once_with_all_its_ids() {
    let mut ledger = ledger();
    let second = u64::from(SECOND) * 1_000;
    let pay = |valid_until, salt| until(valid_until, ALICE, salt, vec![transfer(WON, BOB, 1)]);
    let early: Vec<_> = (0..20).map(|salt| pay(SECOND, salt)).collect();
    let late = pay(SECOND + 2, 0);
    let block = [&early[..10], std::slice::from_ref(&late)].concat();
    let execution = run(&ledger, &[], context(1, second), &block);
    assert!(ledger.apply(execution.delta).seconds.is_empty());
    let execution = run(&ledger, &[], context(2, second + 999), &early[10..]);
    assert!(ledger.apply(execution.delta).seconds.is_empty());

    // In the block that closes the second its ids still count as executed, and so does an ancestor that closes it.
    let closing = Arc::new(run(&ledger, &[], context(3, second + 1_000), &early).delta);
    let after = run(&ledger, std::slice::from_ref(&closing), context(4, second + 1_001), &early);
    assert_eq!(after.skipped, Skipped { expired: 20, ..NONE });

    let mut expected: Vec<_> = early.iter().map(|one| (one.id(), ledger.executed(&one.id()).unwrap())).collect();
    expected.sort_unstable();
    let closed = ledger.apply(Arc::unwrap_or_clone(closing));
    let [first] = closed.seconds.as_slice() else { panic!("closed {closed:?}") };
    assert_eq!((first.leaf.previous, first.leaf.second, first.place), (None, Deadline(SECOND), 0));
    assert_eq!(first.ids.page(0).unwrap().ids(), expected);
    assert!(early.iter().all(|one| ledger.executed(&one.id()).is_none()));
    assert!(ledger.executed(&late.id()).is_some());
    assert!(ledger.apply(after.delta).seconds.is_empty());

    let execution = run(&ledger, &[], context(5, second + 10_000), &[]);
    let closed = ledger.apply(execution.delta);
    let [second] = closed.seconds.as_slice() else { panic!("closed {closed:?}") };
    assert_eq!((second.leaf.previous, second.leaf.second), (Some(Deadline(SECOND)), Deadline(SECOND + 2)));
    assert_eq!(second.ids.page(0).unwrap().ids(), [(late.id(), ReceiptPointer { height: Height(1), index: 10 })]);
}
