//! Who keeps a policy or a sanction list.

use types::{Address, Role};

use super::ComplianceFailure;
use crate::rules::turn::Turn;
use crate::{Asset, Failure};

/// The actor may begin a policy or a list: it is compliance of some asset.
pub(super) fn expect_compliance(turn: &Turn<'_, '_>) -> Result<(), Failure> {
    match is_compliance(turn, turn.actor, |_| true) {
        true => Ok(()),
        false => Err(ComplianceFailure::NotCompliance.into()),
    }
}

/// The actor keeps what holds for the assets that are `under` it. That is `keeper`, who began it, until these assets
/// have other officers: then it is they, so that who has lost the role has lost what was kept under it.
pub(super) fn expect_keeper(
    turn: &Turn<'_, '_>,
    keeper: Address,
    under: impl Fn(&Asset) -> bool,
) -> Result<(), Failure> {
    let has_officers =
        turn.overlay.assets().iter().any(|asset| under(asset) && asset.holder(Role::Compliance).is_some());
    let keeps = if has_officers && !is_compliance(turn, keeper, &under) {
        is_compliance(turn, turn.actor, &under)
    } else {
        turn.actor == keeper
    };
    if keeps { Ok(()) } else { Err(ComplianceFailure::NotKeeper { keeper }.into()) }
}

fn is_compliance(turn: &Turn<'_, '_>, address: Address, of: impl Fn(&Asset) -> bool) -> bool {
    turn.overlay.assets().iter().any(|asset| of(asset) && asset.holder(Role::Compliance) == Some(address))
}
