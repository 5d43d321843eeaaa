//! State sync: an empty validator fetches the ledger of a finalized height instead of executing the chain from genesis.
//!
//! [`StateSync`] runs before there is a replica, while the store holds no block and no checkpoint. It ends by naming a
//! checkpoint whose parts are all on disk and whose ledger has the state root that a quorum finalized
//! ([`SyncOutcome::Adopt`]), or by saying that the blocks are the better way ([`SyncOutcome::CatchUp`]). Either way the
//! ordinary start-up and catch-up go on from there. Like the replica it decides without clock, disk or socket.
//!
//! # Protocol
//!
//! ```text
//! FetchCheckpoint          -> CheckpointOffer(Manifest?)        block, certificate, hashes of the parts
//! FetchHandovers { from }  -> Handovers                         while the block's epoch is not known
//! FetchPart { index }      -> Part { index, bytes }             about a megabyte; empty: not any more
//! ```
//!
//! # What is believed
//!
//! - The committee of epoch 0 is in the genesis file. A [`Handover`](types::Handover) leads from one committee to the
//!   next. A manifest counts only once the committee of its block's epoch has finalized the block.
//! - The list of parts is not certified. So the newest checkpoint is taken for which f + 1 validators of the newest known
//!   committee gave the same list: one of them is honest. Where honest validators have different checkpoints, any is
//!   taken after a while, the newest first.
//! - Every part is checked against its hash when it arrives. Whoever sends another one is a liar.
//! - The ledger made of the parts must have the state root of the certified header. If it has not, everyone who offered
//!   this list is a liar, and another checkpoint is chosen; parts that occur in it stay.
//!
//! A liar is neither asked nor heard again. So it costs time, at most one download of its list or of one part, and only
//! where no f + 1 validators agree; it cannot put anything into the ledger. Who answers late or not at all is asked less
//! and less, and what it owes is asked of others. A download of which less than a 64th comes in
//! [`SyncLimits::stall_millis`] gives way to another one if there is any. Who holds keys that were a quorum of a past epoch could forge a chain
//! from there on; against that there is the rule of f + 1, as far as peers are of the newest committee.
//!
//! # When the checkpoint is replaced meanwhile
//!
//! A peer that no longer has the checkpoint answers with an empty part, and is asked for its new one. While anyone still
//! has the chosen checkpoint it is fetched to its end; else a newer one is chosen, and the parts that both have stay.
//!
//! # Bounds
//!
//! Parts in memory: [`SyncLimits::parts_in_memory`], whoever sends what: a part that was not asked for is not looked at.
//! One manifest for each peer, equal ones shared. One verification of a manifest for each question of ours. Handovers
//! and committees: as many as the chain has had epochs, each signed by a quorum.

mod answers;
mod asking;
mod choosing;
mod download;
mod exchange;
mod limits;
mod manifest;
mod peer;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::codec::Blob;
use types::{Committee, Hash, Moment, PublicKey};

pub use exchange::{CatchUpReason, Lie, PartiallySynced, SyncEffect, SyncInput, SyncOutcome, SyncProgress};
pub use limits::SyncLimits;
pub use manifest::{MAX_PARTS, Manifest, ManifestError, part_hash};

use crate::Message;
use download::Download;
use peer::{Offer, Peer};
use trust::Trust;

/// Fetches a checkpoint.
pub struct StateSync {
    limits: SyncLimits,
    me: PublicKey,
    trust: Trust,
    peers: BTreeMap<PublicKey, Peer>,
    download: Option<Download>,
    /// Parts on disk.
    stored: BTreeSet<Hash>,
    /// Parts of the chosen checkpoint that the shell is putting on disk.
    storing: BTreeSet<Hash>,
    /// Checkpoints that turned out not to be the ledger.
    refused: BTreeSet<Hash>,
    started: Moment,
    /// When a peer first said what it has.
    first_answer: Option<Moment>,
    deadline: Option<Moment>,
    is_over: bool,
}

impl StateSync {
    /// For the validator `me` of the chain that begins with the committee `genesis`. `partial` is what an interrupted
    /// state sync left; it is verified again.
    pub fn new(
        genesis: Committee,
        me: PublicKey,
        limits: SyncLimits,
        partial: PartiallySynced,
        now: Moment,
    ) -> (Self, Vec<SyncEffect>) {
        let mut sync = Self {
            limits,
            me,
            trust: Trust::new(genesis),
            peers: BTreeMap::new(),
            download: None,
            stored: partial.parts.into_iter().collect(),
            storing: BTreeSet::new(),
            refused: BTreeSet::new(),
            started: now,
            first_answer: None,
            deadline: None,
            is_over: false,
        };
        if let Some((manifest, handovers)) = partial.chosen
            && sync.trust.extend(&handovers).is_ok()
            && sync.trust.of(manifest.block.header.epoch).is_some_and(|known| manifest.verify(known).is_ok())
        {
            sync.download = Some(Download::new(manifest.id(), Arc::new(manifest), &sync.stored, &sync.storing, now));
        }
        let mut effects = Vec::new();
        sync.go_on(now, &mut effects);
        (sync, effects)
    }

    /// Takes one input.
    pub fn step(&mut self, now: Moment, input: SyncInput, effects: &mut Vec<SyncEffect>) {
        if self.is_over {
            return;
        }
        match input {
            SyncInput::Tick => {}
            SyncInput::PeerUp(key) if key != self.me => {
                let is_known = self.peers.contains_key(&key) || self.peers.len() < self.limits.peers;
                if is_known {
                    self.peers.entry(key).or_insert_with(|| Peer::new(now)).came_up(now);
                    self.take_back_from(key);
                }
            }
            SyncInput::PeerUp(_) => {}
            SyncInput::PeerDown(key) => {
                if let Some(peer) = self.peers.get_mut(&key) {
                    peer.is_up = false;
                }
                self.take_back_from(key);
            }
            SyncInput::Message { from, message } => self.receive(from, *message, now, effects),
            SyncInput::PartStored(hash) => {
                self.storing.remove(&hash);
                if let Some(download) = self.download.as_mut().filter(|download| download.has(&hash)) {
                    self.stored.insert(hash);
                    download.stored(&hash);
                }
            }
            SyncInput::Restored { is_right } => self.restored(is_right, effects),
            SyncInput::PartsLost(hashes) => {
                hashes.iter().for_each(|hash| _ = self.stored.remove(hash));
                if let Some(download) = &mut self.download {
                    download.lost(&hashes);
                }
            }
        }
        self.go_on(now, effects);
    }

    /// When a [`SyncInput::Tick`] is due though nothing arrives.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.deadline
    }

    /// How far the chosen checkpoint is; none before one is chosen.
    pub fn progress(&self) -> Option<SyncProgress> {
        let download = self.download.as_ref()?;
        let Manifest { parts, bytes, .. } = &*download.manifest;
        let (height, stored) = (download.height(), download.stored_parts());
        Some(SyncProgress { height, stored, parts: parts.len(), bytes: *bytes })
    }

    fn receive(&mut self, from: PublicKey, message: Message, now: Moment, effects: &mut Vec<SyncEffect>) {
        if !self.peers.get(&from).is_some_and(Peer::is_useful) {
            return;
        }
        let mut answer = |message| effects.push(SyncEffect::Send { to: from, message: Box::new(message) });
        match message {
            Message::CheckpointOffer(offer) => self.offered(from, offer, now, effects),
            Message::Handovers(handovers) => self.handed_over(from, &handovers, effects),
            Message::Part { height, index, bytes } => {
                self.part_came(from, (height, index), bytes.into_vec(), now, effects);
            }
            // Others may be as empty as this one. Who says so lets them begin at genesis soon.
            Message::FetchCheckpoint => answer(Message::CheckpointOffer(None)),
            Message::FetchHandovers { .. } => answer(Message::Handovers(Default::default())),
            Message::FetchPart { height, index } => {
                answer(Message::Part { height, index, bytes: Blob::default() });
            }
            _ => {}
        }
    }

    fn unmask(&mut self, key: PublicKey, lie: Lie, effects: &mut Vec<SyncEffect>) {
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.is_liar = true;
            peer.offer = Offer::Unknown;
            effects.push(SyncEffect::Liar { peer: key, lie });
        }
        self.take_back_from(key);
    }

    fn take_back_from(&mut self, key: PublicKey) {
        if let Some(download) = &mut self.download {
            download.take_back(|flight| flight.peer == key);
        }
    }

    fn finish(&mut self, outcome: SyncOutcome, effects: &mut Vec<SyncEffect>) {
        self.is_over = true;
        self.deadline = None;
        effects.push(SyncEffect::Finished(outcome));
    }

    /// Does what has become possible, and finds out when to go on.
    fn go_on(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        if self.is_over {
            return;
        }
        self.give_up_late_parts(now);
        self.choose(now, effects);
        if self.is_over {
            return;
        }
        self.ask_for_checkpoints(now, effects);
        self.ask_for_handovers(now, effects);
        self.ask_for_parts(now, effects);
        self.restore_if_complete(effects);
        self.deadline = self.deadlines().into_iter().filter(|moment| *moment > now).min();
    }

    fn restore_if_complete(&mut self, effects: &mut Vec<SyncEffect>) {
        if let Some(download) =
            self.download.as_mut().filter(|download| download.is_complete() && !download.is_restoring)
        {
            download.is_restoring = true;
            effects.push(SyncEffect::Restore(download.manifest.clone()));
        }
    }

    /// Every moment at which something may become due, past ones included.
    fn deadlines(&self) -> Vec<Moment> {
        let first = |millis| self.first_answer.map(|first| first.plus_millis(millis));
        let waits = [
            first(self.limits.patience_millis),
            first(self.limits.agreement_millis),
            self.limits.give_up_millis.map(|millis| self.started.plus_millis(millis)),
        ];
        let mut moments: Vec<Moment> = waits.into_iter().flatten().collect();
        for peer in self.peers.values().filter(|peer| peer.is_useful()) {
            moments.push(peer.next_ask);
            moments.push(peer.rests_until);
            moments.extend(peer.handovers_asked);
        }
        let flights = self.download.iter().flat_map(|download| download.in_flight.values());
        moments.extend(flights.map(|flight| flight.give_up));
        moments.extend(self.download.iter().map(|download| download.stalls_at(self.limits.stall_millis)));
        moments
    }
}
