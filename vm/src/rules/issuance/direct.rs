//! Minting and burning by an issuer alone, of assets that have no approver.

use types::breakage::{Breakage, is_on};
use types::{Address, Amount, AssetId, Operation, Role};

use super::IssuanceFailure;
use crate::Failure;
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;

/// The issuer creates money.
pub(crate) fn mint(turn: &mut Turn<'_, '_>, asset: AssetId, to: Address, amount: Amount) -> Result<(), Failure> {
    turn.payer()?;
    expect_sole_issuer(turn, asset)?;
    let operation = Operation::Mint;
    turn.pass(Movement { asset, amount, operation, from: Source::Nowhere, to: Sink::Account(to) })
}

/// The issuer destroys money of its own.
pub(crate) fn burn(turn: &mut Turn<'_, '_>, asset: AssetId, amount: Amount) -> Result<(), Failure> {
    let from = Source::Account(turn.payer()?);
    expect_sole_issuer(turn, asset)?;
    turn.pass(Movement { asset, amount, operation: Operation::Burn, from, to: Sink::Nowhere })
}

fn expect_sole_issuer(turn: &Turn<'_, '_>, asset: AssetId) -> Result<(), Failure> {
    let rules = turn.overlay.asset(asset)?;
    if rules.issuer != turn.actor && !is_on(Breakage::IssuerUnchecked) {
        return Err(Failure::NotIssuer { asset });
    }
    match rules.holder(Role::Approver) {
        Some(_) => Err(IssuanceFailure::NeedsApproval { asset }.into()),
        None => Ok(()),
    }
}
