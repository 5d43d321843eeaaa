//! Authenticated, encrypted frames between this node and the peers that it is told of, and nobody else.
//!
//! Each node dials each of its peers once per [`Lane`] and only writes on what it dialled; it only reads on what
//! others dialled. So a pair has up to four TCP connections, nobody has to decide which of two simultaneous dials
//! survives, and a vote never waits behind a batch in a queue, a multiplexer or a socket buffer.
//!
//! ```text
//! send -> outbox (bounded, drops) -> writer -> one TCP connection -> reader -> channel (bounded, waits) -> replica
//! ```
//!
//! - Noise authenticates both sides. Who is not a peer is sent away right after the handshake.
//! - Who the peers are is said at the start and may be said anew at any time, see [`Network::set_peers`].
//! - The protocol name, `/baro/<chain>/<lane>/1`, keeps nodes of different chains apart.
//! - Delivery is in order per connection and may lose frames: a full or closed outbox drops and counts them. The replica
//!   re-sends what matters, and at the latest when it learns [`PeerEvent::Up`].
//! - Nothing a peer sends makes us hold more than [`Limits`] says, plus the multiplexer's window, which follows the
//!   path's bandwidth and delay.
//! - A lost link is dialled again for ever. A peer that goes silent counts as lost: writers send a heartbeat (a frame
//!   without a body) when they have nothing else to send.
//!
//! This is the only module that knows libp2p; keys, peer ids and addresses are made by [`keypair`], [`peer_id_of`],
//! [`parse_peer_id`] and [`parse_address`].

mod backoff;
mod behaviour;
mod config;
mod counters;
mod driver;
mod error;
mod frame;
mod handler;
mod identity;
mod lane;
mod outbox;
mod peers;
mod status;
mod streams;
#[cfg(test)]
mod tests;

use std::{
    net::TcpListener,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
pub use libp2p::{Multiaddr, PeerId, identity::Keypair};
use libp2p::{Swarm, SwarmBuilder, noise, swarm::Config as SwarmConfig, tcp, yamux};
use tokio::sync::{mpsc, watch};

pub use config::{Config, LaneLimits, Limits, Peer, Role};
pub use counters::Count;
pub use error::{FrameError, NetworkError, ParseError};
pub use identity::{keypair, parse_address, parse_peer_id, peer_id_of, peer_id_of_public_key};
pub use lane::{Lane, PerLane};
pub use status::{LaneStatus, PeerStatus};

use behaviour::Behaviour;
use driver::{Driver, Outputs};
pub use frame::read_frames;
use peers::Peers;

/// A frame from a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The sender's number, see [`Peer::index`], proven by its key.
    pub from: u16,
    /// The frame's body, never empty.
    pub frame: Bytes,
}

/// What happened to a peer, named by its number. Nothing is told of a peer that left the list; one that came back comes up
/// anew.
#[derive(Debug)]
pub enum PeerEvent {
    /// Our votes lane to this peer can be written.
    Up(u16),
    /// Our votes lane to this peer is lost; it is dialled until it is up again.
    Down(u16),
    /// This peer speaks the protocol of another chain or another version. Told once until the trouble changes.
    OtherChain(u16),
    /// This peer broke the framing, so its connection was closed.
    Misbehaved {
        /// The peer's number.
        from: u16,
        /// The lane of the closed connection.
        lane: Lane,
        /// What it did.
        error: FrameError,
    },
    /// Somebody who is not a peer was sent away. Told at most once a second; [`Network::refused`] counts all.
    Refused(PeerId),
}

/// A handle to the running network. When the last one is dropped, the network stops.
#[derive(Clone, Debug)]
pub struct Network {
    peers: Arc<Peers>,
    listen: Multiaddr,
    stop: watch::Sender<bool>,
}

/// Listens, and starts to dial every peer, on the current tokio runtime.
///
/// Frames go to the channel of their lane; while it is full, nothing is read from the peers on that lane.
pub fn start(
    config: Config,
    inbound_votes: mpsc::Sender<Inbound>,
    inbound_batches: mpsc::Sender<Inbound>,
    events: mpsc::UnboundedSender<PeerEvent>,
) -> Result<Network, NetworkError> {
    let Config { keypair, listen, chain, peers: list, limits, delay } = config;
    check(&chain, &limits)?;
    let peers = Arc::new(Peers::new(keypair.public().to_peer_id(), limits.lanes));
    peers.set(list)?;
    let listen = free_address(listen)?;
    let mut swarm = swarm(keypair, &chain, limits)?;
    swarm
        .listen_on(listen.clone())
        .map_err(|error| NetworkError::Listen { address: listen.clone(), source: std::io::Error::other(error) })?;
    let outputs = Outputs { frames: PerLane { votes: inbound_votes, batches: inbound_batches }, events, delay };
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(Driver::new(swarm, peers.clone(), limits, outputs).run(stopped));
    Ok(Network { peers, listen, stop })
}

impl Network {
    /// Replaces the list of peers. Takes effect soon after; of several lists in a short time, the last one does.
    ///
    /// Who is not in the new list is disconnected, what is queued for it is dropped, and it is refused when it connects.
    /// Nothing more comes from it but what is in the channels already. Who is new is dialled and accepted. A new address
    /// is dialled when there is no connection, or when it breaks. Peers that stay are not disturbed, whatever else
    /// changes. Our own peer id is ignored.
    ///
    /// Never waits, and may be called from any thread. A list that gives a peer a second number, or a number to a second
    /// peer, is refused as a whole.
    pub fn set_peers(&self, peers: Vec<Peer>) -> Result<(), NetworkError> {
        self.peers.set(peers)
    }

    /// Sends a frame to the peer of number `to`. Never waits: what cannot be queued is dropped and counted. An
    /// empty frame is not sent.
    pub fn send(&self, to: u16, lane: Lane, frame: Bytes) {
        match self.peers.present().get(&to) {
            Some(_) if frame.is_empty() => {}
            Some(peer) => peer.lane(lane).send(frame),
            None => tracing::debug!(to, %lane, "a frame for somebody who is not a peer was not sent"),
        }
    }

    /// Sends a frame to every peer that is a [`Role::Validator`], as [`send`](Self::send) does. The bytes are shared, not
    /// copied.
    pub fn broadcast(&self, lane: Lane, frame: Bytes) {
        if frame.is_empty() {
            return;
        }
        for peer in self.peers.present().values().filter(|peer| peer.role == Role::Validator) {
            peer.lane(lane).send(frame.clone());
        }
    }

    /// Every peer as it is now, by number.
    pub fn peers(&self) -> Vec<PeerStatus> {
        self.peers.present().values().map(PeerStatus::of).collect()
    }

    /// How many connections by somebody who is not a peer were refused.
    pub fn refused(&self) -> u64 {
        self.peers.refused.load(Ordering::Relaxed)
    }

    /// Where the network listens; port 0 in the configuration is a real port here.
    pub fn listen_address(&self) -> &Multiaddr {
        &self.listen
    }

    /// Stops the network, for every handle, and returns when the port is free again.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }
}

fn check(chain: &str, limits: &Limits) -> Result<(), NetworkError> {
    if !(1..=64).contains(&chain.len()) || !chain.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(NetworkError::Chain { chain: chain.to_owned() });
    }
    for lane in Lane::ALL {
        let LaneLimits { frame_bytes, queue_frames, queue_bytes } = *limits.lanes.of(lane);
        if queue_bytes < frame_bytes || queue_frames == 0 {
            return Err(NetworkError::Queue { queue_bytes, queue_frames, frame_bytes });
        }
    }
    Ok(())
}

/// Finds out whether the address is free, and which port it is if any will do.
///
/// libp2p shares a port that is in use (`SO_REUSEPORT`), and two nodes would then get half the connections each.
fn free_address(address: Multiaddr) -> Result<Multiaddr, NetworkError> {
    let Some(socket) = identity::socket_address(&address) else {
        return Err(NetworkError::ListenAddress { address });
    };
    TcpListener::bind(socket)
        .and_then(|listener| listener.local_addr())
        .map(identity::address_of)
        .map_err(|source| NetworkError::Listen { address, source })
}

fn swarm(keypair: Keypair, chain: &str, limits: Limits) -> Result<Swarm<Behaviour>, NetworkError> {
    let behaviour = Behaviour::new(chain, limits);
    let multiplexer = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(limits.streams_per_connection);
        config
    };
    let idle = |config: SwarmConfig| {
        config
            .with_idle_connection_timeout(limits.handshake)
            .with_max_negotiating_inbound_streams(limits.streams_per_connection)
    };
    let Ok(builder) = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, multiplexer)?
        .with_behaviour(|_| behaviour);
    Ok(builder.with_swarm_config(idle).with_connection_timeout(limits.handshake).build())
}
