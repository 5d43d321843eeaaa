//! Which checkpoint is fetched, and when there is none to fetch.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use types::{Hash, Moment, PublicKey};

use super::download::Download;
use super::peer::{Offer, Peer};
use super::{CatchUpReason, Manifest, StateSync, SyncEffect, SyncOutcome};

impl StateSync {
    /// Verified offers of peers that can be asked.
    pub(super) fn offers(&self) -> impl Iterator<Item = (PublicKey, Hash, &Arc<Manifest>)> {
        self.peers.iter().filter(|(_, peer)| peer.is_useful()).filter_map(|(key, peer)| match &peer.offer {
            Offer::Verified { id, manifest } => Some((*key, *id, manifest)),
            _ => None,
        })
    }

    pub(super) fn has_supporters(&self) -> bool {
        self.download.as_ref().is_some_and(|download| self.offers().any(|(_, id, _)| id == download.id))
    }

    pub(super) fn is_member(&self, key: &PublicKey) -> bool {
        self.trust.newest().validators.keys().contains(key)
    }

    /// So many members that one of them is honest.
    pub(super) fn is_vouched(&self, id: &Hash) -> bool {
        let members = self.offers().filter(|(key, other, _)| other == id && self.is_member(key)).count();
        members > self.trust.newest().tolerated_faults()
    }

    /// Chooses a checkpoint where none is chosen, or where the chosen one cannot be had or is worse founded than
    /// another one; or finds that there is none to choose.
    pub(super) fn choose(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        let is_busy = self.download.as_ref().is_some_and(|download| download.is_restoring || download.is_complete());
        if is_busy {
            return;
        }
        if self.peers.values().any(Peer::has_answered) {
            self.first_answer.get_or_insert(now);
        }
        let all_answered = self.peers.values().filter(|peer| peer.is_useful()).all(Peer::has_answered);
        let first_answer = self.first_answer;
        let waited = |millis| first_answer.is_some_and(|first| first.plus_millis(millis) <= now);
        let is_settled = waited(if all_answered { 0 } else { self.limits.patience_millis });
        let is_stalled = self.notice_stall(now);
        let is_vouched = self.download.as_ref().is_some_and(|download| self.is_vouched(&download.id));
        let is_chosen_good = self.download.as_mut().is_some_and(|download| {
            download.is_founded |= is_vouched;
            download.is_founded
        }) && self.has_supporters();
        if !is_settled || (is_chosen_good && !is_stalled) {
            self.give_up_without_offers(now, effects);
            return;
        }
        let best = |only_vouched: bool| {
            let worth = self.offers().filter(|(_, _, manifest)| manifest.height() >= self.limits.worth_height);
            let founded = worth.filter(|(_, id, _)| !only_vouched || self.is_vouched(id));
            let rank =
                |(_, id, manifest): &(_, Hash, &Arc<Manifest>)| (Reverse(self.stalls(id)), manifest.height(), *id);
            founded.max_by_key(rank).map(|(_, id, manifest)| (id, manifest.clone()))
        };
        let may_take_any = is_stalled || (!self.has_supporters() && waited(self.limits.agreement_millis));
        let chosen = best(true).or_else(|| best(false).filter(|_| may_take_any));
        match chosen {
            Some((id, _)) if self.download.as_ref().is_some_and(|download| download.id == id) => {}
            Some((id, manifest)) => self.begin(id, manifest, now, effects),
            None => self.give_up_without_offers(now, effects),
        }
    }

    /// Notices that too little has come of late, and holds it against those who offer it.
    pub(super) fn notice_stall(&mut self, now: Moment) -> bool {
        let Some(download) = &mut self.download else { return false };
        if !download.is_stalled(now, self.limits.stall_millis) {
            return false;
        }
        let id = download.id;
        for peer in self.peers.values_mut().filter(|peer| peer.offers(&id)) {
            peer.stalls += 1;
        }
        true
    }

    /// How often the best of those who offer it has let a download stall.
    pub(super) fn stalls(&self, id: &Hash) -> u32 {
        self.peers.values().filter(|peer| peer.offers(id)).map(|peer| peer.stalls).min().unwrap_or(0)
    }

    pub(super) fn begin(&mut self, id: Hash, manifest: Arc<Manifest>, now: Moment, effects: &mut Vec<SyncEffect>) {
        self.peers.values_mut().for_each(|peer| peer.unanswered.clear());
        let listed: BTreeSet<Hash> = manifest.parts.iter().copied().collect();
        self.stored.retain(|hash| listed.contains(hash));
        self.storing.retain(|hash| listed.contains(hash));
        let handovers = self.trust.to(manifest.block.header.epoch);
        effects.push(SyncEffect::Begin { manifest: manifest.clone(), handovers });
        self.download = Some(Download::new(id, manifest, &self.stored, &self.storing, now));
    }

    /// Ends it where there is nothing to wait for.
    pub(super) fn give_up_without_offers(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        let committee = self.trust.newest();
        let faults = committee.tolerated_faults();
        let is_alone = committee.validators.keys().iter().all(|key| *key == self.me) && self.peers.is_empty();
        let is_worth = |manifest: &Manifest| manifest.height() >= self.limits.worth_height;
        let is_any_offered = self.offers().any(|(_, _, manifest)| is_worth(manifest))
            || self.peers.values().any(|peer| peer.is_useful() && matches!(peer.offer, Offer::Unverified(_)));
        let says_nothing = |peer: &Peer| match &peer.offer {
            Offer::Nothing => true,
            Offer::Verified { manifest, .. } => !is_worth(manifest),
            _ => false,
        };
        let empty =
            self.peers.iter().filter(|(key, peer)| self.is_member(key) && peer.is_useful() && says_nothing(peer));
        let waited = |millis| self.started.plus_millis(millis) <= now;
        let reason = if is_alone {
            CatchUpReason::Alone
        } else if !is_any_offered && self.peers.values().filter(|peer| peer.is_liar).count() > faults {
            CatchUpReason::TooManyLiars
        } else if !is_any_offered && empty.count() > faults {
            CatchUpReason::NothingToGain
        } else if !is_any_offered && self.download.is_none() && self.limits.give_up_millis.is_some_and(waited) {
            CatchUpReason::NoOffer
        } else {
            return;
        };
        self.finish(SyncOutcome::CatchUp(reason), effects);
    }
}
