//! Proposing: the leader orders available batches, executes them, and names the outcome in the header.

use types::codec::Bounded;
use types::{Block, Hash, Header, MAX_BLOCK_BATCHES, Moment, Timestamp, View};

use crate::replica::Replica;
use crate::{Divergence, Effect, Now};

/// With so many blocks waiting to become final, further ones are empty.
const MAX_UNFINALIZED_BLOCKS: usize = 64;

/// Consensus has asked this validator, which leads, for a block.
pub(crate) struct Request {
    view: View,
    pub(crate) parent: Hash,
}

impl Replica {
    pub(crate) fn propose(&mut self, view: View, parent: Hash) {
        self.proposing = Some(Request { view, parent });
    }

    /// When a block may follow the latest one. Where votes take less time than this, nothing is made ahead of them: that would only
    /// cost more blocks.
    fn block_due(&self) -> Moment {
        self.last_block.plus_millis(self.limits.block_interval_millis)
    }

    /// When the block that was asked for is due. Once it is, only a missing parent holds it up, and that comes as input.
    pub(crate) fn proposing_deadline(&self, now: Now) -> Option<Moment> {
        self.proposing.as_ref().map(|_| self.block_due()).filter(|due| *due > now.moment)
    }

    /// Builds the block that was asked for, if its parent is here and the time has come.
    pub(crate) fn propose_if_due(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some(&Request { view, parent }) = self.proposing.as_ref() else { return };
        if self.seat.as_ref().is_none_or(|seat| view < seat.consensus.view()) {
            self.proposing = None;
            return;
        }
        if now.moment < self.block_due() {
            return;
        }
        // A parent that is not here is asked for in `judge_waiting`.
        if !self.chain.contains(&parent) {
            return;
        }
        self.proposing = None;
        // Nothing of the epoch comes after its last block: that one is proposed again until it is final.
        let ends_epoch = self.chain.header(&parent).is_some_and(|header| self.is_last_of_epoch(header));
        let block = if ends_epoch { Some(parent) } else { self.build(view, parent, now, effects) };
        if let Some(block) = block {
            self.tell_consensus(now, consensus::Input::Proposed { view, block }, effects);
        }
    }

    /// Executes and keeps a block of our own; returns its hash.
    fn build(&mut self, view: View, parent: Hash, now: Now, effects: &mut Vec<Effect>) -> Option<Hash> {
        let me = self.seat.as_ref()?.me;
        let (unfinalized, taken) = self.chain.unfinalized_up_to(&parent);
        // While nothing becomes final, what waits to become final must not grow without bound.
        let most = if unfinalized < MAX_UNFINALIZED_BLOCKS { MAX_BLOCK_BATCHES } else { 0 };
        let weight = self.pace.block_weight(self.parameters.timeout_millis, self.limits.block_weight);
        let batches = self.dissemination.select(&taken, most, weight);
        let parent_header = self.chain.header(&parent)?;
        let height = parent_header.height.next();
        let timestamp = now.time.max(Timestamp(parent_header.timestamp.0 + 1));
        let execution = match self.chain.execute(&parent, timestamp, &batches)? {
            Ok(execution) => execution,
            Err(error) => {
                // Our own ledger does not add up: a stopped validator does less harm than a wrong one.
                self.diverged(Divergence { height, block: parent, problem: error.to_string() }, effects);
                return None;
            }
        };
        let digests = Bounded::new(batches.iter().map(|batch| batch.digest()).collect()).ok()?;
        self.pace.executed(&batches, &execution);
        let header = Header {
            epoch: self.committee.epoch,
            height,
            view,
            parent,
            timestamp,
            proposer: me,
            batches: Block::batches_hash(&digests),
            state_root: execution.state_root,
            receipts_root: execution.receipts_root,
            next_validators: execution.next_validators,
        };
        let hash = header.hash();
        self.dissemination.include(&digests);
        self.chain.insert(hash, Block { header, batches: digests }, batches, execution.delta, execution.receipts);
        self.last_block = now.moment;
        Some(hash)
    }
}
