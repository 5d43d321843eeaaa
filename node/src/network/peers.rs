//! Who the peers are at present, shared by the handle that sends, the tasks that count and whoever asks.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::watch;

use super::{
    config::{LaneLimits, Peer, Role},
    counters::Traffic,
    error::NetworkError,
    lane::{Lane, PerLane},
    outbox::{Dropped, Outbox},
};

/// The list of peers, and what is remembered of the lists before.
#[derive(Debug)]
pub(super) struct Peers {
    ourselves: PeerId,
    limits: PerLane<LaneLimits>,
    /// Also held while a list replaces another, so that lists come one after the other.
    numbers: Mutex<Numbers>,
    present: watch::Sender<Arc<Present>>,
    /// Connections by somebody who is not a peer.
    pub(super) refused: AtomicU64,
}

/// The peers of one list but ourselves, by their numbers.
pub(super) type Present = BTreeMap<u16, PeerState>;

/// One peer. What does not change while it stays in the list is shared by its copies.
#[derive(Clone, Debug)]
pub(super) struct PeerState {
    pub(super) stay: Stay,
    pub(super) peer_id: PeerId,
    pub(super) name: Arc<str>,
    pub(super) address: Multiaddr,
    pub(super) role: Role,
    lanes: PerLane<Arc<LaneState>>,
}

/// One lane with one peer.
#[derive(Debug)]
pub(super) struct LaneState {
    pub(super) outbox: Outbox,
    pub(super) traffic: Traffic,
}

/// One stay of a peer in the list. A peer that left and came back begins another one, so that nothing that is left of
/// the first, such as a dial, is taken for a part of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stay {
    /// The peer's number.
    pub(super) index: u16,
    /// Counts the stays of all peers.
    pub(super) count: u64,
}

/// Which number was given to which peer, for the life of the network.
#[derive(Debug, Default)]
struct Numbers {
    owners: HashMap<u16, PeerId>,
    given: HashMap<PeerId, u16>,
    stays: u64,
}

impl Peers {
    /// Nobody yet; `ourselves` is never one of them.
    pub(super) fn new(ourselves: PeerId, limits: PerLane<LaneLimits>) -> Self {
        Self {
            ourselves,
            limits,
            numbers: Mutex::default(),
            present: watch::Sender::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Replaces the list, or changes nothing and says what is wrong with the new one.
    pub(super) fn set(&self, peers: Vec<Peer>) -> Result<(), NetworkError> {
        // Numbers that were given stay given, so a panic elsewhere leaves nothing wrong behind.
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.check(&peers)?;
        let before = self.present();
        let mut present = Present::new();
        for Peer { index, peer_id, name, address, role } in peers {
            numbers.give(index, peer_id);
            if peer_id == self.ourselves {
                continue;
            }
            // A number never goes to another peer, so this is the same one.
            let (stay, lanes) = match before.get(&index) {
                Some(stayed) => (stayed.stay, stayed.lanes.clone()),
                None => (numbers.stay(index), PerLane::from_fn(|lane| LaneState::new(*self.limits.of(lane)))),
            };
            present.insert(index, PeerState { stay, peer_id, name: name.into(), address, role, lanes });
        }
        self.present.send_replace(Arc::new(present));
        Ok(())
    }

    /// The list as it is now.
    pub(super) fn present(&self) -> Arc<Present> {
        self.present.borrow().clone()
    }

    /// Tells of each change of the list; of several at once, it tells the last.
    pub(super) fn changes(&self) -> watch::Receiver<Arc<Present>> {
        self.present.subscribe()
    }
}

impl Numbers {
    fn check(&self, peers: &[Peer]) -> Result<(), NetworkError> {
        let (mut indices, mut peer_ids) = (HashSet::new(), HashSet::new());
        for &Peer { index, peer_id, .. } in peers {
            if !indices.insert(index) || !peer_ids.insert(peer_id) {
                return Err(NetworkError::DuplicatePeer { index, peer_id });
            }
            match self.owners.get(&index) {
                Some(&owner) if owner != peer_id => return Err(NetworkError::NumberTaken { index, peer_id }),
                _ => {}
            }
            match self.given.get(&peer_id) {
                Some(&given) if given != index => return Err(NetworkError::Renumbered { index, peer_id, given }),
                _ => {}
            }
        }
        Ok(())
    }

    fn give(&mut self, index: u16, peer_id: PeerId) {
        self.owners.insert(index, peer_id);
        self.given.insert(peer_id, index);
    }

    fn stay(&mut self, index: u16) -> Stay {
        self.stays += 1;
        Stay { index, count: self.stays }
    }
}

impl PeerState {
    /// One lane with this peer.
    pub(super) fn lane(&self, lane: Lane) -> &Arc<LaneState> {
        self.lanes.of(lane)
    }
}

impl LaneState {
    fn new(limits: LaneLimits) -> Arc<Self> {
        Arc::new(Self { outbox: Outbox::new(limits), traffic: Traffic::default() })
    }

    /// Queues a frame, or counts it as dropped.
    pub(super) fn send(&self, frame: Bytes) {
        let length = frame.len();
        if let Err(reason) = self.outbox.push(frame) {
            self.traffic.dropped.add(length);
            if reason == Dropped::TooLong {
                tracing::error!(length, "a frame above the limit of its lane was not sent");
            }
        }
    }
}
