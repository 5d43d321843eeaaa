//! Which roles of an asset are never one account's.

use types::{Address, AssetRoles, Role};

use super::IssuanceFailure;

/// Whoever keeps an eye on somebody is somebody else.
pub(crate) fn check_roles(issuer: Address, roles: &AssetRoles) -> Result<(), IssuanceFailure> {
    let issuer = (Role::Issuer, Some(issuer));
    let approver = (Role::Approver, roles.approver);
    let compliance = (Role::Compliance, roles.compliance);
    let attestor = (Role::Attestor, roles.attestor);
    for ((role, one), (with, other)) in [(approver, issuer), (approver, compliance), (attestor, issuer)] {
        if one.is_some() && one == other {
            return Err(IssuanceFailure::SharedRole { role, with });
        }
    }
    Ok(())
}
