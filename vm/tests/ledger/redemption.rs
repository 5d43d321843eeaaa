//! Redemption in all its states, and money that is parked and claimed.

use types::{Action, Amount, Extent, Origin, Role};
use vm::{Failure, IssuanceFailure, PARKED_SECONDS, REDEMPTION_SECONDS, Record, RecordKey, Redemption, Refusal};

use crate::bank::*;
use crate::desk::*;
use crate::instructions::*;

fn redemption(desk: &Desk, origin: Origin) -> Option<Redemption> {
    match desk.ledger.record(&RecordKey::Redemption(origin)) {
        Some(Record::Redemption(found)) => Some(found.clone()),
        _ => None,
    }
}

fn unknown(redemption: Origin) -> Failure {
    IssuanceFailure::UnknownRedemption { redemption }.into()
}

/// Alice asks for 300 won.
fn asked() -> (Desk, Origin) {
    let mut desk = Desk::new();
    let origin = desk.does(ALICE, vec![redeem(WON, 300)]);
    (desk, origin)
}

#[test]
fn what_is_to_be_redeemed_is_set_aside() {
    let (desk, origin) = asked();
    let alice = address(ALICE);
    assert_eq!((desk.holds(alice, WON), desk.supply(WON)), (700, 2_050));
    let found = redemption(&desk, origin).unwrap();
    let deadline = desk.now().plus_millis(u64::from(REDEMPTION_SECONDS) * 1_000);
    let expected =
        Redemption { owner: alice, asset: WON, amount: Amount(300), payout: case(), deadline, paid_out: None };
    assert_eq!(found, expected);
}

#[test]
fn under_four_eyes_it_is_paid_then_confirmed_then_burnt() {
    let (mut desk, origin) = asked();
    desk.fails(APPROVER, vec![confirm(origin)], IssuanceFailure::NotPaidOut);
    for payer in [ALICE, APPROVER, COMPLIANCE] {
        desk.fails(payer, vec![pay_out(origin)], Failure::WithoutRole { asset: WON, role: Role::Issuer });
    }
    desk.does(ISSUER, vec![pay_out(origin)]);
    assert_eq!(redemption(&desk, origin).unwrap().paid_out, Some(case()));
    assert_eq!(desk.supply(WON), 2_050, "it is burnt when somebody else has seen it");
    desk.fails(ISSUER, vec![pay_out(origin)], IssuanceFailure::PaidOut);
    for payer in [ALICE, ISSUER, COMPLIANCE] {
        desk.fails(payer, vec![confirm(origin)], Failure::WithoutRole { asset: WON, role: Role::Approver });
    }
    desk.does(APPROVER, vec![confirm(origin)]);
    assert_eq!((desk.supply(WON), desk.holds(address(ALICE), WON)), (1_750, 700));
    for (payer, instruction) in [(ISSUER, pay_out(origin)), (APPROVER, confirm(origin)), (BOB, give_back(origin))] {
        desk.fails(payer, vec![instruction], unknown(origin));
    }
}

#[test]
fn without_an_approver_it_is_burnt_when_it_is_paid() {
    let mut desk = Desk::new();
    let origin = desk.does(ALICE, vec![redeem(DOLLAR, 300)]);
    desk.does(DOLLAR_ISSUER, vec![pay_out(origin)]);
    assert_eq!((desk.supply(DOLLAR), redemption(&desk, origin)), (1_750, None));
}

#[test]
fn the_issuer_and_the_approver_decline() {
    for by in [ISSUER, APPROVER] {
        let (mut desk, origin) = asked();
        desk.does(by, vec![give_back(origin)]);
        assert_eq!((desk.holds(address(ALICE), WON), desk.supply(WON)), (1_000, 2_050));
        assert_eq!(redemption(&desk, origin), None);
    }
}

#[test]
fn after_its_time_anybody_returns_it() {
    let (mut desk, origin) = asked();
    let deadline = redemption(&desk, origin).unwrap().deadline;
    for payer in [ALICE, BOB, COMPLIANCE] {
        desk.fails(payer, vec![give_back(origin)], IssuanceFailure::NotDue { deadline });
    }
    desk.wait_millis(deadline.0 - desk.now().0 - 1);
    desk.fails(BOB, vec![give_back(origin)], IssuanceFailure::NotDue { deadline });
    assert_eq!(desk.now(), deadline, "the last moment is the issuer's");
    desk.does(BOB, vec![give_back(origin)]);
    assert_eq!(desk.holds(address(ALICE), WON), 1_000);
}

/// The owner may have the money twice: only who watches the issuer says that it is not so.
#[test]
fn what_was_paid_out_is_returned_by_the_approver_alone() {
    let (mut desk, origin) = asked();
    desk.does(ISSUER, vec![pay_out(origin)]);
    desk.wait_millis(u64::from(REDEMPTION_SECONDS) * 2_000);
    for payer in [ALICE, BOB, ISSUER] {
        desk.fails(payer, vec![give_back(origin)], IssuanceFailure::PaidOut);
    }
    desk.does(APPROVER, vec![give_back(origin)]);
    assert_eq!(desk.holds(address(ALICE), WON), 1_000);
}

#[test]
fn the_assets_own_time_holds_for_those_who_ask_after_it_was_set() {
    let (mut desk, before) = asked();
    desk.decides(WON, Action::SetRedemptionTime(5));
    let after = desk.does(ALICE, vec![redeem(WON, 10)]);
    let deadline = desk.now().plus_millis(5_000);
    assert_eq!(redemption(&desk, after).unwrap().deadline, deadline);
    assert!(redemption(&desk, before).unwrap().deadline > deadline);
}

#[test]
fn frozen_money_is_not_redeemed() {
    let (mut desk, origin) = asked();
    let (alice, asset) = (address(ALICE), WON);
    desk.does(COMPLIANCE, vec![freeze_amount(asset, alice, 600)]);
    let frozen = Refusal::FrozenFunds { asset, free: Amount(100), needed: Amount(101) };
    desk.fails(ALICE, vec![redeem(asset, 101)], frozen);
    desk.does(ALICE, vec![redeem(asset, 100)]);
    // What was set aside before a freeze is not burnt while it lasts.
    desk.does(COMPLIANCE, vec![freeze(asset, alice)]);
    desk.fails(ALICE, vec![redeem(asset, 1)], Refusal::Frozen { account: alice, asset });
    desk.fails(ISSUER, vec![pay_out(origin)], Refusal::Frozen { account: alice, asset });
    desk.does(COMPLIANCE, vec![thaw(asset, alice)]);
    desk.does(ISSUER, vec![pay_out(origin)]);
    desk.does(COMPLIANCE, vec![freeze(asset, alice)]);
    desk.fails(APPROVER, vec![confirm(origin)], Refusal::Frozen { account: alice, asset });
    desk.does(COMPLIANCE, vec![thaw(asset, alice)]);
    desk.does(APPROVER, vec![confirm(origin)]);
}

#[test]
fn a_return_to_a_frozen_owner_is_parked_and_claimed_after_the_thaw() {
    let (mut desk, origin) = asked();
    let (alice, asset) = (address(ALICE), WON);
    desk.does(COMPLIANCE, vec![freeze(asset, alice)]);
    desk.does(ISSUER, vec![give_back(origin)]);
    assert_eq!((desk.holds(alice, asset), desk.parked(asset, alice, alice)), (700, 300));
    desk.fails(ALICE, vec![claim(asset, alice, alice)], Refusal::Frozen { account: alice, asset });
    desk.does(COMPLIANCE, vec![freeze_amount(asset, alice, 1)]);
    desk.does(ALICE, vec![claim(asset, alice, alice)]);
    assert_eq!((desk.holds(alice, asset), desk.parked(asset, alice, alice)), (1_000, 0));
    let nothing = Failure::NothingParked { asset, receiver: alice, sender: alice };
    desk.fails(ALICE, vec![claim(asset, alice, alice)], nothing);
}

/// Money of Alice is parked for Bob, whose account was frozen when he captured it.
fn parked_for_bob() -> Desk {
    let mut desk = Desk::new();
    desk.does(ISSUER, vec![register(BOB, shop("Bob's", 1))]);
    desk.does(ALICE, vec![hold(address(BOB), "1", WON, 100, 3_600), hold(address(BOB), "2", WON, 40, 3_600)]);
    desk.does(COMPLIANCE, vec![freeze(WON, address(BOB))]);
    desk.does(BOB, vec![capture("1", 100, false)]);
    desk
}

#[test]
fn parked_money_is_its_receivers_at_any_time_and_its_senders_after_30_days() {
    let (alice, bob) = (address(ALICE), address(BOB));
    let mut desk = parked_for_bob();
    assert_eq!((desk.holds(bob, WON), desk.parked(WON, bob, alice)), (50, 100));
    desk.fails(BOB, vec![claim(WON, bob, alice)], Refusal::Frozen { account: bob, asset: WON });
    let until = desk.parked_since(WON, bob, alice).plus_millis(PARKED_SECONDS * 1_000);
    desk.fails(ALICE, vec![claim(WON, bob, alice)], Failure::ParkedForReceiver { until });
    desk.fails(CAROL, vec![claim(WON, bob, alice)], Failure::ParkedForReceiver { until });
    desk.does(COMPLIANCE, vec![thaw(WON, bob)]);
    let too_much = Failure::Overdraft { asset: WON, balance: Amount(100), needed: Amount(101) };
    desk.fails(BOB, vec![claim_part(WON, bob, alice, 101)], too_much);
    desk.fails(BOB, vec![claim_part(WON, bob, alice, 0)], Failure::ZeroAmount);
    desk.does(BOB, vec![claim_part(WON, bob, alice, 30)]);
    assert_eq!((desk.holds(bob, WON), desk.parked(WON, bob, alice)), (80, 70));
    desk.does(BOB, vec![claim(WON, bob, alice)]);
    assert_eq!((desk.holds(bob, WON), desk.parked(WON, bob, alice)), (150, 0));
}

#[test]
fn parked_money_is_seized_by_a_case_and_no_more_of_it_than_there_is() {
    let (alice, bob) = (address(ALICE), address(BOB));
    let mut desk = parked_for_bob();
    let seize = |desk: &mut Desk, amount| {
        let action = seize_parked_action(bob, alice, address(CAROL), amount);
        let proposal = desk.does(COMPLIANCE, vec![propose(WON, action, 60)]);
        desk.tries(APPROVER, vec![approve_proposal(proposal)])
    };
    assert!(seize(&mut desk, 60).is_ok());
    let too_much = Failure::Overdraft { asset: WON, balance: Amount(40), needed: Amount(41) };
    assert_eq!(seize(&mut desk, 41), Err(too_much));
    assert_eq!((desk.holds(address(CAROL), WON), desk.parked(WON, bob, alice)), (60, 40));
    assert!(seize(&mut desk, 40).is_ok());
    let nothing = Failure::NothingParked { asset: WON, receiver: bob, sender: alice };
    assert_eq!(seize(&mut desk, 1), Err(nothing));
}

#[test]
fn the_senders_time_counts_from_what_was_parked_last() {
    let (alice, bob) = (address(ALICE), address(BOB));
    let mut desk = parked_for_bob();
    desk.wait_millis(3_000_000);
    desk.does(BOB, vec![capture("2", 40, false)]);
    let until = desk.now().plus_millis(PARKED_SECONDS * 1_000);
    assert_eq!(desk.parked(WON, bob, alice), 140);
    desk.wait_millis(PARKED_SECONDS * 1_000 - 2);
    desk.fails(ALICE, vec![claim(WON, bob, alice)], Failure::ParkedForReceiver { until });
    desk.does(CAROL, vec![claim(WON, bob, alice)]);
    assert_eq!(desk.holds(alice, WON), 1_000);
    desk.fails(
        CAROL,
        vec![claim(WON, bob, alice)],
        Failure::NothingParked { asset: WON, receiver: bob, sender: alice },
    );
}

/// What a control keeps from one receiver holds up nobody else's money.
#[test]
fn a_frozen_payee_does_not_brick_a_payroll() {
    let mut desk = Desk::new();
    let program = desk.deploys(
        "entry pay(in_asset, one, other, much) payable
            in_asset one much transfer
            in_asset other much transfer
            stop",
    );
    desk.does(COMPLIANCE, vec![freeze(WON, address(BOB))]);
    let args = [WON.into(), address(BOB).into(), address(CAROL).into(), vm::program::Word::from(60)];
    desk.does(ALICE, vec![call(program, "pay", &args, Some((WON, 120)), 10_000)]);
    assert_eq!((desk.holds(address(BOB), WON), desk.holds(address(CAROL), WON)), (50, 60));
    assert_eq!(desk.parked(WON, address(BOB), program), 60);
    // A second time adds to it, up to what there is.
    desk.does(ALICE, vec![call(program, "pay", &args, Some((WON, 120)), 10_000)]);
    assert_eq!(desk.parked(WON, address(BOB), program), 120);
    desk.does(COMPLIANCE, vec![thaw(WON, address(BOB))]);
    desk.does(BOB, vec![claim(WON, address(BOB), program)]);
    assert_eq!(desk.holds(address(BOB), WON), 170);
}

#[test]
fn a_freeze_is_changed_from_whole_to_an_amount() {
    let mut desk = Desk::new();
    let key = RecordKey::Freeze(WON, address(ALICE));
    desk.does(COMPLIANCE, vec![freeze(WON, address(ALICE))]);
    desk.does(COMPLIANCE, vec![freeze_amount(WON, address(ALICE), 10)]);
    let Some(Record::Freeze(found)) = desk.ledger.record(&key) else { panic!("not frozen") };
    assert_eq!(found.extent, Extent::Amount(Amount(10)));
    desk.does(ALICE, vec![send(WON, address(BOB), 990)]);
}
