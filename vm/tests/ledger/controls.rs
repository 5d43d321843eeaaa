//! Freezes, seizures, pauses, tiers, sanction lists and the travel rule.

use types::codec::Bounded;
use types::{Action, Address, Amount, ListId, Operation, Operations, PolicyId, PolicyTerms, Role};
use vm::{ComplianceFailure, Failure, Refusal};

use crate::bank::*;
use crate::desk::*;
use crate::instructions::*;

const NONE: u128 = u128::MAX;
const LIST: ListId = ListId(4);
const HOUR: u64 = 3_600_000;

fn without(role: Role) -> Failure {
    Failure::WithoutRole { asset: WON, role }
}

fn frozen(account: Address) -> Refusal {
    Refusal::Frozen { account, asset: WON }
}

fn sanctioned(account: Address) -> Refusal {
    Refusal::Sanctioned { account, list: LIST }
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

#[test]
fn who_keeps_a_policy_alone_changes_it() {
    let mut desk = Desk::new();
    let one = || terms(&[tier(1, NONE, NONE)], &[], None);
    for payer in [ISSUER, APPROVER, ALICE] {
        desk.fails(payer, vec![define(POLICY, one())], ComplianceFailure::NotCompliance);
    }
    let malformed = |tiers, default| ComplianceFailure::MalformedPolicy { policy: POLICY, tiers, default };
    desk.fails(COMPLIANCE, vec![define(POLICY, terms(&[], &[], None))], malformed(0, 0));
    desk.fails(COMPLIANCE, vec![define(POLICY, PolicyTerms { default_tier: 1, ..one() })], malformed(1, 1));
    desk.does(COMPLIANCE, vec![define(POLICY, one())]);
    // Another asset's compliance may begin policies of its own, and not change this one.
    let roles = types::AssetRoles { compliance: Some(address(BOB)), ..officers() };
    desk.decides(DOLLAR, roles_action(types::AssetRoles { approver: None, ..roles }));
    let keeper = ComplianceFailure::NotKeeper { keeper: address(COMPLIANCE) };
    desk.fails(BOB, vec![define(POLICY, one())], keeper);
    desk.fails(BOB, vec![set_tier(POLICY, address(ALICE), Some(0))], keeper);
    desk.does(BOB, vec![define(PolicyId(2), one())]);
    let unknown = ComplianceFailure::UnknownTier { policy: POLICY, tier: 1 };
    desk.fails(COMPLIANCE, vec![set_tier(POLICY, address(ALICE), Some(1))], unknown);
    let unknown = ComplianceFailure::UnknownPolicy { policy: PolicyId(7) };
    desk.fails(COMPLIANCE, vec![set_tier(PolicyId(7), address(ALICE), None)], unknown);
}

#[test]
fn a_tier_limits_one_payment_and_what_is_held() {
    let mut desk = Desk::with_policy(terms(&[tier(100, NONE, 300), tier(NONE, NONE, NONE)], &[], None));
    let (alice, bob, issuer) = (address(ALICE), address(BOB), address(ISSUER));
    let above = Refusal::AbovePaymentLimit { asset: WON, limit: Amount(100) };
    desk.fails(ALICE, vec![send(WON, bob, 101)], above);
    desk.does(ALICE, vec![send(WON, bob, 100), send(WON, bob, 100)]);
    let above = |account| Refusal::AboveHoldingLimit { account, asset: WON, limit: Amount(300) };
    desk.fails(ALICE, vec![send(WON, bob, 51)], above(bob));
    desk.does(ALICE, vec![send(WON, bob, 50)]);
    // Alice holds more than a tier allows since before; paying herself is no arrival.
    desk.does(ALICE, vec![send(WON, alice, 1)]);
    desk.fails(BOB, vec![send(WON, alice, 1)], above(alice));
    // The issuer is under no tier, neither as a payer nor as a receiver.
    desk.does(ISSUER, vec![send(WON, address(CAROL), 300)]);
    desk.does(BOB, vec![send(WON, issuer, 100), send(WON, issuer, 100), send(WON, issuer, 100)]);
    // Of another asset it is a holder like any other.
    desk.fails(ISSUER, vec![send(DOLLAR, bob, 101)], Refusal::AbovePaymentLimit { asset: DOLLAR, limit: Amount(100) });
    // A given tier holds, and the default again once it is taken away.
    desk.does(COMPLIANCE, vec![set_tier(POLICY, alice, Some(1)), set_tier(POLICY, bob, Some(1))]);
    desk.does(ALICE, vec![send(WON, bob, 700)]);
    desk.does(COMPLIANCE, vec![set_tier(POLICY, bob, None)]);
    desk.fails(BOB, vec![send(WON, alice, 101)], Refusal::AbovePaymentLimit { asset: WON, limit: Amount(100) });
}

#[test]
fn a_tier_that_the_policy_has_no_more_is_its_default() {
    let mut desk = Desk::with_policy(terms(&[tier(10, NONE, NONE), tier(NONE, NONE, NONE)], &[], None));
    desk.does(COMPLIANCE, vec![set_tier(POLICY, address(ALICE), Some(1))]);
    desk.does(ALICE, vec![send(WON, address(BOB), 11)]);
    desk.does(COMPLIANCE, vec![define(POLICY, terms(&[tier(5, NONE, NONE)], &[], None))]);
    desk.fails(ALICE, vec![send(WON, address(BOB), 6)], Refusal::AbovePaymentLimit { asset: WON, limit: Amount(5) });
}

#[test]
fn a_days_payments_count_in_any_24_hours() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, 100, NONE)], &[], None));
    let (alice, bob) = (address(ALICE), address(BOB));
    let above = |used| Refusal::AboveDayLimit { asset: WON, limit: Amount(100), used: Amount(used) };
    desk.fails(ALICE, vec![send(WON, bob, 101)], above(0));
    desk.does(ALICE, vec![send(WON, bob, 60)]);
    // A failed payment and one in another asset count for nothing; to oneself counts.
    desk.fails(ALICE, vec![send(WON, bob, 30), send(WON, bob, 11)], above(90));
    desk.does(ALICE, vec![send(DOLLAR, bob, 100)]);
    desk.does(ALICE, vec![send(WON, alice, 40)]);
    desk.fails(ALICE, vec![send(WON, bob, 1)], above(100));
    desk.wait_millis(24 * HOUR);
    desk.fails(ALICE, vec![send(WON, bob, 1)], above(100));
    desk.wait_millis(HOUR);
    desk.does(ALICE, vec![send(WON, bob, 100)]);
    // What is set aside for an order or attached to a call is a payment too; a redemption is none.
    desk.wait_millis(25 * HOUR);
    desk.does(ISSUER, vec![register(BOB, shop("Bob's", 1))]);
    let program = desk.deploys(PURSE);
    desk.does(ALICE, vec![hold(bob, "1", WON, 50, 60), call(program, "fund", &[], Some((WON, 50)), 1_000)]);
    desk.fails(ALICE, vec![charge(bob, "2", WON, 1)], above(100));
    desk.does(ALICE, vec![redeem(WON, 500)]);
}

#[test]
fn the_travel_rule_asks_from_its_threshold_on() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, NONE, NONE)], &[], Some(100)));
    let bob = address(BOB);
    let missing = |from: u128| Refusal::NoTravelReference { asset: WON, from: Amount(from) };
    desk.does(ALICE, vec![send(WON, bob, 99)]);
    desk.fails(ALICE, vec![send(WON, bob, 100)], missing(100));
    // It holds for what follows in the transaction, and for no other transaction.
    desk.fails(ALICE, vec![send(WON, bob, 100), travel("exchange-1")], missing(100));
    desk.does(ALICE, vec![travel("exchange-1"), send(WON, bob, 100), send(WON, bob, 100)]);
    desk.fails(ALICE, vec![send(WON, bob, 100)], missing(100));
    for blank in ["", " \t"] {
        desk.fails(ALICE, vec![travel(blank), send(WON, bob, 100)], ComplianceFailure::NoReference);
    }
    // The issuer is under no tier, and under this rule.
    desk.fails(ISSUER, vec![send(WON, bob, 100)], missing(100));
    // Zero: every payment.
    desk.does(COMPLIANCE, vec![define(POLICY, terms(&[tier(NONE, NONE, NONE)], &[], Some(0)))]);
    desk.fails(ALICE, vec![send(WON, bob, 1)], missing(0));
    desk.does(ALICE, vec![travel("exchange-2"), send(WON, bob, 1)]);
    // None: no payment.
    desk.does(COMPLIANCE, vec![define(POLICY, terms(&[tier(NONE, NONE, NONE)], &[], None))]);
    desk.does(ALICE, vec![send(WON, bob, 300)]);
}

#[test]
fn a_list_has_a_keeper_a_version_and_a_height() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, NONE, NONE)], &[LIST], None));
    let alice = address(ALICE);
    desk.fails(ISSUER, vec![sanctions(LIST, 1, 99, &[alice], &[])], ComplianceFailure::NotCompliance);
    let wrong = |expected, got| ComplianceFailure::WrongVersion { list: LIST, expected, got };
    for got in [0, 2] {
        desk.fails(COMPLIANCE, vec![sanctions(LIST, got, 99, &[alice], &[])], wrong(1, got));
    }
    let early = |earliest, got| ComplianceFailure::TooEarly {
        list: LIST,
        earliest: types::Height(earliest),
        got: types::Height(got),
    };
    let next = desk.next_height();
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 1, next - 1, &[alice], &[])], early(next, next - 1));
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, 50, &[alice], &[])]);
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 1, 60, &[], &[])], wrong(2, 1));
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 2, 49, &[], &[alice])], early(50, 49));
    // Another asset's compliance does not change it.
    let roles = types::AssetRoles { compliance: Some(address(BOB)), approver: None, ..officers() };
    desk.decides(DOLLAR, roles_action(roles));
    let keeper = ComplianceFailure::NotKeeper { keeper: address(COMPLIANCE) };
    desk.fails(BOB, vec![sanctions(LIST, 2, 99, &[], &[alice])], keeper);
}

#[test]
fn a_version_holds_from_its_height_on() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, NONE, NONE)], &[LIST], None));
    let (alice, bob) = (address(ALICE), address(BOB));
    let pay = || vec![send(WON, bob, 1)];
    let from = desk.next_height() + 3;
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, from, &[alice], &[])]);
    while desk.next_height() < from {
        desk.does(ALICE, pay());
    }
    desk.fails(ALICE, pay(), sanctioned(alice));
    desk.fails(BOB, vec![send(WON, alice, 1)], sanctioned(alice));
    // It comes off at its height, too.
    let until = desk.next_height() + 2;
    desk.does(COMPLIANCE, vec![sanctions(LIST, 2, until, &[], &[alice])]);
    desk.fails(ALICE, pay(), sanctioned(alice));
    desk.does(ALICE, pay());
}

#[test]
fn an_entry_is_not_lifted_early_by_a_new_version() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, NONE, NONE)], &[LIST], None));
    let (alice, bob) = (address(ALICE), address(BOB));
    let pay = || vec![send(WON, bob, 1)];
    let next = desk.next_height();
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, next, &[alice], &[])]);
    // Named again with a later height: it holds in between as well.
    desk.does(COMPLIANCE, vec![sanctions(LIST, 2, next + 100, &[alice], &[])]);
    desk.fails(ALICE, pay(), sanctioned(alice));
    // Off and on again before the removal counts: it stays on.
    desk.does(COMPLIANCE, vec![sanctions(LIST, 3, next + 100, &[], &[alice])]);
    desk.does(COMPLIANCE, vec![sanctions(LIST, 4, next + 200, &[alice], &[])]);
    while desk.next_height() <= next + 100 {
        desk.fails(ALICE, pay(), sanctioned(alice));
    }
    // On and off in one version: off.
    desk.does(COMPLIANCE, vec![sanctions(LIST, 5, next + 200, &[bob], &[bob])]);
    while desk.next_height() <= next + 200 {
        desk.does(BOB, vec![send(WON, address(CAROL), 1), send(DOLLAR, bob, 1)]);
        desk.does(CAROL, vec![send(WON, bob, 1)]);
    }
}

#[test]
fn a_list_counts_where_a_policy_names_it() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, NONE, NONE)], &[ListId(8)], None));
    let alice = address(ALICE);
    let next = desk.next_height();
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, next, &[alice], &[])]);
    desk.does(ALICE, vec![send(WON, address(BOB), 1)]);
    let lists = PolicyTerms {
        sanctions: Bounded::new(vec![ListId(8), LIST]).unwrap(),
        ..terms(&[tier(NONE, NONE, NONE)], &[], None)
    };
    desk.does(COMPLIANCE, vec![define(POLICY, lists)]);
    desk.fails(ALICE, vec![send(WON, address(BOB), 1)], sanctioned(alice));
    // An asset without a policy has no lists.
    desk.decides(DOLLAR, Action::SetPolicy(None));
    desk.does(ALICE, vec![send(DOLLAR, address(BOB), 1)]);
}

/// Who must not move money does not have it moved either, by a program or out of a customer's account.
#[test]
fn a_sanctioned_hand_moves_nobodys_money() {
    let mut desk = Desk::with_policy(terms(&[tier(NONE, NONE, NONE)], &[LIST], None));
    let (alice, bob) = (address(ALICE), address(BOB));
    let program = desk.deploys(PURSE);
    let customer = Address::of_customer(&alice, 1);
    desk.does(ALICE, vec![call(program, "fund", &[], Some((WON, 100)), 1_000), send(WON, customer, 100)]);
    let next = desk.next_height();
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, next, &[alice], &[])]);
    let pay = || call(program, "pay", &[WON.into(), bob.into(), vm::program::Word::from(1)], None, 1_000);
    desk.fails(ALICE, vec![pay()], sanctioned(alice));
    desk.fails(ALICE, vec![batch(WON, &[(1, bob, 1)])], sanctioned(alice));
    desk.does(BOB, vec![pay()]);
    desk.does(COMPLIANCE, vec![sanctions(LIST, 2, next + 1_000, &[], &[alice]), freeze(WON, bob)]);
    // Frozen for the won he cannot send the program's won to anybody; its dollars are another matter.
    desk.fails(BOB, vec![pay()], frozen(bob));
}
