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
const MET_BEFORE: &str = "the sender was looked at when it paid";
const NOBODYS_PURSE: &str = "a program is nobody's purse: its caller's limits were met by what the caller attached";
const NOT_MINTED: &str = "nothing comes into being";
const NO_PAYMENT: &str = "it is no payment of a holder";
const NO_PROGRAM: &str = "nobody tells a program to pay";
const NO_RECEIVER: &str = "nobody receives it";
const NO_SENDER: &str = "nobody sends it";
const OWNER: &str = "the sender is the receiver";
const SET_ASIDE: &str = "it has left the account already";

#[rustfmt::skip]
pub(super) const TABLE: [(Path, [Cell; Control::ALL.len()]); Path::ALL.len()] = [
    //                               paused | sender sanctioned | sender frozen | amount frozen | no travel ref. | above payment | above day | receiver sanct. | receiver frozen | above holding | beyond reserve | above cap | without role | caller sanct. | caller frozen
    (Path::MintDirect,          [Refused, Blank(NO_SENDER), Blank(NO_SENDER), Blank(NO_SENDER), Free(NO_PAYMENT), Blank(NO_SENDER), Blank(NO_SENDER), Refused, Refused, Refused, Refused, Refused, Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::MintProposed,        [Refused, Blank(NO_SENDER), Blank(NO_SENDER), Blank(NO_SENDER), Free(NO_PAYMENT), Blank(NO_SENDER), Blank(NO_SENDER), Refused, Refused, Refused, Refused, Refused, Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::MintApproved,        [Refused, Blank(NO_SENDER), Blank(NO_SENDER), Blank(NO_SENDER), Free(NO_PAYMENT), Blank(NO_SENDER), Blank(NO_SENDER), Refused, Refused, Refused, Refused, Refused, Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::BurnDirect,          [Refused, Refused, Refused, Refused, Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::BurnApproved,        [Refused, Refused, Refused, Refused, Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::Transfer,            [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::TransferInBatch,     [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::Attach,              [Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::Payout,              [Refused, Refused, Refused, Refused, Refused, Free(NOBODYS_PURSE), Free(NOBODYS_PURSE), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Refused, Refused]),
    (Path::Redeem,              [Refused, Refused, Refused, Refused, Free(NO_PAYMENT), Free(AT_ANY_TIME), Free(AT_ANY_TIME), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::RedemptionPaid,      [Refused, Refused, Refused, Free(SET_ASIDE), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::RedemptionConfirmed, [Refused, Refused, Refused, Free(SET_ASIDE), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Blank(NO_RECEIVER), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::RedemptionDeclined,  [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::RedemptionReturned,  [Refused, Blank(OWNER), Blank(OWNER), Blank(OWNER), Free(NO_PAYMENT), Blank(OWNER), Blank(OWNER), Parked, Parked, Parked, Free(NOT_MINTED), Free(NOT_MINTED), Blank(ANYBODY), Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::Claim,               [Refused, Free(MET_BEFORE), Free(MET_BEFORE), Free(SET_ASIDE), Free(NO_PAYMENT), Free(NO_PAYMENT), Free(NO_PAYMENT), Refused, Refused, Refused, Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::SeizeApproved,       [Refused, Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
    (Path::SeizeAlone,          [Refused, Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(BY_LAW), Free(NOT_MINTED), Free(NOT_MINTED), Refused, Blank(NO_PROGRAM), Blank(NO_PROGRAM)]),
];
