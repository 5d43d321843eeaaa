//! What replicas say to each other.

use bincode::{Decode, Encode};
use types::codec::{Blob, Bounded};
use types::{
    BatchDigest, Block, Certificate, Epoch, Handover, Hash, Height, MAX_ACKNOWLEDGED, MAX_BATCH_BYTES,
    MAX_BLOCK_BATCHES,
};

use crate::Manifest;

/// The most blocks in one answer to [`Message::FetchBlocks`].
pub const MAX_FETCHED_BLOCKS: usize = 512;

/// About how many bytes of blocks a validator sends in one answer to [`Message::FetchBlocks`].
pub const MAX_SERVED_BYTES: usize = 4 << 20;

/// The most handovers in one answer to [`Message::FetchHandovers`]: less than half a megabyte.
pub const MAX_HANDOVERS: usize = 64;

/// The longest part of a checkpoint: a chunk of [`vm::Snapshot::chunks`] is cut at one megabyte.
pub const MAX_PART_BYTES: usize = 2 << 20;

/// A batch of so many bytes or fewer travels with the votes, as fast as the proposal that names it and never after it. So a leader
/// that holds it orders it, and nobody acknowledges it. Of a longer one, a leader first wants to know that a quorum holds it.
pub const PROMPT_BATCH_BYTES: usize = 16 << 10;

/// The longest encoding of a batch: its transactions, their lengths, and its head.
const MAX_ENCODED_BATCH: usize = MAX_BATCH_BYTES + (256 << 10);

/// A message between replicas.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Message {
    /// Votes, certificates and their like, of one epoch.
    Consensus {
        /// The epoch.
        epoch: Epoch,
        /// What is said.
        message: consensus::Message,
    },
    /// A proposal of consensus with the block that it names, whose header has the epoch.
    Proposal {
        /// The proposal.
        proposal: consensus::Proposal,
        /// The block.
        block: Block,
    },
    /// The sender holds batches and has verified them. Nobody passes this on: that it came over the sender's own link says who
    /// said it.
    Acknowledge(Bounded<BatchDigest, MAX_ACKNOWLEDGED>),
    /// An encoded batch.
    Batch(Blob<MAX_ENCODED_BATCH>),
    /// Asks for batches.
    FetchBatches(Bounded<BatchDigest, MAX_BLOCK_BATCHES>),
    /// Asks for a block that is not final yet.
    FetchBlock(Hash),
    /// Answers [`Message::FetchBlock`].
    Block(Block),
    /// Asks for finalized blocks from this height on.
    FetchBlocks(Height),
    /// Answers [`Message::FetchBlocks`]: blocks in order of height. The last one has a certificate, unless the next
    /// certificate is further away than an answer is long.
    Blocks(Bounded<CertifiedBlock, MAX_FETCHED_BLOCKS>),
    /// The sender has finalized up to this height: the answer to a message of an epoch that has ended.
    Tip(Height),
    /// Asks which checkpoint there is.
    FetchCheckpoint,
    /// Answers [`Message::FetchCheckpoint`].
    CheckpointOffer(Option<Box<Manifest>>),
    /// Asks for the ends of epochs from this one on.
    FetchHandovers {
        /// The first epoch whose end is not known.
        from: Epoch,
    },
    /// Answers [`Message::FetchHandovers`]: in order of epochs, as many as fit.
    Handovers(Bounded<Handover, MAX_HANDOVERS>),
    /// Asks for a part of a checkpoint.
    FetchPart {
        /// The checkpoint's height.
        height: Height,
        /// Which part, counted from zero.
        index: u32,
    },
    /// Answers [`Message::FetchPart`].
    Part {
        /// The checkpoint's height.
        height: Height,
        /// Which part.
        index: u32,
        /// The part; empty if the sender has no such part, or not any more.
        bytes: Blob<MAX_PART_BYTES>,
    },
}

/// A finalized block with all that is needed to execute it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CertifiedBlock {
    /// The block.
    pub block: Block,
    /// Its finalization; absent where a descendant's covers it.
    pub certificate: Option<Certificate>,
    /// The encodings of its batches, in its order.
    pub batches: Bounded<Blob<MAX_ENCODED_BATCH>, MAX_BLOCK_BATCHES>,
}

/// The kind of link that a message takes, so that votes never queue behind batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Small and urgent.
    Votes,
    /// Bulk.
    Batches,
}

impl Message {
    /// The lane that the message takes.
    pub fn lane(&self) -> Lane {
        match self {
            Message::Batch(batch) if batch.len() <= PROMPT_BATCH_BYTES => Lane::Votes,
            Message::Batch(_)
            | Message::Blocks(_)
            | Message::CheckpointOffer(Some(_))
            | Message::Handovers(_)
            | Message::Part { .. } => Lane::Batches,
            Message::Consensus { .. }
            | Message::Proposal { .. }
            | Message::Acknowledge(_)
            | Message::FetchBatches(_)
            | Message::FetchBlock(_)
            | Message::Block(_)
            | Message::FetchBlocks(_)
            | Message::Tip(_)
            | Message::FetchCheckpoint
            | Message::CheckpointOffer(None)
            | Message::FetchHandovers { .. }
            | Message::FetchPart { .. } => Lane::Votes,
        }
    }
}
