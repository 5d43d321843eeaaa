//! Policies and the tiers of holders.

use bincode::{Decode, Encode};
use types::{Address, AssetId, PolicyId, PolicyTerms, Tier};

use super::ComplianceFailure;
use super::keeping::{begin, expect_keeper};
use crate::rules::turn::Turn;
use crate::state::account::Marks;
use crate::state::overlay::Overlay;
use crate::{Account, Asset, Failure, Record, RecordKey};

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Policy {
    /// The asset whose compliance changes it and gives tiers.
    pub home: AssetId,
    /// What it says.
    pub terms: PolicyTerms,
}

/// What the holder may do with the asset. The issuer is under no tier.
pub(crate) fn limits(overlay: &Overlay<'_>, asset: &Asset, account: &Account) -> Tier {
    let policy = asset.controls.policy.filter(|_| account.address != asset.issuer);
    let Some((id, policy)) = policy.and_then(|id| Some((id, overlay.policy(id)?))) else { return Tier::default() };
    let PolicyTerms { tiers, default_tier, .. } = &policy.terms;
    let given = match account.marks.contain(Marks::TIERED) {
        true => overlay.record(&RecordKey::Tier(id, account.address)),
        false => None,
    };
    let tier = match given {
        Some(Record::Tier(tier)) => tier,
        _ => default_tier,
    };
    // A tier that the policy has no more is its default.
    tiers.get(usize::from(*tier)).or_else(|| tiers.get(usize::from(*default_tier))).copied().unwrap_or_default()
}

pub(super) fn define(turn: &mut Turn<'_, '_>, policy: PolicyId, terms: &PolicyTerms) -> Result<(), Failure> {
    let home = match turn.overlay.policy(policy) {
        Some(Policy { home, .. }) => {
            expect_keeper(turn, *home)?;
            *home
        }
        None => begin(turn)?,
    };
    // At most MAX_TIERS.
    let (tiers, default) = (terms.tiers.len() as u8, terms.default_tier);
    if default >= tiers {
        return Err(ComplianceFailure::MalformedPolicy { policy, tiers, default }.into());
    }
    let record = Policy { home, terms: terms.clone() };
    turn.overlay.put_record(RecordKey::Policy(policy), Record::Policy(record));
    Ok(())
}

pub(super) fn set_tier(
    turn: &mut Turn<'_, '_>,
    policy: PolicyId,
    address: Address,
    tier: Option<u8>,
) -> Result<(), Failure> {
    let Some(Policy { home, terms }) = turn.overlay.policy(policy) else {
        return Err(ComplianceFailure::UnknownPolicy { policy }.into());
    };
    let tiers = terms.tiers.len();
    expect_keeper(turn, *home)?;
    let key = RecordKey::Tier(policy, address);
    let account = turn.overlay.find_or_create(&address);
    match tier {
        Some(tier) if usize::from(tier) >= tiers => {
            return Err(ComplianceFailure::UnknownTier { policy, tier }.into());
        }
        Some(tier) => {
            turn.overlay.mark(account, Marks::TIERED);
            turn.overlay.put_record(key, Record::Tier(tier));
        }
        None => turn.overlay.remove_record(key),
    }
    turn.touched.add(account)
}
