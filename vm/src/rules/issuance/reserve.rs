//! Attestations of what is in reserve.

use types::{Amount, AssetId, Hash, Role, Timestamp};

use super::IssuanceFailure;
use crate::Failure;
use crate::rules::turn::Turn;
use crate::state::asset::Attestation;

pub(super) fn attest(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    reserve: Amount,
    as_of: Timestamp,
    document: Hash,
) -> Result<(), Failure> {
    turn.expect_role(asset, Role::Attestor)?;
    let before = turn.overlay.asset(asset)?.controls.reserve;
    let last = before.map_or(Timestamp(0), |attestation| attestation.as_of);
    if as_of < last || turn.now() < as_of {
        return Err(IssuanceFailure::CountOutOfOrder { as_of, last }.into());
    }
    let attestation = Attestation { reserve, as_of, document };
    turn.overlay.change_controls(asset, |controls| controls.reserve = Some(attestation));
    Ok(())
}
