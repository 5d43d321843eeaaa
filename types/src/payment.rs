//! What a transaction says of payments beyond a plain transfer.

use bincode::{Decode, Encode};

use crate::{Address, AssetId};

/// A step of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Payment {
    /// The receiver of parked money claims it, or after 30 days its sender. All of it moves to the payer's account.
    Claim {
        /// The asset.
        asset: AssetId,
        /// For whom it is parked.
        receiver: Address,
        /// From whom it came.
        sender: Address,
    },
}
