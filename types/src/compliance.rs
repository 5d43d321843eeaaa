//! What a transaction says of the law's controls: freezes, pauses, tiers, sanctions, and the travel rule.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::Bounded;
use crate::{Address, Amount, AssetId, CaseReference, Height, Operations};

/// The most tiers of a policy.
pub const MAX_TIERS: usize = 8;

/// The most sanction lists of a policy.
pub const MAX_POLICY_LISTS: usize = 8;

/// The most addresses that one instruction adds to a sanction list, and the most that it removes.
pub const MAX_LIST_CHANGES: usize = 256;

/// Declares the number of something that compliance keeps.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u16);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The number of a policy.
    PolicyId
}

id! {
    /// The number of a sanction list.
    ListId
}

/// How much of an account is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Nothing leaves it and nothing arrives.
    Whole,
    /// So much stays in it; what it holds above moves freely.
    Amount(Amount),
}

/// What a holder of a tier may do. Amounts are in the asset's smallest unit and hold for each asset by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The most in one payment.
    #[serde(default)]
    pub per_payment: Option<Amount>,
    /// The most in the present hour and the 24 before it, and hence in any 24 hours. Payments count from when on the holder
    /// has such a limit.
    #[serde(default)]
    pub per_day: Option<Amount>,
    /// The most that may be held after money has arrived.
    #[serde(default)]
    pub holding: Option<Amount>,
}

/// Rules for the holders of all assets that name the policy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyTerms {
    /// The tiers by number. At least one.
    pub tiers: Bounded<Tier, MAX_TIERS>,
    /// The tier of whoever was not given one.
    pub default_tier: u8,
    /// The sanction lists that count.
    pub sanctions: Bounded<ListId, MAX_POLICY_LISTS>,
    /// From this amount on, a payment needs a travel-rule reference. Zero: every payment does.
    pub travel_rule_from: Option<Amount>,
}

/// A control that somebody sets.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compliance {
    /// Compliance freezes an account, or changes how much of it is frozen.
    Freeze {
        /// The asset.
        asset: AssetId,
        /// The account.
        account: Address,
        /// How much of it.
        extent: Extent,
        /// The case.
        case: CaseReference,
    },
    /// Compliance thaws an account.
    Thaw {
        /// The asset.
        asset: AssetId,
        /// The account.
        account: Address,
        /// The case.
        case: CaseReference,
    },
    /// The pauser says which kinds of movements are paused from then on.
    Pause {
        /// The asset.
        asset: AssetId,
        /// All that are paused.
        operations: Operations,
    },
    /// Makes or replaces a policy. Whoever is compliance of some asset may make one; compliance of
    /// the first such asset keeps it from then on.
    DefinePolicy {
        /// The policy.
        policy: PolicyId,
        /// What it says from then on.
        terms: Box<PolicyTerms>,
    },
    /// The policy's keeper gives a holder a tier.
    SetTier {
        /// The policy.
        policy: PolicyId,
        /// The holder.
        account: Address,
        /// The tier; none for the policy's default.
        tier: Option<u8>,
    },
    /// A new version of a sanction list. Whoever is compliance of some asset may begin one; compliance of
    /// the first such asset keeps it from then on.
    UpdateSanctions {
        /// The list.
        list: ListId,
        /// The version that this makes: the present one's successor, 1 for a new list.
        version: u32,
        /// The first block in which it holds, not before this one and not before that of the version before.
        effective: Height,
        /// Who is on it from then on. Who is on it still stays on it: a removal that has not taken effect never does.
        add: Bounded<Address, MAX_LIST_CHANGES>,
        /// Who is off it from then on.
        remove: Bounded<Address, MAX_LIST_CHANGES>,
    },
    /// The payer says where the travel rule's data on the payments of this transaction is: the ids of payer and payee that
    /// the providers have exchanged. Holds for the instructions that follow in the transaction.
    DeclareTravel {
        /// The reference. Not empty.
        reference: CaseReference,
    },
}
