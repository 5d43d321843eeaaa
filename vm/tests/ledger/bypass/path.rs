//! The rows: each way that money moves, and how it is prepared and taken.

use types::{Address, AssetId, Instruction, Operation, Origin, Role, Timestamp};
use vm::program::Word;
use vm::{PARKED_SECONDS, REDEMPTION_SECONDS, Record, RecordKey};

use super::AMOUNT;
use crate::bank::*;
use crate::desk::{APPROVER, CAROL, COMPLIANCE, Desk, PURSE};
use crate::instructions::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// The instruction `Mint`, of an asset without approver.
    MintDirect,
    /// A proposal to mint that takes effect at once, of an asset without approver.
    MintProposed,
    /// The approval of a proposal to mint.
    MintApproved,
    BurnDirect,
    BurnApproved,
    Transfer,
    /// After many other transfers of the transaction.
    TransferInBatch,
    /// What comes with a call.
    Attach,
    /// What a program pays.
    Payout,
    Redeem,
    /// A redemption is paid out, of an asset without approver.
    RedemptionPaid,
    /// A redemption that was paid out is confirmed.
    RedemptionConfirmed,
    /// The issuer declines.
    RedemptionDeclined,
    /// After its time anybody returns it.
    RedemptionReturned,
    /// The receiver of parked money.
    Claim,
    /// After 30 days anybody sends it back.
    ClaimBack,
    SeizeApproved,
    /// Of an asset without approver.
    SeizeParked,
    Charge,
    /// A plain transfer to an order's address.
    OrderAddress,
    Hold,
    Capture,
    Void,
    Expire,
    Refund,
    /// A custodian pays for a customer.
    Custodial,
}

/// A path that is ready to be taken.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) payer: u8,
    pub(super) instructions: Vec<Instruction>,
    /// Whose money it is.
    pub(super) sender: Option<Address>,
    pub(super) receiver: Option<Address>,
    redemption: Option<Origin>,
}

impl Taken {
    fn new(payer: u8, instruction: Instruction) -> Self {
        Self { payer, instructions: vec![instruction], sender: None, receiver: None, redemption: None }
    }

    fn from(self, sender: Address) -> Self {
        Self { sender: Some(sender), ..self }
    }

    fn to(self, receiver: Address) -> Self {
        Self { receiver: Some(receiver), ..self }
    }

    /// Whoever a tier could limit as a sender.
    pub(super) fn tiered_sender(&self) -> Address {
        self.sender.unwrap_or(address(self.payer))
    }

    /// The last moment of the redemption.
    pub(super) fn deadline(&self, desk: &Desk) -> Timestamp {
        match desk.ledger.record(&RecordKey::Redemption(self.redemption.unwrap())) {
            Some(Record::Redemption(redemption)) => redemption.deadline,
            other => panic!("{other:?}"),
        }
    }
}

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

impl Path {
    pub(super) const ALL: [Path; 26] = [
        Path::MintDirect,
        Path::MintProposed,
        Path::MintApproved,
        Path::BurnDirect,
        Path::BurnApproved,
        Path::Transfer,
        Path::TransferInBatch,
        Path::Attach,
        Path::Payout,
        Path::Redeem,
        Path::RedemptionPaid,
        Path::RedemptionConfirmed,
        Path::RedemptionDeclined,
        Path::RedemptionReturned,
        Path::Claim,
        Path::ClaimBack,
        Path::SeizeApproved,
        Path::SeizeParked,
        Path::Charge,
        Path::OrderAddress,
        Path::Hold,
        Path::Capture,
        Path::Void,
        Path::Expire,
        Path::Refund,
        Path::Custodial,
    ];

    /// The asset that moves: the dollar, which has no approver, where the issuer acts alone.
    pub(super) fn asset(self) -> AssetId {
        match self {
            Path::MintDirect | Path::MintProposed | Path::BurnDirect | Path::RedemptionPaid => DOLLAR,
            _ => WON,
        }
    }

    pub(super) fn operation(self) -> Operation {
        match self {
            Path::MintDirect | Path::MintProposed | Path::MintApproved => Operation::Mint,
            Path::BurnDirect | Path::BurnApproved | Path::RedemptionPaid | Path::RedemptionConfirmed => Operation::Burn,
            Path::Transfer | Path::TransferInBatch | Path::Custodial => Operation::Transfer,
            Path::Attach => Operation::Call,
            Path::Payout => Operation::Program,
            Path::Redeem => Operation::Redeem,
            Path::RedemptionDeclined | Path::RedemptionReturned | Path::Void | Path::Expire => Operation::Release,
            Path::Claim | Path::ClaimBack => Operation::Claim,
            Path::Charge | Path::OrderAddress | Path::Hold => Operation::Payment,
            Path::Capture => Operation::Capture,
            Path::Refund => Operation::Refund,
            Path::SeizeApproved | Path::SeizeParked => Operation::Seize,
        }
    }

    /// There is a sender, and the receiver is somebody else.
    pub(super) fn sender_is_another(self) -> bool {
        self != Path::ClaimBack && !matches!(self.operation(), Operation::Mint | Operation::Release)
    }

    /// The money is in the sender's account beforehand.
    pub(super) fn leaves_an_account(self) -> bool {
        !matches!(self, Path::RedemptionPaid | Path::RedemptionConfirmed | Path::Capture)
    }

    pub(super) fn has_receiver(self) -> bool {
        !matches!(self.operation(), Operation::Burn | Operation::Redeem)
    }

    /// The role that it asks for by name.
    pub(super) fn role(self) -> Option<Role> {
        match self {
            Path::MintProposed | Path::RedemptionPaid => Some(Role::Issuer),
            Path::MintApproved
            | Path::BurnApproved
            | Path::RedemptionConfirmed
            | Path::SeizeApproved
            | Path::SeizeParked => Some(Role::Approver),
            _ => None,
        }
    }

    /// Anybody may take it.
    pub(super) fn anybody(self) -> bool {
        use Path::*;
        let is_payment = matches!(self, Transfer | TransferInBatch | Attach | Charge | OrderAddress | Hold);
        is_payment || matches!(self, Payout | Redeem | RedemptionReturned | Expire | ClaimBack)
    }

    /// Somebody else than the sender has it moved.
    pub(super) fn is_directed(self) -> bool {
        matches!(self, Path::Payout | Path::Custodial)
    }

    /// What the sender has paid on this path before the amount that counts.
    pub(super) fn paid_before(self) -> u128 {
        if self == Path::TransferInBatch { 20 } else { 0 }
    }

    /// Rises by as much as moves.
    pub(super) fn moved(self, desk: &Desk, taken: &Taken) -> u128 {
        match (self.operation(), taken.receiver) {
            (Operation::Burn, _) => 1_000_000 - desk.supply(self.asset()),
            _ if matches!(self, Path::Redeem | Path::Hold) => {
                desk.ledger.records(..).filter_map(|(_, record)| record.held()).map(|held| held.1.0).sum()
            }
            (_, receiver) => desk.holds(receiver.unwrap(), self.asset()),
        }
    }

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
        }
    }
}
