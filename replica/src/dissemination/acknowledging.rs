//! Acknowledgements: who holds which batch.

use types::codec::Bounded;
use types::{Acknowledgement, BatchDigest, MAX_ACKNOWLEDGED, ValidatorIndex, Verified};

use super::{Dissemination, send};
use crate::{Effect, Job, Message, Recipient};

/// Acknowledgements that arrived before their batch are kept for so many batches a signer.
const MAX_EARLY: usize = 4096;

/// Acknowledgements of one signer under verification; further ones are dropped, and come again when they matter.
const MAX_VERIFYING_ACKNOWLEDGEMENTS: usize = 1024;

impl Dissemination {
    /// Counts one acknowledgement; with a quorum the batch is available.
    pub(super) fn acknowledged_by(&mut self, digest: BatchDigest, signer: ValidatorIndex) {
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
            effects.push(Effect::Verify(Job::Acknowledgement { committee: self.committee.clone(), acknowledgement }));
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
        let Some(me) = self.me else { return };
        for chunk in digests.chunks(MAX_ACKNOWLEDGED) {
            let batches = Bounded::new(chunk.to_vec()).expect("chunks keep to the bound");
            let signed = Acknowledgement::sign(batches, me, &self.secret, &self.committee);
            effects.push(send(Recipient::All, Message::Acknowledge(signed.into_inner())));
        }
    }
}
