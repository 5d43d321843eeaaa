//! Batches: what dissemination carries and ordering names by digest.

use bincode::{Decode, Encode};

use crate::codec::{Blob, Bounded, CodecError, decode_front};
use crate::hash::hexadecimal;
use crate::{Domain, Epoch, Hash, MAX_TRANSACTION_BYTES, ValidatorIndex};

/// The most transactions in a batch.
pub const MAX_BATCH_TRANSACTIONS: usize = 8192;

/// The most bytes of transactions in a batch.
pub const MAX_BATCH_BYTES: usize = 2 << 20;

/// The most batches that one acknowledgement covers.
pub const MAX_ACKNOWLEDGED: usize = 1024;

/// The hash of a batch's encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct BatchDigest(pub [u8; 32]);

hexadecimal!(BatchDigest, 32);

/// Encoded transactions that one validator admitted, in the order in which they shall execute.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Batch {
    /// The epoch in which the batch is spread. It can be ordered in this epoch only.
    pub epoch: Epoch,
    /// The validator of that epoch that admitted them.
    pub creator: ValidatorIndex,
    /// Makes the creator's batches distinct, also across its restarts.
    pub number: u64,
    /// The transactions' encodings.
    pub transactions: Bounded<Blob<MAX_TRANSACTION_BYTES>, MAX_BATCH_TRANSACTIONS>,
}

impl Batch {
    /// The epoch and the creator that an encoded batch names, without decoding the rest.
    pub fn origin(encoded: &[u8]) -> Result<(Epoch, ValidatorIndex), CodecError> {
        decode_front(encoded)
    }

    /// The digest of an encoded batch.
    pub fn digest(encoded: &[u8]) -> BatchDigest {
        BatchDigest(Hash::of(Domain::Batch, encoded).0)
    }
}
