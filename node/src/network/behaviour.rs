//! Who may connect, how often, and for which lane each connection is.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    convert::Infallible,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId, Stream,
    core::{ConnectedPoint, Endpoint, transport::PortUse},
    swarm::{
        CloseConnection, ConnectionClosed, ConnectionDenied, ConnectionId, DialError, DialFailure, FromSwarm,
        ListenFailure, NetworkBehaviour, StreamUpgradeError, ToSwarm,
    },
};

use super::{
    config::Limits,
    error::LinkError,
    handler::{Handler, Protocols, StreamEvent},
    lane::Link,
    peers::Stay,
};

/// What the driver acts on.
#[derive(Debug)]
pub(super) enum Event {
    /// A link that we dialled can be written.
    Opened { link: Link, connection: ConnectionId, stream: Stream },
    /// A link that we dialled failed or ended. Told once for each dial.
    Lost { link: Link, connection: ConnectionId, why: LinkError },
    /// A link that the peer dialled can be read.
    Accepted { link: Link, connection: ConnectionId, stream: Stream },
    /// Somebody who is not a peer connected and was sent away.
    Refused { peer_id: PeerId, address: Multiaddr },
}

/// Why a connection was denied.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0} is not a peer")]
    NotAPeer(PeerId),
    #[error("{0} connections are in their handshake already")]
    TooManyPending(usize),
    #[error("nothing was dialled for this connection")]
    NotDialled,
}

/// The gate.
pub(super) struct Behaviour {
    protocols: Protocols,
    limits: Limits,
    peers: HashMap<PeerId, Stay>,
    /// Our dials and their connections, until they are lost.
    dialled: HashMap<ConnectionId, Link>,
    pending_inbound: HashSet<ConnectionId>,
    /// What each peer dialled to us, oldest first, without those being closed.
    inbound: HashMap<PeerId, VecDeque<ConnectionId>>,
    /// Polled after each change by the swarm or the driver, so that no waker is kept.
    events: VecDeque<ToSwarm<Event, Infallible>>,
}

impl Behaviour {
    /// Lets nobody in yet.
    pub(super) fn new(chain: &str, limits: Limits) -> Self {
        Self {
            protocols: Protocols::new(chain),
            limits,
            peers: HashMap::new(),
            dialled: HashMap::new(),
            pending_inbound: HashSet::new(),
            inbound: HashMap::new(),
            events: VecDeque::new(),
        }
    }

    /// Lets a peer in.
    pub(super) fn admit(&mut self, peer_id: PeerId, stay: Stay) {
        self.peers.insert(peer_id, stay);
    }

    /// Lets a peer in no more and takes no more streams from it. Its dials and connections are left to the swarm to
    /// end; nothing more is told of them.
    pub(super) fn expel(&mut self, peer_id: PeerId) {
        let Some(stay) = self.peers.remove(&peer_id) else { return };
        self.dialled.retain(|_, link| link.peer != stay);
        self.inbound.remove(&peer_id);
    }

    /// Says what a dial that is about to start is for.
    pub(super) fn expect(&mut self, connection: ConnectionId, link: Link) {
        self.dialled.insert(connection, link);
    }

    /// Gives up a dial, of which nothing more is told. If it succeeds nonetheless, the connection is denied or closed.
    pub(super) fn forget(&mut self, peer_id: PeerId, connection: ConnectionId) {
        self.dialled.remove(&connection);
        self.events.push_back(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) });
    }

    /// Closes a connection and counts it as gone at once, because an orderly end may have to wait for a dead peer.
    pub(super) fn close(&mut self, peer_id: PeerId, connection: ConnectionId, why: LinkError) {
        self.lose(connection, why);
        if let Some(inbound) = self.inbound.get_mut(&peer_id) {
            inbound.retain(|&other| other != connection);
        }
        self.events.push_back(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) });
    }

    fn lose(&mut self, connection: ConnectionId, why: LinkError) {
        if let Some(link) = self.dialled.remove(&connection) {
            self.events.push_back(ToSwarm::GenerateEvent(Event::Lost { link, connection, why }));
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        if self.pending_inbound.len() >= self.limits.pending_inbound {
            return Err(ConnectionDenied::new(Refusal::TooManyPending(self.pending_inbound.len())));
        }
        self.pending_inbound.insert(connection);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer_id: PeerId,
        _: &Multiaddr,
        address: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        self.pending_inbound.remove(&connection);
        if !self.peers.contains_key(&peer_id) {
            self.events.push_back(ToSwarm::GenerateEvent(Event::Refused { peer_id, address: address.clone() }));
            return Err(ConnectionDenied::new(Refusal::NotAPeer(peer_id)));
        }
        let inbound = self.inbound.entry(peer_id).or_default();
        inbound.push_back(connection);
        if inbound.len() > self.limits.inbound_per_peer
            && let Some(oldest) = inbound.pop_front()
        {
            self.events.push_back(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(oldest) });
        }
        Ok(Handler::new(self.protocols.clone(), None, self.limits.handshake))
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Handler, ConnectionDenied> {
        // The swarm has checked that it is the peer that we dialled.
        let link = self.dialled.get(&connection).ok_or_else(|| ConnectionDenied::new(Refusal::NotDialled))?;
        Ok(Handler::new(self.protocols.clone(), Some(link.lane), self.limits.handshake))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::DialFailure(DialFailure { connection_id, error, .. }) => {
                let why = match error {
                    DialError::WrongPeerId { obtained, .. } => LinkError::OtherPeer { obtained: *obtained },
                    other => LinkError::Dial(other.to_string()),
                };
                self.lose(connection_id, why);
            }
            FromSwarm::ListenFailure(ListenFailure { connection_id, .. }) => {
                self.pending_inbound.remove(&connection_id);
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { peer_id, connection_id, endpoint, cause, .. }) => {
                match endpoint {
                    ConnectedPoint::Dialer { .. } => {
                        let cause = cause.map_or_else(|| "in order".to_owned(), ToString::to_string);
                        self.lose(connection_id, LinkError::Closed(cause));
                    }
                    ConnectedPoint::Listener { .. } => {
                        if let Some(inbound) = self.inbound.get_mut(&peer_id) {
                            inbound.retain(|&other| other != connection_id);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, peer_id: PeerId, connection: ConnectionId, event: StreamEvent) {
        match event {
            StreamEvent::Opened(stream) => {
                // A connection that is being closed has no link any more.
                if let Some(&link) = self.dialled.get(&connection) {
                    self.events.push_back(ToSwarm::GenerateEvent(Event::Opened { link, connection, stream }));
                }
            }
            StreamEvent::Failed(error) => {
                let why = match error {
                    StreamUpgradeError::NegotiationFailed => LinkError::OtherChain,
                    other => LinkError::Negotiation(other.to_string()),
                };
                self.close(peer_id, connection, why);
            }
            StreamEvent::Accepted(lane, stream) => {
                // A connection that is being closed must not replace its successor.
                let current = self.inbound.get(&peer_id).is_some_and(|inbound| inbound.contains(&connection));
                if let (true, Some(&peer)) = (current, self.peers.get(&peer_id)) {
                    let link = Link { peer, lane };
                    self.events.push_back(ToSwarm::GenerateEvent(Event::Accepted { link, connection, stream }));
                }
            }
        }
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Event, Infallible>> {
        self.events.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::lane::Lane, *};

    fn behaviour(peer_id: PeerId) -> Behaviour {
        let limits = Limits { inbound_per_peer: 2, pending_inbound: 2, ..Limits::default() };
        let mut behaviour = Behaviour::new("chain", limits);
        behaviour.admit(peer_id, Stay { index: 1, count: 1 });
        behaviour
    }

    fn id(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    fn connect(behaviour: &mut Behaviour, peer_id: PeerId, number: usize) -> Result<Handler, ConnectionDenied> {
        let address = Multiaddr::empty();
        behaviour.handle_pending_inbound_connection(id(number), &address, &address)?;
        behaviour.handle_established_inbound_connection(id(number), peer_id, &address, &address)
    }

    #[test]
    fn one_connection_too_many_closes_the_oldest() {
        let peer_id = PeerId::random();
        let mut behaviour = behaviour(peer_id);
        for number in 1..=3 {
            assert!(connect(&mut behaviour, peer_id, number).is_ok());
        }
        assert_eq!(behaviour.inbound[&peer_id], [id(2), id(3)]);
        let closed = behaviour.events.pop_front();
        assert!(
            matches!(closed, Some(ToSwarm::CloseConnection { connection: CloseConnection::One(one), .. }) if one == id(1)),
            "{closed:?}"
        );
        assert!(behaviour.events.is_empty());
    }

    #[test]
    fn a_stranger_is_denied_and_leaves_nothing_behind() {
        let mut behaviour = behaviour(PeerId::random());
        let stranger = PeerId::random();
        assert!(connect(&mut behaviour, stranger, 1).is_err());
        let event = behaviour.events.pop_front();
        assert!(
            matches!(event, Some(ToSwarm::GenerateEvent(Event::Refused { peer_id, .. })) if peer_id == stranger),
            "{event:?}"
        );
        assert!(behaviour.pending_inbound.is_empty() && behaviour.inbound.is_empty());
    }

    #[test]
    fn nothing_is_told_of_an_expelled_peer() {
        let peer_id = PeerId::random();
        let mut behaviour = behaviour(peer_id);
        let link = Link { peer: behaviour.peers[&peer_id], lane: Lane::Votes };
        behaviour.expect(id(1), link);
        assert!(connect(&mut behaviour, peer_id, 2).is_ok());
        behaviour.expel(peer_id);
        behaviour.lose(id(1), LinkError::Silent);
        assert!(behaviour.events.is_empty() && behaviour.dialled.is_empty() && behaviour.inbound.is_empty());
        assert!(connect(&mut behaviour, peer_id, 3).is_err());
    }

    #[test]
    fn handshakes_are_bounded() {
        let (mut behaviour, address) = (behaviour(PeerId::random()), Multiaddr::empty());
        assert!(behaviour.handle_pending_inbound_connection(id(1), &address, &address).is_ok());
        assert!(behaviour.handle_pending_inbound_connection(id(2), &address, &address).is_ok());
        assert!(behaviour.handle_pending_inbound_connection(id(3), &address, &address).is_err());
    }
}
