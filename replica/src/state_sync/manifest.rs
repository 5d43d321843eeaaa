//! What a peer says that its checkpoint consists of.

use bincode::{Decode, Encode};
use types::breakage::{Breakage, is_on};
use types::codec::{Bounded, encode};
use types::{Ballot, Block, Certificate, CertificateError, Committee, Domain, Epoch, Hash, Height};
use vm::{Ledger, RestoreError};

use crate::MAX_PART_BYTES;

/// The most parts of a checkpoint. Their hashes are a megabyte; parts of a megabyte make 32 GB, some hundreds of
/// millions of accounts.
pub const MAX_PARTS: usize = 32 << 10;

/// A checkpoint: the block after which it was written, and its parts.
///
/// The certificate certifies the ledger's state root, not the list of parts. Whether the list is right shows only when
/// the ledger is put together.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Manifest {
    /// The block.
    pub block: Block,
    /// Its finalization.
    pub certificate: Certificate,
    /// The [`part_hash`] of each chunk of [`vm::Snapshot::chunks`], in order.
    pub parts: Bounded<Hash, MAX_PARTS>,
    /// How many bytes the parts have together.
    pub bytes: u64,
}

/// Why a manifest proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It has no parts, or says that they have more bytes than they can have, or is of genesis.
    #[error("the checkpoint at height {0} has an impossible size")]
    Size(Height),
    /// The block's list of batches is not the one that its header names.
    #[error("block {0} has other batches than its header names")]
    Batches(Height),
    /// The block is of another epoch than the committee.
    #[error("block {height} is of epoch {found}, not of epoch {expected}")]
    Epoch {
        /// The block.
        height: Height,
        /// Its epoch.
        found: Epoch,
        /// The committee's.
        expected: Epoch,
    },
    /// The certificate is for something else.
    #[error("the certificate does not finalize block {0}")]
    OtherBlock(Height),
    /// The certificate is not valid.
    #[error("the certificate of block {height}: {source}")]
    Certificate {
        /// The block.
        height: Height,
        /// What is wrong with it.
        source: CertificateError,
    },
}

/// What a part is asked for and checked by.
pub fn part_hash(bytes: &[u8]) -> Hash {
    Hash::of(Domain::CheckpointPart, bytes)
}

impl Manifest {
    /// The height of the block.
    pub fn height(&self) -> Height {
        self.block.header.height
    }

    /// Names block and list of parts. Which validators signed the certificate makes no difference.
    pub fn id(&self) -> Hash {
        Hash::of(Domain::Checkpoint, &encode(&(self.block.header.hash(), &self.parts)))
    }

    /// Checks everything that can be checked without the parts: that the committee finalized the block.
    pub fn verify(&self, committee: &Committee) -> Result<(), ManifestError> {
        if is_on(Breakage::ManifestUnverified) {
            return Ok(());
        }
        let header = &self.block.header;
        let height = header.height;
        let most = self.parts.len() as u64 * MAX_PART_BYTES as u64;
        if self.parts.is_empty() || self.bytes > most || height == Height(0) {
            return Err(ManifestError::Size(height));
        }
        if header.batches != Block::batches_hash(&self.block.batches) {
            return Err(ManifestError::Batches(height));
        }
        if header.epoch != committee.epoch {
            return Err(ManifestError::Epoch { height, found: header.epoch, expected: committee.epoch });
        }
        // The view may be later than the block's own: the last block of an epoch is proposed again until it is final.
        match self.certificate.ballot {
            Ballot::Finalize { block, .. } if block == header.hash() => {}
            _ => return Err(ManifestError::OtherBlock(height)),
        }
        let checked = self.certificate.clone().verify(committee);
        checked.map(drop).map_err(|source| ManifestError::Certificate { height, source })
    }

    /// Puts the ledger together: it is the one that was finalized, or an error says why not.
    pub fn restore(&self, parts: impl IntoIterator<Item = Vec<u8>>) -> Result<Ledger, RestoreError> {
        Ledger::restore(parts, self.block.header.state_root)
    }
}
