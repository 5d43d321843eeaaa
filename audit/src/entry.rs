//! A block as it comes, and what can be checked of it alone.

use types::codec::{CodecError, List, decode};
use types::{AuthorizedTransaction, Batch, Block, Certificate, Hash, Height, Refusal, Transaction, TransactionId};
use vm::Receipt;

use crate::Fault;

/// A block as a store or a validator gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is said to be.
    pub height: Height,
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded finality certificate, if the block has one of its own.
    pub certificate: Option<Vec<u8>>,
    /// The encoded batches, in the block's order.
    pub batches: Vec<Vec<u8>>,
    /// The encoded receipts that the source keeps, if they are to be compared.
    pub receipts: Option<Vec<u8>>,
}

/// Whether payers' signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// Each one.
    Verified,
    /// None: a quorum has checked them before it voted, and the certificates are verified. Several times faster.
    OnCertificates,
}

/// Why an entry is no block at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The block's bytes.
    #[error("the block cannot be decoded: {0}")]
    Block(CodecError),
    /// The certificate's bytes.
    #[error("the certificate cannot be decoded: {0}")]
    Certificate(CodecError),
    /// A batch's bytes.
    #[error("batch {batch} cannot be decoded: {source}")]
    Batch {
        /// Its place in the block.
        batch: usize,
        /// Why.
        source: CodecError,
    },
    /// The bytes of a transaction in a batch.
    #[error("transaction {index} of batch {batch} cannot be decoded: {source}")]
    Transaction {
        /// The batch's place in the block.
        batch: usize,
        /// The transaction's place in the batch.
        index: usize,
        /// Why.
        source: CodecError,
    },
    /// The receipts' bytes.
    #[error("the stored receipts cannot be decoded: {0}")]
    Receipts(CodecError),
}

/// A decoded block whose digests were computed and, if wanted, whose payers' signatures were checked.
#[derive(Debug)]
pub struct PreparedBlock {
    pub(crate) height: Height,
    pub(crate) block: Block,
    pub(crate) hash: Hash,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) batches: Vec<PreparedBatch>,
    pub(crate) receipts: Option<Vec<Receipt>>,
}

#[derive(Debug)]
pub(crate) struct PreparedBatch {
    pub(crate) digest: types::BatchDigest,
    pub(crate) bytes: usize,
    pub(crate) transactions: Vec<Prepared>,
}

/// A transaction with the verdict on its signature.
#[derive(Debug)]
pub(crate) enum Prepared {
    Authorized(AuthorizedTransaction),
    /// Not checked.
    Unchecked(Transaction),
    /// Its payer did not authorize it.
    Refused {
        id: TransactionId,
        transaction: Box<Transaction>,
        refusal: Refusal,
    },
}

impl Entry {
    /// Decodes the entry of the chain with this genesis hash, and checks what can be checked of it alone.
    pub fn prepare(&self, chain: &Hash, signatures: Signatures) -> Result<PreparedBlock, EntryError> {
        let block: Block = decode(&self.block).map_err(EntryError::Block)?;
        let certificate = self.certificate.as_deref().map(decode).transpose().map_err(EntryError::Certificate)?;
        let mut batches = Vec::with_capacity(self.batches.len());
        for (place, bytes) in self.batches.iter().enumerate() {
            batches.push(prepare_batch(place, bytes, chain, signatures)?);
        }
        let receipts = self.receipts.as_deref().map(decode::<List<Receipt>>).transpose();
        let receipts = receipts.map_err(EntryError::Receipts)?.map(List::into_vec);
        let hash = block.header.hash();
        Ok(PreparedBlock { height: self.height, block, hash, certificate, batches, receipts })
    }
}

impl PreparedBlock {
    /// The height that the source gave it.
    pub fn height(&self) -> Height {
        self.height
    }

    /// How many transactions its batches hold, copies included.
    pub fn transactions(&self) -> u64 {
        self.batches.iter().map(|batch| batch.transactions.len() as u64).sum()
    }
}

fn prepare_batch(
    place: usize,
    bytes: &[u8],
    chain: &Hash,
    signatures: Signatures,
) -> Result<PreparedBatch, EntryError> {
    let batch: Batch = decode(bytes).map_err(|source| EntryError::Batch { batch: place, source })?;
    let decode_one = |index: usize| -> Result<Transaction, EntryError> {
        let failed = |source| EntryError::Transaction { batch: place, index, source };
        decode(&batch.transactions[index]).map_err(failed)
    };
    let decoded = (0..batch.transactions.len()).map(decode_one).collect::<Result<Vec<_>, _>>()?;
    let transactions = match signatures {
        Signatures::OnCertificates => decoded.into_iter().map(Prepared::Unchecked).collect(),
        Signatures::Verified => {
            let verdicts = Transaction::authorize_all(decoded, chain).into_iter().enumerate();
            let judge = |(index, verdict): (usize, Result<AuthorizedTransaction, Refusal>)| match verdict {
                Ok(authorized) => Ok(Prepared::Authorized(authorized)),
                Err(refusal) => {
                    // Decoded again: the verdict took the transaction, and this is rare.
                    let transaction = Box::new(decode_one(index)?);
                    Ok(Prepared::Refused { id: transaction.payload.id(chain), transaction, refusal })
                }
            };
            verdicts.map(judge).collect::<Result<Vec<_>, EntryError>>()?
        }
    };
    Ok(PreparedBatch { digest: Batch::digest(bytes), bytes: bytes.len(), transactions })
}

impl PreparedBatch {
    /// The transactions that their payers did not authorize.
    pub(crate) fn refused(&self) -> impl Iterator<Item = Fault> {
        self.transactions.iter().filter_map(|prepared| match prepared {
            Prepared::Refused { id, refusal, .. } => Some(Fault::Unauthorized { id: *id, refusal: refusal.clone() }),
            Prepared::Authorized(_) | Prepared::Unchecked(_) => None,
        })
    }
}
