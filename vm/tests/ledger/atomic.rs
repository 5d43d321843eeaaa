//! All instructions of a transaction take effect, or none.

use types::Amount;
use vm::{Failure, Outcome};

use crate::bank::*;

#[test]
fn instructions_see_those_before_them() {
    let mut ledger = ledger();
    // The issuer spends what it mints; a new account comes into being once.
    let instructions = vec![mint(WON, ISSUER, 100), transfer(WON, STRANGER, 300), transfer(WON, ISSUER, 0)];
    let failing = signed(ISSUER, 0, instructions);
    let good =
        signed(ISSUER, 1, vec![mint(WON, ISSUER, 100), transfer(WON, STRANGER, 200), transfer(WON, STRANGER, 100)]);
    let execution = finalize(&mut ledger, now(1), &[failing, good]);
    let failed = Outcome::Failed { instruction: 2, failure: Failure::ZeroAmount };
    assert_eq!(execution.receipts[0].outcome, failed);
    assert_eq!(execution.receipts[1].outcome, Outcome::Succeeded);
    assert_eq!((balance(&ledger, ISSUER, WON), balance(&ledger, STRANGER, WON)), (0, 300));
    assert_eq!(ledger.asset(WON).unwrap().supply, Amount(1_350));
    assert_eq!(ledger.account_count(), 5);
}

#[test]
fn a_failure_takes_back_what_came_before() {
    let mut ledger = ledger();
    let before = ledger.state_root();
    let instructions = vec![
        transfer(WON, STRANGER, 10),
        transfer(DOLLAR, BOB, 5),
        transfer(WON, STRANGER + 1, 990),
        transfer(WON, BOB, 1),
    ];
    let next = signed(BOB, 0, vec![transfer(WON, STRANGER + 1, 1)]);
    let execution = finalize(&mut ledger, now(1), &[signed(ALICE, 0, instructions), next]);
    let failure = Failure::Overdraft { asset: WON, balance: Amount(0), needed: Amount(1) };
    assert_eq!(execution.receipts[0].outcome, Outcome::Failed { instruction: 3, failure });
    assert_eq!(execution.receipts[0].links.len(), 1, "only the payer is touched");
    assert_eq!((balance(&ledger, ALICE, WON), balance(&ledger, ALICE, DOLLAR)), (1_000, 5));
    assert!(ledger.account(&address(STRANGER)).is_none());
    assert_eq!(balance(&ledger, STRANGER + 1, WON), 1);
    assert_eq!(ledger.account_count(), 5);
    assert_ne!(ledger.state_root(), before, "the failure is in the state: replay protection and history");
}

#[test]
fn an_unknown_payer_is_remembered_but_touches_nothing() {
    let mut ledger = ledger();
    let transaction = signed(STRANGER, 0, vec![transfer(WON, BOB, 1)]);
    let execution = finalize(&mut ledger, now(1), std::slice::from_ref(&transaction));
    assert_eq!(execution.receipts[0].failure(), Some((0, &Failure::UnknownAccount)));
    assert!(execution.receipts[0].links.is_empty());
    assert_eq!(ledger.account_count(), 4);
    assert_eq!((ledger.executed_total(), ledger.executed(&transaction.id()).is_some()), (1, true));
}
