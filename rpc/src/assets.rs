//! The JSON values about an asset's life and the controls on its holders.

use serde::{Deserialize, Serialize};
use types::{
    Action, Address, Amount, AssetId, AssetRoles, Extent, Hash, Height, ListId, Operations, Origin, PolicyId,
    PolicyTerms, Tier, Timestamp,
};

use crate::AssetInfo;

/// Everything that holds for an asset, and what waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetDetails {
    /// What it is.
    #[serde(flatten)]
    pub asset: AssetInfo,
    /// Who does what for it, besides the issuer.
    pub roles: AssetRoles,
    /// The most that there may be of it.
    pub supply_cap: Option<Amount>,
    /// What was attested last.
    pub reserve: Option<AttestationInfo>,
    /// The kinds of movements that are paused.
    pub paused: Operations,
    /// The policy that its holders are under.
    pub policy: Option<PolicyId>,
    /// How long a redemption may take, in seconds.
    pub redemption_seconds: u32,
    /// What waits for approval; at most 1,000.
    pub proposals: Vec<ProposalInfo>,
    /// What is to be redeemed; at most 1,000.
    pub redemptions: Vec<RedemptionInfo>,
    /// The height at which this was read.
    pub height: Height,
    /// The block time there.
    pub timestamp: Timestamp,
}

/// What the attestor has said of the reserve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestationInfo {
    /// How much is in reserve.
    pub reserve: Amount,
    /// When it was counted.
    pub as_of: Timestamp,
    /// The hash of the document that says so.
    pub document: Hash,
}

/// What waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalInfo {
    /// Its name: the place of the instruction that made it.
    pub proposal: Origin,
    /// What is to be done.
    pub action: Action,
    /// Who has proposed it.
    pub proposer: Address,
    /// The last moment in which it can be approved.
    pub until: Timestamp,
}

/// Money that is to be redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionInfo {
    /// Its name: the place of the instruction that asked for it.
    pub redemption: Origin,
    /// Whose it is.
    pub owner: Address,
    /// How much.
    pub amount: Amount,
    /// Where the bank is to pay.
    pub payout: String,
    /// The last moment in which the issuer pays.
    pub deadline: Timestamp,
    /// The bank's reference, once the issuer has said that it has paid.
    pub paid_out: Option<String>,
}

/// What holds for a holder of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderInfo {
    /// The holder.
    pub address: Address,
    /// The asset.
    pub asset: AssetId,
    /// How much it holds.
    pub balance: Amount,
    /// What of it is frozen, and why.
    pub frozen: Option<FreezeInfo>,
    /// The first sanction list of the asset's policy that it is on.
    pub sanctioned: Option<ListId>,
    /// What its tier allows; everything where there is no policy.
    pub limits: Tier,
    /// What it has paid in the hours that count towards the day's limit.
    pub paid_lately: Amount,
    /// What is parked for it; at most 1,000.
    pub parked: Vec<ParkedInfo>,
    /// The height at which this was read.
    pub height: Height,
}

/// What of an account is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeInfo {
    /// All, or an amount.
    pub extent: Extent,
    /// The case of the court or the authority.
    pub case: String,
}

/// Money that a control has kept from arriving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedInfo {
    /// From whom it came.
    pub sender: Address,
    /// How much.
    pub amount: Amount,
    /// When the last of it was parked.
    pub since: Timestamp,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInfo {
    /// The asset whose compliance keeps it.
    pub home: AssetId,
    /// Who that is now.
    pub keeper: Option<Address>,
    /// What it says.
    pub terms: PolicyTerms,
}

/// The newest version of a sanction list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanctionListInfo {
    /// The asset whose compliance keeps it.
    pub home: AssetId,
    /// Who that is now.
    pub keeper: Option<Address>,
    /// The version.
    pub version: u32,
    /// The first block in which it holds.
    pub effective: Height,
    /// Its entries; at most 10,000.
    pub entries: Vec<SanctionInfo>,
}

/// An entry of a sanction list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanctionInfo {
    /// The address.
    pub address: Address,
    /// The first block in which it holds.
    pub from: Height,
    /// The first block in which it holds no more, if that is known.
    pub until: Option<Height>,
}
