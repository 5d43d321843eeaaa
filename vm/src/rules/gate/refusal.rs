//! Why the gate lets no money pass.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, ListId, Operation};

/// Why a control keeps money from moving. The variants are in the order in which they are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum Refusal {
    /// Movements of this kind are paused.
    #[error("{operation} of asset {asset} is paused: wait until its pauser resumes it")]
    Paused {
        /// The asset.
        asset: AssetId,
        /// The kind of movement.
        operation: Operation,
    },
    /// The account is on a sanction list.
    #[error("account {account} is on sanction list {list}")]
    Sanctioned {
        /// The sender or the receiver.
        account: Address,
        /// The list.
        list: ListId,
    },
    /// The account is frozen whole.
    #[error("account {account} is frozen for asset {asset}: its holder may ask the asset's compliance why")]
    Frozen {
        /// The sender or the receiver.
        account: Address,
        /// The asset.
        asset: AssetId,
    },
    /// What is not frozen is not enough.
    #[error("of what the payer holds of asset {asset}, {free} are not frozen, and {needed} are needed")]
    FrozenFunds {
        /// The asset.
        asset: AssetId,
        /// What moves freely.
        free: Amount,
        /// What is to move.
        needed: Amount,
    },
    /// There is no travel-rule reference.
    #[error("from {from} on, a payment in asset {asset} needs a travel-rule reference: declare it in the transaction")]
    NoTravelReference {
        /// The asset.
        asset: AssetId,
        /// The amount from which on it is needed.
        from: Amount,
    },
    /// More than the sender's tier allows in one payment.
    #[error("the payer's tier allows payments of up to {limit} in asset {asset}")]
    AbovePaymentLimit {
        /// The asset.
        asset: AssetId,
        /// The most in one payment.
        limit: Amount,
    },
    /// More than the sender's tier allows in a day.
    #[error("the payer's tier allows {limit} a day in asset {asset}, and {used} were paid")]
    AboveDayLimit {
        /// The asset.
        asset: AssetId,
        /// The most in a day.
        limit: Amount,
        /// What was paid already.
        used: Amount,
    },
    /// More than the receiver's tier allows to hold.
    #[error("account {account} may hold up to {limit} of asset {asset}")]
    AboveHoldingLimit {
        /// The receiver.
        account: Address,
        /// The asset.
        asset: AssetId,
        /// The most that it may hold.
        limit: Amount,
    },
    /// More of the asset would exist than was attested to be in reserve.
    #[error(
        "{reserve} of asset {asset} were attested to be in reserve, and there would be {supply}: attest more first"
    )]
    BeyondReserve {
        /// The asset.
        asset: AssetId,
        /// What was attested; zero before the first attestation.
        reserve: Amount,
        /// What there would be.
        supply: Amount,
    },
    /// More of the asset would exist than may.
    #[error("there may be {cap} of asset {asset}, and there would be {supply}")]
    AboveSupplyCap {
        /// The asset.
        asset: AssetId,
        /// The most that there may be.
        cap: Amount,
        /// What there would be.
        supply: Amount,
    },
    /// The receiver is an order's address.
    #[error("{account} is the address of an order: only a plain transfer pays it")]
    OrderAddress {
        /// The receiver.
        account: Address,
    },
}

impl Refusal {
    /// The kind of refusal as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Refusal::Paused { .. } => "paused",
            Refusal::Sanctioned { .. } => "sanctioned",
            Refusal::Frozen { .. } => "frozen",
            Refusal::FrozenFunds { .. } => "frozen_funds",
            Refusal::NoTravelReference { .. } => "no_travel_reference",
            Refusal::AbovePaymentLimit { .. } => "above_payment_limit",
            Refusal::AboveDayLimit { .. } => "above_day_limit",
            Refusal::AboveHoldingLimit { .. } => "above_holding_limit",
            Refusal::BeyondReserve { .. } => "beyond_reserve",
            Refusal::AboveSupplyCap { .. } => "above_supply_cap",
            Refusal::OrderAddress { .. } => "order_address",
        }
    }
}
