//! The JSON values about merchants and their orders.

use serde::{Deserialize, Serialize};
use types::{Address, Amount, AssetId, Merchant, Origin, SettlementRule, Timestamp};

/// A merchant's entry in the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantInfo {
    /// The merchant's account.
    pub address: Address,
    /// Its entry.
    pub entry: Merchant,
}

/// A merchant's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderInfo {
    /// The merchant.
    pub merchant: Address,
    /// The merchant's name for it.
    pub order: String,
    /// The asset.
    pub asset: AssetId,
    /// Who has paid it.
    pub customer: Address,
    /// What is set aside.
    pub held: Amount,
    /// Until when that can be taken; the time of payment where nothing was set aside.
    pub until: Timestamp,
    /// What the merchant has taken, before the split.
    pub paid: Amount,
    /// What of that was refunded.
    pub refunded: Amount,
    /// What the processor has of it.
    pub fee: Amount,
    /// What the treasury has of it.
    pub vat: Amount,
    /// How it is split.
    pub rule: Option<SettlementRule>,
    /// The instruction that has paid it, or has set the money aside.
    pub origin: Origin,
}
