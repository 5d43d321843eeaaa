use replica::Held;

use super::{Checker, Seen, Verdict};
use crate::scenario::limits;

/// What others can make a validator hold is bounded.
pub(super) struct Memory;

/// Views whose votes are kept: a window before and after the present one, and a few finalized ones.
const VIEWS: usize = 2 * consensus::WINDOW as usize + 16;

/// Blocks of open views, executed or not.
const BLOCKS: usize = 256;

/// Digests that one signer may acknowledge ahead of their batches.
const EARLY: usize = 4096;

/// The longest batch: one that is let in while there is room may exceed the limit by so much.
const BATCH: usize = 3 << 20;

impl Checker for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn turned(&mut self, seen: &Seen<'_>, _is_idle: bool) -> Verdict {
        let held = seen.replica.held();
        let size = seen.replica.committee().size();
        let Held { votes, views_ahead, bodies, candidates, early_acknowledgements, unordered_bytes } = &held;
        let limits = limits();
        let bytes = limits.unordered_bytes_per_peer.max(limits.unordered_bytes) + BATCH;
        let is_bounded = *votes <= 3 * size * VIEWS
            && *views_ahead <= consensus::WINDOW
            && *bodies <= BLOCKS
            && *candidates <= BLOCKS
            && *early_acknowledgements <= EARLY * size
            && unordered_bytes.iter().all(|unordered| *unordered <= bytes);
        if is_bounded { Ok(()) } else { Err(format!("more is held than allowed: {held:?}")) }
    }
}
