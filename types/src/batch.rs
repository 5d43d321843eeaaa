//! Batches: what dissemination carries and ordering names by digest.

use bincode::{Decode, Encode};

use crate::codec::{Blob, Bounded, CodecError, decode_front, encode};
use crate::hash::hexadecimal;
use crate::validators::Committee;
use crate::{
    Domain, Epoch, Hash, MAX_TRANSACTION_BYTES, SecretKey, Signature, SignedMessage, ValidatorIndex, Verified,
    verify_one,
};

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

/// A validator's signed word that it holds these batches and has verified them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Acknowledgement {
    /// Who holds the batches.
    pub signer: ValidatorIndex,
    /// The batches.
    pub batches: Bounded<BatchDigest, MAX_ACKNOWLEDGED>,
    /// The signature over purpose, chain, epoch and batches.
    pub signature: Signature,
}

impl Acknowledgement {
    fn message(batches: &Bounded<BatchDigest, MAX_ACKNOWLEDGED>, committee: &Committee) -> Vec<u8> {
        encode(&(
            *b"baro acknowledgement v1",
            committee.chain,
            committee.epoch,
            Hash::of(Domain::BatchList, &encode(batches)),
        ))
    }

    /// Signs for batches as a member of `committee`.
    pub fn sign(
        batches: Bounded<BatchDigest, MAX_ACKNOWLEDGED>,
        signer: ValidatorIndex,
        secret: &SecretKey,
        committee: &Committee,
    ) -> Verified<Acknowledgement> {
        let signature = secret.sign(&Self::message(&batches, committee));
        Verified::new(Acknowledgement { signer, batches, signature })
    }

    /// The acknowledgement as a verified one, if the committee's validator signed it.
    pub fn verify(self, committee: &Committee) -> Option<Verified<Acknowledgement>> {
        let key = committee.key(self.signer)?;
        let message = Self::message(&self.batches, committee);
        let valid = verify_one(&SignedMessage { key, message: &message, signature: &self.signature });
        valid.then(|| Verified::new(self))
    }
}
