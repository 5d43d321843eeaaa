//! Who may act for an account.

use types::{AccountSecret, Payload, Transaction};
use vm::{Precheck, Skipped};

use crate::bank::*;

/// A payment of Alice's signed by somebody else's key.
fn forged() -> types::AuthorizedTransaction {
    let payload: Payload = sign(ALICE, SOON, 0, vec![transfer(WON, BOB, 1)]).payload;
    authorize(vec![Transaction::sign(payload, &key(BOB), &CHAIN)]).remove(0)
}

#[test]
fn who_does_not_open_an_account_leaves_no_trace_in_it() {
    let mut ledger = ledger();
    let forged = forged();
    assert_eq!(ledger.precheck(&forged, now(1).timestamp), Err(Precheck::Unauthorized));
    let account = ledger.account(&address(ALICE)).cloned();
    let empty = run(&ledger, &[], now(1), &[]);
    let execution = finalize(&mut ledger, now(1), &[forged]);
    assert_eq!(execution.skipped, Skipped { unauthorized: 1, ..Skipped::default() });
    assert_eq!((execution.receipts.len(), execution.state_root), (0, empty.state_root));
    assert_eq!(ledger.account(&address(ALICE)).cloned(), account);
}

#[test]
fn a_stranger_does_not_use_up_the_id_of_what_the_payer_signs() {
    let mut ledger = ledger();
    let good = signed(ALICE, 0, vec![transfer(WON, BOB, 1)]);
    let forged = forged();
    assert_eq!(forged.id(), good.id());
    // Before it in the same block, and in the block before.
    finalize(&mut ledger, now(1), std::slice::from_ref(&forged));
    assert_eq!(ledger.precheck(&good, now(2).timestamp), Ok(()));
    let execution = finalize(&mut ledger, now(2), &[forged.clone(), good.clone(), good, forged]);
    assert_eq!(execution.receipts.len(), 1);
    assert_eq!(execution.skipped, Skipped { unauthorized: 1, already_executed: 2, ..Skipped::default() });
    assert_eq!(balance(&ledger, BOB, WON), 51);
}

#[test]
fn more_signatures_than_needed_do_no_harm() {
    let ledger = ledger();
    let [alice, bob] = [ALICE, BOB].map(|customer| AccountSecret::from(key(customer)));
    let payload = sign(ALICE, SOON, 0, vec![transfer(WON, BOB, 1)]).payload;
    let both = authorize(vec![Transaction::sign_with(payload, &[&alice, &bob], &CHAIN).unwrap()]).remove(0);
    assert_eq!(ledger.precheck(&both, now(1).timestamp), Ok(()));
    assert_eq!(run(&ledger, &[], now(1), &[both]).receipts.len(), 1);
}
