//! What is known of one peer: what it offers, what it was asked, how it behaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use types::{Hash, Moment};

use super::{Manifest, SyncLimits};

/// Parts that a peer may be asked for without an answer before the lowest of them is forgotten.
const MAX_UNANSWERED: usize = 32;

/// Questions for handovers that may stay without an answer.
const MAX_MISSED_HANDOVERS: u32 = 3;

/// The longest rest is the shortest one doubled so many times.
const MAX_DOUBLINGS: u32 = 5;

/// What a peer has said about its checkpoint.
#[derive(Clone)]
pub(super) enum Offer {
    /// Nothing yet.
    Unknown,
    /// It has none.
    Nothing,
    /// One of an epoch that is not known yet.
    Unverified(Arc<Manifest>),
    /// One that a committee finalized.
    Verified {
        /// Its [`Manifest::id`].
        id: Hash,
        manifest: Arc<Manifest>,
    },
}

/// A peer.
pub(super) struct Peer {
    pub(super) is_up: bool,
    /// It lied: nothing more is asked of it, and nothing that it says is heard.
    pub(super) is_liar: bool,
    pub(super) offer: Offer,
    /// It was asked for its checkpoint and has not answered.
    pub(super) is_asked: bool,
    /// How often it was asked since its last answer.
    asks: u32,
    /// When to ask for its checkpoint (again).
    pub(super) next_ask: Moment,
    /// It was asked for handovers and has not answered; when to ask again.
    pub(super) handovers_asked: Option<Moment>,
    /// Questions for handovers without an answer that led on.
    pub(super) missed_handovers: u32,
    /// How often it offered a download that stalled.
    pub(super) stalls: u32,
    /// Parts that it was asked for and has not sent.
    pub(super) unanswered: BTreeSet<u32>,
    failures: u32,
    /// It is not asked for parts before.
    pub(super) rests_until: Moment,
}

impl Peer {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            is_up: false,
            is_liar: false,
            offer: Offer::Unknown,
            is_asked: false,
            asks: 0,
            next_ask: now,
            handovers_asked: None,
            missed_handovers: 0,
            stalls: 0,
            unanswered: BTreeSet::new(),
            failures: 0,
            rests_until: now,
        }
    }

    /// The link is new: what was asked before is lost.
    pub(super) fn came_up(&mut self, now: Moment) {
        self.is_up = true;
        self.is_asked = false;
        self.asks = 0;
        self.next_ask = now;
        self.handovers_asked = None;
        self.failures = 0;
        self.rests_until = now;
    }

    /// Whether anything can be asked of it.
    pub(super) fn is_useful(&self) -> bool {
        self.is_up && !self.is_liar
    }

    /// Whether it has said what it has.
    pub(super) fn has_answered(&self) -> bool {
        matches!(self.offer, Offer::Nothing | Offer::Verified { .. })
    }

    /// Whether this checkpoint can be had from it.
    pub(super) fn offers(&self, checkpoint: &Hash) -> bool {
        self.is_useful() && matches!(&self.offer, Offer::Verified { id, .. } if id == checkpoint)
    }

    /// Whether it may leave another question for handovers without an answer.
    pub(super) fn may_miss_handovers(&mut self) -> bool {
        self.missed_handovers += 1;
        self.missed_handovers < MAX_MISSED_HANDOVERS
    }

    /// It is being asked for its checkpoint.
    pub(super) fn ask(&mut self, now: Moment, limits: &SyncLimits) {
        self.is_asked = true;
        // Sooner at first: the answer to a first question is often lost because the way back is not open yet.
        let wait = limits.ask_again_millis << self.asks.min(MAX_DOUBLINGS);
        self.asks += 1;
        self.next_ask = now.plus_millis(wait);
    }

    /// It has answered what its checkpoint is, and is asked again later.
    pub(super) fn answered(&mut self, offer: Offer, next_ask: Moment) {
        self.is_asked = false;
        self.asks = 0;
        self.offer = offer;
        self.next_ask = next_ask;
    }

    /// It is being asked for a part.
    pub(super) fn ask_part(&mut self, index: u32) {
        self.unanswered.insert(index);
        if self.unanswered.len() > MAX_UNANSWERED {
            self.unanswered.pop_first();
        }
    }

    /// It has sent a part that was asked for.
    pub(super) fn delivered(&mut self, now: Moment) {
        self.failures = 0;
        self.rests_until = now;
    }

    /// It did not send a part in time.
    pub(super) fn failed(&mut self, now: Moment, limits: &SyncLimits) {
        self.rests_until = now.plus_millis(limits.rest_millis << self.failures.min(MAX_DOUBLINGS));
        self.failures += 1;
    }
}
