//! Acknowledgements: who holds which batch.
//!
//! They are not signed. Each is told by its author over its own link, which proves who that is, and counts for the validator
//! that hears it alone: it decides when a leader orders a batch, and never what is valid.

use types::codec::Bounded;
use types::{BatchDigest, MAX_ACKNOWLEDGED, ValidatorIndex};

use super::{Dissemination, send};
use crate::{Effect, Message, PROMPT_BATCH_BYTES, Recipient, VerifiedBatch};

/// Acknowledgements that arrived before their batch are kept for so many batches of each validator.
const MAX_EARLY: usize = 4096;

impl Dissemination {
    /// A batch is held. Whether others hold it has to be known only of a long one.
    pub(super) fn hold(&mut self, batch: &VerifiedBatch) {
        let digest = batch.digest();
        // Who made the batch holds it: it does not acknowledge it to anyone.
        self.acknowledged_by(digest, batch.creator());
        if let Some(me) = self.me {
            self.acknowledged_by(digest, me);
        }
        if batch.bytes().len() <= PROMPT_BATCH_BYTES {
            self.make_available(digest);
        } else if self.me != Some(batch.creator()) {
            self.to_acknowledge.push(digest);
        }
    }

    /// From now on a leader may order the batch.
    fn make_available(&mut self, digest: BatchDigest) {
        let Some(entry) = self.entries.get_mut(&digest).filter(|entry| entry.place.is_none()) else { return };
        entry.place = Some(self.next_place);
        self.available.insert(self.next_place, digest);
        self.next_place += 1;
        if entry.included == 0 {
            self.ready += 1;
        }
    }

    /// Counts one acknowledgement; with a quorum the batch is available.
    pub(super) fn acknowledged_by(&mut self, digest: BatchDigest, signer: ValidatorIndex) {
        let Some(entry) = self.entries.get_mut(&digest) else {
            self.remember_early(digest, signer);
            return;
        };
        entry.acknowledged.insert(signer);
        if entry.acknowledged.count() >= self.committee.quorum() {
            self.make_available(digest);
        }
    }

    fn remember_early(&mut self, digest: BatchDigest, signer: ValidatorIndex) {
        if self.ordered.contains(&digest) {
            return;
        }
        let place = signer.position();
        if self.early_order[place].len() == MAX_EARLY
            && let Some(oldest) = self.early_order[place].pop_front()
        {
            self.forget_early(&oldest, signer);
        }
        if self.early.entry(digest).or_default().insert(signer) {
            self.early_order[place].push_back(digest);
        }
    }

    /// Forgets that `signer` has acknowledged a batch that is not here; what others said of it stays.
    fn forget_early(&mut self, digest: &BatchDigest, signer: ValidatorIndex) {
        if let Some(signers) = self.early.get_mut(digest) {
            signers.remove(signer);
            if signers.count() == 0 {
                self.early.remove(digest);
            }
        }
    }

    /// `from` says that it holds these batches.
    pub(crate) fn acknowledged(&mut self, from: ValidatorIndex, batches: &[BatchDigest]) {
        batches.iter().for_each(|digest| self.acknowledged_by(*digest, from));
    }

    /// Acknowledges everything verified in this turn at once.
    pub(crate) fn send_acknowledgements(&mut self, effects: &mut Vec<Effect>) {
        let digests = std::mem::take(&mut self.to_acknowledge);
        if self.me.is_none() {
            return;
        }
        for chunk in digests.chunks(MAX_ACKNOWLEDGED) {
            let batches = Bounded::new(chunk.to_vec()).expect("chunks keep to the bound");
            effects.push(send(Recipient::All, Message::Acknowledge(batches)));
        }
    }
}
