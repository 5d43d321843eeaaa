//! One connection. The side that dialled opens one stream, for its lane; the side that accepted takes streams of either
//! lane. The streams themselves are handed on: nothing is read or written here.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Stream, StreamProtocol,
    core::upgrade::{InboundUpgrade, ReadyUpgrade, UpgradeInfo},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};

use super::lane::{Lane, PerLane};

/// The protocol name of each lane on one chain.
#[derive(Clone, Debug)]
pub(super) struct Protocols(PerLane<StreamProtocol>);

impl Protocols {
    /// The names on `chain`.
    pub(super) fn new(chain: &str) -> Self {
        Self(PerLane::from_fn(|lane| {
            StreamProtocol::try_from_owned(format!("/baro/{chain}/{lane}/2")).expect("it starts with a slash")
        }))
    }

    fn name(&self, lane: Lane) -> StreamProtocol {
        self.0.of(lane).clone()
    }
}

/// What became of a stream.
#[derive(Debug)]
pub(super) enum StreamEvent {
    /// Our stream is ready to be written.
    Opened(Stream),
    /// Our stream did not come to be.
    Failed(StreamUpgradeError<Infallible>),
    /// The peer's stream is ready to be read.
    Accepted(Lane, Stream),
}

/// The streams of one connection.
pub(super) struct Handler {
    protocols: Protocols,
    /// The lane we dialled for, or `None` on a connection that the peer dialled.
    dialled: Option<Lane>,
    requested: bool,
    timeout: Duration,
    events: VecDeque<StreamEvent>,
}

impl Handler {
    /// The handler of a connection that we dialled for `lane`, or that the peer dialled.
    pub(super) fn new(protocols: Protocols, dialled: Option<Lane>, timeout: Duration) -> Self {
        Self { protocols, dialled, requested: false, timeout, events: VecDeque::new() }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = StreamEvent;
    type InboundProtocol = Accept;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Accept> {
        let lanes = if self.dialled.is_none() { Lane::ALL.as_slice() } else { &[] };
        SubstreamProtocol::new(Accept { protocols: self.protocols.clone(), lanes }, ()).with_timeout(self.timeout)
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        // No waker is kept: events arise only in `on_connection_event`, after which the connection polls again.
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(event));
        }
        match self.dialled {
            Some(lane) if !self.requested => {
                self.requested = true;
                let upgrade = ReadyUpgrade::new(self.protocols.name(lane));
                let protocol = SubstreamProtocol::new(upgrade, ()).with_timeout(self.timeout);
                Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
            }
            _ => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Accept, ReadyUpgrade<StreamProtocol>>) {
        self.events.extend(match event {
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, .. }) => {
                Some(StreamEvent::Opened(stream))
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => Some(StreamEvent::Failed(error)),
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: (lane, stream), .. }) => {
                Some(StreamEvent::Accepted(lane, stream))
            }
            _ => None,
        });
    }
}

/// Takes the peer's streams of some lanes.
pub(super) struct Accept {
    protocols: Protocols,
    lanes: &'static [Lane],
}

impl UpgradeInfo for Accept {
    type Info = StreamProtocol;
    type InfoIter = Vec<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.lanes.iter().map(|&lane| self.protocols.name(lane)).collect()
    }
}

impl InboundUpgrade<Stream> for Accept {
    type Output = (Lane, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, stream: Stream, info: StreamProtocol) -> Self::Future {
        let lane = if info == *self.protocols.0.of(Lane::Votes) { Lane::Votes } else { Lane::Batches };
        ready(Ok((lane, stream)))
    }
}
