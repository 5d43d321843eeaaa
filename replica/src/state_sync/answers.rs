//! Answers of peers: what they offer, what leads to its committee, and the parts; and the verdict on the whole.

use std::sync::Arc;

use types::breakage::{Breakage, is_on};
use types::{Handover, Hash, Height, Moment, PublicKey};

use super::peer::Offer;
use super::{Lie, Manifest, StateSync, SyncEffect, SyncOutcome, part_hash};

impl StateSync {
    pub(super) fn offered(
        &mut self,
        from: PublicKey,
        offer: Option<Box<Manifest>>,
        now: Moment,
        effects: &mut Vec<SyncEffect>,
    ) {
        let Some(peer) = self.peers.get_mut(&from).filter(|peer| peer.is_asked) else { return };
        let again = if self.download.is_some() { self.limits.refresh_millis } else { self.limits.patience_millis };
        let offer = offer.map_or(Offer::Nothing, |manifest| Offer::Unverified(Arc::from(manifest)));
        peer.answered(offer, now.plus_millis(again));
        self.verify_offers(effects);
    }

    /// Looks at the offers whose committee is known by now.
    pub(super) fn verify_offers(&mut self, effects: &mut Vec<SyncEffect>) {
        let mut known: Vec<(Hash, Arc<Manifest>)> =
            self.offers().map(|(_, id, manifest)| (id, manifest.clone())).collect();
        let mut liars = Vec::new();
        for (key, peer) in self.peers.iter_mut().filter(|(_, peer)| peer.is_useful()) {
            let Offer::Unverified(manifest) = &peer.offer else { continue };
            let Some(committee) = self.trust.of(manifest.block.header.epoch) else { continue };
            match manifest.verify(committee) {
                Err(error) => liars.push((*key, Lie::from(error))),
                Ok(()) => {
                    let id = manifest.id();
                    if self.refused.contains(&id) {
                        liars.push((*key, Lie::Ledger(manifest.height())));
                        continue;
                    }
                    // One copy in memory, however many offer it.
                    let same = known.iter().find(|(other, _)| *other == id).map(|(_, manifest)| manifest.clone());
                    let manifest = same.unwrap_or_else(|| manifest.clone());
                    known.push((id, manifest.clone()));
                    peer.offer = Offer::Verified { id, manifest };
                }
            }
        }
        liars.into_iter().for_each(|(key, lie)| self.unmask(key, lie, effects));
    }

    pub(super) fn handed_over(&mut self, from: PublicKey, handovers: &[Handover], effects: &mut Vec<SyncEffect>) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        if peer.handovers_asked.take().is_none() {
            return;
        }
        match self.trust.extend(handovers) {
            Ok(true) => {
                peer.missed_handovers = 0;
                self.verify_offers(effects);
            }
            // It cannot show how its checkpoint is to be believed.
            Ok(false) if matches!(peer.offer, Offer::Unverified(_)) => peer.offer = Offer::Nothing,
            Ok(false) => {}
            Err(error) => self.unmask(from, error.into(), effects),
        }
    }

    pub(super) fn part_came(
        &mut self,
        from: PublicKey,
        (height, index): (Height, u32),
        bytes: Vec<u8>,
        now: Moment,
        effects: &mut Vec<SyncEffect>,
    ) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let Some(download) = self.download.as_mut().filter(|download| download.height() == height) else { return };
        let Some(expected) = download.manifest.parts.get(index as usize).copied() else { return };
        if !peer.unanswered.remove(&index) {
            return;
        }
        if bytes.is_empty() {
            // It has a newer one by now.
            peer.offer = Offer::Unknown;
            peer.next_ask = now;
            self.take_back_from(from);
            return;
        }
        if part_hash(&bytes) != expected && !is_on(Breakage::PartUnverified) {
            self.unmask(from, Lie::Part { height, index }, effects);
            return;
        }
        peer.delivered(now);
        if download.arrived(index) && self.storing.insert(expected) {
            effects.push(SyncEffect::StorePart { hash: expected, bytes });
        }
    }

    pub(super) fn restored(&mut self, is_right: bool, effects: &mut Vec<SyncEffect>) {
        let Some(download) = self.download.take_if(|download| download.is_restoring) else { return };
        if is_right {
            let handovers = self.trust.to(download.manifest.block.header.epoch);
            self.finish(SyncOutcome::Adopt { manifest: download.manifest, handovers }, effects);
            return;
        }
        self.refused.insert(download.id);
        let offered: Vec<PublicKey> =
            self.offers().filter(|(_, id, _)| *id == download.id).map(|(key, ..)| key).collect();
        for key in offered {
            self.unmask(key, Lie::Ledger(download.height()), effects);
        }
    }
}
