//! Sanction lists: who keeps them, from when on a version holds, and whom they stop.

use types::codec::Bounded;
use types::{Action, Address, ListId, PolicyTerms};
use vm::{ComplianceFailure, MAX_NOTICE_BLOCKS, Refusal};

use crate::bank::*;
use crate::desk::*;
use crate::instructions::*;

const NONE: u128 = u128::MAX;
const LIST: ListId = ListId(4);

fn frozen(account: Address) -> Refusal {
    Refusal::Frozen { account, asset: WON }
}

fn sanctioned(account: Address) -> Refusal {
    Refusal::Sanctioned { account, list: LIST }
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
    // Nor so late that nothing could follow it.
    let latest = desk.next_height() + MAX_NOTICE_BLOCKS;
    let late = ComplianceFailure::TooLate { list: LIST, latest: types::Height(latest), got: types::Height(latest + 1) };
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 1, latest + 1, &[alice], &[])], late);
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, 50, &[alice], &[])]);
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 1, 60, &[], &[])], wrong(2, 1));
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 2, 49, &[], &[alice])], early(50, 49));
    // Another asset's compliance does not change it.
    let roles = types::AssetRoles { compliance: Some(address(BOB)), approver: None, ..officers() };
    desk.decides(DOLLAR, roles_action(roles));
    let keeper = ComplianceFailure::NotKeeper { home: WON };
    desk.fails(BOB, vec![sanctions(LIST, 2, 99, &[], &[alice])], keeper);
}

#[test]
fn who_is_no_more_compliance_keeps_no_list_and_no_policy() {
    let one = || terms(&[tier(NONE, NONE, NONE)], &[LIST], None);
    let mut desk = Desk::with_policy(one());
    let alice = address(ALICE);
    let next = desk.next_height();
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, next, &[alice], &[])]);
    let roles = types::AssetRoles { compliance: Some(address(BOB)), ..officers() };
    desk.decides(WON, roles_action(roles));
    // It is still compliance of another asset under them; but theirs is the one for which they were made.
    let keeper = ComplianceFailure::NotKeeper { home: WON };
    let next = desk.next_height() + 10;
    desk.fails(COMPLIANCE, vec![sanctions(LIST, 2, next, &[], &[alice])], keeper);
    desk.fails(COMPLIANCE, vec![define(POLICY, one())], keeper);
    desk.fails(COMPLIANCE, vec![set_tier(POLICY, alice, Some(0))], keeper);
    desk.fails(CAROL, vec![define(POLICY, one())], keeper);
    desk.does(BOB, vec![set_tier(POLICY, alice, Some(0))]);
    desk.does(BOB, vec![define(POLICY, one()), sanctions(LIST, 2, next, &[], &[alice])]);
    // Bob keeps them from then on, and loses them in the same way.
    desk.decides(WON, roles_action(officers()));
    desk.fails(BOB, vec![define(POLICY, one())], keeper);
    desk.does(COMPLIANCE, vec![define(POLICY, one())]);
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

/// Coming under a policy is not keeping it: else a stranger's asset would lift the tiers and sanctions of all others as soon
/// as their officer changes.
#[test]
fn an_asset_that_comes_under_a_policy_does_not_take_it_over() {
    let one = || terms(&[tier(NONE, NONE, NONE)], &[LIST], None);
    let mut desk = Desk::with_policy(one());
    let next = desk.next_height();
    desk.does(COMPLIANCE, vec![sanctions(LIST, 1, next, &[address(ALICE)], &[])]);
    desk.decides(
        DOLLAR,
        roles_action(types::AssetRoles { compliance: Some(address(BOB)), approver: None, ..officers() }),
    );
    desk.decides(WON, roles_action(types::AssetRoles { compliance: Some(address(CAROL)), ..officers() }));
    let kept = ComplianceFailure::NotKeeper { home: WON };
    let next = desk.next_height() + 10;
    desk.fails(BOB, vec![define(POLICY, one())], kept);
    desk.fails(BOB, vec![sanctions(LIST, 2, next, &[], &[address(ALICE)])], kept);
    desk.does(CAROL, vec![define(POLICY, one()), sanctions(LIST, 2, next, &[], &[address(ALICE)])]);
}
