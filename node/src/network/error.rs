//! Why the network did not start, and why a link did not come up or did not last.

use std::{io, time::Duration};

use libp2p::{Multiaddr, PeerId};

/// Why [`start`](super::start) or [`Network::set_peers`](super::Network::set_peers) refused.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The address is taken, not ours, or not allowed.
    #[error("cannot listen on {address}: {source}; is another node running there?")]
    Listen {
        /// The configured address.
        address: Multiaddr,
        /// What the system said.
        source: io::Error,
    },
    /// Only an IP address with a TCP port can be listened on.
    #[error("cannot listen on {address}: expected /ip4/<address>/tcp/<port> or /ip6/<address>/tcp/<port>")]
    ListenAddress {
        /// The configured address.
        address: Multiaddr,
    },
    /// The chain name would not make a protocol name.
    #[error("chain name {chain:?} must be 1 to 64 letters and digits")]
    Chain {
        /// The configured name.
        chain: String,
    },
    /// Two peers of one list have one number or one identity.
    #[error("peer {index} ({peer_id}) is named twice: numbers and peer ids must be distinct")]
    DuplicatePeer {
        /// The second one's number.
        index: u16,
        /// The second one's identity.
        peer_id: PeerId,
    },
    /// The number of a peer was given to another one.
    #[error("peer {peer_id} cannot have number {index}, which another peer has or had: give it a number of its own")]
    NumberTaken {
        /// The number.
        index: u16,
        /// Who should have got it.
        peer_id: PeerId,
    },
    /// A peer was given a second number.
    #[error("peer {peer_id} cannot have number {index}: it has number {given} for as long as the node runs")]
    Renumbered {
        /// The second number.
        index: u16,
        /// Who should have got it.
        peer_id: PeerId,
        /// Its first number.
        given: u16,
    },
    /// A queue that cannot hold the longest frame could never send it.
    #[error("a queue of {queue_bytes} bytes and {queue_frames} frames cannot hold one frame of {frame_bytes} bytes")]
    Queue {
        /// The configured bound on queued bytes.
        queue_bytes: usize,
        /// The configured bound on queued frames.
        queue_frames: usize,
        /// The configured longest frame.
        frame_bytes: usize,
    },
    /// The encryption layer rejected our key.
    #[error("cannot use the transport key: {0}")]
    Key(#[from] libp2p::noise::Error),
}

/// Why an identity or an address could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not a peer id.
    #[error("{text:?} is not a peer id: {reason}; expected base58 such as 12D3KooW...")]
    PeerId {
        /// What was read.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not 32 bytes of an ed25519 public key.
    #[error("not an ed25519 public key: {0}")]
    PublicKey(String),
    /// Not an address that can be dialled.
    #[error("{text:?} is not an address: {reason}; expected such as /ip4/10.0.0.1/tcp/9000 or /dns/host/tcp/9000")]
    Address {
        /// What was read.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why reading frames from a peer ended early.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The peer announced a frame above the lane's limit.
    #[error("announced a frame of {announced} bytes, above the limit of {limit}")]
    TooLong {
        /// The announced length of the body, in bytes.
        announced: usize,
        /// The lane's limit, in bytes.
        limit: usize,
    },
    /// The peer sent nothing, not even a heartbeat.
    #[error("sent nothing for {0:?}")]
    Silent(Duration),
    /// The connection failed or ended within a frame.
    #[error("connection lost: {0}")]
    Io(#[from] io::Error),
}

/// Why a link to a peer did not open or did not last.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("{0}")]
    Dial(String),
    #[error("cannot resolve its address: {0}")]
    Resolve(io::Error),
    #[error("another node answers there: {obtained}; check the address and the peer id in the chain spec")]
    OtherPeer { obtained: PeerId },
    #[error("it does not speak our protocol: is it on another chain or another version?")]
    OtherChain,
    #[error("protocol negotiation failed: {0}")]
    Negotiation(String),
    #[error("cannot write: {0}")]
    Write(io::Error),
    #[error("it has gone silent")]
    Silent,
    #[error("connection closed: {0}")]
    Closed(String),
}
