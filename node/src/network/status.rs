//! What is known of each peer, shared by the handle that sends, the tasks that count and whoever asks.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, atomic::AtomicU64},
};

use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};

use super::{
    config::{Limits, Peer},
    counters::{Count, Traffic},
    error::NetworkError,
    lane::{Lane, Link, PerLane},
    outbox::{Dropped, Outbox},
};

/// One peer as it is now.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// Its index in the chain spec.
    pub index: u16,
    /// Its identity, in base58.
    pub peer_id: String,
    /// n
    pub name: String,
    /// r
    pub role: super::Role,
    /// Where we dial it.
    pub address: String,
    /// Each lane with it.
    pub lanes: PerLane<LaneStatus>,
}

/// One lane with one peer as it is now. The counts only grow, also across connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStatus {
    /// Whether we can write to the peer.
    pub connected: bool,
    /// Handed to the connection.
    pub sent: Count,
    /// Read from the connection.
    pub received: Count,
    /// Not sent, because the queue was full or the peer was not connected.
    pub dropped: Count,
}

/// The peers, by their index in the chain spec.
#[derive(Debug)]
pub(super) struct Peers {
    by_index: BTreeMap<u16, PeerState>,
    /// Connections by somebody who is not a peer.
    pub(super) refused: AtomicU64,
}

/// One peer.
#[derive(Debug)]
pub(super) struct PeerState {
    pub(super) peer_id: PeerId,
    pub(super) address: Multiaddr,
    lanes: PerLane<Arc<LaneState>>,
}

/// One lane with one peer.
#[derive(Debug)]
pub(super) struct LaneState {
    pub(super) outbox: Outbox,
    pub(super) traffic: Traffic,
}

impl Peers {
    /// All of `peers` but ourselves.
    pub(super) fn new(peers: &[Peer], ourselves: PeerId, limits: &Limits) -> Result<Self, NetworkError> {
        let mut by_index = BTreeMap::new();
        let mut seen = HashSet::new();
        for Peer { index, peer_id, address, .. } in peers {
            let lanes = PerLane::from_fn(|lane| {
                Arc::new(LaneState { outbox: Outbox::new(*limits.lanes.of(lane)), traffic: Traffic::default() })
            });
            let state = PeerState { peer_id: *peer_id, address: address.clone(), lanes };
            if by_index.insert(*index, state).is_some() || !seen.insert(*peer_id) {
                return Err(NetworkError::DuplicatePeer { index: *index, peer_id: *peer_id });
            }
        }
        by_index.retain(|_, peer| peer.peer_id != ourselves);
        Ok(Self { by_index, refused: AtomicU64::new(0) })
    }

    /// Every peer with its index, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, &PeerState)> {
        self.by_index.iter().map(|(&index, peer)| (index, peer))
    }

    /// The peer of this index.
    pub(super) fn peer(&self, index: u16) -> Option<&PeerState> {
        self.by_index.get(&index)
    }

    /// Both links to each peer.
    pub(super) fn links(&self) -> impl Iterator<Item = Link> {
        self.by_index.keys().flat_map(|&peer| Lane::ALL.map(|lane| Link { peer, lane }))
    }
}

impl PeerState {
    /// One lane with this peer.
    pub(super) fn lane(&self, lane: Lane) -> &Arc<LaneState> {
        self.lanes.of(lane)
    }

    /// A snapshot.
    pub(super) fn status(&self, index: u16) -> PeerStatus {
        PeerStatus {
            index,
            name: String::new(),
            role: super::Role::Validator,
            peer_id: self.peer_id.to_base58(),
            address: self.address.to_string(),
            lanes: PerLane::from_fn(|lane| self.lane(lane).status()),
        }
    }
}

impl LaneState {
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

    fn status(&self) -> LaneStatus {
        LaneStatus {
            connected: self.outbox.is_open(),
            sent: self.traffic.sent.read(),
            received: self.traffic.received.read(),
            dropped: self.traffic.dropped.read(),
        }
    }
}
