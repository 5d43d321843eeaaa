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

mod download;
mod limits;
mod manifest;
mod peer;
#[cfg(test)]
mod tests;
mod trust;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::breakage::{Breakage, is_on};
use types::codec::Blob;
use types::{Committee, Epoch, Handover, HandoverError, Hash, Height, Moment, PublicKey};

pub use limits::SyncLimits;
pub use manifest::{MAX_PARTS, Manifest, ManifestError, part_hash};

use crate::Message;
use download::{Download, Flight};
use peer::{Offer, Peer};
use trust::Trust;

/// Something that happened.
#[derive(Debug)]
pub enum SyncInput {
    /// Time passed: the moment of [`StateSync::next_deadline`] has come.
    Tick,
    /// The link to a peer came up.
    PeerUp(PublicKey),
    /// The link to a peer is lost.
    PeerDown(PublicKey),
    /// A message from a peer, which the transport has authenticated.
    Message {
        /// Who sent it.
        from: PublicKey,
        /// The message.
        message: Box<Message>,
    },
    /// The part of [`SyncEffect::StorePart`] is on disk.
    PartStored(Hash),
    /// Answers [`SyncEffect::Restore`]: the ledger is the finalized one, or it is another one.
    Restored {
        /// True if [`Manifest::restore`] made the ledger.
        is_right: bool,
    },
    /// Answers [`SyncEffect::Restore`]: these parts cannot be read from disk, or are damaged there.
    PartsLost(Vec<Hash>),
}

/// Something to be done by the shell, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncEffect {
    /// Send now.
    Send {
        /// To whom.
        to: PublicKey,
        /// What.
        message: Box<Message>,
    },
    /// A checkpoint was chosen: remember it for [`PartiallySynced`], and forget the parts that it has not.
    Begin {
        /// The checkpoint.
        manifest: Arc<Manifest>,
        /// What leads to its committee.
        handovers: Vec<Handover>,
    },
    /// Put a part on disk and report [`SyncInput::PartStored`].
    StorePart {
        /// Its [`part_hash`].
        hash: Hash,
        /// The part.
        bytes: Vec<u8>,
    },
    /// Read the parts in order, give them to [`Manifest::restore`], and report [`SyncInput::Restored`] or
    /// [`SyncInput::PartsLost`].
    Restore(Arc<Manifest>),
    /// A peer lied, and is not asked any more.
    Liar {
        /// The peer.
        peer: PublicKey,
        /// How.
        lie: Lie,
    },
    /// State sync is over. Nothing more comes.
    Finished(SyncOutcome),
}

/// How state sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The parts on disk are the ledger: keep it as a checkpoint with its block, certificate and the handovers.
    Adopt {
        /// The checkpoint.
        manifest: Arc<Manifest>,
        /// What leads to its committee.
        handovers: Vec<Handover>,
    },
    /// Execute the chain from genesis. Parts on disk are of no use.
    CatchUp(CatchUpReason),
}

/// Why the chain is executed from genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CatchUpReason {
    /// There are no other validators.
    #[error("there is nobody to ask")]
    Alone,
    /// One honest validator or more has no checkpoint that is far enough ahead, and nobody offers one.
    #[error("the chain is short")]
    NothingToGain,
    /// Nobody offered anything in time.
    #[error("nobody offers a checkpoint")]
    NoOffer,
    /// More peers than can be faulty offered what is not the ledger: the fault may be here.
    #[error("more peers lied than a chain survives: is this the version that they run?")]
    TooManyLiars,
}

/// What a peer did that no honest one does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// Its manifest is not of a finalized block.
    #[error("its checkpoint is forged: {0}")]
    Manifest(#[from] ManifestError),
    /// Its handover is not of the committee before.
    #[error("its handover is forged: {0}")]
    Handover(#[from] HandoverError),
    /// A part is not the one in its manifest.
    #[error("part {index} of its checkpoint at height {height} is not what it offered")]
    Part {
        /// The checkpoint's height.
        height: Height,
        /// Which part.
        index: u32,
    },
    /// The parts of its manifest are not the ledger that was finalized.
    #[error("its checkpoint at height {0} is not the ledger that was finalized")]
    Ledger(Height),
}

/// What an interrupted state sync left on disk.
#[derive(Debug, Clone, Default)]
pub struct PartiallySynced {
    /// The last [`SyncEffect::Begin`].
    pub chosen: Option<(Manifest, Vec<Handover>)>,
    /// The hashes of the parts that are there, whole.
    pub parts: Vec<Hash>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncProgress {
    /// The height of the chosen checkpoint.
    pub height: Height,
    /// Parts that are on disk.
    pub stored: usize,
    /// Parts in all.
    pub parts: usize,
    /// Bytes of all parts, as the peers say.
    pub bytes: u64,
}

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

    fn offered(&mut self, from: PublicKey, offer: Option<Box<Manifest>>, now: Moment, effects: &mut Vec<SyncEffect>) {
        let Some(peer) = self.peers.get_mut(&from).filter(|peer| peer.is_asked) else { return };
        let again = if self.download.is_some() { self.limits.refresh_millis } else { self.limits.patience_millis };
        let offer = offer.map_or(Offer::Nothing, |manifest| Offer::Unverified(Arc::from(manifest)));
        peer.answered(offer, now.plus_millis(again));
        self.verify_offers(effects);
    }

    /// Looks at the offers whose committee is known by now.
    fn verify_offers(&mut self, effects: &mut Vec<SyncEffect>) {
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

    fn handed_over(&mut self, from: PublicKey, handovers: &[Handover], effects: &mut Vec<SyncEffect>) {
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

    fn part_came(
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

    fn restored(&mut self, is_right: bool, effects: &mut Vec<SyncEffect>) {
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

    fn give_up_late_parts(&mut self, now: Moment) {
        let Some(download) = &mut self.download else { return };
        let late: BTreeSet<PublicKey> =
            download.take_back(|flight| flight.give_up <= now).into_iter().map(|(_, key)| key).collect();
        for key in late {
            if let Some(peer) = self.peers.get_mut(&key) {
                peer.failed(now, &self.limits);
            }
        }
    }

    /// Verified offers of peers that can be asked.
    fn offers(&self) -> impl Iterator<Item = (PublicKey, Hash, &Arc<Manifest>)> {
        self.peers.iter().filter(|(_, peer)| peer.is_useful()).filter_map(|(key, peer)| match &peer.offer {
            Offer::Verified { id, manifest } => Some((*key, *id, manifest)),
            _ => None,
        })
    }

    fn has_supporters(&self) -> bool {
        self.download.as_ref().is_some_and(|download| self.offers().any(|(_, id, _)| id == download.id))
    }

    fn is_member(&self, key: &PublicKey) -> bool {
        self.trust.newest().validators.keys().contains(key)
    }

    /// So many members that one of them is honest.
    fn is_vouched(&self, id: &Hash) -> bool {
        let members = self.offers().filter(|(key, other, _)| other == id && self.is_member(key)).count();
        members > self.trust.newest().tolerated_faults()
    }

    /// Chooses a checkpoint where none is chosen, or where the chosen one cannot be had or is worse founded than
    /// another one; or finds that there is none to choose.
    fn choose(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
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
    fn notice_stall(&mut self, now: Moment) -> bool {
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
    fn stalls(&self, id: &Hash) -> u32 {
        self.peers.values().filter(|peer| peer.offers(id)).map(|peer| peer.stalls).min().unwrap_or(0)
    }

    fn begin(&mut self, id: Hash, manifest: Arc<Manifest>, now: Moment, effects: &mut Vec<SyncEffect>) {
        self.peers.values_mut().for_each(|peer| peer.unanswered.clear());
        let listed: BTreeSet<Hash> = manifest.parts.iter().copied().collect();
        self.stored.retain(|hash| listed.contains(hash));
        self.storing.retain(|hash| listed.contains(hash));
        let handovers = self.trust.to(manifest.block.header.epoch);
        effects.push(SyncEffect::Begin { manifest: manifest.clone(), handovers });
        self.download = Some(Download::new(id, manifest, &self.stored, &self.storing, now));
    }

    /// Ends it where there is nothing to wait for.
    fn give_up_without_offers(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
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

    fn ask_for_checkpoints(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
        for (key, peer) in self.peers.iter_mut().filter(|(_, peer)| peer.is_useful() && peer.next_ask <= now) {
            peer.ask(now, &self.limits);
            effects.push(SyncEffect::Send { to: *key, message: Box::new(Message::FetchCheckpoint) });
        }
    }

    fn ask_for_handovers(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
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

    fn ask_for_parts(&mut self, now: Moment, effects: &mut Vec<SyncEffect>) {
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
