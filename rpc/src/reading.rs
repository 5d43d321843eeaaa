//! The values of those who read a chain: blocks as bytes, histories of accounts.

use serde::{Deserialize, Serialize};
use types::{AccountKey, Address, Deadline, Height};

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
    /// What it says.
    pub transaction: TransactionInfo,
}

/// What a transaction says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionInfo {
    /// Who acts and pays.
    pub payer: Address,
    /// The last second in which it may execute.
    pub valid_until: Deadline,
    /// What tells it apart from others, as a decimal string.
    pub salt: String,
    /// Its instructions, each under the name of its case: `{"transfer": {"asset": 0, ...}}`.
    pub instructions: Vec<serde_json::Value>,
    /// The keys that signed for the payer.
    pub signers: Vec<AccountKey>,
    /// Who pays the fee instead of the payer.
    pub sponsor: Option<Address>,
    /// All of it in canonical bytes.
    pub bytes: HexBytes,
}
