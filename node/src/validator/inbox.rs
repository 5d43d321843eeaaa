//! What reaches the loop from inside the process: clients' requests, and reports of the validator's own threads.

use std::sync::Arc;

use replica::{JobResult, Replica, SubmitError};
use tokio::sync::oneshot;
use types::TransactionId;

use super::outcomes::Outcome;

/// A question to the loop that only looks.
pub(crate) type Query = Box<dyn FnOnce(&Replica) + Send>;

/// A client's request.
pub(crate) enum Request {
    /// Transactions to admit.
    Submit {
        /// Their encodings.
        transactions: Vec<Vec<u8>>,
        /// For the results.
        reply: oneshot::Sender<Vec<Result<TransactionId, SubmitError>>>,
    },
    /// Reads the replica.
    Query(Query),
    /// What became of a transaction.
    Outcome {
        /// The transaction.
        id: TransactionId,
        /// For the answer.
        reply: oneshot::Sender<Outcome>,
    },
    /// Tells when a transaction's outcome becomes certain.
    Wait {
        /// The transaction.
        id: TransactionId,
        /// Told once.
        waiter: oneshot::Sender<()>,
    },
    /// Tells when what the loop has given out so far is in the store, flushed or not.
    Fence {
        /// What of it.
        what: Fenced,
        /// Told once.
        reply: oneshot::Sender<()>,
    },
    /// A finalized block of any height that memory still has.
    RecentBlock {
        /// The height.
        height: types::Height,
        /// For the block.
        reply: oneshot::Sender<Option<Arc<replica::FinalizedBlock>>>,
    },
}

/// What a reader of the store waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fenced {
    /// Blocks with their receipts.
    Blocks,
    /// These, and the ids of the seconds that they have closed, which take longer.
    ClosedSeconds,
}

/// What the validator's own threads report.
pub(super) enum Event {
    Verified(JobResult),
    /// This commit and all before it are on disk for good.
    Durable(u64),
    /// The store or the checkpoint cannot go on.
    Broken(anyhow::Error),
    Stop,
}
