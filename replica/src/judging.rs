//! Judging proposals: a validator votes only for a block that it has executed with the outcome that the header names.
//!
//! A block is *adopted* once its parent is adopted, its batches are here, its header fits and its execution gives the
//! header's roots. What is missing is waited for, then asked for; nothing is guessed.

use std::collections::BTreeMap;
use std::sync::Arc;

use consensus::{Proposal, Verdict};
use hashbrown::HashSet;
use types::breakage::{Breakage, is_on};
use types::{BatchDigest, Block, Hash, Header, MAX_BLOCK_BYTES, Moment, PublicKey, Timestamp, ValidatorIndex, View};

use crate::chain::Chain;
use crate::dissemination::Dissemination;
use crate::replica::Replica;
use crate::weight::MAX_BLOCK_WEIGHT;
use crate::{Effect, Envelope, Message, Now, Recipient, VerifiedBatch};

/// Blocks that can be kept before they are adopted. Consensus holds no more views open than this.
const MAX_BODIES: usize = 256;

/// The longest run of unfinalized blocks that is adopted in one go.
const MAX_ADOPTED_RUN: usize = 128;

/// Proposals that wait for a verdict, and blocks that wait to be adopted.
#[derive(Default)]
pub(crate) struct Judging {
    /// By view: at most one proposal of a view is judged.
    proposals: BTreeMap<View, Proposal>,
    /// Blocks by hash, not adopted yet.
    bodies: BTreeMap<(View, Hash), Block>,
    /// Blocks that are needed and not here.
    wanted: BTreeMap<Hash, Wanted>,
    /// The earliest time at which a block from the future stops being one.
    future: Option<Timestamp>,
}

struct Wanted {
    holder: ValidatorIndex,
    ask_at: Moment,
    asked: u32,
}

/// How far a block is.
enum Adoption {
    Adopted,
    /// Something is missing and has been asked for, or the time has not come.
    Waiting,
    /// No honest leader made this block.
    Bad,
}

/// What becomes of one block whose parent is adopted.
enum Execution {
    Done,
    Missing(Vec<BatchDigest>),
    TooEarly(Timestamp),
    Bad,
}

impl Judging {
    /// Keeps a block's body.
    pub(crate) fn keep(&mut self, hash: Hash, block: Block) {
        self.wanted.remove(&hash);
        self.bodies.insert((block.header.view, hash), block);
        while self.bodies.len() > MAX_BODIES {
            self.bodies.pop_last();
        }
    }

    /// True if a block of this view is kept already: a leader has one block in a view, and what else it sends is not
    /// kept unless it turns out to be needed.
    pub(crate) fn has_body_of(&self, view: View) -> bool {
        self.bodies.range((view, Hash::ZERO)..).next().is_some_and(|((first, _), _)| *first == view)
    }

    /// Blocks that are kept.
    pub(crate) fn bodies_held(&self) -> usize {
        self.bodies.len()
    }

    pub(crate) fn wants(&self, hash: &Hash) -> bool {
        self.wanted.contains_key(hash)
    }

    pub(crate) fn body(&self, hash: &Hash) -> Option<&Block> {
        self.bodies.iter().find(|((_, key), _)| key == hash).map(|(_, block)| block)
    }

    /// Drops everything of views up to `view`.
    pub(crate) fn forget_up_to(&mut self, view: View) {
        self.proposals = self.proposals.split_off(&view.next());
        self.bodies = self.bodies.split_off(&(view.next(), Hash::ZERO));
        self.wanted.clear();
    }

    /// The view was nullified: no verdict on its proposal is asked for any more.
    pub(crate) fn forget_proposal(&mut self, view: View) {
        self.proposals.remove(&view);
    }

    fn want(&mut self, hash: Hash, holder: ValidatorIndex, ask_at: Moment) {
        self.wanted.entry(hash).or_insert(Wanted { holder, ask_at, asked: 0 });
    }

    pub(crate) fn next_deadline(&self, now: Now) -> Option<Moment> {
        let ask = self.wanted.values().map(|wanted| wanted.ask_at).min();
        let future = self.future.map(|time| now.moment.plus_millis(time.millis_since(now.time).max(1)));
        [ask, future].into_iter().flatten().min()
    }
}

impl Replica {
    /// Consensus wants a verdict on a proposal.
    pub(crate) fn judge(&mut self, proposal: Proposal) {
        self.judging.proposals.insert(proposal.view, proposal);
    }

    /// Goes on with every proposal that waits, as far as it can.
    pub(crate) fn judge_waiting(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.judging.future = None;
        let views: Vec<View> = self.judging.proposals.keys().copied().collect();
        let mut needed = HashSet::new();
        for view in views {
            let Some(proposal) = self.judging.proposals.get(&view).cloned() else { continue };
            let leader = self.committee.leader(view);
            let verdict = match self.adopt(&proposal.block, leader, now, &mut needed) {
                Adoption::Waiting => continue,
                Adoption::Adopted if self.fits(&proposal) => Verdict::Accept,
                Adoption::Adopted | Adoption::Bad => Verdict::Reject,
            };
            self.judging.proposals.remove(&view);
            // So that no block is made ahead for what this one has in it.
            self.tell_work(now, effects);
            self.tell_consensus(now, consensus::Input::Judged { view, block: proposal.block, verdict }, effects);
        }
        if let Some(block) = self.pending_finalization() {
            let holder = self.any_other_validator();
            self.adopt(&block, holder, now, &mut needed);
        }
        if let Some(parent) = self.proposing.as_ref().map(|request| request.parent) {
            let holder = self.any_other_validator();
            self.adopt(&parent, holder, now, &mut needed);
        }
        self.dissemination.keep_wanted(&needed);
        self.ask_for_blocks(now, effects);
    }

    /// True if the adopted block is the one that the proposal describes: a new one on its parent, or the last one of the
    /// epoch once more.
    fn fits(&self, proposal: &Proposal) -> bool {
        let Some(header) = self.chain.header(&proposal.block) else { return false };
        let is_new = header.view == proposal.view && header.parent == proposal.parent;
        is_new || (proposal.block == proposal.parent && self.is_last_of_epoch(header))
    }

    /// Adopts a block after its missing ancestors, if everything is here. `holder` is whom to ask for what is not.
    pub(crate) fn try_adopt(&mut self, hash: &Hash, holder: ValidatorIndex, now: Now) -> bool {
        let mut needed = HashSet::new();
        matches!(self.adopt(hash, holder, now, &mut needed), Adoption::Adopted)
    }

    fn adopt(&mut self, hash: &Hash, holder: ValidatorIndex, now: Now, needed: &mut HashSet<BatchDigest>) -> Adoption {
        let mut missing: Vec<Block> = Vec::new();
        let mut at = *hash;
        while !self.chain.contains(&at) {
            let Some(body) = self.judging.body(&at) else {
                self.judging.want(at, holder, now.moment.plus_millis(self.limits.fetch_after_millis));
                return Adoption::Waiting;
            };
            if body.header.height <= self.chain.tip().height || missing.len() == MAX_ADOPTED_RUN {
                return Adoption::Bad;
            }
            at = body.header.parent;
            missing.push(body.clone());
        }
        while let Some(block) = missing.pop() {
            let hash = block.header.hash();
            match self.execute_body(hash, &block, now) {
                Execution::Done => {
                    self.judging.bodies.remove(&(block.header.view, hash));
                }
                Execution::Missing(digests) => {
                    for digest in digests {
                        needed.insert(digest);
                        self.dissemination.want(digest, holder, now);
                    }
                    return Adoption::Waiting;
                }
                Execution::TooEarly(until) => {
                    let earlier = self.judging.future.map_or(until, |future| future.min(until));
                    self.judging.future = Some(earlier);
                    return Adoption::Waiting;
                }
                Execution::Bad => {
                    self.judging.bodies.remove(&(block.header.view, hash));
                    return Adoption::Bad;
                }
            }
        }
        Adoption::Adopted
    }

    /// Checks and executes a block whose parent is adopted.
    fn execute_body(&mut self, hash: Hash, block: &Block, now: Now) -> Execution {
        let header = &block.header;
        if !self.header_fits(block) {
            return Execution::Bad;
        }
        let latest = now.time.plus_millis(self.parameters.max_clock_ahead_millis);
        if header.timestamp > latest && !is_on(Breakage::FutureAccepted) {
            return Execution::TooEarly(Timestamp(header.timestamp.0 - self.parameters.max_clock_ahead_millis));
        }
        if block.batches.iter().any(|digest| self.dissemination.is_refused(digest)) {
            return Execution::Bad;
        }
        let batches = match collect(&self.dissemination, &block.batches) {
            Ok(batches) => batches,
            Err(missing) => return Execution::Missing(missing),
        };
        let bytes: usize = batches.iter().map(|batch| batch.bytes().len()).sum();
        let weight: usize = batches.iter().map(|batch| batch.weight()).sum();
        if bytes > MAX_BLOCK_BYTES || (weight > MAX_BLOCK_WEIGHT && batches.len() > 1) {
            return Execution::Bad;
        }
        let Some(Ok(execution)) = self.chain.execute(&header.parent, header.timestamp, &batches) else {
            return Execution::Bad;
        };
        self.pace.executed(&batches, &execution);
        let has_named_outcome = execution.state_root == header.state_root
            && execution.receipts_root == header.receipts_root
            && execution.next_validators == header.next_validators;
        if !has_named_outcome && !is_on(Breakage::RootsNotCompared) {
            return Execution::Bad;
        }
        self.dissemination.include(&block.batches);
        self.chain.insert(hash, block.clone(), batches, execution.delta, execution.receipts);
        self.last_block = now.moment;
        Execution::Done
    }

    /// Everything about a block that needs no execution. Its parent is adopted.
    fn header_fits(&self, block: &Block) -> bool {
        let header = &block.header;
        let Some(parent) = self.chain.header(&header.parent) else { return false };
        follows(header, parent)
            && header.epoch == self.committee.epoch
            && !self.is_last_of_epoch(parent)
            && header.proposer == self.committee.leader(header.view)
            && header.batches == Block::batches_hash(&block.batches)
            && are_all_different(&block.batches)
    }

    fn ask_for_blocks(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let size = self.committee.size() as u32;
        let mut questions = Vec::new();
        for (hash, wanted) in &mut self.judging.wanted {
            if wanted.ask_at > now.moment {
                continue;
            }
            let index = ValidatorIndex(((u32::from(wanted.holder.0) + wanted.asked) % size) as u16);
            wanted.asked += 1;
            wanted.ask_at = now.moment.plus_millis(self.limits.retry_millis / 4);
            questions.push((index, *hash));
        }
        for (index, hash) in questions {
            self.send_to(index, Message::FetchBlock(hash), effects);
        }
    }

    /// A validator asks for a block that is not final yet.
    pub(crate) fn serve_block(&self, to: PublicKey, hash: &Hash, effects: &mut Vec<Effect>) {
        if let Some(block) = find_block(&self.chain, &self.judging, hash) {
            let message = Message::Block(block.clone());
            effects.push(Effect::Send(Envelope { to: Recipient::One(to), message }));
        }
    }

    /// A block that is not final, adopted or not.
    pub(crate) fn unfinalized_block(&self, hash: &Hash) -> Option<&Block> {
        find_block(&self.chain, &self.judging, hash)
    }
}

fn find_block<'a>(chain: &'a Chain, judging: &'a Judging, hash: &Hash) -> Option<&'a Block> {
    chain.candidate(hash).or_else(|| judging.body(hash))
}

/// True if `header` can come right after `parent`.
pub(crate) fn follows(header: &Header, parent: &Header) -> bool {
    let is_later = header.timestamp > parent.timestamp || is_on(Breakage::TimestampMayGoBack);
    header.height == parent.height.next() && header.view > parent.view && is_later
}

/// True if no batch is named twice: passing over its transactions again would take time for nothing.
fn are_all_different(digests: &[BatchDigest]) -> bool {
    let different: HashSet<&BatchDigest> = digests.iter().collect();
    different.len() == digests.len()
}

/// The batches of these digests, or the digests of those that are not here.
fn collect(
    dissemination: &Dissemination,
    digests: &[BatchDigest],
) -> Result<Vec<Arc<VerifiedBatch>>, Vec<BatchDigest>> {
    let found: Vec<Option<&Arc<VerifiedBatch>>> = digests.iter().map(|digest| dissemination.batch(digest)).collect();
    if found.iter().all(Option::is_some) {
        return Ok(found.into_iter().flatten().cloned().collect());
    }
    Err(digests.iter().zip(found).filter(|(_, batch)| batch.is_none()).map(|(digest, _)| *digest).collect())
}

#[cfg(test)]
mod tests {
    use types::Batch;

    use super::*;

    #[test]
    fn a_block_names_each_batch_once() {
        let digest = |number| Batch::digest(&[number]);
        assert!(are_all_different(&[]));
        assert!(are_all_different(&[digest(1), digest(2), digest(3)]));
        assert!(!are_all_different(&[digest(1), digest(2), digest(1)]));
    }
}
