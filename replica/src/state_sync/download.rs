//! The checkpoint that is being fetched: which parts are missing, on their way, being stored, or there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::{Hash, Height, Moment, PublicKey};

use super::Manifest;

/// A part on its way.
pub(super) struct Flight {
    pub(super) peer: PublicKey,
    pub(super) give_up: Moment,
}

/// A checkpoint that is being fetched. Every part is in exactly one of four states.
pub(super) struct Download {
    pub(super) id: Hash,
    pub(super) manifest: Arc<Manifest>,
    pub(super) missing: BTreeSet<u32>,
    pub(super) in_flight: BTreeMap<u32, Flight>,
    storing: BTreeSet<u32>,
    stored: usize,
    /// When the present span of watching began, and how much was stored then.
    watched: (Moment, usize),
    /// At some time so many offered it that one of them is honest.
    pub(super) is_founded: bool,
    /// The shell is putting the ledger together.
    pub(super) is_restoring: bool,
}

/// In each span of watching at least one part in so many must come.
const SLOWEST: usize = 64;

impl Download {
    /// `on_disk` are the hashes of parts that are on disk, `storing` of those that are being put there.
    pub(super) fn new(
        id: Hash,
        manifest: Arc<Manifest>,
        on_disk: &BTreeSet<Hash>,
        storing: &BTreeSet<Hash>,
        now: Moment,
    ) -> Self {
        let places = |is: &dyn Fn(&Hash) -> bool| -> BTreeSet<u32> {
            (0..).zip(manifest.parts.iter()).filter(|(_, hash)| is(hash)).map(|(at, _)| at).collect()
        };
        let is_storing = |hash: &Hash| storing.contains(hash) && !on_disk.contains(hash);
        let missing = places(&|hash| !on_disk.contains(hash) && !storing.contains(hash));
        let storing = places(&is_storing);
        let stored = manifest.parts.len() - missing.len() - storing.len();
        Self {
            id,
            manifest,
            missing,
            in_flight: BTreeMap::new(),
            storing,
            stored,
            watched: (now, stored),
            is_founded: false,
            is_restoring: false,
        }
    }

    /// When to look whether enough has come.
    pub(super) fn stalls_at(&self, millis: u64) -> Moment {
        self.watched.0.plus_millis(millis)
    }

    /// Whether a span of watching ends now in which too little came.
    pub(super) fn is_stalled(&mut self, now: Moment, millis: u64) -> bool {
        if now < self.stalls_at(millis) {
            return false;
        }
        let came = self.stored.saturating_sub(self.watched.1);
        self.watched = (now, self.stored);
        came < (self.manifest.parts.len() / SLOWEST).max(1)
    }

    /// Whether the checkpoint has a part with this hash.
    pub(super) fn has(&self, hash: &Hash) -> bool {
        self.manifest.parts.contains(hash)
    }

    pub(super) fn height(&self) -> Height {
        self.manifest.height()
    }

    /// How many parts are in memory or may come into it.
    pub(super) fn in_memory(&self) -> usize {
        self.in_flight.len() + self.storing.len()
    }

    pub(super) fn stored_parts(&self) -> usize {
        self.stored
    }

    pub(super) fn asked_of(&self, peer: &PublicKey) -> usize {
        self.in_flight.values().filter(|flight| flight.peer == *peer).count()
    }

    pub(super) fn asked(&mut self, index: u32, flight: Flight) {
        self.missing.remove(&index);
        self.in_flight.insert(index, flight);
    }

    /// The right bytes of a part came; false if it is here already.
    pub(super) fn arrived(&mut self, index: u32) -> bool {
        let is_wanted = self.in_flight.remove(&index).is_some() | self.missing.remove(&index);
        is_wanted && self.storing.insert(index)
    }

    /// The part with this hash is on disk.
    pub(super) fn stored(&mut self, hash: &Hash) {
        let parts = &self.manifest.parts;
        let before = self.storing.len();
        self.storing.retain(|index| parts.get(*index as usize) != Some(hash));
        self.stored += before - self.storing.len();
    }

    /// Parts that were on disk are not, or are damaged.
    pub(super) fn lost(&mut self, hashes: &[Hash]) {
        self.is_restoring = false;
        for (index, hash) in (0..).zip(self.manifest.parts.iter()) {
            if hashes.contains(hash) && self.missing.insert(index) {
                self.stored -= 1;
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.stored == self.manifest.parts.len()
    }

    /// Takes back what was asked of peers for which `gone` holds.
    pub(super) fn take_back(&mut self, gone: impl Fn(&Flight) -> bool) -> Vec<(u32, PublicKey)> {
        let back: Vec<(u32, PublicKey)> = self
            .in_flight
            .iter()
            .filter(|(_, flight)| gone(flight))
            .map(|(index, flight)| (*index, flight.peer))
            .collect();
        for (index, _) in &back {
            self.in_flight.remove(index);
            self.missing.insert(*index);
        }
        back
    }
}
