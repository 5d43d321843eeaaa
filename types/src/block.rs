//! Blocks: an order of batches, and a header that commits to the order and to its outcome.

use bincode::{Decode, Encode};

use crate::codec::{Bounded, encode};
use crate::{BatchDigest, Domain, Epoch, Hash, Height, Timestamp, ValidatorIndex, View};

/// The most batches in a block.
pub const MAX_BLOCK_BATCHES: usize = 1024;

/// The most bytes of batches in a block, so that a block with its batches fits in one message to a validator that lags.
pub const MAX_BLOCK_BYTES: usize = 8 << 20;

/// What a finality certificate certifies: order and outcome of everything up to this block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The epoch whose committee votes on the block.
    pub epoch: Epoch,
    /// Distance from genesis.
    pub height: Height,
    /// The view in which the block was proposed.
    pub view: View,
    /// The hash of the parent's header; of genesis, the hash of the chain spec.
    pub parent: Hash,
    /// Later than the parent's.
    pub timestamp: Timestamp,
    /// The leader that proposed the block.
    pub proposer: ValidatorIndex,
    /// The hash of the list of batches.
    pub batches: Hash,
    /// The ledger after the block.
    pub state_root: Hash,
    /// The Merkle root over the receipts of the block's transactions.
    pub receipts_root: Hash,
    /// The hash of the validator set of the epoch that the next block belongs to.
    pub next_validators: Hash,
}

impl Header {
    /// The block's identity.
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::Header, &encode(self))
    }
}

/// A header with the batches that it orders, named by digest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The batches in the order of their execution.
    pub batches: Bounded<BatchDigest, MAX_BLOCK_BATCHES>,
}

impl Block {
    /// What [`Header::batches`] must be for this list.
    pub fn batches_hash(batches: &Bounded<BatchDigest, MAX_BLOCK_BATCHES>) -> Hash {
        Hash::of(Domain::BatchList, &encode(batches))
    }
}
