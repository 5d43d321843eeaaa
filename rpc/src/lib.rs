//! The JSON-RPC interface of a Baro node: the node's server and every client come from the one trait [`BaroApi`].
//!
//! Amounts are decimal strings in the asset's smallest unit. Hashes, ids and keys are hexadecimal. Times are
//! milliseconds since the Unix epoch, deadlines are seconds. A transaction travels as the hexadecimal form of its
//! canonical bytes. An error carries a code of [`code`] and, as its data, an [`ErrorData`].

mod assets;
pub mod code;
mod keys;
pub mod net_file;
mod orders;
mod programs;
mod reading;
mod validators;
mod values;

pub use assets::*;
pub use keys::*;
pub use orders::*;
pub use programs::*;
pub use reading::*;
pub use validators::*;
pub use values::*;

pub use proof::ProofFile;

use jsonrpsee::core::{RpcResult, SubscriptionResult};
use jsonrpsee::proc_macros::rpc;
use types::{Address, AssetId, Hash, Height, ListId, OrderId, PolicyId, TransactionId};

/// What a node answers.
#[rpc(server, client, namespace = "baro")]
pub trait BaroApi {
    /// The chain: its name, genesis hash, parameters, validators and assets.
    #[method(name = "chain")]
    async fn chain(&self) -> RpcResult<ChainInfo>;

    /// The finalized balances of an account. An account that never received anything has none.
    #[method(name = "account")]
    async fn account(&self, address: Address) -> RpcResult<AccountInfo>;

    /// What opens an account: its keys and its sessions, at the latest finalized block.
    #[method(name = "keys")]
    async fn keys(&self, address: Address) -> RpcResult<KeysInfo>;

    /// Hands in one transaction. It is admitted, not final: see [`BaroApi::wait`]. Sending the same bytes again is safe.
    #[method(name = "send")]
    async fn send(&self, transaction: HexBytes) -> RpcResult<TransactionId>;

    /// Hands in many transactions; each is admitted or refused on its own, in order.
    #[method(name = "sendMany")]
    async fn send_many(&self, transactions: Vec<HexBytes>) -> RpcResult<Vec<SendOutcome>>;

    /// What became of a transaction.
    #[method(name = "transaction")]
    async fn transaction(&self, id: TransactionId) -> RpcResult<TransactionStatus>;

    /// What an executed transaction says; null where this node knows of none that was executed.
    #[method(name = "contents")]
    async fn contents(&self, id: TransactionId) -> RpcResult<Option<TransactionInfo>>;

    /// As [`BaroApi::transaction`], but answers only once the outcome is certain or `timeout_ms` have passed.
    #[method(name = "wait")]
    async fn wait(&self, id: TransactionId, timeout_ms: u64) -> RpcResult<TransactionStatus>;

    /// A finalized block; without a height, the latest.
    #[method(name = "block")]
    async fn block(&self, height: Option<Height>) -> RpcResult<BlockInfo>;

    /// An asset's supply and the sum of all balances and of the money in records, which must be equal, at the latest finalized block.
    #[method(name = "supply")]
    async fn supply(&self, asset: AssetId) -> RpcResult<SupplyInfo>;

    /// What holds for an asset: roles, cap, reserve, policy, what is paused, and what waits for approval or redemption.
    #[method(name = "asset")]
    async fn asset(&self, asset: AssetId) -> RpcResult<AssetDetails>;

    /// What holds for a holder of an asset: freezes, sanctions, limits, and what is parked for it.
    #[method(name = "holder")]
    async fn holder(&self, address: Address, asset: AssetId) -> RpcResult<HolderInfo>;

    /// A policy; null where there is none of this number.
    #[method(name = "policy")]
    async fn policy(&self, policy: PolicyId) -> RpcResult<Option<PolicyInfo>>;

    /// A sanction list; null where there is none of this number.
    #[method(name = "sanctionList")]
    async fn sanction_list(&self, list: ListId) -> RpcResult<Option<SanctionListInfo>>;

    /// A merchant's entry in the registry; null where it has none.
    #[method(name = "merchant")]
    async fn merchant(&self, merchant: Address) -> RpcResult<Option<MerchantInfo>>;

    /// A merchant's order; null where it has none of this name.
    #[method(name = "order")]
    async fn order(&self, merchant: Address, order: OrderId) -> RpcResult<Option<OrderInfo>>;

    /// A merchant's orders in the order of their names, after `after` if that is given; at most `limit` and 1,000.
    #[method(name = "orders")]
    async fn orders(&self, merchant: Address, after: Option<OrderId>, limit: u32) -> RpcResult<Vec<OrderInfo>>;

    /// A program with its code; null where there is none at this address.
    #[method(name = "program")]
    async fn program(&self, program: Address) -> RpcResult<Option<ProgramInfo>>;

    /// What a program's cell holds; null where there is no such program.
    #[method(name = "programCell")]
    async fn program_cell(&self, program: Address, key: Hash) -> RpcResult<Option<CellInfo>>;

    /// The validators as the ledger lists them, what they have approved, and the change that is decided.
    #[method(name = "validators")]
    async fn validators(&self) -> RpcResult<ValidatorsInfo>;

    /// How this node is.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<NodeStatus>;

    /// The other validators as this node sees them.
    #[method(name = "peers")]
    async fn peers(&self) -> RpcResult<Vec<PeerInfo>>;

    /// Pairs of contradicting votes that this node has seen.
    #[method(name = "evidence")]
    async fn evidence(&self) -> RpcResult<Vec<EvidenceInfo>>;

    /// The proof that a transaction was executed.
    #[method(name = "proveReceipt")]
    async fn prove_receipt(&self, id: TransactionId) -> RpcResult<ProofFile>;

    /// The proof of what an account holds after the latest finalized block.
    #[method(name = "proveBalance")]
    async fn prove_balance(&self, address: Address, asset: AssetId) -> RpcResult<ProofFile>;

    /// The proof of what became of a transaction: that it was executed, or that it was not and never will be.
    #[method(name = "proveOutcome")]
    async fn prove_outcome(&self, id: TransactionId) -> RpcResult<ProofFile>;

    /// Finalized blocks from a height on, as bytes, for those who check a chain themselves: as many as fit in one answer,
    /// none once `from` is above the latest.
    #[method(name = "blockBytes")]
    async fn block_bytes(&self, from: Height) -> RpcResult<Vec<BlockBytes>>;

    /// The transactions that touched an account, newest first, at most 50; `from` is where the page before left off.
    #[method(name = "history")]
    async fn history(&self, address: Address, from: Option<ReceiptPlace>, limit: Option<u32>)
    -> RpcResult<HistoryPage>;

    /// Each finalized block, from now on.
    #[subscription(name = "subscribeBlocks" => "blocks", unsubscribe = "unsubscribeBlocks", item = BlockInfo)]
    async fn subscribe_blocks(&self) -> SubscriptionResult;

    /// Each receipt that touches `account`, or each receipt of all, from now on.
    #[subscription(name = "subscribeReceipts" => "receipts", unsubscribe = "unsubscribeReceipts", item = ReceiptInfo)]
    async fn subscribe_receipts(&self, account: Option<Address>) -> SubscriptionResult;
}
