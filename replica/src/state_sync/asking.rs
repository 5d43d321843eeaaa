//! Who is asked for what, and when it is asked of somebody else.

use std::collections::BTreeSet;

use types::{Epoch, Moment, PublicKey};

use super::download::Flight;
use super::peer::Offer;
use super::{StateSync, SyncEffect};
use crate::Message;

impl StateSync {
    pub(super) fn ask_for_checkpoints(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        for (key, peer) in self.peers.iter_mut().filter(|(_, peer)| peer.is_useful() && peer.next_ask <= now) {
            peer.ask(now, &self.limits);
            effects.push(SyncEffect::Send { to: *key, message: Box::new(Message::FetchCheckpoint) });
        }
    }

    pub(super) fn ask_for_handovers(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        let from: Epoch = self.trust.newest().epoch;
        for (key, peer) in self.peers.iter_mut().filter(|(_, peer)| peer.is_useful()) {
            let is_due = peer.handovers_asked.is_none_or(|again| again <= now);
            if !matches!(peer.offer, Offer::Unverified(_)) || !is_due {
                continue;
            }
            if peer.handovers_asked.is_some() && !peer.may_miss_handovers() {
                // A checkpoint that nobody can believe in must not be waited for.
                peer.offer = Offer::Nothing;
            } else {
                peer.handovers_asked = Some(now.plus_millis(self.limits.part_millis));
                effects.push(SyncEffect::Send { to: *key, message: Box::new(Message::FetchHandovers { from }) });
            }
        }
    }

    pub(super) fn ask_for_parts(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        let Some(download) = &mut self.download else { return };
        let id = download.id;
        while download.in_memory() < self.limits.parts_in_memory
            && let Some(&index) = download.missing.first()
        {
            let able = self.peers.iter_mut().filter(|(_, peer)| peer.offers(&id));
            let rested = able.filter(|(_, peer)| peer.rests_until <= now);
            let asked = rested.map(|(key, peer)| (download.asked_of(key), *key, peer));
            let Some((_, key, peer)) = asked
                .filter(|(asked, ..)| *asked < self.limits.parts_per_peer)
                .min_by_key(|(asked, key, _)| (*asked, *key))
            else {
                return;
            };
            peer.ask_part(index);
            download.asked(index, Flight { peer: key, give_up: now.plus_millis(self.limits.part_millis) });
            let message = Box::new(Message::FetchPart { height: download.height(), index });
            effects.push(SyncEffect::Send { to: key, message });
        }
    }

    pub(super) fn give_up_late_parts(&mut self, now: Moment) {
        let Some(download) = &mut self.download else { return };
        let late: BTreeSet<PublicKey> =
            download.take_back(|flight| flight.give_up <= now).into_iter().map(|(_, key)| key).collect();
        for key in late {
            if let Some(peer) = self.peers.get_mut(&key) {
                peer.failed(now, &self.limits);
            }
        }
    }
}
