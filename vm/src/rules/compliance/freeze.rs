//! Freezes: what of an account stays where it is.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, CaseReference, Extent, Role};

use super::{ComplianceFailure, expect_reference};
use crate::rules::turn::Turn;
use crate::state::account::Marks;
use crate::state::overlay::Overlay;
use crate::{Account, Failure, Record, RecordKey};

/// What of an account is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Freeze {
    /// How much.
    pub extent: Extent,
    /// The case of the court or the authority.
    pub case: CaseReference,
}

impl Freeze {
    /// How much stays in the account; `None` where all of it does and nothing arrives.
    pub fn amount(&self) -> Option<Amount> {
        match self.extent {
            Extent::Whole => None,
            Extent::Amount(amount) => Some(amount),
        }
    }
}

/// What of the account is frozen for the asset, if anything.
pub(crate) fn freeze(overlay: &Overlay<'_>, asset: AssetId, account: &Account) -> Option<Freeze> {
    if !account.marks.contain(Marks::FROZEN) {
        return None;
    }
    match overlay.record(&RecordKey::Freeze(asset, account.address)) {
        Some(Record::Freeze(freeze)) => Some(freeze.clone()),
        _ => None,
    }
}

pub(super) fn set(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    address: Address,
    extent: Extent,
    case: &CaseReference,
) -> Result<(), Failure> {
    expect_reference(case)?;
    turn.expect_role(asset, Role::Compliance)?;
    if extent == Extent::Amount(Amount::ZERO) {
        return Err(Failure::ZeroAmount);
    }
    let account = turn.overlay.find_or_create(&address);
    turn.overlay.mark(account, Marks::FROZEN);
    turn.overlay.put_record(RecordKey::Freeze(asset, address), Record::Freeze(Freeze { extent, case: case.clone() }));
    turn.touched.add(account)
}

pub(super) fn thaw(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    address: Address,
    case: &CaseReference,
) -> Result<(), Failure> {
    expect_reference(case)?;
    turn.expect_role(asset, Role::Compliance)?;
    let key = RecordKey::Freeze(asset, address);
    if turn.overlay.record(&key).is_none() {
        return Err(ComplianceFailure::NotFrozen { account: address, asset }.into());
    }
    turn.overlay.remove_record(key);
    let account = turn.overlay.find_or_create(&address);
    turn.touched.add(account)
}
