//! Why the store refused, and what its owner can do.

use std::io;
use std::path::{Path, PathBuf};

use types::{BatchDigest, Hash, Height};

/// Why the store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory holds something else.
    #[error("{path} is not a store of Baro: it holds {found:?}; choose an empty directory")]
    NotAStore {
        /// The directory.
        path: PathBuf,
        /// Something in it that is not ours.
        found: String,
    },
    /// The directory belongs to another chain.
    #[error("{path} belongs to the chain {found}, not to {expected}: give each chain a directory of its own")]
    OtherChain {
        /// The directory.
        path: PathBuf,
        /// The hash of the genesis block of its chain.
        found: Hash,
        /// The hash of the genesis block of the chain that was asked for.
        expected: Hash,
    },
    /// A newer version wrote the directory.
    #[error("{path} has format {found}, and this version reads format {supported}: run the version that wrote it")]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// What this version reads.
        supported: u32,
    },
    /// Another process has the directory open, or this one has it open twice.
    #[error("{path} is in use: another process runs this validator; stop that one first")]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// What is on disk is not what was written.
    #[error(
        "{path} is damaged: {what}. Restore the disk, or let the validator join with a new key: with this one it must \
         not vote before it has its votes back"
    )]
    Corrupt {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The system refused.
    #[error("cannot {action} {path}: {source}; check free space, permissions and the disk, then start again")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier write failed. What is on disk is only known again after a restart.
    #[error("{path} takes no more writes because an earlier one failed: solve that, then start again")]
    Broken {
        /// The directory.
        path: PathBuf,
    },
    /// A block orders a batch that the store does not hold.
    #[error("block {height} orders batch {digest}, which was not stored before it")]
    UnknownBatch {
        /// The block.
        height: Height,
        /// The batch.
        digest: BatchDigest,
    },
    /// A block does not follow the last one.
    #[error("block {height} does not follow block {latest}")]
    Gap {
        /// The block.
        height: Height,
        /// The last block in the store.
        latest: Height,
    },
    /// What was asked for lies before the first block that is kept.
    #[error("blocks are kept from {first} on: ask a validator that keeps all history for what came before")]
    NotKept {
        /// The first block that is kept.
        first: Height,
    },
    /// A block record exceeds its bound.
    #[error("block {height} has a record that is too long: {what}")]
    TooLong {
        /// The block.
        height: Height,
        /// What was too long, with its limit.
        what: String,
    },
}

impl StoreError {
    /// The first block that is kept, where that is why something could not be read.
    pub fn first_kept(error: &anyhow::Error) -> Option<Height> {
        match error.downcast_ref()? {
            StoreError::NotKept { first } => Some(*first),
            _ => None,
        }
    }

    pub(super) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        StoreError::Corrupt { path: path.to_owned(), what: what.into() }
    }

    /// For `map_err`: an error of the system while doing `action` to `path`.
    pub(super) fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> StoreError + 'a {
        move |source| StoreError::Io { action, path: path.to_owned(), source }
    }

    /// For `map_err`: an error of sled while doing `action` to `path`.
    pub(super) fn sled<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(sled::Error) -> StoreError + 'a {
        move |error| match error {
            sled::Error::Io(source) => StoreError::Io { action, path: path.to_owned(), source },
            other => StoreError::corrupt(path, other.to_string()),
        }
    }
}
