//! Merchants' reports: each step of a merchant's orders in a period, what it comes to, and that this is what moved its balance.

use serde::{Deserialize, Serialize};
use types::{Address, Amount, AssetId, Hash, Height, OrderId, Timestamp, TransactionId};

use crate::statement::{Merchant, Period};
use crate::{OrderStep, Signed};

mod builder;
mod csv;
mod error;
mod text;
mod tie;
mod totals;

pub use builder::MerchantReportBuilder;
pub use error::MerchantReportError;

/// What a merchant's orders come to in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantReport {
    /// The chain: the hash of its genesis block.
    pub chain: Hash,
    /// The merchant.
    pub account: Address,
    /// Its entry in the registry at the end of the period; none once it is closed.
    pub merchant: Option<Merchant>,
    /// The period.
    pub period: Period,
    /// The last block that the report rests on.
    pub height: Height,
    /// The ledger after that block.
    pub state_root: Hash,
    /// For each asset of its orders.
    pub totals: Vec<OrderTotals>,
    /// The steps, in order.
    pub lines: Vec<OrderLine>,
}

/// One step of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The block's time.
    pub timestamp: Timestamp,
    /// The block.
    pub height: Height,
    /// The receipt's place in it.
    pub index: u32,
    /// The transaction.
    pub transaction: TransactionId,
    /// Who paid for the transaction: the customer, the merchant, or anybody for what has expired.
    pub by: Address,
    /// The order.
    pub order: OrderId,
    /// Whose money it is for.
    pub customer: Address,
    /// What was done.
    pub step: OrderStep,
    /// The asset.
    pub asset: AssetId,
    /// How much was paid, set aside, released or refunded.
    pub gross: Amount,
    /// What the processor received of it; less than nothing where it gave back.
    pub fee: Signed,
    /// What the treasury received.
    pub vat: Signed,
    /// What the merchant received.
    pub net: Signed,
    /// What is set aside for the order then.
    pub held: Amount,
}

/// An asset's sums in a merchant's report, in the asset's smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderTotals {
    /// The asset.
    pub asset: AssetId,
    /// Its symbol.
    pub symbol: String,
    /// How many decimals its unit has.
    pub decimals: u8,
    /// What was charged and captured.
    pub gross: Amount,
    /// What was refunded.
    pub refunded: Amount,
    /// What processors have kept of it.
    pub fee: Signed,
    /// What treasuries have kept of it.
    pub vat: Signed,
    /// What is the merchant's: gross less what was refunded, fee and VAT.
    pub net: Signed,
    /// What of the net was parked, because a control kept it from arriving.
    pub parked: Signed,
    /// What moved the merchant's balance beside its orders: transfers, fees of transactions, and what else there was.
    pub beside: Signed,
    /// What the merchant held when the period began.
    pub opening: Amount,
    /// What the ledger says that it held when the period ended.
    pub closing: Amount,
    /// What was set aside for its orders when the period began.
    pub held_before: Amount,
    /// What was still set aside when it ended.
    pub held: Amount,
}
