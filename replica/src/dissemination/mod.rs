//! Dissemination: transactions travel in batches to every validator before they are ordered, so that ordering never
//! waits for bytes.
//!
//! The creator sends a batch to all. A leader that holds it may order it once it is *available*: a short one at once, because it
//! arrives as fast as the proposal that names it; a longer one when a quorum has acknowledged it, to all, after verifying and
//! storing it. Nothing here
//! decides what is valid: a validator votes for a block only after it has executed every batch in it.
//!
//! Acknowledgements promise that their author holds the batch, not that it is on disk yet: the vote for a block that
//! orders the batch is what waits for the disk, and the batch was written before it.

mod acknowledging;
mod batching;
mod carrying;
mod fetching;
mod selecting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use types::breakage::{Breakage, is_on};
use types::codec::Blob;
use types::{
    AuthorizedTransaction, Batch, BatchDigest, Committee, Deadline, Moment, PublicKey, Signers, Timestamp,
    TransactionId, ValidatorIndex,
};

use crate::weight::ENTRY_BYTES;
use crate::{BatchError, Effect, Envelope, Job, Limits, Message, Now, Recipient, VerifiedBatch, Write};
use fetching::Wanted;

/// A batch that is in no finalized block.
struct Entry {
    batch: Arc<VerifiedBatch>,
    acknowledged: Signers,
    /// Its place in the order in which batches became available.
    place: Option<u64>,
    /// How many blocks that may still become final include it.
    included: u32,
}

/// The latest own batch.
struct LastBatch {
    sent: Moment,
    digest: BatchDigest,
    /// How many were sent before it while the one before was in no block.
    in_a_row: u32,
    /// How long the next one waits for it.
    patience_millis: u64,
}

/// How many refused batches are remembered.
const MAX_REFUSED: usize = 4096;

/// By how many seconds a batch's creator may be ahead of this validator's clock.
const CLOCK_TOLERANCE_SECONDS: u32 = 60;

pub(crate) struct Dissemination {
    committee: Arc<Committee>,
    /// This validator; none if it only follows the chain.
    me: Option<ValidatorIndex>,
    limits: Limits,
    max_valid_seconds: u32,

    /// Admitted here, in no batch yet.
    waiting: Vec<(AuthorizedTransaction, Vec<u8>)>,
    waiting_bytes: usize,
    waiting_weight: usize,
    next_number: u64,
    last_batch: Option<LastBatch>,

    entries: BTreeMap<BatchDigest, Entry>,
    available: BTreeMap<u64, BatchDigest>,
    next_place: u64,
    /// How many available batches no live block includes.
    ready: usize,
    /// When the last transaction of each batch expires.
    expiries: BTreeSet<(Deadline, BatchDigest)>,
    /// Weight of unordered batches by creator.
    unordered: Vec<usize>,
    /// Own batches that are not known to be held by a quorum, by when they are sent again.
    resend: BTreeSet<(Moment, BatchDigest)>,

    verifying: HashMap<BatchDigest, usize>,
    wanted: BTreeMap<BatchDigest, Wanted>,
    /// Batches that blocks named and that no honest validator spreads. Their bytes will never be others.
    refused: HashSet<BatchDigest>,
    to_acknowledge: Vec<BatchDigest>,
    early: HashMap<BatchDigest, Signers>,
    early_order: Vec<VecDeque<BatchDigest>>,

    /// Recently ordered batches, so that a late copy is not taken for a new one.
    ordered: HashSet<BatchDigest>,
    ordered_until: BTreeSet<(Deadline, BatchDigest)>,

    /// Transactions waiting or in an unordered batch, and in how many places.
    known: HashMap<TransactionId, u32>,
    /// Those of them that wait here or are in a batch of our own.
    own: HashSet<TransactionId>,
}

impl Dissemination {
    pub(crate) fn new(
        committee: Arc<Committee>,
        key: &PublicKey,
        limits: Limits,
        max_valid_seconds: u32,
        time: Timestamp,
    ) -> Self {
        let size = committee.size();
        Self {
            me: committee.index_of(key),
            committee,
            limits,
            max_valid_seconds,
            waiting: Vec::new(),
            waiting_bytes: 0,
            waiting_weight: 0,
            // Later than any number of an earlier run, which counted up from an earlier millisecond more slowly.
            next_number: time.0.saturating_mul(1 << 20),
            last_batch: None,
            entries: BTreeMap::new(),
            available: BTreeMap::new(),
            next_place: 0,
            ready: 0,
            expiries: BTreeSet::new(),
            unordered: vec![0; size],
            resend: BTreeSet::new(),
            verifying: HashMap::new(),
            wanted: BTreeMap::new(),
            refused: HashSet::new(),
            to_acknowledge: Vec::new(),
            early: HashMap::new(),
            early_order: vec![VecDeque::new(); size],
            ordered: HashSet::new(),
            ordered_until: BTreeSet::new(),
            known: HashMap::new(),
            own: HashSet::new(),
        }
    }

    /// True if the transaction waits here or is in a batch that is not final.
    pub(crate) fn knows(&self, id: &TransactionId) -> bool {
        self.known.contains_key(id)
    }

    /// True if this validator itself sees to it that the transaction is spread. That it is in somebody else's batch is
    /// not enough: that batch may never become available.
    pub(crate) fn carries(&self, id: &TransactionId) -> bool {
        self.own.contains(id)
    }

    /// Transactions that wait here or are in batches that are not final.
    pub(crate) fn pending(&self) -> usize {
        self.known.len()
    }

    /// Digests for which acknowledgements are kept though the batches are not here.
    pub(crate) fn early_held(&self) -> usize {
        self.early.len()
    }

    /// Bytes of unordered batches by creator, or by sender while they are verified.
    pub(crate) fn unordered_bytes(&self) -> &[usize] {
        &self.unordered
    }

    /// True when a leader could order something that no live block includes yet.
    pub(crate) fn has_ready(&self) -> bool {
        self.ready > 0
    }

    pub(crate) fn batch(&self, digest: &BatchDigest) -> Option<&Arc<VerifiedBatch>> {
        self.entries.get(digest).map(|entry| &entry.batch)
    }

    /// A batch arrived. It is verified if it is new and its sender may send it.
    pub(crate) fn received(&mut self, from: ValidatorIndex, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
        let digest = Batch::digest(&bytes);
        let is_wanted = self.wanted.contains_key(&digest);
        if self.entries.contains_key(&digest) || (self.ordered.contains(&digest) && !is_wanted) {
            // The creator sends again because it misses our acknowledgement.
            self.to_acknowledge.push(digest);
            return;
        }
        if self.verifying.contains_key(&digest) {
            return;
        }
        // Only its creator spreads a batch: whoever else sent it first could hold up the creator's copy.
        let is_for_us = Batch::origin(&bytes).is_ok_and(|(epoch, creator)| {
            epoch == self.committee.epoch
                && creator.position() < self.committee.size()
                && (creator == from || is_wanted)
        });
        let weight = bytes.len() + ENTRY_BYTES;
        if !is_for_us || (!is_wanted && self.unordered[from.position()] + weight > self.limits.unordered_bytes_per_peer)
        {
            return;
        }
        self.verifying.insert(digest, weight);
        self.unordered[from.position()] += weight;
        let job = Job::Batch { committee: self.committee.clone(), from, digest, bytes: bytes.into() };
        effects.push(Effect::Verify(job));
    }

    /// A batch was verified. True if it is new here.
    pub(crate) fn verified(
        &mut self,
        from: ValidatorIndex,
        digest: BatchDigest,
        result: Result<VerifiedBatch, BatchError>,
        now: Now,
        finalized: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if let Some(weight) = self.verifying.remove(&digest) {
            self.unordered[from.position()] -= weight;
        }
        let is_wanted = self.wanted.remove(&digest).is_some();
        let Ok(batch) = result else {
            if is_wanted {
                self.refuse(digest);
            }
            return false;
        };
        let deadline = latest_deadline(&batch);
        let latest = Deadline::after(now.time.max(finalized), self.max_valid_seconds + CLOCK_TOLERANCE_SECONDS);
        let is_untimely = deadline.has_passed(finalized) || deadline > latest;
        // A block may name a batch that an earlier one has ordered: all that is in it is skipped.
        let is_known = self.entries.contains_key(&digest) || (self.ordered.contains(&digest) && !is_wanted);
        if is_known || (is_untimely && !is_wanted) {
            return false;
        }
        self.count(batch.transactions());
        self.insert(Arc::new(batch), now, effects);
        true
    }

    /// Remembers that a batch is none, so that no block waits for it. To forget some is harmless: they are fetched and judged again.
    fn refuse(&mut self, digest: BatchDigest) {
        if self.refused.len() >= MAX_REFUSED {
            self.refused.clear();
        }
        self.refused.insert(digest);
    }

    /// True for a batch that was fetched for a block and refused.
    pub(crate) fn is_refused(&self, digest: &BatchDigest) -> bool {
        self.refused.contains(digest)
    }

    /// Takes back a batch that this validator held before it stopped.
    pub(crate) fn recovered(&mut self, batch: VerifiedBatch, now: Now) {
        let digest = batch.digest();
        let is_of_epoch = batch.epoch() == self.committee.epoch && batch.creator().position() < self.committee.size();
        if !is_of_epoch || self.entries.contains_key(&digest) || self.ordered.contains(&digest) {
            return;
        }
        self.count(batch.transactions());
        if Some(batch.creator()) == self.me {
            self.own.extend(batch.transactions().iter().map(AuthorizedTransaction::id));
        }
        // It is on disk already.
        self.insert(Arc::new(batch), now, &mut Vec::new());
    }

    fn count(&mut self, transactions: &[AuthorizedTransaction]) {
        for transaction in transactions {
            *self.known.entry(transaction.id()).or_insert(0) += 1;
        }
    }

    fn insert(&mut self, batch: Arc<VerifiedBatch>, now: Now, effects: &mut Vec<Effect>) {
        let (digest, creator) = (batch.digest(), batch.creator());
        if !is_on(Breakage::BatchNotWritten) {
            effects.push(Effect::Write(Write::Batch { digest, bytes: batch.bytes().clone() }));
        }
        self.unordered[batch.creator().position()] += batch.weight();
        self.expiries.insert((latest_deadline(&batch), digest));
        if Some(creator) == self.me {
            self.resend.insert((now.moment.plus_millis(self.limits.retry_millis), digest));
        }
        let acknowledged = self.early.remove(&digest).unwrap_or_default();
        let entry = Entry { acknowledged, place: None, included: 0, batch: batch.clone() };
        self.entries.insert(digest, entry);
        self.hold(&batch);
    }

    /// A live block includes these batches.
    pub(crate) fn include(&mut self, digests: &[BatchDigest]) {
        for digest in digests {
            if let Some(entry) = self.entries.get_mut(digest) {
                entry.included += 1;
                if entry.included == 1 && entry.place.is_some() {
                    self.ready -= 1;
                }
            }
        }
    }

    /// A block that included these batches cannot become final.
    pub(crate) fn exclude(&mut self, digests: &[BatchDigest]) {
        for digest in digests {
            if let Some(entry) = self.entries.get_mut(digest) {
                let was_included = entry.included > 0;
                entry.included = entry.included.saturating_sub(1);
                if was_included && entry.included == 0 && entry.place.is_some() {
                    self.ready += 1;
                }
            }
        }
    }

    /// These batches are in a finalized block. Returns those that were not held before, hence are not on disk.
    pub(crate) fn order(&mut self, batches: &[Arc<VerifiedBatch>]) -> Vec<Arc<VerifiedBatch>> {
        let is_new = |batch: &&Arc<VerifiedBatch>| !self.entries.contains_key(&batch.digest());
        let new = batches.iter().filter(is_new).cloned().collect();
        for batch in batches {
            self.remove(&batch.digest());
            self.wanted.remove(&batch.digest());
            self.early.remove(&batch.digest());
            if self.ordered.insert(batch.digest()) {
                self.ordered_until.insert((latest_deadline(batch), batch.digest()));
            }
        }
        new
    }

    fn remove(&mut self, digest: &BatchDigest) {
        let Some(entry) = self.entries.remove(digest) else { return };
        self.unordered[entry.batch.creator().position()] -= entry.batch.weight();
        self.expiries.remove(&(latest_deadline(&entry.batch), *digest));
        if let Some(place) = entry.place {
            self.available.remove(&place);
            if entry.included == 0 {
                self.ready -= 1;
            }
        }
        for transaction in entry.batch.transactions() {
            self.forget(&transaction.id());
            if Some(entry.batch.creator()) == self.me {
                self.own.remove(&transaction.id());
            }
        }
    }

    fn forget(&mut self, id: &TransactionId) {
        if let Some(count) = self.known.get_mut(id) {
            *count -= 1;
            if *count == 0 {
                self.known.remove(id);
            }
        }
    }

    /// Block time has come to `finalized`: drops what can never execute any more.
    pub(crate) fn expire(&mut self, finalized: Timestamp, effects: &mut Vec<Effect>) {
        while let Some(&(deadline, digest)) = self.expiries.first()
            && deadline.has_passed(finalized)
        {
            if self.entries.get(&digest).is_some_and(|entry| entry.included > 0) {
                // A live block names it. Once that block is final or dropped the next block's time comes by here.
                break;
            }
            self.expiries.pop_first();
            self.remove(&digest);
            effects.push(Effect::Write(Write::ForgetBatch(digest)));
        }
        while let Some(&(deadline, digest)) = self.ordered_until.first()
            && deadline.has_passed(finalized)
        {
            self.ordered_until.pop_first();
            self.ordered.remove(&digest);
        }
    }

    /// When [`Self::send_due_batches`] or [`Self::retry`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Moment> {
        let batch = if self.waiting.is_empty() { None } else { Some(self.batch_due().unwrap_or_default()) };
        let wanted = self.wanted.values().map(|wanted| wanted.ask_at).min();
        let own = self.resend.first().map(|(due, _)| *due);
        [batch, wanted, own].into_iter().flatten().min()
    }
}

fn send(to: Recipient, message: Message) -> Effect {
    Effect::Send(Envelope { to, message })
}

fn batch_message(batch: &VerifiedBatch) -> Message {
    Message::Batch(Blob::new(batch.bytes().to_vec()).expect("a verified batch keeps to the bound"))
}

/// The second after which no transaction of the batch can execute.
fn latest_deadline(batch: &VerifiedBatch) -> Deadline {
    batch.transactions().iter().map(|transaction| transaction.payload().valid_until).max().unwrap_or_default()
}
