//! What a node is told about its network, and the bounds it keeps.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId, identity::Keypair};

use super::lane::PerLane;

/// Somebody that we connect to and that may connect to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The number under which the rest of the node knows it. A peer id has one number for as long as the network runs,
    /// and the number of a peer that left is never given to another one.
    pub index: u16,
    /// Its name, for the log.
    pub name: String,
    /// The only identity that is accepted for it.
    pub peer_id: PeerId,
    /// Where it listens. A host name is resolved anew for each dial.
    pub address: Multiaddr,
    /// Whether broadcasts go to it.
    pub role: Role,
}

/// What a peer is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A member of the present validator set: broadcasts go to it.
    Validator,
    /// Connected, but sent only what is meant for it alone: an observer, or a member of the next validator set.
    Follower,
}

/// Everything [`start`](super::start) needs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our transport key, see [`keypair`](super::keypair).
    pub keypair: Keypair,
    /// Where to listen: an IP address and a TCP port.
    pub listen: Multiaddr,
    /// Names the chain in the protocol names: the genesis hash in short hex.
    pub chain: String,
    /// Whom to connect to at first, see [`Network::set_peers`](super::Network::set_peers). Our own entry, if present,
    /// is left out.
    pub peers: Vec<Peer>,
    /// The bounds to keep.
    pub limits: Limits,
    /// Holds everything that arrives back for so long, as if it came from further away. For measurements.
    pub delay: Duration,
}

/// Bounds on what a peer can make us hold, and how long we wait for it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bounds on frames and on the queue of each (peer, lane).
    pub lanes: PerLane<LaneLimits>,
    /// Connections that one peer may have dialled to us. One more closes the oldest, because a peer that restarted
    /// dials before its old connections are noticed dead.
    pub inbound_per_peer: usize,
    /// Connections that may be in their handshake at once, from anyone.
    pub pending_inbound: usize,
    /// Streams that a connection may have, and have in negotiation.
    pub streams_per_connection: usize,
    /// Time for a dial with its handshake, for a protocol negotiation, and for a connection to be without a stream.
    pub handshake: Duration,
    /// After how long without a frame to send an empty one is sent.
    pub heartbeat: Duration,
    /// After how long without a byte a peer counts as gone. TCP alone would notice a cut cable after a quarter of an
    /// hour, and a healed one after its own growing retransmission delay.
    pub silence: Duration,
}

/// Bounds of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneLimits {
    /// The longest frame body, in bytes.
    pub frame_bytes: usize,
    /// Frames that wait for one peer.
    pub queue_frames: usize,
    /// Bytes that wait for one peer; at least `frame_bytes`.
    pub queue_bytes: usize,
}

const MIB: usize = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            lanes: PerLane {
                votes: LaneLimits { frame_bytes: 4 * MIB, queue_frames: 8192, queue_bytes: 16 * MIB },
                batches: LaneLimits { frame_bytes: 16 * MIB, queue_frames: 4096, queue_bytes: 64 * MIB },
            },
            inbound_per_peer: 4,
            pending_inbound: 64,
            streams_per_connection: 4,
            handshake: Duration::from_secs(5),
            heartbeat: Duration::from_secs(1),
            silence: Duration::from_secs(6),
        }
    }
}
