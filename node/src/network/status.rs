//! What whoever asks is told of each peer.

use super::{
    config::Role,
    counters::Count,
    lane::PerLane,
    peers::{LaneState, PeerState},
};

/// One peer as it is now.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// Its number, see [`Peer::index`](super::Peer::index).
    pub index: u16,
    /// Its name.
    pub name: String,
    /// Its identity, in base58.
    pub peer_id: String,
    /// Where we dial it.
    pub address: String,
    /// Whether broadcasts go to it.
    pub role: Role,
    /// Each lane with it.
    pub lanes: PerLane<LaneStatus>,
}

/// One lane with one peer as it is now. The counts only grow, also across connections, as long as the peer stays in the
/// list of peers.
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

impl PeerStatus {
    /// A snapshot.
    pub(super) fn of(peer: &PeerState) -> Self {
        Self {
            index: peer.stay.index,
            name: peer.name.to_string(),
            peer_id: peer.peer_id.to_base58(),
            address: peer.address.to_string(),
            role: peer.role,
            lanes: PerLane::from_fn(|lane| LaneStatus::of(peer.lane(lane))),
        }
    }
}

impl LaneStatus {
    fn of(lane: &LaneState) -> Self {
        Self {
            connected: lane.outbox.is_open(),
            sent: lane.traffic.sent.read(),
            received: lane.traffic.received.read(),
            dropped: lane.traffic.dropped.read(),
        }
    }
}
