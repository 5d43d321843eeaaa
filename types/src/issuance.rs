//! What a transaction says of an asset's life: who does what for it, its issue and its redemption.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::Text;
use crate::{Address, Amount, AssetId, Hash, MAX_REFERENCE_BYTES, Origin, PolicyId, Timestamp};

/// The longest symbol of an asset, in bytes.
pub const MAX_SYMBOL_BYTES: usize = 16;

/// The longest time that a proposal may wait for its approval, in seconds: a week.
pub const MAX_PROPOSAL_SECONDS: u32 = 604_800;

/// The longest time that an asset may give its issuer for a redemption, in seconds: 30 days.
pub const MAX_REDEMPTION_SECONDS: u32 = 2_592_000;

/// What names a case of a court or an authority, a bank's transfer, or another record outside of the ledger.
pub type CaseReference = Text<MAX_REFERENCE_BYTES>;

/// What somebody does for an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Proposes what changes the supply, and pays redemptions out.
    Issuer,
    /// The second pair of eyes: approves what was proposed.
    Approver,
    /// Freezes and thaws, proposes seizures, keeps policies and sanction lists.
    Compliance,
    /// Pauses kinds of movements.
    Pauser,
    /// Attests the reserve.
    Attestor,
}

impl Role {
    /// The role's name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Issuer => "issuer",
            Role::Approver => "approver",
            Role::Compliance => "compliance",
            Role::Pauser => "pauser",
            Role::Attestor => "attestor",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Who does what for an asset, besides its issuer. An asset without an approver is run by its issuer alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetRoles {
    /// The second pair of eyes. Neither the issuer nor compliance.
    #[serde(default)]
    pub approver: Option<Address>,
    /// Who enforces the law on holders.
    #[serde(default)]
    pub compliance: Option<Address>,
    /// Who stops movements in an emergency.
    #[serde(default)]
    pub pauser: Option<Address>,
    /// Who attests the reserve. Not the issuer. Once there is one, there is no more of the asset than was attested.
    #[serde(default)]
    pub attestor: Option<Address>,
}

/// What is done only after somebody else has approved it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Money is created in an account. The issuer proposes it.
    Mint {
        /// The account that receives it.
        to: Address,
        /// How much, not zero.
        amount: Amount,
    },
    /// Money in the issuer's own account is destroyed. The issuer proposes it.
    Burn {
        /// How much, not zero.
        amount: Amount,
    },
    /// Money is taken from an account, frozen or not. Compliance proposes it.
    Seize {
        /// Whose it was.
        from: Address,
        /// Who receives it.
        to: Address,
        /// How much, not zero.
        amount: Amount,
        /// The case.
        case: CaseReference,
    },
    /// Who does what from then on. The issuer proposes it.
    SetRoles(AssetRoles),
    /// The most of the asset that there may be from then on. The issuer proposes it.
    SetSupplyCap(Option<Amount>),
    /// How long a redemption may take from then on, in seconds, 1 to [`MAX_REDEMPTION_SECONDS`]. The issuer proposes it.
    SetRedemptionTime(u32),
    /// The policy that holders are under from then on. Compliance proposes it.
    SetPolicy(Option<PolicyId>),
    /// A new asset comes into being. The issuer of asset 0 proposes it, on asset 0.
    CreateAsset {
        /// Its symbol, which no other asset has.
        symbol: Text<MAX_SYMBOL_BYTES>,
        /// How many decimals the symbol's unit has, at most 38.
        decimals: u8,
        /// Who issues it.
        issuer: Address,
    },
    /// Money that a control has kept from arriving is taken. Compliance proposes it.
    SeizeParked {
        /// For whom it is parked.
        receiver: Address,
        /// From whom it came.
        sender: Address,
        /// Who receives it.
        to: Address,
        /// How much, not zero.
        amount: Amount,
        /// The case.
        case: CaseReference,
    },
}

impl Action {
    /// Who proposes it.
    pub fn proposer(&self) -> Role {
        match self {
            Action::Mint { .. }
            | Action::Burn { .. }
            | Action::SetRoles(_)
            | Action::SetSupplyCap(_)
            | Action::SetRedemptionTime(_)
            | Action::CreateAsset { .. } => Role::Issuer,
            Action::Seize { .. } | Action::SeizeParked { .. } | Action::SetPolicy(_) => Role::Compliance,
        }
    }
}

/// A step of an asset's life.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuance {
    /// Proposes an action. Where the asset has no approver it takes effect at once; otherwise the instruction's place
    /// names the proposal.
    Propose {
        /// The asset.
        asset: AssetId,
        /// What is to be done.
        action: Action,
        /// How long it may wait for approval, in seconds, 1 to [`MAX_PROPOSAL_SECONDS`].
        valid_seconds: u32,
    },
    /// The asset's approver approves a proposal, which takes effect.
    Approve {
        /// The proposal.
        proposal: Origin,
    },
    /// The proposer, the approver, or after its time anybody removes a proposal.
    Dismiss {
        /// The proposal.
        proposal: Origin,
    },
    /// The attestor says how much is in reserve.
    Attest {
        /// The asset.
        asset: AssetId,
        /// How much is in reserve, in the asset's smallest unit.
        reserve: Amount,
        /// When it was counted. Not after the block, and not before the count that was attested last.
        as_of: Timestamp,
        /// The hash of the document that says so.
        document: Hash,
    },
    /// A holder asks for redemption at par. The money is set aside; the instruction's place names the redemption.
    Redeem {
        /// The asset.
        asset: AssetId,
        /// How much, not zero.
        amount: Amount,
        /// Where the bank is to pay, in a form that the issuer and the holder have agreed on.
        payout: CaseReference,
    },
    /// The issuer says that it has paid a redemption out. Where the asset has no approver the money is burnt at once.
    PayOut {
        /// The redemption.
        redemption: Origin,
        /// The bank's reference of the payment.
        bank_reference: CaseReference,
    },
    /// The approver has seen that a redemption was paid out; the money is burnt.
    ConfirmPayOut {
        /// The redemption.
        redemption: Origin,
    },
    /// A redemption ends without payment and the money goes back: the issuer or the approver declines it, or its time has
    /// passed and anybody says so.
    ReturnRedemption {
        /// The redemption.
        redemption: Origin,
    },
}
