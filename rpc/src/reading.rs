//! The values of those who read a chain: blocks as bytes, histories of accounts.

use serde::{Deserialize, Serialize};
use types::{Address, Height};

use crate::{HexBytes, ReceiptInfo, ReceiptPlace};

/// A finalized block with all that it takes to check and execute it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockBytes {
    /// Its height.
    pub height: Height,
    /// The block in canonical bytes.
    pub block: HexBytes,
    /// Its finality certificate in canonical bytes; null where the certificate of a later block covers it.
    pub certificate: Option<HexBytes>,
    /// Its batches in canonical bytes, in its order.
    pub batches: Vec<HexBytes>,
}

/// A piece of an account's history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// The account.
    pub address: Address,
    /// The transactions.
    pub entries: Vec<HistoryEntry>,
    /// Where to go on; null at the end of the history.
    pub next: Option<ReceiptPlace>,
    /// The height at which this was read.
    pub height: Height,
}

/// A transaction that touched an account. What it moved is not in it: a program may have moved money that no
/// instruction names. `baro statement` tells that by executing the chain again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Its receipt.
    pub receipt: ReceiptInfo,
    /// Who paid for it.
    pub payer: Address,
    /// The transaction in canonical bytes.
    pub transaction: HexBytes,
}
