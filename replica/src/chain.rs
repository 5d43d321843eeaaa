//! The finalized ledger and the blocks that may still become final, each executed as an overlay over its parent.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;
use types::{BatchDigest, Block, Hash, Header, Height, Timestamp, View};
use vm::{BlockContext, Delta, Execution, ExecutionError, Ledger, Receipt};

use crate::VerifiedBatch;

/// A finalized block with the receipts of its transactions, in order.
#[derive(Debug)]
pub struct FinalizedBlock {
    /// The block.
    pub block: Block,
    /// The hash of its header.
    pub hash: Hash,
    /// The receipts.
    pub receipts: Vec<Receipt>,
}

/// A quorum finalized an outcome that this validator does not reproduce.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this validator does not reproduce block {height} ({block}): {problem}. Its program or its data differ from the \
     others'. Stop it, keep its home directory for examination, and restore it from another validator"
)]
pub struct Divergence {
    /// The block's height.
    pub height: Height,
    /// The block's hash.
    pub block: Hash,
    /// What differs.
    pub problem: String,
}

/// An executed block that is not final.
struct Candidate {
    block: Block,
    batches: Vec<Arc<VerifiedBatch>>,
    delta: Arc<Delta>,
    receipts: Vec<Receipt>,
    /// True once it was given to the store.
    is_written: bool,
}

/// About how many bytes an account takes in a checkpoint.
const ACCOUNT_BYTES: u64 = 64;

/// And an id that is remembered until its deadline has passed.
const ID_BYTES: u64 = 43;

/// About how many bytes a checkpoint of this ledger has.
fn checkpoint_bytes(ledger: &Ledger) -> u64 {
    u64::from(ledger.account_count()) * ACCOUNT_BYTES + ledger.remembered_ids() as u64 * ID_BYTES
}

/// A block that became final, on its way out of [`Chain`].
pub(crate) struct Folded {
    pub(crate) block: Arc<FinalizedBlock>,
    pub(crate) batches: Vec<Arc<VerifiedBatch>>,
    pub(crate) closed: Vec<vm::ClosedSecond>,
    /// About how many bytes a checkpoint of the ledger after it has.
    pub(crate) checkpoint_bytes: u64,
}

pub(crate) struct Chain {
    ledger: Ledger,
    tip: Header,
    tip_hash: Hash,
    candidates: BTreeMap<Hash, Candidate>,
}

impl Chain {
    pub(crate) fn new(ledger: Ledger, tip: Header) -> Self {
        let tip_hash = tip.hash();
        Self { ledger, tip, tip_hash, candidates: BTreeMap::new() }
    }

    /// The ledger after the latest finalized block.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The latest finalized block.
    pub(crate) fn tip(&self) -> &Header {
        &self.tip
    }

    pub(crate) fn tip_hash(&self) -> Hash {
        self.tip_hash
    }

    /// True if the block is executed and can be built upon.
    pub(crate) fn contains(&self, hash: &Hash) -> bool {
        *hash == self.tip_hash || self.candidates.contains_key(hash)
    }

    /// An executed block that is not final.
    pub(crate) fn candidate(&self, hash: &Hash) -> Option<&Block> {
        self.candidates.get(hash).map(|candidate| &candidate.block)
    }

    /// The header of the tip or of a block above it.
    pub(crate) fn header(&self, hash: &Hash) -> Option<&Header> {
        if *hash == self.tip_hash { Some(&self.tip) } else { self.candidate(hash).map(|block| &block.header) }
    }

    /// The blocks from above the tip to `hash`, oldest first; `None` where they do not connect.
    fn path(&self, hash: &Hash) -> Option<Vec<&Candidate>> {
        let mut path = Vec::new();
        let mut at = *hash;
        while at != self.tip_hash {
            let candidate = self.candidates.get(&at)?;
            path.push(candidate);
            at = candidate.block.header.parent;
        }
        path.reverse();
        Some(path)
    }

    /// How many unfinalized blocks there are up to `hash`, and their batches.
    pub(crate) fn unfinalized_up_to(&self, hash: &Hash) -> (usize, HashSet<BatchDigest>) {
        let path = self.path(hash).unwrap_or_default();
        (path.len(), path.iter().flat_map(|candidate| candidate.block.batches.iter().copied()).collect())
    }

    /// Executes batches on top of `parent`; `None` if the parent is not here.
    pub(crate) fn execute(
        &self,
        parent: &Hash,
        timestamp: Timestamp,
        batches: &[Arc<VerifiedBatch>],
    ) -> Option<Result<Execution, ExecutionError>> {
        let height = self.header(parent)?.height.next();
        let ancestors: Vec<Arc<Delta>> =
            self.path(parent)?.into_iter().map(|candidate| candidate.delta.clone()).collect();
        let transactions = batches.iter().flat_map(|batch| batch.transactions());
        Some(vm::execute(&self.ledger, &ancestors, BlockContext { height, timestamp }, transactions))
    }

    /// Keeps an executed block.
    pub(crate) fn insert(
        &mut self,
        hash: Hash,
        block: Block,
        batches: Vec<Arc<VerifiedBatch>>,
        delta: Delta,
        receipts: Vec<Receipt>,
    ) {
        let candidate = Candidate { block, batches, delta: Arc::new(delta), receipts, is_written: false };
        self.candidates.insert(hash, candidate);
    }

    /// The block, the first time that it is asked for: it must be on disk before it is voted for.
    pub(crate) fn take_unwritten(&mut self, hash: &Hash) -> Option<Block> {
        let candidate = self.candidates.get_mut(hash)?;
        let is_new = !std::mem::replace(&mut candidate.is_written, true);
        is_new.then(|| candidate.block.clone())
    }

    /// Makes `hash` and its ancestors final. `None` if they do not all connect to the tip.
    /// Returns the folded blocks, oldest first, and the batches of blocks that lost.
    pub(crate) fn finalize(&mut self, hash: &Hash) -> Option<(Vec<Folded>, Vec<BatchDigest>)> {
        let hashes: Vec<Hash> = self.path(hash)?.into_iter().map(|candidate| candidate.block.header.hash()).collect();
        let mut folded = Vec::with_capacity(hashes.len());
        for hash in hashes {
            let Some(candidate) = self.candidates.remove(&hash) else { continue };
            let Candidate { block, batches, delta, receipts, .. } = candidate;
            let closed = self.ledger.apply(Arc::unwrap_or_clone(delta));
            self.tip = block.header.clone();
            self.tip_hash = hash;
            folded.push(Folded {
                block: Arc::new(FinalizedBlock { block, hash, receipts }),
                batches,
                closed: closed.seconds,
                checkpoint_bytes: checkpoint_bytes(&self.ledger),
            });
        }
        let lost = self.discard_unconnected();
        Some((folded, lost))
    }

    /// Drops blocks that no longer descend from the tip; returns their batches.
    fn discard_unconnected(&mut self) -> Vec<BatchDigest> {
        let lost: Vec<Hash> = self.candidates.keys().filter(|hash| self.path(hash).is_none()).copied().collect();
        lost.into_iter().flat_map(|hash| self.discard(&hash)).collect()
    }

    /// True if a block that is not final builds on this one.
    pub(crate) fn is_parent(&self, hash: &Hash) -> bool {
        self.candidates.values().any(|candidate| candidate.block.header.parent == *hash)
    }

    /// Drops a block that cannot become final; returns its batches.
    pub(crate) fn discard(&mut self, hash: &Hash) -> Vec<BatchDigest> {
        self.candidates.remove(hash).map(|candidate| candidate.block.batches.to_vec()).unwrap_or_default()
    }

    /// How many unfinalized blocks there are.
    pub(crate) fn candidates_held(&self) -> usize {
        self.candidates.len()
    }

    /// The hashes of the unfinalized blocks proposed in `view`.
    pub(crate) fn candidates_of(&self, view: View) -> Vec<Hash> {
        let of_view = self.candidates.iter().filter(|(_, candidate)| candidate.block.header.view == view);
        of_view.map(|(hash, _)| *hash).collect()
    }
}
