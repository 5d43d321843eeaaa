//! Dissemination: transactions travel in batches to every validator before they are ordered, so that ordering never
//! waits for bytes.
//!
//! The creator sends a batch to all; whoever has verified and stored it acknowledges it to all with a signature; with a
//! quorum of acknowledgements, the holder's own among them, it is *available* and a leader may order it. Nothing here
//! decides what is valid: a validator votes for a block only after it has executed every batch in it.
//!
//! Acknowledgements promise that the signer holds the batch, not that it is on disk yet: the vote for a block that
//! orders the batch is what waits for the disk, and the batch was written before it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use types::codec::{Blob, Bounded};
use types::{
    Acknowledgement, AuthorizedTransaction, Batch, BatchDigest, Committee, Deadline, MAX_ACKNOWLEDGED,
    MAX_BATCH_TRANSACTIONS, Moment, SecretKey, Signers, Timestamp, TransactionId, ValidatorIndex, Verified,
};

use crate::{BatchError, Effect, Envelope, Job, Limits, Message, Now, Recipient, VerifiedBatch, Write};

/// Acknowledgements that arrived before their batch are kept for so many batches a signer.
const MAX_EARLY: usize = 4096;

/// Acknowledgements of one signer under verification; further ones are dropped, and come again when they matter.
const MAX_VERIFYING_ACKNOWLEDGEMENTS: usize = 1024;

/// A batch that is in no finalized block.
struct Entry {
    batch: Arc<VerifiedBatch>,
    acknowledged: Signers,
    /// Its place in the order in which batches became available.
    place: Option<u64>,
    /// How many blocks that may still become final include it.
    included: u32,
    /// When it was last sent, if it is our own.
    sent: Moment,
}

/// A batch that a proposal needs and that is not here.
struct Wanted {
    /// Who surely has it.
    holder: ValidatorIndex,
    ask_at: Moment,
    asked: u32,
}

pub(crate) struct Dissemination {
    committee: Committee,
    me: ValidatorIndex,
    secret: SecretKey,
    limits: Limits,

    /// Admitted here, in no batch yet.
    waiting: Vec<(AuthorizedTransaction, Vec<u8>)>,
    waiting_bytes: usize,
    next_number: u64,
    last_batch: Option<Moment>,

    entries: BTreeMap<BatchDigest, Entry>,
    available: BTreeMap<u64, BatchDigest>,
    next_place: u64,
    /// How many available batches no live block includes.
    ready: usize,
    /// When the last transaction of each batch expires.
    expiries: BTreeSet<(Deadline, BatchDigest)>,
    /// Bytes of unordered batches by creator.
    unordered: Vec<usize>,

    verifying: HashMap<BatchDigest, usize>,
    wanted: BTreeMap<BatchDigest, Wanted>,
    to_acknowledge: Vec<BatchDigest>,
    verifying_acknowledgements: Vec<usize>,
    early: HashMap<BatchDigest, Signers>,
    early_order: Vec<std::collections::VecDeque<BatchDigest>>,

    /// Recently ordered batches, so that a late copy is not taken for a new one.
    ordered: HashSet<BatchDigest>,
    ordered_until: BTreeSet<(Deadline, BatchDigest)>,

    /// Transactions waiting or in an unordered batch, and in how many places.
    known: HashMap<TransactionId, u32>,
}

impl Dissemination {
    pub(crate) fn new(
        committee: Committee,
        me: ValidatorIndex,
        secret: SecretKey,
        limits: Limits,
        time: Timestamp,
    ) -> Self {
        let size = committee.size();
        Self {
            committee,
            me,
            secret,
            limits,
            waiting: Vec::new(),
            waiting_bytes: 0,
            // Later than any number of an earlier run, which counted up from an earlier millisecond more slowly.
            next_number: time.0.saturating_mul(1 << 20),
            last_batch: None,
            entries: BTreeMap::new(),
            available: BTreeMap::new(),
            next_place: 0,
            ready: 0,
            expiries: BTreeSet::new(),
            unordered: vec![0; size],
            verifying: HashMap::new(),
            wanted: BTreeMap::new(),
            to_acknowledge: Vec::new(),
            verifying_acknowledgements: vec![0; size],
            early: HashMap::new(),
            early_order: vec![std::collections::VecDeque::new(); size],
            ordered: HashSet::new(),
            ordered_until: BTreeSet::new(),
            known: HashMap::new(),
        }
    }

    /// True if the transaction waits here or is in a batch that is not final.
    pub(crate) fn knows(&self, id: &TransactionId) -> bool {
        self.known.contains_key(id)
    }

    /// Transactions that wait here or are in batches that are not final.
    pub(crate) fn pending(&self) -> usize {
        self.known.len()
    }

    /// True when this validator should admit nothing more for now.
    pub(crate) fn is_full(&self) -> bool {
        self.unordered[self.me.position()] + self.waiting_bytes > self.limits.unordered_bytes
    }

    /// Takes an admitted transaction for the next batch.
    pub(crate) fn add(&mut self, transaction: AuthorizedTransaction, bytes: Vec<u8>) {
        *self.known.entry(transaction.id()).or_insert(0) += 1;
        self.waiting_bytes += bytes.len();
        self.waiting.push((transaction, bytes));
    }

    /// True when a leader could order something that no live block includes yet.
    pub(crate) fn has_ready(&self) -> bool {
        self.ready > 0
    }

    pub(crate) fn batch(&self, digest: &BatchDigest) -> Option<&Arc<VerifiedBatch>> {
        self.entries.get(digest).map(|entry| &entry.batch)
    }

    /// Sends what waits, if it is due.
    pub(crate) fn send_due_batches(&mut self, now: Now, effects: &mut Vec<Effect>) {
        while self.waiting_bytes >= self.limits.batch_bytes || self.waiting.len() >= MAX_BATCH_TRANSACTIONS {
            self.send_batch(now, effects);
        }
        if !self.waiting.is_empty() && self.batch_due().is_none_or(|due| due <= now.moment) {
            self.send_batch(now, effects);
        }
    }

    /// When the next batch may leave though it is not full.
    fn batch_due(&self) -> Option<Moment> {
        self.last_batch.map(|last| last.plus_millis(self.limits.batch_interval_millis))
    }

    fn send_batch(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let mut bytes = 0;
        let fits = |(_, encoded): &&(AuthorizedTransaction, Vec<u8>)| {
            bytes += encoded.len();
            bytes <= self.limits.batch_bytes
        };
        // A transaction that is larger than a batch should be travels alone.
        let count = self.waiting.iter().take(MAX_BATCH_TRANSACTIONS).take_while(fits).count().max(1);
        let rest = self.waiting.split_off(count.min(self.waiting.len()));
        let taken = std::mem::replace(&mut self.waiting, rest);
        let taken_bytes: usize = taken.iter().map(|(_, encoded)| encoded.len()).sum();
        self.waiting_bytes -= taken_bytes;

        let (transactions, blobs): (Vec<_>, Vec<_>) =
            taken.into_iter().map(|(transaction, encoded)| (transaction, Blob::new(encoded))).unzip();
        let blobs = blobs.into_iter().collect::<Result<Vec<_>, _>>().and_then(Bounded::new);
        let transactions_blob = blobs.expect("admission and the loop above keep to the bounds");
        let batch = Batch { creator: self.me, number: self.next_number, transactions: transactions_blob };
        self.next_number += 1;
        self.last_batch = Some(now.moment);

        // `known` has counted these transactions when they were added.
        let batch = Arc::new(VerifiedBatch::of_own(&batch, transactions));
        effects.push(send(Recipient::All, batch_message(&batch)));
        self.insert(batch, now, effects);
    }

    /// A batch arrived. It is verified if it is new and its sender may send it.
    pub(crate) fn received(&mut self, from: ValidatorIndex, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
        let digest = Batch::digest(&bytes);
        if self.entries.contains_key(&digest) || self.ordered.contains(&digest) {
            // The creator sends again because it misses our acknowledgement.
            self.to_acknowledge.push(digest);
            return;
        }
        if self.verifying.contains_key(&digest) {
            return;
        }
        let is_wanted = self.wanted.contains_key(&digest);
        if !is_wanted && self.unordered[from.position()] + bytes.len() > self.limits.unordered_bytes_per_peer {
            return;
        }
        self.verifying.insert(digest, bytes.len());
        self.unordered[from.position()] += bytes.len();
        effects.push(Effect::Verify(Job::Batch { from, digest, bytes: bytes.into() }));
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
        if let Some(length) = self.verifying.remove(&digest) {
            self.unordered[from.position()] -= length;
        }
        let Ok(batch) = result else { return false };
        let is_wanted = self.wanted.remove(&digest).is_some();
        let is_stale = latest_deadline(&batch).has_passed(finalized);
        let may_send = batch.creator() == from || is_wanted;
        let is_known = self.entries.contains_key(&digest) || self.ordered.contains(&digest);
        if is_known || (is_stale && !is_wanted) || !may_send || batch.creator().position() >= self.committee.size() {
            return false;
        }
        self.count(batch.transactions());
        self.insert(Arc::new(batch), now, effects);
        self.to_acknowledge.push(digest);
        true
    }

    /// Takes back a batch that this validator held before it stopped.
    pub(crate) fn recovered(&mut self, batch: VerifiedBatch, now: Now) {
        let digest = batch.digest();
        if self.entries.contains_key(&digest) || self.ordered.contains(&digest) {
            return;
        }
        self.count(batch.transactions());
        // It is on disk already.
        self.insert(Arc::new(batch), now, &mut Vec::new());
        self.to_acknowledge.push(digest);
    }

    fn count(&mut self, transactions: &[AuthorizedTransaction]) {
        for transaction in transactions {
            *self.known.entry(transaction.id()).or_insert(0) += 1;
        }
    }

    fn insert(&mut self, batch: Arc<VerifiedBatch>, now: Now, effects: &mut Vec<Effect>) {
        let (digest, creator) = (batch.digest(), batch.creator());
        effects.push(Effect::Write(Write::Batch { digest, bytes: batch.bytes().clone() }));
        self.unordered[batch.creator().position()] += batch.bytes().len();
        self.expiries.insert((latest_deadline(&batch), digest));
        let acknowledged = self.early.remove(&digest).unwrap_or_default();
        self.entries.insert(digest, Entry { batch, acknowledged, place: None, included: 0, sent: now.moment });
        // Who made the batch holds it: it does not acknowledge it to anyone.
        self.acknowledged_by(digest, creator);
        self.acknowledged_by(digest, self.me);
    }

    /// Counts one acknowledgement; with a quorum the batch is available.
    fn acknowledged_by(&mut self, digest: BatchDigest, signer: ValidatorIndex) {
        let Some(entry) = self.entries.get_mut(&digest) else {
            self.remember_early(digest, signer);
            return;
        };
        entry.acknowledged.insert(signer);
        if entry.place.is_none() && entry.acknowledged.count() >= self.committee.quorum() {
            entry.place = Some(self.next_place);
            self.available.insert(self.next_place, digest);
            self.next_place += 1;
            if entry.included == 0 {
                self.ready += 1;
            }
        }
    }

    fn remember_early(&mut self, digest: BatchDigest, signer: ValidatorIndex) {
        if self.ordered.contains(&digest) {
            return;
        }
        let order = &mut self.early_order[signer.position()];
        if order.len() == MAX_EARLY
            && let Some(oldest) = order.pop_front()
        {
            self.early.remove(&oldest);
        }
        if self.early.entry(digest).or_default().insert(signer) {
            order.push_back(digest);
        }
    }

    /// An acknowledgement arrived over the signer's own link.
    pub(crate) fn acknowledgement(
        &mut self,
        from: ValidatorIndex,
        acknowledgement: Acknowledgement,
        effects: &mut Vec<Effect>,
    ) {
        let tells_news = acknowledgement.batches.iter().any(|digest| {
            self.entries.get(digest).map_or(!self.ordered.contains(digest), |entry| entry.place.is_none())
        });
        let open = &mut self.verifying_acknowledgements[from.position()];
        if acknowledgement.signer == from && tells_news && *open < MAX_VERIFYING_ACKNOWLEDGEMENTS {
            *open += 1;
            effects.push(Effect::Verify(Job::Acknowledgement(acknowledgement)));
        }
    }

    /// An acknowledgement of `signer` was verified, if it is valid.
    pub(crate) fn acknowledged(&mut self, signer: ValidatorIndex, valid: Option<&Verified<Acknowledgement>>) {
        self.verifying_acknowledgements[signer.position()] -= 1;
        let Some(acknowledgement) = valid else { return };
        for digest in acknowledgement.batches.iter() {
            self.acknowledged_by(*digest, acknowledgement.signer);
        }
    }

    /// Acknowledges everything verified in this turn at once: one signature however many batches.
    pub(crate) fn send_acknowledgements(&mut self, effects: &mut Vec<Effect>) {
        let digests = std::mem::take(&mut self.to_acknowledge);
        for chunk in digests.chunks(MAX_ACKNOWLEDGED) {
            let batches = Bounded::new(chunk.to_vec()).expect("chunks keep to the bound");
            let signed = Acknowledgement::sign(batches, self.me, &self.secret, &self.committee);
            effects.push(send(Recipient::All, Message::Acknowledge(signed.into_inner())));
        }
    }

    /// Available batches for a block, oldest first, without those in `taken`.
    pub(crate) fn select(&self, taken: &HashSet<BatchDigest>, max_count: usize) -> Vec<Arc<VerifiedBatch>> {
        let mut bytes = 0;
        self.available
            .values()
            .filter(|digest| !taken.contains(*digest))
            .filter_map(|digest| self.batch(digest))
            .take(max_count)
            .take_while(|batch| {
                bytes += batch.bytes().len();
                bytes <= self.limits.block_bytes.max(batch.bytes().len())
            })
            .cloned()
            .collect()
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
                entry.included = entry.included.saturating_sub(1);
                if entry.included == 0 && entry.place.is_some() {
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
        self.unordered[entry.batch.creator().position()] -= entry.batch.bytes().len();
        self.expiries.remove(&(latest_deadline(&entry.batch), *digest));
        if let Some(place) = entry.place {
            self.available.remove(&place);
            if entry.included == 0 {
                self.ready -= 1;
            }
        }
        for transaction in entry.batch.transactions() {
            self.forget(&transaction.id());
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

    /// A proposal needs a batch that is not here. It may be on its way, so it is asked for a little later.
    pub(crate) fn want(&mut self, digest: BatchDigest, holder: ValidatorIndex, now: Now) {
        let ask_at = now.moment.plus_millis(self.limits.fetch_after_millis);
        self.wanted.entry(digest).or_insert(Wanted { holder, ask_at, asked: 0 });
    }

    /// No proposal needs any missing batch any more, except these.
    pub(crate) fn keep_wanted(&mut self, needed: &HashSet<BatchDigest>) {
        self.wanted.retain(|digest, _| needed.contains(digest));
    }

    /// A validator asks for batches.
    pub(crate) fn serve(&self, to: ValidatorIndex, digests: &[BatchDigest], effects: &mut Vec<Effect>) {
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            digests.iter().copied().partition(|digest| self.entries.contains_key(digest));
        for batch in here.iter().filter_map(|digest| self.batch(digest)) {
            effects.push(send(Recipient::One(to), batch_message(batch)));
        }
        if !elsewhere.is_empty() {
            effects.push(Effect::ServeBatches { to, digests: elsewhere });
        }
    }

    /// The link to a validator came up: sends it what it has not acknowledged.
    pub(crate) fn peer_up(&mut self, peer: ValidatorIndex, effects: &mut Vec<Effect>) {
        let missing = self
            .entries
            .values()
            .filter(|entry| entry.batch.creator() == self.me && !entry.acknowledged.contains(peer));
        effects.extend(missing.map(|entry| send(Recipient::One(peer), batch_message(&entry.batch))));
        // It may have lost our acknowledgements too, and nothing else would repeat them.
        self.to_acknowledge.extend(self.entries.keys());
    }

    /// Sends own batches again that lack acknowledgements, and asks for wanted batches that are due.
    pub(crate) fn retry(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let retry_millis = self.limits.retry_millis;
        let overdue: Vec<(BatchDigest, Signers)> = (self.entries.iter_mut())
            .filter(|(_, entry)| {
                let is_due = entry.sent.plus_millis(retry_millis) <= now.moment;
                entry.batch.creator() == self.me && entry.place.is_none() && is_due
            })
            .map(|(digest, entry)| {
                entry.sent = now.moment;
                (*digest, entry.acknowledged)
            })
            .collect();
        for (digest, acknowledged) in overdue {
            let Some(batch) = self.batch(&digest) else { continue };
            let message = batch_message(batch);
            let lacking = self.committee.indices().filter(|&index| index != self.me && !acknowledged.contains(index));
            effects.extend(lacking.map(|index| send(Recipient::One(index), message.clone())));
        }
        self.ask_for_wanted(now, effects);
    }

    fn ask_for_wanted(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let mut questions: BTreeMap<ValidatorIndex, Vec<BatchDigest>> = BTreeMap::new();
        let others = self.committee.size() as u32;
        for (digest, wanted) in &mut self.wanted {
            if wanted.ask_at > now.moment || self.verifying.contains_key(digest) {
                continue;
            }
            // First the one that surely has it, then the others in turn.
            let index = (u32::from(wanted.holder.0) + wanted.asked) % others;
            let holder = ValidatorIndex(index as u16);
            let holder = if holder == self.me { wanted.holder } else { holder };
            wanted.asked += 1;
            wanted.ask_at = now.moment.plus_millis(self.limits.retry_millis / 4);
            questions.entry(holder).or_default().push(*digest);
        }
        for (holder, digests) in questions {
            for chunk in digests.chunks(types::MAX_BLOCK_BATCHES) {
                let digests = Bounded::new(chunk.to_vec()).expect("chunks keep to the bound");
                effects.push(send(Recipient::One(holder), Message::FetchBatches(digests)));
            }
        }
    }

    /// When [`Self::send_due_batches`] or [`Self::retry`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Moment> {
        let batch = if self.waiting.is_empty() { None } else { Some(self.batch_due().unwrap_or_default()) };
        let wanted = self.wanted.values().map(|wanted| wanted.ask_at).min();
        let own = (self.entries.values())
            .filter(|entry| entry.batch.creator() == self.me && entry.place.is_none())
            .map(|entry| entry.sent.plus_millis(self.limits.retry_millis))
            .min();
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
