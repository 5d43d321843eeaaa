//! Why a step of an asset's life was not taken.

use bincode::{Decode, Encode};
use types::{AssetId, MAX_PROPOSAL_SECONDS, MAX_REDEMPTION_SECONDS, Origin, Role, Timestamp};

use crate::state::asset::{MAX_ASSETS, MAX_DECIMALS};

/// Why a step of an asset's life was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum IssuanceFailure {
    /// The asset has an approver.
    #[error("asset {asset} is minted and burnt under four eyes: propose it, and let its approver approve")]
    NeedsApproval {
        /// The asset.
        asset: AssetId,
    },
    /// The proposal would be valid for too short or too long.
    #[error("a proposal is valid for 1 to {MAX_PROPOSAL_SECONDS} seconds, not {got}")]
    ProposalTime {
        /// The seconds named.
        got: u32,
    },
    /// There is no such proposal.
    #[error("there is no proposal {proposal}: it was approved or dismissed, or never made")]
    UnknownProposal {
        /// The proposal named.
        proposal: Origin,
    },
    /// The proposal's time has passed.
    #[error("the proposal was valid until {until} ms: propose it anew")]
    ProposalExpired {
        /// Its last moment.
        until: Timestamp,
    },
    /// Only somebody else may do this before the proposal's time has passed.
    #[error("only the proposer and the approver dismiss a proposal before {until} ms")]
    NotYours {
        /// Its last moment.
        until: Timestamp,
    },
    /// Two roles of an asset would be one account's.
    #[error("one account would be {role} and {with}: these keep an eye on each other")]
    SharedRole {
        /// A role.
        role: Role,
        /// The other one.
        with: Role,
    },
    /// The asset is, or would be, without an approver.
    #[error("asset {asset} needs an approver for this, and keeps one once it has one: name one")]
    ApproverNeeded {
        /// The asset.
        asset: AssetId,
    },
    /// The asset would be without an attestor.
    #[error("asset {asset} has an attestor and keeps one: name another")]
    AttestorNeeded {
        /// The asset.
        asset: AssetId,
    },
    /// A redemption would be given too short or too long.
    #[error("a redemption takes 1 to {MAX_REDEMPTION_SECONDS} seconds, not {got}")]
    RedemptionTime {
        /// The seconds named.
        got: u32,
    },
    /// The asset is not the first, on which others are created.
    #[error("assets are created by the issuer of asset 0: propose it on asset 0")]
    NotFirstAsset,
    /// There are as many assets as there may be.
    #[error("there are {MAX_ASSETS} assets, and there may be no more")]
    TooManyAssets,
    /// Another asset has the symbol, or it is empty or has other characters than letters and digits.
    #[error("the symbol is another asset's, or is not made of ASCII letters and digits")]
    BadSymbol,
    /// The unit has too many decimals.
    #[error("a unit has at most {MAX_DECIMALS} decimals, not {got}")]
    TooManyDecimals {
        /// How many it would have.
        got: u8,
    },
    /// The count of the reserve is later than the block, or earlier than the last.
    #[error("the count of the reserve is of {as_of} ms: it must lie between the last one, of {last} ms, and now")]
    CountOutOfOrder {
        /// When it was counted.
        as_of: Timestamp,
        /// When the one before was; 0 if there was none.
        last: Timestamp,
    },
    /// There is no such redemption.
    #[error("there is no redemption {redemption}: it was paid, returned, or never asked for")]
    UnknownRedemption {
        /// The redemption named.
        redemption: Origin,
    },
    /// The issuer has paid it out already.
    #[error("the issuer has paid the redemption out: its approver confirms that, or returns the money")]
    PaidOut,
    /// The issuer has not paid it out.
    #[error("the issuer has not paid the redemption out yet")]
    NotPaidOut,
    /// Its time has not passed, and the payer is neither the issuer nor the approver.
    #[error("the issuer has until {deadline} ms to pay the redemption out; after that anybody may return it")]
    NotDue {
        /// The last moment.
        deadline: Timestamp,
    },
}

impl IssuanceFailure {
    /// The kind of failure as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            IssuanceFailure::NeedsApproval { .. } => "needs_approval",
            IssuanceFailure::ProposalTime { .. } => "proposal_time",
            IssuanceFailure::UnknownProposal { .. } => "unknown_proposal",
            IssuanceFailure::ProposalExpired { .. } => "proposal_expired",
            IssuanceFailure::NotYours { .. } => "not_yours",
            IssuanceFailure::SharedRole { .. } => "shared_role",
            IssuanceFailure::ApproverNeeded { .. } => "approver_needed",
            IssuanceFailure::AttestorNeeded { .. } => "attestor_needed",
            IssuanceFailure::RedemptionTime { .. } => "redemption_time",
            IssuanceFailure::NotFirstAsset => "not_first_asset",
            IssuanceFailure::TooManyAssets => "too_many_assets",
            IssuanceFailure::BadSymbol => "bad_symbol",
            IssuanceFailure::TooManyDecimals { .. } => "too_many_decimals",
            IssuanceFailure::CountOutOfOrder { .. } => "count_out_of_order",
            IssuanceFailure::UnknownRedemption { .. } => "unknown_redemption",
            IssuanceFailure::PaidOut => "paid_out",
            IssuanceFailure::NotPaidOut => "not_paid_out",
            IssuanceFailure::NotDue { .. } => "not_due",
        }
    }
}
