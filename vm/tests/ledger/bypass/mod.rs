//! Every way that money moves against every control: none leads around it.
//!
//! The table is written by hand. It must agree with [`vm::Checks::of`], which says what the gate looks at, and with what
//! execution does. A new way is a row: a [`Path`] with how it is prepared and taken, and its line in the table.

mod control;
mod path;
mod table;

use types::Amount;
use vm::{Checks, Failure, IssuanceFailure, PaymentFailure, Receiver, Refusal};

use crate::bank::*;
use crate::desk::{CAROL, COMPLIANCE, Desk, POLICY};
use crate::instructions::*;
use control::{Control, LIST, policy};
use path::{Path, Taken};
use table::{Cell, TABLE};

/// How much moves on each path.
const AMOUNT: u128 = 100;

/// What the gate's own list of checks says of a cell.
fn by_the_checks(path: Path, control: Control) -> &'static str {
    let checks = Checks::of(path.operation());
    let stops = |stops| if stops { "refused" } else { "free" };
    match control {
        Control::Paused => "refused",
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
        Control::BeyondReserve | Control::AboveCap => stops(path.operation() == types::Operation::Mint),
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

/// The failure that the control gives on this path.
fn failure(desk: &Desk, path: Path, control: Control, taken: &Taken) -> Failure {
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
                Some(role) => Failure::WithoutRole { asset, role },
                None => path.strangers_failure(desk, taken),
            };
        }
    };
    refusal.into()
}

fn check(path: Path, control: Control, cell: Cell) {
    let name = format!("{path:?} x {control:?}");
    assert_eq!(cell.name(), by_the_checks(path, control), "{name}: the table and the checks differ");
    let mut desk = Desk::with_policy(policy(None));
    let mut taken = path.prepare(&mut desk);
    if matches!(cell, Cell::Blank(_)) {
        return;
    }
    match control {
        Control::WithoutRole => taken.payer = CAROL,
        control => control.set(&mut desk, path, &taken),
    }
    let before = (path.moved(&desk, &taken), desk.everything());
    let expected = failure(&desk, path, control, &taken);
    let result = desk.tries(taken.payer, taken.instructions.clone());
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
            assert_eq!(moved, before.0 + AMOUNT, "{name}");
        }
        Cell::Blank(_) => {}
    }
    if control == Control::NoTravelReference && matches!(cell, Cell::Refused) {
        taken.instructions.insert(0, travel("exchange-7"));
        assert!(desk.tries(taken.payer, taken.instructions).is_ok(), "{name}: with a reference");
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
        let mut desk = Desk::with_policy(policy(None));
        let taken = path.prepare(&mut desk);
        let before = path.moved(&desk, &taken);
        assert!(desk.tries(taken.payer, taken.instructions.clone()).is_ok(), "{path:?}");
        assert_eq!(path.moved(&desk, &taken), before + AMOUNT, "{path:?}");
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
    fn strangers_failure(self, desk: &Desk, taken: &Taken) -> Failure {
        let asset = self.asset();
        match self {
            Path::MintDirect | Path::BurnDirect => Failure::NotIssuer { asset },
            Path::RedemptionDeclined => IssuanceFailure::NotDue { deadline: taken.deadline(desk) }.into(),
            Path::Claim => Failure::ParkedByProgram { program: taken.sender.unwrap() },
            Path::Capture | Path::Void | Path::Refund => PaymentFailure::UnknownOrder.into(),
            Path::Custodial => PaymentFailure::UnknownCustomer { customer: 7 }.into(),
            other => panic!("{other:?} has a role or is anybody's"),
        }
    }
}
