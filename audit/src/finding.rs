//! What an audit can find.

use types::{
    Amount, AssetId, BatchDigest, CertificateError, Epoch, Hash, Height, Refusal, TransactionId, ValidatorIndex,
};
use vm::Outcome;

use crate::EntryError;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("block {height}: {fault}")]
pub struct Finding {
    /// Where.
    pub height: Height,
    /// What.
    pub fault: Fault,
}

/// What is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are no block.
    #[error("{0}")]
    Malformed(#[from] EntryError),
    /// Another height than the next one.
    #[error("the header says height {found}, the next block has height {expected}")]
    Height {
        /// The next one.
        expected: Height,
        /// The header's.
        found: Height,
    },
    /// It does not follow the block before.
    #[error("its parent is {found}, the block before is {expected}")]
    Parent {
        /// The hash of the block before.
        expected: Hash,
        /// What the header names.
        found: Hash,
    },
    /// It belongs to another epoch.
    #[error("it is of epoch {found}, the ledger says epoch {expected}")]
    Epoch {
        /// The ledger's.
        expected: Epoch,
        /// The header's.
        found: Epoch,
    },
    /// Its time is not after its parent's.
    #[error("its time is not later than its parent's")]
    Time,
    /// Its view is not after its parent's.
    #[error("its view is not later than its parent's")]
    View,
    /// Another than the leader of its view proposed it.
    #[error("validator {found} proposed it; the leader of its view is validator {expected}")]
    Proposer {
        /// The view's leader.
        expected: ValidatorIndex,
        /// The header's.
        found: ValidatorIndex,
    },
    /// The header commits to another list of batches.
    #[error("the header commits to another list of batches")]
    BatchList,
    /// There are more or fewer batches than it orders.
    #[error("it orders {expected} batches, {found} are here")]
    BatchCount {
        /// How many it orders.
        expected: usize,
        /// How many are here.
        found: usize,
    },
    /// A batch is another than the one that it orders: something in it was changed, added, removed or moved.
    #[error("batch {batch} is {found}, the block orders {expected}: its transactions were altered")]
    BatchDigest {
        /// Its place in the block.
        batch: usize,
        /// What the block orders.
        expected: BatchDigest,
        /// What is here.
        found: BatchDigest,
    },
    /// More bytes than a block may have.
    #[error("its batches have {bytes} bytes: more than a block may order")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// A payer did not authorize a transaction.
    #[error("transaction {id} was not authorized by its payer: {refusal}")]
    Unauthorized {
        /// The transaction.
        id: TransactionId,
        /// Why.
        refusal: Refusal,
    },
    /// The certificate is for something else.
    #[error("its certificate does not finalize it")]
    OtherBlock,
    /// The certificate proves nothing.
    #[error("its certificate is not valid: {0}")]
    Certificate(CertificateError),
    /// An epoch ends without a certificate for its last block.
    #[error("it ends epoch {0}, and has no certificate of its own")]
    NoHandover(Epoch),
    /// The chain says that a transaction had another outcome.
    #[error("transaction {id}: the rules say {ours:?}, the chain says {theirs:?}")]
    Outcome {
        /// The transaction.
        id: TransactionId,
        /// What execution gives.
        ours: Box<Outcome>,
        /// What the receipts say that the header commits to.
        theirs: Box<Outcome>,
    },
    /// The ledger after the block is another.
    #[error("execution gives the state root {computed}, the header says {found}")]
    StateRoot {
        /// What execution gives.
        computed: Hash,
        /// The header's.
        found: Hash,
    },
    /// The receipts are others.
    #[error("execution gives the receipts root {computed}, the header says {found}")]
    ReceiptsRoot {
        /// What execution gives.
        computed: Hash,
        /// The header's.
        found: Hash,
    },
    /// The next block belongs to other validators.
    #[error("execution gives the next validators {computed}, the header says {found}")]
    NextValidators {
        /// What execution gives.
        computed: Hash,
        /// The header's.
        found: Hash,
    },
    /// The source keeps other receipts than the chain's.
    #[error("the stored receipts are not the chain's: {expected} receipts, the first that differs is at place {place}")]
    StoredReceipts {
        /// How many there are.
        expected: usize,
        /// The first that differs or is missing.
        place: usize,
    },
    /// Money came from nowhere or went nowhere.
    #[error("asset {asset}: what accounts and records hold has changed by another amount than the supply")]
    NotConserved {
        /// The asset.
        asset: AssetId,
    },
    /// The books at the end.
    #[error("asset {asset}: accounts and records hold {held}, the supply is {supply}")]
    Books {
        /// The asset.
        asset: AssetId,
        /// All balances and records.
        held: Amount,
        /// Issued less redeemed.
        supply: Amount,
    },
    /// There is more of an asset than may be.
    #[error("asset {asset}: the supply has grown to {supply}, the cap is {cap}")]
    BeyondCap {
        /// The asset.
        asset: AssetId,
        /// What there is.
        supply: Amount,
        /// The most that there may be.
        cap: Amount,
    },
    /// There is more of an asset than was attested.
    #[error("asset {asset}: the supply has grown to {supply}, the attested reserve is {reserve}")]
    BeyondReserve {
        /// The asset.
        asset: AssetId,
        /// What there is.
        supply: Amount,
        /// What was attested.
        reserve: Amount,
    },
    /// A supply was changed without the role, or the approval, that it needs.
    #[error("asset {asset}: the supply was changed without the role or the approval that it needs{}", by(.transaction))]
    NoRole {
        /// The asset.
        asset: AssetId,
        /// By which transaction; none where the end of the block did it.
        transaction: Option<TransactionId>,
    },
}

fn by(transaction: &Option<TransactionId>) -> String {
    transaction.map_or_else(|| ", at the block's end".to_owned(), |id| format!(", by transaction {id}"))
}

impl Fault {
    /// The fault as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Malformed(_) => "malformed",
            Fault::Height { .. } => "height",
            Fault::Parent { .. } => "parent",
            Fault::Epoch { .. } => "epoch",
            Fault::Time => "time",
            Fault::View => "view",
            Fault::Proposer { .. } => "proposer",
            Fault::BatchList => "batch_list",
            Fault::BatchCount { .. } => "batch_count",
            Fault::BatchDigest { .. } => "batch_digest",
            Fault::TooLong { .. } => "too_long",
            Fault::Unauthorized { .. } => "unauthorized",
            Fault::OtherBlock => "other_block",
            Fault::Certificate(_) => "certificate",
            Fault::NoHandover(_) => "no_handover",
            Fault::Outcome { .. } => "outcome",
            Fault::StateRoot { .. } => "state_root",
            Fault::ReceiptsRoot { .. } => "receipts_root",
            Fault::NextValidators { .. } => "next_validators",
            Fault::StoredReceipts { .. } => "stored_receipts",
            Fault::NotConserved { .. } => "not_conserved",
            Fault::Books { .. } => "books",
            Fault::BeyondCap { .. } => "beyond_cap",
            Fault::BeyondReserve { .. } => "beyond_reserve",
            Fault::NoRole { .. } => "no_role",
        }
    }
}
