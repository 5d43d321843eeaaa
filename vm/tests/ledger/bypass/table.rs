//! The table, written by hand.

use Cell::{Blank, Free, Parked, Refused};

use super::control::Control;
use super::path::Path;

/// What becomes of the money where the control is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// It stays where it is, with the control's failure.
    Refused,
    /// It waits for its receiver.
    Parked,
    /// It moves, because the control is not meant to stop it, for this reason.
    Free(&'static str),
    /// The control cannot be set on this way, for this reason.
    Blank(&'static str),
}

impl Cell {
    pub(super) fn name(self) -> &'static str {
        match self {
            Refused => "refused",
            Parked => "parked",
            Free(_) => "free",
            Blank(_) => "blank",
        }
    }
}

const ANYBODY: &str = "anybody may do it";
const AT_ANY_TIME: &str = "the law promises redemption at par at any time";
const BY_LAW: &str = "an order of a court stands above it";
const COMES_BACK: &str = "what was paid comes back";
const CHAINS_RULE: &str = "the chain's own rule says who collects it";
const MET_BEFORE: &str = "it was met when the money was sent or set aside";
const MUST_RESUME: &str = "whoever is to resume must pay one";
const NOBODYS_PURSE: &str = "a program is nobody's purse: its caller's limits were met by what the caller attached";
const NOT_MINTED: &str = "nothing comes into being";
const NO_PAYMENT: &str = "it is no payment of a holder";
const NO_DIRECTOR: &str = "the sender itself has it moved, or the law";
const NO_RECEIVER: &str = "nobody receives it";
const NO_SENDER: &str = "nobody sends it";
const OWNER: &str = "the sender is the receiver";
const SET_ASIDE: &str = "it has left the account already";

#[rustfmt::skip]
pub(super) const TABLE: [(Path, [Cell; Control::ALL.len()]); Path::ALL.len()] = [
    //                               paused | sender sanctioned | sender frozen | amount frozen | no travel ref. | above payment | above day | receiver sanct. | receiver frozen | above holding | beyond reserve | above cap | without role | director sanct. | director frozen
    (Path::MintDirect,          [Refused, Blank(NO_SENDER), Blank(NO_SENDER), Blank(NO_SENDER), Free(NO_PAYMENT), Blank(NO_SENDER), Blank(NO_SENDER), Refused, Refused, Refused, Refused, Refused, Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::MintProposed,        [Refused, Blank(NO_SENDER), Blank(NO_SENDER), Blank(NO_SENDER), Free(NO_PAYMENT), Blank(NO_SENDER), Blank(NO_SENDER), Refused, Refused, Refused, Refused, Refused, Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::MintApproved,        [Refused, Blank(NO_SENDER), Blank(NO_SENDER), Blank(NO_SENDER), Free(NO_PAYMENT), Blank(NO_SENDER), Blank(NO_SENDER), Refused, Refused, Refused, Refused, Refused, Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::BurnDirect,          [Refused, Refused, Refused, Refused, Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::BurnApproved,        [Refused, Refused, Refused, Refused, Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Transfer,            [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::TransferInBatch,     [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Attach,              [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Payout,              [Refused, Refused, Refused, Refused, Refused, Free(NOBODYS_PURSE), Free(NOBODYS_PURSE), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Refused, Refused]),
    (Path::Redeem,              [Refused, Refused, Refused, Refused, Free(NO_PAYMENT), Free(AT_ANY_TIME), Free(AT_ANY_TIME), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::RedemptionPaid,      [Refused, Refused, Refused, Free(SET_ASIDE), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::RedemptionConfirmed, [Refused, Refused, Refused, Free(SET_ASIDE), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::RedemptionDeclined,  [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::RedemptionReturned,  [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Claim,               [Refused, Free(MET_BEFORE), Free(MET_BEFORE), Free(SET_ASIDE), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::ClaimBack,           [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::SeizeApproved,       [Refused, Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::SeizeParked,         [Refused, Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Charge,              [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::OrderAddress,        [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Hold,                [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Capture,             [Refused, Refused, Refused, Free(SET_ASIDE), Free(MET_BEFORE), Free(MET_BEFORE), Free(MET_BEFORE), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Void,                [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Expire,              [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Refund,              [Refused, Refused, Refused, Refused, Free(COMES_BACK), Free(COMES_BACK), Free(COMES_BACK), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::Custodial,           [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Refused, Refused]),
    (Path::SessionTransfer,     [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::SeveralKeysTransfer, [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::CaptureToProcessor,  [Refused, Refused, Refused, Free(SET_ASIDE), Free(MET_BEFORE), Free(MET_BEFORE), Free(MET_BEFORE), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::CaptureToTreasury,   [Refused, Refused, Refused, Free(SET_ASIDE), Free(MET_BEFORE), Free(MET_BEFORE), Free(MET_BEFORE), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::RefundByProcessor,   [Refused, Refused, Refused, Refused, Free(COMES_BACK), Free(COMES_BACK), Free(COMES_BACK), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::RefundByTreasury,    [Refused, Refused, Refused, Refused, Free(COMES_BACK), Free(COMES_BACK), Free(COMES_BACK), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::FeeByPayer,          [Free(MUST_RESUME), Refused, Refused, Refused, Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(CHAINS_RULE), Free(CHAINS_RULE), Free(CHAINS_RULE), Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
    (Path::FeeBySponsor,        [Free(MUST_RESUME), Refused, Refused, Refused, Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(CHAINS_RULE), Free(CHAINS_RULE), Free(CHAINS_RULE), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_DIRECTOR), Blank(NO_DIRECTOR)]),
];
