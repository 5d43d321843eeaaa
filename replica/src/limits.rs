//! What one process may choose for itself, apart from what all validators share in the chain spec.

use crate::weight::MAX_BATCH_WEIGHT;

/// Bounds on work and memory.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A batch leaves once it holds so many bytes of transactions.
    pub batch_bytes: usize,
    /// And once its transactions weigh so much: their bytes, and what their instructions take to execute. Others refuse batches of more than
    /// 2 MiB, of several transactions; by default it is half of that.
    pub batch_weight: usize,
    /// While its latest batch is in no block yet, a validator gathers transactions for so long, or until the next batch is full; longer
    /// each time, up to `retry_millis`, once many have left while no block included them. Otherwise a transaction leaves at once.
    pub batch_patience_millis: u64,
    /// What own batches that are unordered may weigh before new transactions are refused as [`crate::SubmitError::Busy`].
    pub unordered_bytes: usize,
    /// What batches of any one other validator that are unordered may weigh before its further ones are ignored.
    pub unordered_bytes_per_peer: usize,
    /// Submissions under verification before new ones are refused as [`crate::SubmitError::Busy`].
    pub verifying_transactions: usize,
    /// Bytes of submissions under verification before new ones are refused as [`crate::SubmitError::Busy`].
    pub verifying_bytes: usize,
    /// A leader lets at least this much time pass between its block and the parent, so that blocks are worth their cost.
    pub block_interval_millis: u64,
    /// What several batches in a proposed block weigh together at most: their bytes, and what their instructions take to execute. Less
    /// where that takes too much of a view's timeout. Others do not vote for more than 8 MiB.
    pub block_weight: usize,
    /// How long a proposal's missing batch or parent is waited for before it is asked for.
    pub fetch_after_millis: u64,
    /// How long an answer to a request or an acknowledgement is waited for before asking or sending again.
    pub retry_millis: u64,
    /// A checkpoint is due once the finalized blocks since the last one have this many bytes, or as many as the
    /// checkpoint itself if that is more.
    pub checkpoint_bytes: u64,
    /// A checkpoint is due at each height that is a multiple of this.
    pub checkpoint_blocks: u64,
    /// The journal is trimmed once so many views of it are not needed any more.
    pub trim_after_views: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_bytes: 256 << 10,
            batch_weight: MAX_BATCH_WEIGHT / 2,
            batch_patience_millis: 4,
            unordered_bytes: 32 << 20,
            unordered_bytes_per_peer: 64 << 20,
            verifying_transactions: 50_000,
            verifying_bytes: 64 << 20,
            block_interval_millis: 5,
            block_weight: 6 << 20,
            fetch_after_millis: 25,
            retry_millis: 500,
            checkpoint_bytes: 16 << 20,
            checkpoint_blocks: 20_000,
            trim_after_views: 256,
        }
    }
}
