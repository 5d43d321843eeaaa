//! How each way is prepared.

use types::{AccountSecret, Address, Amount, AssetId, Instruction, Merchant, SessionGrant, SettlementRule};
use vm::program::Word;
use vm::{PARKED_SECONDS, REDEMPTION_SECONDS};

use super::path::Path;
use super::taken::Taken;
use super::{AMOUNT, PRICE};
use crate::authority::{alices, grant, policy, session, set};
use crate::bank::*;
use crate::desk::{APPROVER, CAROL, COLLECTOR, COMPLIANCE, Desk, PURSE};
use crate::instructions::*;

/// Who have shares of what is paid to a shop.
const PROCESSOR: u8 = 61;
const TREASURY: u8 = 62;

/// Bob has a shop.
fn opens(desk: &mut Desk) {
    desk.does(ISSUER, vec![register(BOB, shop("Bob's", 1))]);
}

/// The purse has paid somebody who is frozen.
fn parks(desk: &mut Desk, frozen: Address) -> Address {
    let program = desk.deploys(PURSE);
    desk.does(ALICE, vec![call(program, "fund", &[], Some((WON, AMOUNT)), 10_000)]);
    desk.does(COMPLIANCE, vec![freeze(WON, frozen)]);
    desk.does(ALICE, vec![pay(program, WON, frozen, AMOUNT)]);
    assert_eq!(desk.parked(WON, frozen, program), AMOUNT);
    program
}

/// The purse pays somebody.
fn pay(program: Address, asset: AssetId, to: Address, amount: u128) -> Instruction {
    call(program, "pay", &[asset.into(), to.into(), Word::from(amount)], None, 10_000)
}

/// Bob has a shop of whose price [`AMOUNT`] goes to a processor and as much to a treasury.
fn opens_with_shares(desk: &mut Desk) {
    let (processor, treasury) = (address(PROCESSOR), address(TREASURY));
    let rule = SettlementRule { processor, fee_points: 1_000, treasury, vat_points: 1_112 };
    let shares = rule.shares(Amount(PRICE));
    assert_eq!((shares.fee, shares.vat), (Amount(AMOUNT), Amount(AMOUNT)));
    desk.does(ISSUER, vec![register(BOB, Merchant { settlement: Some(rule), ..shop("Bob's", 1) })]);
}

impl Path {
    pub(super) fn prepare(self, desk: &mut Desk) -> Taken {
        let (alice, bob, asset) = (address(ALICE), address(BOB), self.asset());
        match self {
            Path::MintDirect => Taken::new(DOLLAR_ISSUER, mint(asset, BOB, AMOUNT)).to(bob),
            Path::MintProposed => Taken::new(DOLLAR_ISSUER, propose(asset, mint_action(bob, AMOUNT), 60)).to(bob),
            Path::MintApproved => {
                let proposal = desk.does(ISSUER, vec![propose(asset, mint_action(bob, AMOUNT), 60)]);
                Taken::new(APPROVER, approve_proposal(proposal)).to(bob)
            }
            Path::BurnDirect => Taken::new(DOLLAR_ISSUER, burn(asset, AMOUNT)).from(address(DOLLAR_ISSUER)),
            Path::BurnApproved => {
                let proposal = desk.does(ISSUER, vec![propose(asset, burn_action(AMOUNT), 60)]);
                Taken::new(APPROVER, approve_proposal(proposal)).from(address(ISSUER))
            }
            Path::Transfer => Taken::new(ALICE, send(asset, bob, AMOUNT)).from(alice).to(bob),
            Path::TransferInBatch => {
                let before = self.paid_before() as usize;
                let mut taken = Taken::new(ALICE, send(asset, bob, AMOUNT)).from(alice).to(bob);
                // To oneself, so that each control is met for the first time by the same sender and balance.
                taken.instructions.splice(0..0, vec![send(asset, alice, 1); before]);
                taken
            }
            Path::Attach => {
                let program = desk.deploys(PURSE);
                let fund = call(program, "fund", &[], Some((asset, AMOUNT)), 10_000);
                Taken::new(ALICE, fund).from(alice).to(program)
            }
            Path::Payout => {
                let program = desk.deploys(PURSE);
                desk.does(ALICE, vec![call(program, "fund", &[], Some((asset, 300)), 10_000)]);
                Taken::new(ALICE, pay(program, asset, bob, AMOUNT)).from(program).to(bob)
            }
            Path::Redeem => Taken::new(ALICE, redeem(asset, AMOUNT)).from(alice),
            Path::RedemptionPaid => {
                let redemption = desk.does(ALICE, vec![redeem(asset, AMOUNT)]);
                Taken::new(DOLLAR_ISSUER, pay_out(redemption)).from(alice)
            }
            Path::RedemptionConfirmed => {
                let redemption = desk.does(ALICE, vec![redeem(asset, AMOUNT)]);
                desk.does(ISSUER, vec![pay_out(redemption)]);
                Taken::new(APPROVER, confirm(redemption)).from(alice)
            }
            Path::RedemptionDeclined => {
                let redemption = desk.does(ALICE, vec![redeem(asset, AMOUNT)]);
                let taken = Taken::new(ISSUER, give_back(redemption)).from(alice).to(alice);
                Taken { redemption: Some(redemption), ..taken }
            }
            Path::RedemptionReturned => {
                let redemption = desk.does(ALICE, vec![redeem(asset, AMOUNT)]);
                desk.wait_millis(u64::from(REDEMPTION_SECONDS) * 1_000);
                Taken::new(BOB, give_back(redemption)).from(alice).to(alice)
            }
            Path::Claim => {
                let program = parks(desk, bob);
                desk.does(COMPLIANCE, vec![thaw(asset, bob)]);
                Taken::new(BOB, claim(asset, bob, program)).from(program).to(bob)
            }
            Path::ClaimBack => {
                opens(desk);
                desk.does(ALICE, vec![hold(bob, "1", asset, AMOUNT, 60)]);
                desk.does(COMPLIANCE, vec![freeze(asset, bob)]);
                desk.does(BOB, vec![capture("1", AMOUNT, false)]);
                assert_eq!(desk.parked(asset, bob, alice), AMOUNT);
                desk.wait_millis(PARKED_SECONDS * 1_000);
                Taken::new(CAROL, claim(asset, bob, alice)).from(alice).to(alice)
            }
            Path::Charge => {
                opens(desk);
                Taken::new(ALICE, charge(bob, "1", asset, AMOUNT)).from(alice).to(bob)
            }
            Path::OrderAddress => {
                opens(desk);
                desk.does(BOB, vec![open_order("1", asset, AMOUNT)]);
                let to = Address::of_order(&bob, &order("1"));
                Taken::new(ALICE, send(asset, to, AMOUNT)).from(alice).to(bob)
            }
            Path::Hold => {
                opens(desk);
                Taken::new(ALICE, hold(bob, "1", asset, AMOUNT, 60)).from(alice).to(bob)
            }
            Path::Capture => {
                opens(desk);
                desk.does(ALICE, vec![hold(bob, "1", asset, AMOUNT, 60)]);
                Taken::new(BOB, capture("1", AMOUNT, false)).from(alice).to(bob)
            }
            Path::Void => {
                opens(desk);
                desk.does(ALICE, vec![hold(bob, "1", asset, AMOUNT, 60)]);
                Taken::new(BOB, void("1")).from(alice).to(alice)
            }
            Path::Expire => {
                opens(desk);
                desk.does(ALICE, vec![hold(bob, "1", asset, AMOUNT, 60)]);
                desk.wait_millis(60_000);
                Taken::new(CAROL, expire(bob, "1")).from(alice).to(alice)
            }
            Path::Refund => {
                opens(desk);
                desk.does(ALICE, vec![charge(bob, "1", asset, AMOUNT)]);
                Taken::new(BOB, refund("1", AMOUNT)).from(bob).to(alice)
            }
            Path::Custodial => {
                let customer = Address::of_customer(&alice, 7);
                desk.does(ALICE, vec![send(asset, customer, 300)]);
                Taken::new(ALICE, batch(asset, &[(7, bob, AMOUNT)])).from(customer).to(bob)
            }
            Path::SeizeApproved => {
                let proposal = desk.does(COMPLIANCE, vec![propose(asset, seize_action(alice, bob, AMOUNT), 60)]);
                Taken::new(APPROVER, approve_proposal(proposal)).from(alice).to(bob)
            }
            Path::SeizeParked => {
                let program = parks(desk, bob);
                let action = seize_parked_action(bob, program, address(CAROL), AMOUNT);
                let proposal = desk.does(COMPLIANCE, vec![propose(asset, action, 60)]);
                Taken::new(APPROVER, approve_proposal(proposal)).from(program).to(address(CAROL))
            }
            Path::SessionTransfer => {
                let [_, _, passkey, _] = alices();
                let (limit_total, limit_per_payment) = (Amount(2 * AMOUNT), Amount(AMOUNT));
                let session = SessionGrant { limit_total, limit_per_payment, ..session() };
                desk.does(ALICE, vec![grant(&passkey, session)]);
                let taken = Taken::new(ALICE, send(asset, bob, AMOUNT)).from(alice).to(bob);
                Taken { signers: vec![passkey], ..taken }
            }
            Path::SeveralKeysTransfer => {
                let [a, b, manages, _] = alices();
                let keys = policy(&[(&a, 1, 1), (&b, 1, 1), (&manages, 1, 2)], [2, 1, 0]);
                desk.does(ALICE, vec![set(Some(keys))]);
                let taken = Taken::new(ALICE, send(asset, bob, AMOUNT)).from(alice).to(bob);
                Taken { signers: vec![a, b], ..taken }
            }
            Path::CaptureToProcessor | Path::CaptureToTreasury => {
                opens_with_shares(desk);
                desk.does(ALICE, vec![hold(bob, "1", asset, PRICE, 60)]);
                let to = if self == Path::CaptureToProcessor { PROCESSOR } else { TREASURY };
                Taken::new(BOB, capture("1", PRICE, false)).from(alice).to(address(to))
            }
            Path::RefundByProcessor | Path::RefundByTreasury => {
                opens_with_shares(desk);
                desk.does(ALICE, vec![charge(bob, "1", asset, PRICE)]);
                let from = if self == Path::RefundByProcessor { PROCESSOR } else { TREASURY };
                Taken::new(BOB, refund("1", PRICE)).from(address(from)).to(alice)
            }
            // The instruction moves nothing.
            Path::FeeByPayer => Taken::new(ALICE, travel("exchange-7")).from(alice).to(address(COLLECTOR)),
            Path::FeeBySponsor => {
                let taken = Taken::new(BOB, travel("exchange-7")).from(alice).to(address(COLLECTOR));
                Taken { sponsor: Some((alice, AccountSecret::from(key(ALICE)))), ..taken }
            }
        }
    }
}
