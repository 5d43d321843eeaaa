//! Why a control was not set.

use bincode::{Decode, Encode};
use types::{Address, AssetId, Height, ListId, PolicyId};

/// Why a control was not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum ComplianceFailure {
    /// The payer is compliance of no asset.
    #[error("only who is compliance of an asset begins a policy or a sanction list")]
    NotCompliance,
    /// The policy or list is kept by somebody else.
    #[error("it is kept by who is compliance of asset {home}")]
    NotKeeper {
        /// The asset whose compliance keeps it.
        home: AssetId,
    },
    /// Nothing of the account is frozen.
    #[error("nothing of account {account} is frozen for asset {asset}")]
    NotFrozen {
        /// The account.
        account: Address,
        /// The asset.
        asset: AssetId,
    },
    /// There is no such policy.
    #[error("there is no policy {policy}: define it first")]
    UnknownPolicy {
        /// The policy named.
        policy: PolicyId,
    },
    /// A policy without tiers, or whose default is none of them.
    #[error(
        "policy {policy} has {tiers} tiers, and its default is {default}: tiers count from 0, and there is at least one"
    )]
    MalformedPolicy {
        /// The policy.
        policy: PolicyId,
        /// How many tiers it would have.
        tiers: u8,
        /// The default.
        default: u8,
    },
    /// The policy has no such tier.
    #[error("policy {policy} has no tier {tier}: tiers count from 0")]
    UnknownTier {
        /// The policy.
        policy: PolicyId,
        /// The tier named.
        tier: u8,
    },
    /// The version is not the one that comes next.
    #[error(
        "the next version of sanction list {list} is {expected}, not {got}: look at the list and send the change anew"
    )]
    WrongVersion {
        /// The list.
        list: ListId,
        /// The version that comes next.
        expected: u32,
        /// The version named.
        got: u32,
    },
    /// The version would hold too early.
    #[error("a new version of sanction list {list} holds from block {earliest} on at the earliest, not from {got}")]
    TooEarly {
        /// The list.
        list: ListId,
        /// The first height that can be named.
        earliest: Height,
        /// The height named.
        got: Height,
    },
    /// The reference is empty.
    #[error("the reference is empty: name the case, the payment or the exchange of data that this is about")]
    NoReference,
    /// The version would hold too late.
    #[error(
        "a new version of sanction list {list} holds from block {latest} on at the latest, not from {got}: send it nearer to \
         its time"
    )]
    TooLate {
        /// The list.
        list: ListId,
        /// The last height that can be named.
        latest: Height,
        /// The height named.
        got: Height,
    },
}

impl ComplianceFailure {
    /// The kind of failure as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            ComplianceFailure::NotCompliance => "not_compliance",
            ComplianceFailure::NotKeeper { .. } => "not_keeper",
            ComplianceFailure::NotFrozen { .. } => "not_frozen",
            ComplianceFailure::UnknownPolicy { .. } => "unknown_policy",
            ComplianceFailure::MalformedPolicy { .. } => "malformed_policy",
            ComplianceFailure::UnknownTier { .. } => "unknown_tier",
            ComplianceFailure::WrongVersion { .. } => "wrong_version",
            ComplianceFailure::TooEarly { .. } => "too_early",
            ComplianceFailure::NoReference => "no_reference",
            ComplianceFailure::TooLate { .. } => "too_late",
        }
    }
}
