//! The rows: each way that money moves, and what is to be said of it.

use types::{AssetId, Operation, Role};

use super::taken::Taken;
use super::{AMOUNT, PRICE};
use crate::bank::{DOLLAR, WON};
use crate::desk::Desk;

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
    /// By the key of a session.
    SessionTransfer,
    /// By two keys of several.
    SeveralKeysTransfer,
    /// A processor's share of what is captured, and the treasury's.
    CaptureToProcessor,
    CaptureToTreasury,
    /// The same shares of what is paid back.
    RefundByProcessor,
    RefundByTreasury,
    /// What a transaction costs.
    FeeByPayer,
    FeeBySponsor,
}

impl Path {
    pub(super) const ALL: [Path; 34] = [
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
        Path::SessionTransfer,
        Path::SeveralKeysTransfer,
        Path::CaptureToProcessor,
        Path::CaptureToTreasury,
        Path::RefundByProcessor,
        Path::RefundByTreasury,
        Path::FeeByPayer,
        Path::FeeBySponsor,
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
            Path::Transfer
            | Path::TransferInBatch
            | Path::Custodial
            | Path::SessionTransfer
            | Path::SeveralKeysTransfer => Operation::Transfer,
            Path::Attach => Operation::Call,
            Path::Payout => Operation::Program,
            Path::Redeem => Operation::Redeem,
            Path::RedemptionDeclined | Path::RedemptionReturned | Path::Void | Path::Expire => Operation::Release,
            Path::Claim | Path::ClaimBack => Operation::Claim,
            Path::Charge | Path::OrderAddress | Path::Hold => Operation::Payment,
            Path::Capture | Path::CaptureToProcessor | Path::CaptureToTreasury => Operation::Capture,
            Path::Refund | Path::RefundByProcessor | Path::RefundByTreasury => Operation::Refund,
            Path::FeeByPayer | Path::FeeBySponsor => Operation::Fee,
            Path::SeizeApproved | Path::SeizeParked => Operation::Seize,
        }
    }

    /// There is a sender, and the receiver is somebody else.
    pub(super) fn sender_is_another(self) -> bool {
        self != Path::ClaimBack && !matches!(self.operation(), Operation::Mint | Operation::Release)
    }

    /// The money is in the sender's account beforehand.
    pub(super) fn leaves_an_account(self) -> bool {
        !matches!(self, Path::RedemptionPaid | Path::RedemptionConfirmed) && self.operation() != Operation::Capture
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
        is_payment || matches!(self, Payout | Redeem | RedemptionReturned | Expire | ClaimBack | FeeByPayer)
    }

    /// Somebody else than the sender has it moved.
    pub(super) fn is_directed(self) -> bool {
        matches!(self, Path::Payout | Path::Custodial)
    }

    /// What the sender has paid on this path before the amount that counts.
    pub(super) fn paid_before(self) -> u128 {
        if self == Path::TransferInBatch { 20 } else { 0 }
    }

    /// What the receiver receives in all where [`AMOUNT`] moves on this path: the others' shares come with it.
    pub(super) fn whole(self) -> u128 {
        if matches!(self, Path::RefundByProcessor | Path::RefundByTreasury) { PRICE } else { AMOUNT }
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
}
