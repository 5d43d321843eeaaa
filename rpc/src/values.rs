//! The JSON values of the interface.

use serde::{Deserialize, Serialize};
use types::{
    Address, Amount, AssetId, BatchDigest, Deadline, Epoch, Hash, Height, PublicKey, Timestamp, TransactionId,
    ValidatorIndex, View,
};

use crate::{CallInfo, InProgramInfo, ValidatorInfo};

/// Bytes as a hexadecimal string, with or without `0x`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HexBytes(pub String);

/// The chain that a node is part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainInfo {
    /// The chain's name.
    pub chain_id: String,
    /// The hash of the genesis block: what transactions are signed for.
    pub genesis_hash: Hash,
    /// The longest time that a transaction's deadline may lie ahead, in seconds.
    pub max_valid_seconds: u32,
    /// The current epoch.
    pub epoch: Epoch,
    /// The validators of the current epoch in the order of their indices.
    pub validators: Vec<ValidatorInfo>,
    /// The assets in the order of their ids.
    pub assets: Vec<AssetInfo>,
    /// What transactions pay; nothing without it.
    #[serde(default)]
    pub fees: Option<FeesInfo>,
}

/// What transactions pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeesInfo {
    /// The asset in which fees are paid.
    pub asset: AssetId,
    /// For each transaction.
    pub per_transaction: Amount,
    /// For each of its instructions, and for each payment of a custodian's batch.
    pub per_instruction: Amount,
    /// Who receives them.
    pub collector: Address,
}

/// A fee that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeInfo {
    /// Who paid it: the sponsor or the payer.
    pub by: Address,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
}

/// An asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetInfo {
    /// Its id.
    pub id: AssetId,
    /// Its symbol, such as `KRW`.
    pub symbol: String,
    /// How many decimals the symbol's unit has: 0 for the won.
    pub decimals: u8,
    /// Who mints and burns it.
    pub issuer: Address,
    /// How much exists, in the smallest unit.
    pub supply: Amount,
}

/// An account's finalized balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountInfo {
    /// The account.
    pub address: Address,
    /// False if nothing ever touched it.
    pub exists: bool,
    /// Its balances, by asset.
    pub balances: Vec<BalanceInfo>,
    /// Where its latest receipt is.
    pub latest_receipt: Option<ReceiptPlace>,
    /// The height at which this was read.
    pub height: Height,
}

/// How much of an asset an account holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceInfo {
    /// The asset.
    pub asset: AssetId,
    /// Its symbol.
    pub symbol: String,
    /// How much, in the smallest unit.
    pub amount: Amount,
}

/// Where a receipt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPlace {
    /// The block.
    pub height: Height,
    /// The receipt's place in the block.
    pub index: u32,
}

/// What became of one of the transactions of `sendMany`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOutcome {
    /// Admitted.
    Admitted(TransactionId),
    /// Refused.
    Refused(Refused),
}

/// Why a transaction was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// One of [`crate::code`].
    pub code: i32,
    /// For people.
    pub message: String,
    /// For programs.
    pub data: ErrorData,
}

/// What a program can tell about an error beyond its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData {
    /// The kind of error as a word, such as `wrong_chain` or `overdraft`.
    pub kind: String,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TransactionStatus {
    /// Admitted or proposed, not final yet.
    Pending,
    /// Executed in a finalized block, with effect.
    Final {
        /// The receipt.
        receipt: ReceiptInfo,
    },
    /// Executed in a finalized block, without effect.
    Failed {
        /// The kind of failure as a word.
        kind: String,
        /// Why.
        reason: String,
        /// The receipt.
        receipt: ReceiptInfo,
    },
    /// Never executed, and never will be: block time has passed the deadline.
    Expired {
        /// The deadline.
        valid_until: Deadline,
    },
    /// This node has not seen it. It may still arrive until its deadline.
    Unknown {
        /// The deadline.
        valid_until: Deadline,
    },
}

impl TransactionStatus {
    /// True once the outcome can no longer change.
    pub fn is_certain(&self) -> bool {
        !matches!(self, TransactionStatus::Pending | TransactionStatus::Unknown { .. })
    }
}

/// The receipt of an executed transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptInfo {
    /// The transaction.
    pub id: TransactionId,
    /// Where the receipt is.
    pub place: ReceiptPlace,
    /// The hash of the block.
    pub block: Hash,
    /// The block's time.
    pub timestamp: Timestamp,
    /// Why the transaction had no effect, if so.
    pub failure: Option<FailureInfo>,
    /// The fee that was paid, if there was one; also by a transaction that had no effect.
    #[serde(default)]
    pub fee: Option<FeeInfo>,
    /// For each account that the transaction touched, where that account's previous receipt is.
    pub previous: Vec<PreviousReceipt>,
    /// What came of its deployments and calls of programs, in their order; absent where there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallInfo>,
}

/// Why an executed transaction had no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureInfo {
    /// The instruction that failed, counted from zero.
    pub instruction: u32,
    /// The kind of failure as a word, such as `overdraft`.
    pub kind: String,
    /// For people.
    pub reason: String,
    /// Where in a program, if it was one that ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_program: Option<InProgramInfo>,
}

/// A step back in an account's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousReceipt {
    /// The account.
    pub account: Address,
    /// Its receipt before this one, if any.
    pub place: Option<ReceiptPlace>,
}

/// A finalized block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockInfo {
    /// Distance from genesis.
    pub height: Height,
    /// The hash of the header.
    pub hash: Hash,
    /// The parent's hash.
    pub parent: Hash,
    /// The view in which it was proposed.
    pub view: View,
    /// The epoch.
    pub epoch: Epoch,
    /// The block's time.
    pub timestamp: Timestamp,
    /// The leader that proposed it.
    pub proposer: ValidatorIndex,
    /// The ledger after it.
    pub state_root: Hash,
    /// The root of its receipts.
    pub receipts_root: Hash,
    /// The batches in it.
    pub batches: Vec<BatchDigest>,
    /// The transactions executed in it, in order.
    pub transactions: Vec<ExecutedInfo>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutedInfo {
    /// The transaction.
    pub id: TransactionId,
    /// The kind of failure as a word, if it had no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Whether an asset's books balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplyInfo {
    /// The asset.
    pub asset: AssetId,
    /// Issued less redeemed.
    pub supply: Amount,
    /// The sum of all accounts and of the money in records.
    pub held: Amount,
    /// The height at which this was read.
    pub height: Height,
    /// The state root there.
    pub state_root: Hash,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The validator's name; empty for a node that no committee lists.
    pub name: String,
    /// Its consensus key.
    pub key: PublicKey,
    /// The current epoch.
    pub epoch: Epoch,
    /// The validator's index in the committee of the epoch; null for a node that only follows the chain.
    pub index: Option<ValidatorIndex>,
    /// The version of the program.
    pub version: String,
    /// The consensus view.
    pub view: View,
    /// The latest finalized height.
    pub height: Height,
    /// Its hash.
    pub block: Hash,
    /// The state root there.
    pub state_root: Hash,
    /// Its time.
    pub timestamp: Timestamp,
    /// The first block that the node keeps; 1 at an archive, which keeps all of them.
    pub first_height: Height,
    /// True while it fetches blocks that others have finalized.
    pub catching_up: bool,
    /// True while it has just started and asks the others for its own votes before it casts any.
    pub listening: bool,
    /// True once it refuses to vote because its key signs elsewhere too, or its home is an old copy.
    pub key_in_use_elsewhere: bool,
    /// Transactions admitted here and not yet final.
    pub pending: u64,
    /// Accounts in the ledger.
    pub accounts: u64,
    /// Transactions executed since genesis.
    pub executed: u64,
    /// Pairs of contradicting votes seen.
    pub evidence: u64,
}

/// A peer as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerInfo {
    /// Its name.
    pub name: String,
    /// True for a validator of the current epoch.
    pub votes: bool,
    /// Its peer id.
    pub peer_id: String,
    /// Its address.
    pub address: String,
    /// True while this node can send to it.
    pub connected: bool,
    /// Bytes sent to it.
    pub bytes_sent: u64,
    /// Bytes received from it.
    pub bytes_received: u64,
    /// Messages dropped because its queue was full or it was away.
    pub dropped: u64,
}

/// Two votes that no honest validator signs both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceInfo {
    /// Who signed both.
    pub validator: ValidatorIndex,
    /// The view.
    pub view: View,
    /// Both signed votes in canonical bytes.
    pub evidence: HexBytes,
}
