//! A batch whose signatures are verified, and why one is refused.

use std::sync::Arc;

use types::codec::{CodecError, decode};
use types::{
    AuthorizedTransaction, Batch, BatchDigest, Certificate, Epoch, Hash, MAX_BATCH_BYTES, Refusal, Transaction,
    ValidatorIndex, Verified,
};

use crate::weight::{self, MAX_BATCH_WEIGHT};

/// A batch all of whose transactions are authorized.
#[derive(Debug, Clone)]
pub struct VerifiedBatch {
    digest: BatchDigest,
    epoch: Epoch,
    creator: ValidatorIndex,
    bytes: Arc<[u8]>,
    transactions: Vec<AuthorizedTransaction>,
    weight: usize,
    gas: u64,
}

/// Why a batch is refused: its creator should not have made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes are no batch.
    #[error("malformed batch: {0}")]
    Malformed(#[from] CodecError),
    /// No transaction: such a batch would only take space.
    #[error("the batch has no transactions")]
    Empty,
    /// Too many bytes of transactions.
    #[error("the batch has {0} bytes of transactions, at most {MAX_BATCH_BYTES} are allowed")]
    TooLong(usize),
    /// Several transactions that take too long to execute.
    #[error("the batch weighs {0}, at most {MAX_BATCH_WEIGHT} are allowed unless it has one transaction")]
    TooHeavy(usize),
    /// A transaction in it is not authorized.
    #[error("transaction {index} of the batch: {refusal}")]
    Unauthorized {
        /// Its place in the batch.
        index: usize,
        /// Why.
        refusal: Refusal,
    },
}

impl VerifiedBatch {
    fn new(batch: &Batch, digest: BatchDigest, bytes: Arc<[u8]>, transactions: Vec<AuthorizedTransaction>) -> Self {
        let payloads = || transactions.iter().map(AuthorizedTransaction::payload);
        let (weight, gas) = (weight::of_batch(bytes.len(), payloads()), weight::gas(payloads()));
        Self { digest, epoch: batch.epoch, creator: batch.creator, bytes, transactions, weight, gas }
    }

    /// A batch of transactions that this validator has verified itself.
    pub(crate) fn of_own(batch: &Batch, transactions: Vec<AuthorizedTransaction>) -> Self {
        let bytes: Arc<[u8]> = types::codec::encode(batch).into();
        VerifiedBatch::new(batch, Batch::digest(&bytes), bytes, transactions)
    }

    /// Decodes a batch and verifies every signature.
    pub fn verify(bytes: Arc<[u8]>, chain: &Hash) -> Result<Self, BatchError> {
        let (batch, decoded) = decode_batch(&bytes)?;
        VerifiedBatch::judged(&batch, Batch::digest(&bytes), bytes, Transaction::authorize_all(decoded, chain))
    }

    /// A batch with the verdicts on its transactions, in their order.
    pub(crate) fn judged(
        batch: &Batch,
        digest: BatchDigest,
        bytes: Arc<[u8]>,
        verdicts: Vec<Result<AuthorizedTransaction, Refusal>>,
    ) -> Result<Self, BatchError> {
        let transactions = verdicts
            .into_iter()
            .enumerate()
            .map(|(index, verdict)| verdict.map_err(|refusal| BatchError::Unauthorized { index, refusal }))
            .collect::<Result<_, _>>()?;
        Ok(VerifiedBatch::new(batch, digest, bytes, transactions))
    }

    /// Decodes a batch of a block that `certificate` finalizes: a quorum has verified its signatures.
    pub(crate) fn certified(
        bytes: Arc<[u8]>,
        chain: &Hash,
        certificate: &Verified<Certificate>,
    ) -> Result<Self, BatchError> {
        let (batch, decoded) = decode_batch(&bytes)?;
        let transactions = decoded
            .into_iter()
            .map(|transaction| AuthorizedTransaction::certified(transaction, chain, certificate))
            .collect();
        Ok(VerifiedBatch::new(&batch, Batch::digest(&bytes), bytes, transactions))
    }

    /// The digest of the encoding.
    pub fn digest(&self) -> BatchDigest {
        self.digest
    }

    /// The epoch in which it is spread.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Who admitted the transactions.
    pub fn creator(&self) -> ValidatorIndex {
        self.creator
    }

    /// The encoding.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// What it counts where bytes and time are bounded: see [`weight`].
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// The gas that its calls ask of their block.
    pub(crate) fn gas(&self) -> u64 {
        self.gas
    }

    /// The transactions, in order.
    pub fn transactions(&self) -> &[AuthorizedTransaction] {
        &self.transactions
    }
}

/// Decodes a batch and its transactions.
pub(crate) fn decode_batch(bytes: &[u8]) -> Result<(Batch, Vec<Transaction>), BatchError> {
    let batch: Batch = decode(bytes)?;
    if batch.transactions.is_empty() {
        return Err(BatchError::Empty);
    }
    let length: usize = batch.transactions.iter().map(|transaction| transaction.len()).sum();
    if length > MAX_BATCH_BYTES {
        return Err(BatchError::TooLong(length));
    }
    let transactions = batch
        .transactions
        .iter()
        .enumerate()
        .map(|(index, bytes)| decode_transaction(bytes).map_err(|refusal| BatchError::Unauthorized { index, refusal }))
        .collect::<Result<_, _>>()?;
    Ok((batch, transactions))
}

/// Decodes a transaction from outside, whose length is bounded first.
pub(crate) fn decode_transaction(bytes: &[u8]) -> Result<Transaction, Refusal> {
    if bytes.len() > types::MAX_TRANSACTION_BYTES {
        let what = format!("{} bytes, at most {}", bytes.len(), types::MAX_TRANSACTION_BYTES);
        return Err(Refusal::Malformed(CodecError::TooLong { what }));
    }
    Ok(decode(bytes)?)
}
