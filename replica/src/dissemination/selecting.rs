//! Which batches a leader puts into its block.

use std::sync::Arc;

use hashbrown::HashSet;
use types::BatchDigest;

use super::Dissemination;
use crate::VerifiedBatch;

/// Batches of one creator in a block that are not known to be held by a quorum. An honest one has fewer; of one that sent them to
/// the leader alone, the others have no more to fetch than this.
const UNACKNOWLEDGED_OF_ONE: usize = 16;

/// Batches that are passed over at most.
const PASSED_OVER: usize = 4096;

impl Dissemination {
    /// Available batches for a block, oldest first, without those in `taken`: so many at most, and of no more than `block_weight`
    /// unless it is one. Its calls ask for no more gas than a block has, so
    /// that none fails because others came before it; batches without calls do not wait behind them.
    pub(crate) fn select(
        &self,
        taken: &HashSet<BatchDigest>,
        max_count: usize,
        block_weight: usize,
    ) -> Vec<Arc<VerifiedBatch>> {
        let (mut weight, mut gas) = (0, 0);
        let mut unacknowledged = vec![0; self.committee.size()];
        let mut chosen = Vec::new();
        let ready = self.available.values().filter(|digest| !taken.contains(*digest));
        for entry in ready.filter_map(|digest| self.entries.get(digest)).take(max_count.saturating_add(PASSED_OVER)) {
            if chosen.len() == max_count || (!chosen.is_empty() && weight + entry.batch.weight() > block_weight) {
                break;
            }
            let of_creator = &mut unacknowledged[entry.batch.creator().position()];
            let is_known_to_be_held = entry.acknowledged.count() >= self.committee.quorum();
            let asked = entry.batch.gas();
            let has_gas = asked == 0 || gas == 0 || gas + asked <= vm::BLOCK_GAS;
            if !has_gas || (!is_known_to_be_held && *of_creator == UNACKNOWLEDGED_OF_ONE) {
                continue;
            }
            *of_creator += usize::from(!is_known_to_be_held);
            weight += entry.batch.weight();
            gas += asked;
            chosen.push(entry.batch.clone());
        }
        chosen
    }
}
