//! What a replica wants done.

use std::sync::Arc;

use consensus::Record;
use types::{
    BatchDigest, Block, Certificate, Epoch, Evidence, Handover, Hash, Height, Member, PublicKey, TransactionId,
    Verified, View,
};

use crate::{Divergence, FinalizedBlock, Job, Message, SubmitError};

/// For whom a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Every other validator of the present epoch.
    All,
    /// One validator, by its consensus key.
    One(PublicKey),
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// For whom.
    pub to: Recipient,
    /// What.
    pub message: Message,
}

/// Something to put on disk.
#[derive(Debug, Clone)]
pub enum Write {
    /// A verified batch that is in no finalized block yet.
    Batch {
        /// Its digest.
        digest: BatchDigest,
        /// Its encoding.
        bytes: Arc<[u8]>,
    },
    /// A batch that never will be in a block: every transaction in it has expired.
    ForgetBatch(BatchDigest),
    /// A block that this validator is about to vote for.
    Proposal {
        /// Its hash.
        hash: Hash,
        /// The block.
        block: Block,
    },
    /// An entry of the consensus journal.
    Journal(Record),
    /// A block became final.
    Finalized(FinalizedWrite),
    /// Journal entries and proposals below this view are not needed any more.
    TrimJournal(View),
    /// An epoch ended. A later one replaces nothing: there is one for each epoch.
    Handover(Handover),
    /// A deadline second has passed: the list of ids that were executed for it never changes again.
    ClosedSecond(vm::ClosedSecond),
}

/// A finalized block as it goes to disk.
#[derive(Debug, Clone)]
pub struct FinalizedWrite {
    /// The block with its receipts.
    pub block: Arc<FinalizedBlock>,
    /// The certificate that finalizes it; absent where a descendant's covers it.
    pub certificate: Option<Verified<Certificate>>,
    /// Encodings of batches that were not written before: those of a block that came by catch-up.
    pub batches: Vec<(BatchDigest, Arc<[u8]>)>,
}

/// Writes that must be durable before messages leave. The messages cannot be had without saying so.
#[derive(Debug)]
pub struct Commit {
    number: u64,
    writes: Vec<Write>,
    messages: Vec<Envelope>,
}

impl Commit {
    pub(crate) fn new(number: u64, writes: Vec<Write>, messages: Vec<Envelope>) -> Self {
        Self { number, writes, messages }
    }

    /// What to say in [`crate::Input::Durable`] after the flush. Numbers go up.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What to put on disk first.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The messages. To be called only after a flush that covers the writes, and every write given out before them.
    pub fn after_flush(self) -> Vec<Envelope> {
        self.messages
    }
}

/// Something to be done by the shell.
#[derive(Debug)]
pub enum Effect {
    /// Send now.
    Send(Envelope),
    /// Put on disk, in order; it may stay unflushed until the next commit.
    Write(Write),
    /// Put on disk, flush, then send, and report it as [`crate::Input::Durable`].
    Commit(Commit),
    /// Verify signatures, on any thread.
    Verify(Job),
    /// The answer to [`crate::Input::Submit`], one result for each transaction.
    Reply {
        /// The shell's mark for the request.
        ticket: u64,
        /// The ids of the admitted ones.
        results: Vec<Result<TransactionId, SubmitError>>,
    },
    /// A block became final.
    Finalized(Arc<FinalizedBlock>),
    /// Send finalized blocks from this height on to a validator that lags.
    ServeBlocks {
        /// The validator.
        to: PublicKey,
        /// The first height that it lacks.
        from: Height,
    },
    /// Send batches that are not in memory any more, if the store has them.
    ServeBatches {
        /// The validator.
        to: PublicKey,
        /// The batches.
        digests: Vec<BatchDigest>,
    },
    /// Tell a validator that syncs which checkpoint there is.
    ServeCheckpoint {
        /// The validator.
        to: PublicKey,
    },
    /// Send the ends of epochs to a validator that syncs.
    ServeHandovers {
        /// The validator.
        to: PublicKey,
        /// The first epoch whose end it does not know.
        from: Epoch,
    },
    /// Send a part of a checkpoint to a validator that syncs.
    ServePart {
        /// The validator.
        to: PublicKey,
        /// The checkpoint's height.
        height: Height,
        /// Which part.
        index: u32,
    },
    /// Write the ledger after this block to disk, off the hot path, so that a restart need not begin at genesis.
    Checkpoint {
        /// The block's height.
        height: Height,
        /// The ledger.
        snapshot: vm::Snapshot,
    },
    /// The members of the committee, or those of the next one, have changed: these are to be connected.
    Members {
        /// The present members, and those that a decided change brings in.
        council: Box<vm::Council>,
        /// Who left with the last change. They stay connected while the epoch lasts: until its first block is final, they
        /// may be the only ones who can prove how the epoch before ended.
        former: Vec<Member>,
    },
    /// This validator is not a member any more, no decided change makes it one, and the validators after it have
    /// finalized a block of their own: it has nothing more to do.
    Removed {
        /// An epoch without it.
        epoch: Epoch,
        /// A block that was finalized without it.
        height: Height,
    },
    /// A validator signed contradicting votes.
    Evidence(Evidence),
    /// This validator's key signs elsewhere too, or its disk has forgotten votes: it casts none.
    KeyInUseElsewhere,
    /// A quorum finalized an outcome that this validator does not reproduce: it must stop, loudly.
    Diverged(Divergence),
}
