//! Freezes, seizures and pauses.

use types::{Address, Amount, ListId, Operation, Operations, Role};
use vm::{ComplianceFailure, Failure, Refusal};

use crate::bank::*;
use crate::desk::*;
use crate::instructions::*;

const LIST: ListId = ListId(4);

fn without(role: Role) -> Failure {
    Failure::WithoutRole { asset: WON, role }
}

fn frozen(account: Address) -> Refusal {
    Refusal::Frozen { account, asset: WON }
}

#[test]
fn only_compliance_freezes_and_thaws() {
    let mut desk = Desk::new();
    let (alice, bob) = (address(ALICE), address(BOB));
    for payer in [ISSUER, APPROVER, PAUSER, ALICE] {
        desk.fails(payer, vec![freeze(WON, alice)], without(Role::Compliance));
        desk.fails(payer, vec![thaw(WON, alice)], without(Role::Compliance));
    }
    desk.fails(COMPLIANCE, vec![freeze_amount(WON, alice, 0)], Failure::ZeroAmount);
    desk.fails(COMPLIANCE, vec![thaw(WON, alice)], ComplianceFailure::NotFrozen { account: alice, asset: WON });
    desk.does(COMPLIANCE, vec![freeze(WON, alice)]);
    desk.fails(ALICE, vec![send(WON, bob, 1)], frozen(alice));
    desk.fails(BOB, vec![send(WON, alice, 1)], frozen(alice));
    desk.fails(ALICE, vec![send(WON, alice, 1)], frozen(alice));
    // For one asset is not for another.
    desk.does(ALICE, vec![send(DOLLAR, bob, 1)]);
    desk.does(COMPLIANCE, vec![thaw(WON, alice)]);
    desk.does(ALICE, vec![send(WON, bob, 1)]);
}

#[test]
fn a_frozen_amount_stays_and_the_rest_moves() {
    let mut desk = Desk::new();
    let (alice, bob) = (address(ALICE), address(BOB));
    desk.does(COMPLIANCE, vec![freeze_amount(WON, alice, 400)]);
    let short = |free: u128, needed| Refusal::FrozenFunds { asset: WON, free: Amount(free), needed: Amount(needed) };
    desk.fails(ALICE, vec![send(WON, bob, 601)], short(600, 601));
    desk.fails(ALICE, vec![send(WON, bob, 300), send(WON, bob, 301)], short(300, 301));
    // Paying oneself frees nothing.
    desk.fails(ALICE, vec![send(WON, alice, 600), send(WON, alice, 601)], short(600, 601));
    desk.does(BOB, vec![send(WON, alice, 5)]);
    desk.does(ALICE, vec![send(WON, bob, 605)]);
    // More may be frozen than there is.
    desk.does(COMPLIANCE, vec![freeze_amount(WON, alice, u128::MAX)]);
    desk.fails(ALICE, vec![send(WON, bob, 1)], short(0, 1));
    let overdraft = Failure::Overdraft { asset: WON, balance: Amount(400), needed: Amount(401) };
    desk.fails(ALICE, vec![send(WON, bob, 401)], overdraft);
}

#[test]
fn an_account_is_frozen_before_it_is_there() {
    let mut desk = Desk::new();
    desk.does(COMPLIANCE, vec![freeze(WON, address(STRANGER))]);
    desk.fails(ALICE, vec![send(WON, address(STRANGER), 1)], frozen(address(STRANGER)));
}

#[test]
fn a_frozen_account_receives_no_mint() {
    let mut desk = Desk::new();
    desk.attests(1_000_000);
    let proposal = desk.does(ISSUER, vec![propose(WON, mint_action(address(ALICE), 5), 60)]);
    desk.does(COMPLIANCE, vec![freeze(WON, address(ALICE))]);
    desk.fails(APPROVER, vec![approve_proposal(proposal)], frozen(address(ALICE)));
}

#[test]
fn a_seizure_needs_two_and_takes_from_a_frozen_account() {
    let mut desk = Desk::with_policy(terms(&[tier(1, 1, 1)], &[LIST], Some(0)));
    let (alice, carol) = (address(ALICE), address(CAROL));
    let next = desk.next_height();
    desk.does(COMPLIANCE, vec![freeze(WON, alice), freeze(WON, carol), sanctions(LIST, 1, next, &[alice, carol], &[])]);
    let proposal = desk.does(COMPLIANCE, vec![propose(WON, seize_action(alice, carol, 1_000), 60)]);
    assert_eq!(desk.holds(alice, WON), 1_000);
    desk.fails(COMPLIANCE, vec![approve_proposal(proposal)], without(Role::Approver));
    desk.does(APPROVER, vec![approve_proposal(proposal)]);
    assert_eq!((desk.holds(alice, WON), desk.holds(carol, WON)), (0, 1_000));
    let proposal = desk.does(COMPLIANCE, vec![propose(WON, seize_action(alice, carol, 1), 60)]);
    let overdraft = Failure::Overdraft { asset: WON, balance: Amount(0), needed: Amount(1) };
    desk.fails(APPROVER, vec![approve_proposal(proposal)], overdraft);
    // What is frozen in part is taken too.
    desk.does(COMPLIANCE, vec![freeze_amount(WON, carol, 900)]);
    desk.decides(WON, seize_action(carol, alice, 1_000));
}

#[test]
fn each_kind_is_paused_by_itself() {
    let mut desk = Desk::new();
    for payer in [ISSUER, COMPLIANCE, ALICE] {
        desk.fails(payer, vec![pause(WON, Operations::ALL)], without(Role::Pauser));
    }
    let pay = || vec![send(WON, address(BOB), 1)];
    for operation in Operation::ALL {
        desk.does(PAUSER, vec![pause(WON, Operations::NONE.with(operation))]);
        let paused = Refusal::Paused { asset: WON, operation };
        if operation == Operation::Transfer {
            desk.fails(ALICE, pay(), paused);
        } else {
            desk.does(ALICE, pay());
        }
        if operation == Operation::Redeem {
            desk.fails(ALICE, vec![redeem(WON, 1)], paused);
        } else {
            desk.does(ALICE, vec![redeem(WON, 1)]);
        }
    }
    desk.does(PAUSER, vec![pause(WON, Operations::ALL)]);
    desk.does(ALICE, vec![send(DOLLAR, address(BOB), 1)]);
    desk.does(PAUSER, vec![pause(WON, Operations::NONE)]);
    desk.does(ALICE, pay());
}
