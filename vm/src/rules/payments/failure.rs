//! Why a step of a payment was not taken.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, MAX_HOLD_SECONDS, Timestamp};

/// Why a step of a payment was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum PaymentFailure {
    /// The hold would last for too short or too long.
    #[error("money is set aside for 1 to {MAX_HOLD_SECONDS} seconds, not {got}")]
    HoldTime {
        /// The seconds named.
        got: u32,
    },
    /// The order's address awaits another asset or amount.
    #[error("the address is for an order of {amount} of asset {asset}: pay exactly that")]
    OrderAmount {
        /// The asset that is awaited.
        asset: AssetId,
        /// How much is awaited.
        amount: Amount,
    },
    /// The receiver of an order's money is no merchant, or is suspended.
    #[error("{merchant} is no active merchant: orders are paid to merchants of the registry")]
    NotMerchant {
        /// The account named.
        merchant: Address,
    },
    /// The order's name is empty or has control characters.
    #[error("an order is named by text without control characters")]
    BadOrder,
    /// The order was paid or held before.
    #[error("the merchant has had this order: each is paid once, under a name of its own")]
    OrderExists,
    /// The merchant has no such order.
    #[error("the merchant has no such order")]
    UnknownOrder,
    /// Nothing is set aside.
    #[error("nothing is set aside for the order any more")]
    NothingHeld,
    /// The time of what was set aside has passed.
    #[error("the money was set aside until {until} ms: it goes back to the customer")]
    HoldExpired {
        /// The last moment.
        until: Timestamp,
    },
    /// More than is set aside.
    #[error("{held} are set aside for the order, and {wanted} are wanted")]
    AboveHeld {
        /// What is set aside.
        held: Amount,
        /// What is wanted.
        wanted: Amount,
    },
    /// The time of what was set aside has not passed.
    #[error("the money is set aside until {until} ms: only the merchant gives it back before")]
    HoldNotExpired {
        /// The last moment.
        until: Timestamp,
    },
    /// More than was paid and not refunded.
    #[error("{left} of the order were paid and not refunded, and {wanted} are to be")]
    AbovePaid {
        /// What is left of the payment.
        left: Amount,
        /// What is to be refunded.
        wanted: Amount,
    },
    /// Whoever had a share of the order does not hold as much.
    #[error(
        "{account} received {share} of this order and does not hold as much of asset {asset}: it is to top up first"
    )]
    ShareMissing {
        /// Who had the share.
        account: Address,
        /// The asset.
        asset: AssetId,
        /// What it is to give back.
        share: Amount,
    },
    /// The batch has no payments.
    #[error("the batch has no payments")]
    EmptyBatch,
    /// A customer of the batch has no account.
    #[error("customer {customer} has no account: it comes into being when it first receives money")]
    UnknownCustomer {
        /// The customer's number.
        customer: u64,
    },
}

impl PaymentFailure {
    /// The kind of failure as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            PaymentFailure::NotMerchant { .. } => "not_merchant",
            PaymentFailure::BadOrder => "bad_order",
            PaymentFailure::OrderExists => "order_exists",
            PaymentFailure::UnknownOrder => "unknown_order",
            PaymentFailure::HoldTime { .. } => "hold_time",
            PaymentFailure::AboveHeld { .. } => "above_held",
            PaymentFailure::HoldExpired { .. } => "hold_expired",
            PaymentFailure::HoldNotExpired { .. } => "hold_not_expired",
            PaymentFailure::NothingHeld => "nothing_held",
            PaymentFailure::AbovePaid { .. } => "above_paid",
            PaymentFailure::ShareMissing { .. } => "share_missing",
            PaymentFailure::OrderAmount { .. } => "order_amount",
            PaymentFailure::EmptyBatch => "empty_batch",
            PaymentFailure::UnknownCustomer { .. } => "unknown_customer",
        }
    }
}
