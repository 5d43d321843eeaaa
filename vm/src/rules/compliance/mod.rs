//! The law's controls: what compliance and the pauser of an asset set, and what the gate looks up.
//!
//! - A *freeze* keeps an account's money, whole or an amount, where it is.
//! - A *pause* stops a kind of movement of an asset.
//! - A *policy* holds for the holders of all assets that name it: tiers with limits, sanction lists that count, and the
//!   amount from which on a payment needs a travel-rule reference.
//! - A *sanction list* has a version, and a height from which on that version holds.
//!
//! What forbids an instruction of compliance is looked for in the order of [`ComplianceFailure`], after the role
//! ([`Failure::WithoutRole`](crate::Failure::WithoutRole)).

mod failure;
mod freeze;
mod keeping;
mod policy;
mod sanctions;
mod standing;
mod usage;

use types::{AssetId, Compliance, Operations, Role};

use crate::Failure;
use crate::rules::turn::Turn;

pub use failure::ComplianceFailure;
pub use freeze::Freeze;
pub(crate) use freeze::freeze;
pub use policy::Policy;
pub(crate) use policy::limits;
pub(crate) use sanctions::sanction;
pub use sanctions::{MAX_NOTICE_BLOCKS, Sanction, SanctionList};
pub use standing::HolderStanding;
pub use usage::{USAGE_HOURS, Usage};
pub(crate) use usage::{count_payment, used_lately};

/// Sets a control, or says what forbids it.
pub(crate) fn control(turn: &mut Turn<'_, '_>, compliance: &Compliance) -> Result<(), Failure> {
    match compliance {
        Compliance::Freeze { asset, account, extent, case } => freeze::set(turn, *asset, *account, *extent, case),
        Compliance::Thaw { asset, account, case } => freeze::thaw(turn, *asset, *account, case),
        Compliance::Pause { asset, operations } => pause(turn, *asset, *operations),
        Compliance::DefinePolicy { policy, terms } => policy::define(turn, *policy, terms),
        Compliance::SetTier { policy, account, tier } => policy::set_tier(turn, *policy, *account, *tier),
        Compliance::UpdateSanctions { list, version, effective, add, remove } => {
            sanctions::update(turn, *list, *version, *effective, add, remove)
        }
        Compliance::DeclareTravel { reference } => {
            expect_reference(reference)?;
            turn.overlay.scope.has_travel_reference = true;
            Ok(())
        }
    }
}

/// What names the case, the payment or the exchange of data that something is about is not empty.
pub(crate) fn expect_reference(reference: &str) -> Result<(), Failure> {
    if reference.trim().is_empty() { Err(ComplianceFailure::NoReference.into()) } else { Ok(()) }
}

fn pause(turn: &mut Turn<'_, '_>, asset: AssetId, operations: Operations) -> Result<(), Failure> {
    turn.expect_role(asset, Role::Pauser)?;
    turn.overlay.change_controls(asset, |controls| controls.paused = operations);
    Ok(())
}
