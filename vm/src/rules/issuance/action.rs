//! What takes effect once it is approved.

use types::{Action, AssetId, MAX_REDEMPTION_SECONDS, Operation, Role};

use super::IssuanceFailure;
use super::roles::check_roles;
use crate::rules::compliance::{ComplianceFailure, expect_reference};
use crate::rules::gate::{Movement, Sink, Source, unpark};
use crate::rules::turn::Turn;
use crate::state::asset::{MAX_ASSETS, MAX_DECIMALS};
use crate::{Asset, AssetSpec, Failure, RecordKey};

/// What can be told of an action before it is approved. Looked at again when it takes effect.
pub(super) fn check(turn: &Turn<'_, '_>, asset: AssetId, action: &Action) -> Result<(), Failure> {
    if let Action::Seize { case, .. } | Action::SeizeParked { case, .. } = action {
        expect_reference(case)?;
    }
    match action {
        Action::Mint { amount, .. }
        | Action::Burn { amount }
        | Action::Seize { amount, .. }
        | Action::SeizeParked { amount, .. }
            if amount.0 == 0 =>
        {
            Err(Failure::ZeroAmount)
        }
        // Nobody takes a holder's money alone.
        Action::Seize { .. } | Action::SeizeParked { .. }
            if turn.overlay.asset(asset)?.holder(Role::Approver).is_none() =>
        {
            Err(IssuanceFailure::ApproverNeeded { asset }.into())
        }
        Action::Mint { .. }
        | Action::Burn { .. }
        | Action::Seize { .. }
        | Action::SeizeParked { .. }
        | Action::SetSupplyCap(_) => Ok(()),
        Action::SetRoles(roles) => {
            let rules = turn.overlay.asset(asset)?;
            check_roles(rules.issuer, roles)?;
            let before = &rules.controls.roles;
            if before.approver.is_some() && roles.approver.is_none() {
                return Err(IssuanceFailure::ApproverNeeded { asset }.into());
            }
            // Without an attestor there would be no reserve to mint within.
            if before.attestor.is_some() && roles.attestor.is_none() {
                return Err(IssuanceFailure::AttestorNeeded { asset }.into());
            }
            Ok(())
        }
        Action::SetRedemptionTime(seconds) if !(1..=MAX_REDEMPTION_SECONDS).contains(seconds) => {
            Err(IssuanceFailure::RedemptionTime { got: *seconds }.into())
        }
        Action::SetRedemptionTime(_) => Ok(()),
        Action::SetPolicy(Some(policy)) if turn.overlay.record(&RecordKey::Policy(*policy)).is_none() => {
            Err(ComplianceFailure::UnknownPolicy { policy: *policy }.into())
        }
        Action::SetPolicy(_) => Ok(()),
        Action::CreateAsset { symbol, decimals, .. } => {
            let assets = turn.overlay.assets();
            let is_symbol = !symbol.is_empty() && symbol.chars().all(|c| c.is_ascii_alphanumeric());
            if asset != AssetId(0) {
                return Err(IssuanceFailure::NotFirstAsset.into());
            }
            if assets.len() >= MAX_ASSETS {
                return Err(IssuanceFailure::TooManyAssets.into());
            }
            if !is_symbol || assets.iter().any(|asset| asset.symbol == *symbol) {
                return Err(IssuanceFailure::BadSymbol.into());
            }
            if *decimals > MAX_DECIMALS {
                return Err(IssuanceFailure::TooManyDecimals { got: *decimals }.into());
            }
            Ok(())
        }
    }
}

/// Takes the action.
pub(super) fn take(turn: &mut Turn<'_, '_>, asset: AssetId, action: &Action) -> Result<(), Failure> {
    match action {
        Action::Mint { to, amount } => {
            let (operation, from, to) = (Operation::Mint, Source::Nowhere, Sink::Account(*to));
            turn.pass(Movement { asset, amount: *amount, operation, from, to })
        }
        Action::Burn { amount } => {
            let issuer = turn.overlay.asset(asset)?.issuer;
            let issuer = turn.overlay.find(&issuer).ok_or(Failure::UnknownAccount)?;
            turn.touched.add(issuer)?;
            let (operation, from, to) = (Operation::Burn, Source::Account(issuer), Sink::Nowhere);
            turn.pass(Movement { asset, amount: *amount, operation, from, to })
        }
        Action::Seize { from, to, amount, .. } => {
            let from = turn.overlay.find(from).ok_or(Failure::UnknownAccount)?;
            turn.touched.add(from)?;
            let (operation, from, to) = (Operation::Seize, Source::Account(from), Sink::Account(*to));
            turn.pass(Movement { asset, amount: *amount, operation, from, to })
        }
        Action::SeizeParked { receiver, sender, to, amount, .. } => {
            let amount = unpark(turn, asset, *receiver, *sender, Some(*amount))?;
            let (operation, from, to) = (Operation::Seize, Source::Record(*sender), Sink::Account(*to));
            turn.pass(Movement { asset, amount, operation, from, to })
        }
        Action::SetRoles(roles) => {
            // So that what they do is in a history of theirs.
            for holder in [roles.approver, roles.compliance, roles.pauser, roles.attestor].into_iter().flatten() {
                let account = turn.overlay.find_or_create(&holder);
                turn.touched.add(account)?;
            }
            turn.overlay.change_controls(asset, |controls| controls.roles = *roles);
            Ok(())
        }
        Action::SetSupplyCap(cap) => {
            turn.overlay.change_controls(asset, |controls| controls.supply_cap = *cap);
            Ok(())
        }
        Action::SetRedemptionTime(seconds) => {
            turn.overlay.change_controls(asset, |controls| controls.redemption_seconds = *seconds);
            Ok(())
        }
        Action::SetPolicy(policy) => {
            turn.overlay.change_controls(asset, |controls| controls.policy = *policy);
            Ok(())
        }
        Action::CreateAsset { symbol, decimals, issuer } => {
            turn.overlay.create_asset(Asset::new(AssetSpec::new(symbol.clone(), *decimals, *issuer)));
            let account = turn.overlay.find_or_create(issuer);
            turn.touched.add(account)
        }
    }
}
