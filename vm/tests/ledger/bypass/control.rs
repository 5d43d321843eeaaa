//! The columns: each control, and how it is set.

use types::{Action, Amount, ListId, Operations, PolicyTerms};

use super::AMOUNT;
use super::path::Path;
use super::taken::Taken;
use crate::desk::{ATTESTOR, COMPLIANCE, Desk, PAUSER, POLICY};
use crate::instructions::*;

pub(super) const LIST: ListId = ListId(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    Paused,
    SenderSanctioned,
    SenderFrozen,
    /// All but one unit less than is to move.
    SenderFrozenAmount,
    /// At the threshold exactly.
    NoTravelReference,
    AbovePaymentLimit,
    AboveDayLimit,
    ReceiverSanctioned,
    ReceiverFrozen,
    AboveHoldingLimit,
    BeyondReserve,
    AboveCap,
    /// Somebody else does it.
    WithoutRole,
    /// Who has another account pay: a program's caller, a custodian.
    DirectorSanctioned,
    DirectorFrozen,
}

/// Tier 0 has no limits; each other one has one.
pub(super) fn policy(travel_rule_from: Option<u128>) -> PolicyTerms {
    const NONE: u128 = u128::MAX;
    let limit = AMOUNT - 1;
    let tiers = [tier(NONE, NONE, NONE), tier(limit, NONE, NONE), tier(NONE, limit, NONE), tier(NONE, NONE, limit)];
    terms(&tiers, &[LIST], travel_rule_from)
}

impl Control {
    pub(super) const ALL: [Control; 15] = [
        Control::Paused,
        Control::SenderSanctioned,
        Control::SenderFrozen,
        Control::SenderFrozenAmount,
        Control::NoTravelReference,
        Control::AbovePaymentLimit,
        Control::AboveDayLimit,
        Control::ReceiverSanctioned,
        Control::ReceiverFrozen,
        Control::AboveHoldingLimit,
        Control::BeyondReserve,
        Control::AboveCap,
        Control::WithoutRole,
        Control::DirectorSanctioned,
        Control::DirectorFrozen,
    ];

    pub(super) fn set(self, desk: &mut Desk, path: Path, taken: &Taken) {
        let (asset, payer) = (path.asset(), crate::bank::address(taken.payer));
        let next = desk.next_height();
        let mut compliance = |instruction| {
            desk.does(COMPLIANCE, vec![instruction]);
        };
        match self {
            Control::Paused => {
                desk.does(PAUSER, vec![pause(asset, Operations::NONE.with(path.operation()))]);
            }
            Control::SenderSanctioned => compliance(sanctions(LIST, 1, next, &[taken.sender.unwrap()], &[])),
            Control::ReceiverSanctioned => compliance(sanctions(LIST, 1, next, &[taken.receiver.unwrap()], &[])),
            Control::DirectorSanctioned => compliance(sanctions(LIST, 1, next, &[payer], &[])),
            Control::SenderFrozen => compliance(freeze(asset, taken.sender.unwrap())),
            Control::ReceiverFrozen => compliance(freeze(asset, taken.receiver.unwrap())),
            Control::DirectorFrozen => compliance(freeze(asset, payer)),
            Control::SenderFrozenAmount => {
                let sender = taken.sender.unwrap();
                let frozen = (desk.holds(sender, asset) + 1).saturating_sub(AMOUNT).max(1);
                desk.does(COMPLIANCE, vec![freeze_amount(asset, sender, frozen)]);
            }
            Control::NoTravelReference => compliance(define(POLICY, policy(Some(AMOUNT)))),
            Control::AbovePaymentLimit => compliance(set_tier(POLICY, taken.tiered_sender(), Some(1))),
            Control::AboveDayLimit => compliance(set_tier(POLICY, taken.tiered_sender(), Some(2))),
            Control::AboveHoldingLimit => compliance(set_tier(POLICY, taken.receiver.unwrap(), Some(3))),
            Control::BeyondReserve => {
                let (reserve, now) = (desk.supply(asset), desk.now());
                desk.does(ATTESTOR, vec![attest(asset, reserve, now)]);
            }
            Control::AboveCap => {
                let cap = Amount(desk.supply(asset));
                desk.decides(asset, Action::SetSupplyCap(Some(cap)));
            }
            Control::WithoutRole => panic!("somebody else does it"),
        }
    }
}
