//! Batches that went missing: asked for, served, sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashSet;
use types::codec::Bounded;
use types::{BatchDigest, Moment, ValidatorIndex};

use super::{Dissemination, Entry, batch_message};
use crate::{Effect, Envelope, MAX_SERVED_BYTES, Message, Now, Recipient, VerifiedBatch};

/// A batch that a proposal needs and that is not here.
pub(super) struct Wanted {
    /// Who surely has it.
    holder: ValidatorIndex,
    pub(super) ask_at: Moment,
    asked: u32,
}

impl Dissemination {
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
        let asked: BTreeSet<BatchDigest> = digests.iter().copied().collect();
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|digest| self.entries.contains_key(digest));
        let mut bytes = 0;
        let fits = |batch: &&Arc<VerifiedBatch>| {
            bytes += batch.bytes().len();
            bytes <= MAX_SERVED_BYTES
        };
        for batch in here.iter().filter_map(|digest| self.batch(digest)).take_while(fits) {
            effects.extend(self.to_member(to, batch_message(batch)));
        }
        if let (false, Some(key)) = (elsewhere.is_empty(), self.committee.key(to)) {
            effects.push(Effect::ServeBatches { to: *key, digests: elsewhere });
        }
    }

    /// Sends own batches again that lack acknowledgements, and asks for wanted batches that are due.
    pub(crate) fn retry(&mut self, now: Now, effects: &mut Vec<Effect>) {
        while let Some(&(due, digest)) = self.resend.first()
            && due <= now.moment
        {
            self.resend.pop_first();
            let is_on_its_way = |entry: &&Entry| entry.place.is_none() || entry.included == 0;
            let Some(entry) = self.entries.get(&digest).filter(is_on_its_way) else { continue };
            let message = batch_message(&entry.batch);
            let lacking = self.committee.indices().filter(|&index| !entry.acknowledged.contains(index));
            effects.extend(lacking.filter_map(|index| self.to_member(index, message.clone())));
            self.resend.insert((now.moment.plus_millis(self.limits.retry_millis), digest));
        }
        self.ask_for_wanted(now, effects);
    }

    fn ask_for_wanted(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let mut questions: BTreeMap<ValidatorIndex, Vec<BatchDigest>> = BTreeMap::new();
        let others = self.committee.size() as u32;
        for (digest, wanted) in &mut self.wanted {
            if wanted.ask_at > now.moment {
                continue;
            }
            if self.verifying.contains_key(digest) {
                wanted.ask_at = now.moment.plus_millis(self.limits.fetch_after_millis);
                continue;
            }
            // First the one that surely has it, then the others in turn.
            let index = (u32::from(wanted.holder.0) + wanted.asked) % others;
            let holder = ValidatorIndex(index as u16);
            let holder = if Some(holder) == self.me { wanted.holder } else { holder };
            wanted.asked += 1;
            wanted.ask_at = now.moment.plus_millis(self.limits.retry_millis / 4);
            questions.entry(holder).or_default().push(*digest);
        }
        for (holder, digests) in questions {
            for chunk in digests.chunks(types::MAX_BLOCK_BATCHES) {
                let digests = Bounded::new(chunk.to_vec()).expect("chunks keep to the bound");
                effects.extend(self.to_member(holder, Message::FetchBatches(digests)));
            }
        }
    }

    /// A message to one other member of the committee.
    fn to_member(&self, index: ValidatorIndex, message: Message) -> Option<Effect> {
        let key = self.committee.key(index).filter(|_| Some(index) != self.me)?;
        Some(Effect::Send(Envelope { to: Recipient::One(*key), message }))
    }

    /// The link to a validator came up: sends it what it has not acknowledged.
    pub(crate) fn peer_up(&mut self, peer: ValidatorIndex, effects: &mut Vec<Effect>) {
        let missing = self
            .entries
            .values()
            .filter(|entry| Some(entry.batch.creator()) == self.me && !entry.acknowledged.contains(peer));
        effects.extend(missing.filter_map(|entry| self.to_member(peer, batch_message(&entry.batch))));
        // It may have lost our acknowledgements too, and nothing else would repeat them.
        self.to_acknowledge.extend(self.entries.keys());
    }
}
