//! Every way that money moves against every control: none leads around it.
//!
//! The table is written by hand. It must agree with [`vm::Checks::of`], which says what the gate looks at, and with what
//! execution does. A new way is a row: a [`Path`], how it is prepared and who may not take it, and its line in the table.

mod control;
mod path;
mod prepare;
mod table;
mod taken;

use types::{Amount, KeyRole, Operation};
use vm::{Checks, Failure, IssuanceFailure, PaymentFailure, Receiver, Refusal};

use crate::bank::*;
use crate::desk::{COMPLIANCE, Desk, POLICY, Stop};
use crate::instructions::*;
use control::{Control, LIST, policy};
use path::Path;
use table::{Cell, TABLE};
use taken::Taken;

/// How much moves on each path.
const AMOUNT: u128 = 100;

/// What is paid where [`AMOUNT`] is somebody's share of it: all that Alice has.
const PRICE: u128 = 1_000;

/// A chain with fees where it is a fee that moves.
fn desk_for(path: Path) -> Desk {
    match path.operation() {
        Operation::Fee => Desk::with_fee(AMOUNT, policy(None)),
        _ => Desk::with_policy(policy(None)),
    }
}

/// What the gate's own list of checks says of a cell.
fn by_the_checks(path: Path, control: Control) -> &'static str {
    let checks = Checks::of(path.operation());
    let stops = |stops| if stops { "refused" } else { "free" };
    match control {
        // Whoever is to resume must pay one.
        Control::Paused => stops(path.operation() != Operation::Fee),
        Control::SenderSanctioned | Control::SenderFrozen => match path.sender_is_another() {
            true => stops(checks.sender),
            false => "blank",
        },
        Control::SenderFrozenAmount => match path.sender_is_another() {
            true => stops(checks.sender && path.leaves_an_account()),
            false => "blank",
        },
        Control::NoTravelReference => stops(checks.travel),
        Control::AbovePaymentLimit | Control::AboveDayLimit => match path.sender_is_another() {
            true => stops(checks.tier),
            false => "blank",
        },
        Control::ReceiverSanctioned | Control::ReceiverFrozen | Control::AboveHoldingLimit => {
            match (path.has_receiver(), checks.receiver) {
                (false, _) => "blank",
                (true, Receiver::Unchecked) => "free",
                (true, Receiver::Refused) => "refused",
                (true, Receiver::Parked) => "parked",
            }
        }
        Control::BeyondReserve | Control::AboveCap => stops(path.operation() == Operation::Mint),
        Control::WithoutRole => match path.anybody() {
            true => "blank",
            false => "refused",
        },
        Control::DirectorSanctioned | Control::DirectorFrozen => match path.is_directed() {
            true => stops(checks.sender),
            false => "blank",
        },
    }
}

/// What the control does on this path.
fn stop(desk: &Desk, path: Path, control: Control, taken: &Taken) -> Stop {
    let (asset, operation) = (path.asset(), path.operation());
    let list = LIST;
    let refusal = match control {
        Control::Paused => Refusal::Paused { asset, operation },
        Control::SenderSanctioned => Refusal::Sanctioned { account: taken.sender.unwrap(), list },
        Control::SenderFrozen => Refusal::Frozen { account: taken.sender.unwrap(), asset },
        Control::SenderFrozenAmount => Refusal::FrozenFunds { asset, free: Amount(AMOUNT - 1), needed: Amount(AMOUNT) },
        Control::NoTravelReference => Refusal::NoTravelReference { asset, from: Amount(AMOUNT) },
        Control::AbovePaymentLimit => Refusal::AbovePaymentLimit { asset, limit: Amount(AMOUNT - 1) },
        Control::AboveDayLimit => {
            Refusal::AboveDayLimit { asset, limit: Amount(AMOUNT - 1), used: Amount(path.paid_before()) }
        }
        Control::ReceiverSanctioned => Refusal::Sanctioned { account: taken.receiver.unwrap(), list },
        Control::ReceiverFrozen => Refusal::Frozen { account: taken.receiver.unwrap(), asset },
        Control::AboveHoldingLimit => {
            Refusal::AboveHoldingLimit { account: taken.receiver.unwrap(), asset, limit: Amount(AMOUNT - 1) }
        }
        Control::BeyondReserve => {
            let supply = desk.supply(asset);
            Refusal::BeyondReserve { asset, reserve: Amount(supply), supply: Amount(supply + AMOUNT) }
        }
        Control::AboveCap => {
            let supply = desk.supply(asset);
            Refusal::AboveSupplyCap { asset, cap: Amount(supply), supply: Amount(supply + AMOUNT) }
        }
        Control::DirectorSanctioned => Refusal::Sanctioned { account: address(taken.payer), list },
        Control::DirectorFrozen => Refusal::Frozen { account: address(taken.payer), asset },
        Control::WithoutRole => {
            return match path.role() {
                Some(role) => Stop::Failed(Failure::WithoutRole { asset, role }),
                None => path.stops_strangers(desk, taken),
            };
        }
    };
    match operation {
        Operation::Fee => Stop::Unpaid(refusal.into()),
        _ => Stop::Failed(refusal.into()),
    }
}

fn check(path: Path, control: Control, cell: Cell) {
    let name = format!("{path:?} x {control:?}");
    assert_eq!(cell.name(), by_the_checks(path, control), "{name}: the table and the checks differ");
    let mut desk = desk_for(path);
    let mut taken = path.prepare(&mut desk);
    if matches!(cell, Cell::Blank(_)) {
        return;
    }
    match control {
        Control::WithoutRole => taken = taken.by_another(path),
        control => control.set(&mut desk, path, &taken),
    }
    let before = (path.moved(&desk, &taken), desk.everything());
    let expected = stop(&desk, path, control, &taken);
    let result = taken.runs(&mut desk);
    let moved = path.moved(&desk, &taken);
    match cell {
        Cell::Refused => {
            assert_eq!(result, Err(expected), "{name}");
            assert_eq!((moved, desk.everything()), before, "{name}: something has moved");
        }
        Cell::Parked => {
            assert!(result.is_ok(), "{name}: {result:?}");
            assert_eq!(moved, before.0, "{name}: it has arrived");
            let parked = desk.parked(path.asset(), taken.receiver.unwrap(), taken.sender.unwrap());
            assert_eq!(parked, AMOUNT, "{name}");
        }
        Cell::Free(_) => {
            assert!(result.is_ok(), "{name}: {result:?}");
            assert_eq!(moved, before.0 + path.whole(), "{name}");
        }
        Cell::Blank(_) => {}
    }
    if control == Control::NoTravelReference && matches!(cell, Cell::Refused) {
        taken.instructions.insert(0, travel("exchange-7"));
        assert!(taken.runs(&mut desk).is_ok(), "{name}: with a reference");
    }
}

#[test]
fn no_way_leads_around_a_control() {
    assert_eq!(TABLE.map(|(path, _)| path), Path::ALL, "each way has one row");
    for (path, cells) in TABLE {
        for (control, cell) in Control::ALL.into_iter().zip(cells) {
            check(path, control, cell);
        }
    }
}

#[test]
fn without_a_control_all_ways_are_open() {
    for path in Path::ALL {
        let mut desk = desk_for(path);
        let taken = path.prepare(&mut desk);
        let before = path.moved(&desk, &taken);
        assert!(taken.runs(&mut desk).is_ok(), "{path:?}");
        assert_eq!(path.moved(&desk, &taken), before + path.whole(), "{path:?}");
    }
}

/// One amount short of the limit each control lets pass: it is the control that refused.
#[test]
fn just_within_a_limit_money_moves() {
    let within = [Control::SenderFrozenAmount, Control::AbovePaymentLimit, Control::AboveDayLimit];
    for control in within.into_iter().chain([Control::AboveHoldingLimit]) {
        let mut desk = Desk::with_policy(policy(None));
        let taken = Path::Transfer.prepare(&mut desk);
        control.set(&mut desk, Path::Transfer, &taken);
        if control == Control::AboveHoldingLimit {
            desk.does(BOB, vec![send(WON, address(ISSUER), 50)]);
        }
        desk.does(ALICE, vec![send(WON, address(BOB), AMOUNT - 1)]);
    }
    let mut desk = Desk::with_policy(policy(Some(AMOUNT)));
    desk.does(ALICE, vec![send(WON, address(BOB), AMOUNT - 1)]);
    desk.does(COMPLIANCE, vec![set_tier(POLICY, address(BOB), None)]);
}

/// What strangers are told who may not take a path that asks for no role by name.
impl Path {
    fn stops_strangers(self, desk: &Desk, taken: &Taken) -> Stop {
        let asset = self.asset();
        Stop::Failed(match self {
            Path::SessionTransfer | Path::FeeBySponsor => return Stop::Unauthorized,
            Path::SeveralKeysTransfer => Failure::MissingRole { role: KeyRole::Pay },
            Path::MintDirect | Path::BurnDirect => Failure::NotIssuer { asset },
            Path::RedemptionDeclined => IssuanceFailure::NotDue { deadline: taken.deadline(desk) }.into(),
            Path::Claim => Failure::ParkedByProgram { program: taken.sender.unwrap() },
            Path::Capture
            | Path::CaptureToProcessor
            | Path::CaptureToTreasury
            | Path::Void
            | Path::Refund
            | Path::RefundByProcessor
            | Path::RefundByTreasury => PaymentFailure::UnknownOrder.into(),
            Path::Custodial => PaymentFailure::UnknownCustomer { customer: 7 }.into(),
            other => panic!("{other:?} has a role or is anybody's"),
        })
    }
}
