//! One whole validator without a machine: `step(now, input) -> effects`.
//!
//! A [`Replica`] admits transactions, spreads them in batches, lets consensus order the batches, executes each block
//! before voting for it, and catches up when it was away. It has no clock, disk, socket, thread or random source: the
//! shell around it (a node, or a simulator) brings every input with the time, and carries every [`Effect`] out.
//!
//! A payment's way: [`Input::Submit`] -> signatures verified ([`Job::Submission`]) -> `admission` -> `dissemination` puts it
//! into a batch and gathers acknowledgements -> `proposing` orders the available batches -> `chain` executes -> votes
//! leave in a [`Commit`] once they are durable -> [`Effect::Finalized`].
//!
//! What the shell owes the replica:
//! - [`Effect::Write`] and [`Effect::Commit`] reach the disk in the order in which they were given out, and the messages
//!   of a commit leave only after everything up to it is durable ([`Commit::after_flush`]).
//! - A [`Job`] may run on any thread at any time; its result comes back as [`Input::Verified`].
//! - After a crash, what was durable comes back through [`Recovered`].

mod admission;
mod catch_up;
mod chain;
mod dissemination;
mod effect;
mod epochs;
mod finality;
mod held;
mod input;
mod job;
mod judging;
mod limits;
mod message;
mod pace;
mod proposing;
mod recovery;
mod replica;
mod state_sync;
mod verified_batch;
mod voting;
mod weight;

pub use admission::SubmitError;
pub use chain::{Divergence, FinalizedBlock};
pub use effect::{Commit, Effect, Envelope, FinalizedWrite, Recipient, Write};
pub use held::Held;
pub use input::{Input, Now};
pub use job::{Job, JobResult};
pub use limits::Limits;
pub use message::{
    CertifiedBlock, Lane, MAX_FETCHED_BLOCKS, MAX_HANDOVERS, MAX_PART_BYTES, MAX_SERVED_BYTES, Message,
    PROMPT_BATCH_BYTES,
};
pub use recovery::{Checkpoint, ReadError, Recovered, RecoveryError};
pub use replica::{Replica, Settled, Summary};
pub use state_sync::{
    CatchUpReason, Lie, MAX_PARTS, Manifest, ManifestError, PartiallySynced, StateSync, SyncEffect, SyncInput,
    SyncLimits, SyncOutcome, SyncProgress, part_hash,
};
pub use verified_batch::{BatchError, VerifiedBatch};
