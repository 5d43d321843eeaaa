//! What state sync may use, and when it is worth while.

use types::Height;

/// Bounds and patience.
#[derive(Debug, Clone)]
pub struct SyncLimits {
    /// A checkpoint below this height is not worth it: the blocks come as fast.
    pub worth_height: Height,
    /// Peers that are remembered.
    pub peers: usize,
    /// Parts that a peer is asked for at a time.
    pub parts_per_peer: usize,
    /// Parts that are asked for or being put on disk: 2 MiB of memory each.
    pub parts_in_memory: usize,
    /// How long a part or handovers are waited for before they are asked of another peer (too).
    pub part_millis: u64,
    /// How long a peer that did not send a part in time is left alone; doubled each time, up to 32 times as long.
    pub rest_millis: u64,
    /// When a peer that did not say what its checkpoint is is asked again; doubled each time, up to 32 times as long.
    pub ask_again_millis: u64,
    /// After the first answer the others are waited for so long.
    pub patience_millis: u64,
    /// After the first answer it is waited so long for f + 1 validators that offer the same.
    pub agreement_millis: u64,
    /// While parts are being fetched, peers are asked so often whether they have a newer checkpoint.
    pub refresh_millis: u64,
    /// So often it is looked whether parts come fast enough.
    pub stall_millis: u64,
    /// After so long without any offer the chain is executed from genesis; never where none.
    pub give_up_millis: Option<u64>,
}

impl Default for SyncLimits {
    fn default() -> Self {
        Self {
            worth_height: Height(2_000),
            peers: 2 * types::MAX_VALIDATORS,
            parts_per_peer: 4,
            parts_in_memory: 16,
            part_millis: 5_000,
            rest_millis: 1_000,
            ask_again_millis: 250,
            patience_millis: 2_000,
            agreement_millis: 10_000,
            refresh_millis: 15_000,
            stall_millis: 30_000,
            give_up_millis: Some(10_000),
        }
    }
}
