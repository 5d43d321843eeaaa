//! Policies: tiers with their limits, and the travel rule.

use types::{Amount, PolicyId, PolicyTerms};
use vm::{ComplianceFailure, Refusal};

use crate::bank::*;
use crate::desk::*;
use crate::instructions::*;

const NONE: u128 = u128::MAX;
const HOUR: u64 = 3_600_000;

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
    let keeper = ComplianceFailure::NotKeeper { home: WON };
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
