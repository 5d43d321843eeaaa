//! Who keeps a policy or a sanction list.

use types::{AssetId, Role};

use super::ComplianceFailure;
use crate::Failure;
use crate::rules::turn::Turn;

/// The asset under whose compliance the actor begins a policy or a list, which is its home for ever: the first asset that
/// it is compliance of.
pub(super) fn begin(turn: &Turn<'_, '_>) -> Result<AssetId, Failure> {
    let mut assets = turn.overlay.assets().iter().zip(0..);
    let home = assets.find(|(asset, _)| asset.holder(Role::Compliance) == Some(turn.actor));
    home.map(|(_, id)| AssetId(id)).ok_or_else(|| ComplianceFailure::NotCompliance.into())
}

/// The actor is compliance of the home. Who loses that role loses what is kept under it, and no other asset can make
/// itself a home of it by coming under it.
pub(super) fn expect_keeper(turn: &Turn<'_, '_>, home: AssetId) -> Result<(), Failure> {
    match turn.overlay.asset(home)?.holder(Role::Compliance) {
        Some(keeper) if keeper == turn.actor => Ok(()),
        _ => Err(ComplianceFailure::NotKeeper { home }.into()),
    }
}
