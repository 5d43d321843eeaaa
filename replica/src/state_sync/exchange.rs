//! What goes in and out of state sync.

use std::sync::Arc;

use types::{Handover, HandoverError, Hash, Height, PublicKey};

use super::{Manifest, ManifestError};
use crate::Message;

/// Something that happened.
#[derive(Debug)]
pub enum SyncInput {
    /// Time passed: the moment of [`StateSync::next_deadline`] has come.
    Tick,
    /// The link to a peer came up.
    PeerUp(PublicKey),
    /// The link to a peer is lost.
    PeerDown(PublicKey),
    /// A message from a peer, which the transport has authenticated.
    Message {
        /// Who sent it.
        from: PublicKey,
        /// The message.
        message: Box<Message>,
    },
    /// The part of [`SyncEffect::StorePart`] is on disk.
    PartStored(Hash),
    /// Answers [`SyncEffect::Restore`]: the ledger is the finalized one, or it is another one.
    Restored {
        /// True if [`Manifest::restore`] made the ledger.
        is_right: bool,
    },
    /// Answers [`SyncEffect::Restore`]: these parts cannot be read from disk, or are damaged there.
    PartsLost(Vec<Hash>),
}

/// Something to be done by the shell, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncEffect {
    /// Send now.
    Send {
        /// To whom.
        to: PublicKey,
        /// What.
        message: Box<Message>,
    },
    /// A checkpoint was chosen: remember it for [`PartiallySynced`], and forget the parts that it has not.
    Begin {
        /// The checkpoint.
        manifest: Arc<Manifest>,
        /// What leads to its committee.
        handovers: Vec<Handover>,
    },
    /// Put a part on disk and report [`SyncInput::PartStored`].
    StorePart {
        /// Its [`part_hash`].
        hash: Hash,
        /// The part.
        bytes: Vec<u8>,
    },
    /// Read the parts in order, give them to [`Manifest::restore`], and report [`SyncInput::Restored`] or
    /// [`SyncInput::PartsLost`].
    Restore(Arc<Manifest>),
    /// A peer lied, and is not asked any more.
    Liar {
        /// The peer.
        peer: PublicKey,
        /// How.
        lie: Lie,
    },
    /// State sync is over. Nothing more comes.
    Finished(SyncOutcome),
}

/// How state sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The parts on disk are the ledger: keep it as a checkpoint with its block, certificate and the handovers.
    Adopt {
        /// The checkpoint.
        manifest: Arc<Manifest>,
        /// What leads to its committee.
        handovers: Vec<Handover>,
    },
    /// Execute the chain from genesis. Parts on disk are of no use.
    CatchUp(CatchUpReason),
}

/// Why the chain is executed from genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CatchUpReason {
    /// There are no other validators.
    #[error("there is nobody to ask")]
    Alone,
    /// One honest validator or more has no checkpoint that is far enough ahead, and nobody offers one.
    #[error("the chain is short")]
    NothingToGain,
    /// Nobody offered anything in time.
    #[error("nobody offers a checkpoint")]
    NoOffer,
    /// More peers than can be faulty offered what is not the ledger: the fault may be here.
    #[error("more peers lied than a chain survives: is this the version that they run?")]
    TooManyLiars,
}

/// What a peer did that no honest one does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// Its manifest is not of a finalized block.
    #[error("its checkpoint is forged: {0}")]
    Manifest(#[from] ManifestError),
    /// Its handover is not of the committee before.
    #[error("its handover is forged: {0}")]
    Handover(#[from] HandoverError),
    /// A part is not the one in its manifest.
    #[error("part {index} of its checkpoint at height {height} is not what it offered")]
    Part {
        /// The checkpoint's height.
        height: Height,
        /// Which part.
        index: u32,
    },
    /// The parts of its manifest are not the ledger that was finalized.
    #[error("its checkpoint at height {0} is not the ledger that was finalized")]
    Ledger(Height),
}

/// What an interrupted state sync left on disk.
#[derive(Debug, Clone, Default)]
pub struct PartiallySynced {
    /// The last [`SyncEffect::Begin`].
    pub chosen: Option<(Manifest, Vec<Handover>)>,
    /// The hashes of the parts that are there, whole.
    pub parts: Vec<Hash>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// The height of the chosen checkpoint.
    pub height: Height,
    /// Parts that are on disk.
    pub stored: usize,
    /// Parts in all.
    pub parts: usize,
    /// Bytes of all parts, as the peers say.
    pub bytes: u64,
}
