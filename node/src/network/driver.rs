//! The task that owns the swarm: it dials, dials again, and starts and ends the tasks that move frames.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use futures::{
    StreamExt,
    future::{BoxFuture, FutureExt},
    stream::FuturesUnordered,
};
use libp2p::{
    Multiaddr, PeerId, Stream, Swarm,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use tokio::{
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
};
use tracing::{debug, error, info, warn};

use super::{
    Inbound, PeerEvent,
    backoff::{self, Backoff},
    behaviour::{Behaviour, Event},
    config::Limits,
    error::{FrameError, LinkError},
    frame::FrameReader,
    identity,
    lane::{Lane, Link, PerLane},
    peers::{PeerState, Peers, Present, Stay},
    streams,
};
use crate::rate_limit::RateLimit;

/// How often a stranger is worth a warning and an event.
const STRANGER_INTERVAL: Duration = Duration::from_secs(1);

/// Where frames and news go.
pub(super) struct Outputs {
    pub(super) frames: PerLane<mpsc::Sender<Inbound>>,
    pub(super) events: mpsc::UnboundedSender<PeerEvent>,
    /// Everything that arrives is held back for so long.
    pub(super) delay: Duration,
}

/// The state of the task.
pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    peers: Arc<Peers>,
    changes: watch::Receiver<Arc<Present>>,
    /// The list of peers that everything here follows; `changes` may know a newer one.
    present: Arc<Present>,
    limits: Limits,
    outputs: Outputs,
    /// Our links, one of each kind: it is waiting in `dials`, being dialled, or open.
    links: HashMap<Link, LinkState>,
    dials: FuturesUnordered<BoxFuture<'static, Dial>>,
    /// The newest reader of each of the peers' links.
    readers: HashMap<Link, Reader>,
    streams: JoinSet<Ended>,
    strangers: RateLimit,
}

#[derive(Default)]
struct LinkState {
    backoff: Backoff,
    /// How often it was dialled. A dial that waits with another number was given up.
    attempt: u64,
    /// What it was dialled on, until that is lost.
    connection: Option<ConnectionId>,
    open: Option<Open>,
    /// When it was dialled at once because the peer had reached us.
    at_once: Option<Instant>,
    /// The last trouble that was told, so that each is told once.
    told: Option<String>,
}

struct Open {
    connection: ConnectionId,
    since: Instant,
    writer: AbortHandle,
}

struct Dial {
    link: Link,
    attempt: u64,
    addresses: io::Result<Vec<Multiaddr>>,
}

struct Reader {
    connection: ConnectionId,
    task: AbortHandle,
}

/// A frame-moving task that is over.
enum Ended {
    Writer { link: Link, connection: ConnectionId, result: io::Result<()> },
    Reader { link: Link, connection: ConnectionId, result: Result<(), FrameError> },
}

impl Driver {
    pub(super) fn new(swarm: Swarm<Behaviour>, peers: Arc<Peers>, limits: Limits, outputs: Outputs) -> Self {
        Self {
            swarm,
            changes: peers.changes(),
            peers,
            present: Arc::default(),
            limits,
            outputs,
            links: HashMap::new(),
            dials: FuturesUnordered::new(),
            readers: HashMap::new(),
            streams: JoinSet::new(),
            strangers: RateLimit::new(STRANGER_INTERVAL),
        }
    }

    /// Runs until told to stop or until nobody is left who could tell.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        self.follow_list();
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                // Fails only without a sender, and `peers` has it.
                Ok(()) = self.changes.changed() => self.follow_list(),
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                Some(dial) = self.dials.next() => self.dial(dial),
                Some(ended) = self.streams.join_next() => match ended {
                    Ok(ended) => self.on_ended(ended),
                    Err(error) => debug!(%error, "a stream was given up"),
                },
            }
        }
        for peer in self.present.values() {
            for lane in Lane::ALL {
                peer.lane(lane).outbox.close();
            }
        }
        self.streams.shutdown().await;
        // Closes every socket. `stop` goes last because `Network::shutdown` waits for that.
        drop(self);
        drop(stop);
    }

    /// Lets those go who are not in the newest list and takes those up who are new.
    fn follow_list(&mut self) {
        let next = self.changes.borrow_and_update().clone();
        let before = std::mem::replace(&mut self.present, next.clone());
        for was in before.values() {
            match next.get(&was.stay.index) {
                Some(is) if is.stay == was.stay && is.address != was.address => self.move_to_address(is),
                Some(is) if is.stay == was.stay => {}
                _ => self.cut_off(was),
            }
        }
        for peer in next.values() {
            if before.get(&peer.stay.index).is_some_and(|was| was.stay == peer.stay) {
                continue;
            }
            info!(peer = %peer.name, address = %peer.address, role = ?peer.role, "a peer from now on");
            self.swarm.behaviour_mut().admit(peer.peer_id, peer.stay);
            for lane in Lane::ALL {
                self.dial_after(Duration::ZERO, Link { peer: peer.stay, lane });
            }
        }
    }

    /// Ends everything with a peer that is not in the list any more.
    fn cut_off(&mut self, peer: &PeerState) {
        info!(peer = %peer.name, "not a peer any more; disconnecting");
        self.swarm.behaviour_mut().expel(peer.peer_id);
        for lane in Lane::ALL {
            let link = Link { peer: peer.stay, lane };
            peer.lane(lane).outbox.close();
            // A writer that ends in order would write first what is queued.
            if let Some(open) = self.links.remove(&link).and_then(|state| state.open) {
                open.writer.abort();
            }
            if let Some(reader) = self.readers.remove(&link) {
                reader.task.abort();
            }
        }
        // Fails only if there is no connection.
        let _ = self.swarm.disconnect_peer_id(peer.peer_id);
    }

    /// Dials the peer where it is now on each lane without a connection.
    fn move_to_address(&mut self, peer: &PeerState) {
        info!(peer = %peer.name, address = %peer.address, "dialled there from now on");
        for lane in Lane::ALL {
            let link = Link { peer: peer.stay, lane };
            let state = self.links.entry(link).or_default();
            if state.open.is_some() {
                continue;
            }
            // What went wrong at the old address says nothing about the new one.
            let attempt = state.attempt;
            let before = std::mem::replace(state, LinkState { attempt, ..LinkState::default() });
            if let Some(connection) = before.connection {
                self.swarm.behaviour_mut().forget(peer.peer_id, connection);
            }
            self.dial_after(Duration::ZERO, link);
        }
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<Event>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_event(event),
            SwarmEvent::NewListenAddr { address, .. } => info!(%address, "listening"),
            SwarmEvent::ListenerError { error, .. } => warn!(%error, "could not accept a connection"),
            SwarmEvent::ListenerClosed { reason, .. } => {
                error!(?reason, "stopped listening: no peer can reach this node until it is restarted");
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                debug!(%error, address = %send_back_addr, "a connection to us failed");
            }
            _ => {}
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Opened { link, connection, stream } => self.on_opened(link, connection, stream),
            Event::Lost { link, connection, why } => self.on_lost(link, connection, &why),
            Event::Accepted { link, connection, stream } => self.on_accepted(link, connection, stream),
            Event::Refused { peer_id, address } => self.on_refused(peer_id, &address),
        }
    }

    fn on_opened(&mut self, link: Link, connection: ConnectionId, stream: Stream) {
        let Some(peer) = self.peer(link.peer) else { return };
        let (name, lane) = (peer.name.clone(), peer.lane(link.lane).clone());
        let state = self.links.entry(link).or_default();
        if state.connection != Some(connection) {
            return;
        }
        let (queued, heartbeat) = (lane.outbox.open(), self.limits.heartbeat);
        let writer = self.streams.spawn(async move {
            let result = streams::write(stream, queued, &lane.traffic, heartbeat).await;
            Ended::Writer { link, connection, result }
        });
        state.open = Some(Open { connection, since: Instant::now(), writer });
        state.told = None;
        info!(peer = %name, lane = %link.lane, "connected");
        if link.lane == Lane::Votes {
            self.tell(PeerEvent::Up(link.peer.index));
        }
    }

    fn on_lost(&mut self, link: Link, connection: ConnectionId, why: &LinkError) {
        let current = self.links.get(&link).and_then(|state| state.connection);
        if current == Some(connection) {
            self.dial_again(link, why);
        }
    }

    fn dial_again(&mut self, link: Link, why: &LinkError) {
        let Some(peer) = self.peer(link.peer) else { return };
        peer.lane(link.lane).outbox.close();
        let name = peer.name.clone();
        let state = self.links.entry(link).or_default();
        state.connection = None;
        let open = state.open.take();
        if let Some(open) = &open {
            state.backoff.lasted(open.since.elapsed());
        }
        let delay = state.backoff.next();
        let reason = why.to_string();
        let is_news = state.told.as_ref() != Some(&reason);
        if is_news {
            warn!(peer = %name, lane = %link.lane, %reason, "not connected; dialling until it is");
            state.told = Some(reason);
        } else {
            debug!(peer = %name, lane = %link.lane, %reason, ?delay, "still not connected");
        }
        if link.lane == Lane::Votes {
            if open.is_some() {
                self.tell(PeerEvent::Down(link.peer.index));
            }
            if is_news && matches!(why, LinkError::OtherChain) {
                self.tell(PeerEvent::OtherChain(link.peer.index));
            }
        }
        self.dial_after(delay, link);
    }

    fn on_accepted(&mut self, link: Link, connection: ConnectionId, stream: Stream) {
        let Some(peer) = self.peer(link.peer) else { return };
        let lane = peer.lane(link.lane).clone();
        let deliver = self.outputs.frames.of(link.lane).clone();
        let delay = self.outputs.delay;
        let limit = self.limits.lanes.of(link.lane).frame_bytes;
        let frames = FrameReader::new(stream, limit, self.limits.silence);
        let task = self.streams.spawn(async move {
            let reading = |deliver| streams::read(frames, link.peer.index, &lane.traffic, deliver);
            let result =
                if delay.is_zero() { reading(deliver).await } else { streams::delay(reading, delay, deliver).await };
            Ended::Reader { link, connection, result }
        });
        if let Some(old) = self.readers.insert(link, Reader { connection, task }) {
            old.task.abort();
            if old.connection != connection {
                self.close(link.peer, old.connection, LinkError::Closed("replaced".to_owned()));
            }
        }
        self.dial_at_once(link.peer);
    }

    /// A peer that reaches us is there: none of our links waits any longer for its next dial. Its questions need our answers. Not
    /// more often than an attempt that fails is repeated, for the peer may cut what it accepts.
    fn dial_at_once(&mut self, peer: Stay) {
        for link in Lane::ALL.map(|lane| Link { peer, lane }) {
            let Some(state) = self.links.get_mut(&link) else { continue };
            if state.connection.is_none() && state.at_once.is_none_or(|last| last.elapsed() >= backoff::LAST) {
                state.at_once = Some(Instant::now());
                self.dial_after(Duration::ZERO, link);
            }
        }
    }

    fn on_refused(&mut self, peer_id: PeerId, address: &Multiaddr) {
        self.peers.refused.fetch_add(1, Ordering::Relaxed);
        if let Some(suppressed) = self.strangers.pass(Instant::now()) {
            warn!(%peer_id, %address, suppressed, "refused a node that is not a peer");
            self.tell(PeerEvent::Refused(peer_id));
        }
    }

    fn on_ended(&mut self, ended: Ended) {
        match ended {
            // Its connection is lost already, that is why its outbox was closed.
            Ended::Writer { result: Ok(()), .. } => {}
            Ended::Writer { link, connection, result: Err(error) } => {
                self.close(link.peer, connection, LinkError::Write(error));
            }
            Ended::Reader { link, connection, result } => {
                if self.readers.get(&link).is_some_and(|reader| reader.connection == connection) {
                    self.readers.remove(&link);
                }
                self.close(link.peer, connection, LinkError::Closed("its stream ended".to_owned()));
                if let Err(error) = result {
                    self.on_read_error(link, error);
                }
            }
        }
    }

    fn on_read_error(&mut self, link: Link, error: FrameError) {
        let Some(name) = self.peer(link.peer).map(|peer| peer.name.clone()) else { return };
        match error {
            FrameError::Io(error) => debug!(peer = %name, lane = %link.lane, %error, "a stream of the peer ended"),
            FrameError::Silent(_) => {
                warn!(peer = %name, lane = %link.lane, %error, "the peer is gone; dialling it anew");
                // What we write to it goes nowhere either, and TCP would tell us much later.
                for lane in Lane::ALL {
                    let open = self.links.get(&Link { lane, ..link }).and_then(|state| state.open.as_ref());
                    if let Some(connection) = open.map(|open| open.connection) {
                        self.close(link.peer, connection, LinkError::Silent);
                    }
                }
            }
            FrameError::TooLong { .. } => {
                warn!(peer = %name, lane = %link.lane, %error, "closed a connection of a misbehaving peer");
                self.tell(PeerEvent::Misbehaved { from: link.peer.index, lane: link.lane, error });
            }
        }
    }

    fn dial_after(&mut self, delay: Duration, link: Link) {
        let Some(address) = self.peer(link.peer).map(|peer| peer.address.clone()) else { return };
        let state = self.links.entry(link).or_default();
        state.attempt += 1;
        let attempt = state.attempt;
        let dial = async move {
            tokio::time::sleep(delay).await;
            Dial { link, attempt, addresses: identity::resolve(&address).await }
        };
        self.dials.push(dial.boxed());
    }

    fn dial(&mut self, Dial { link, attempt, addresses }: Dial) {
        let Some(peer_id) = self.peer(link.peer).map(|peer| peer.peer_id) else { return };
        let state = self.links.entry(link).or_default();
        if state.attempt != attempt {
            return;
        }
        let addresses = match addresses {
            Ok(addresses) => addresses,
            Err(error) => return self.dial_again(link, &LinkError::Resolve(error)),
        };
        // The lanes must not share a connection, nor a local port, which would make them the same connection to TCP.
        let dial = DialOpts::peer_id(peer_id)
            .condition(PeerCondition::Always)
            .addresses(addresses)
            .allocate_new_port()
            .build();
        state.connection = Some(dial.connection_id());
        self.swarm.behaviour_mut().expect(dial.connection_id(), link);
        if let Err(error) = self.swarm.dial(dial) {
            // The behaviour has been told too and reports the link as lost.
            debug!(%peer_id, lane = %link.lane, %error, "could not start to dial");
        }
    }

    fn close(&mut self, peer: Stay, connection: ConnectionId, why: LinkError) {
        if let Some(peer_id) = self.peer(peer).map(|peer| peer.peer_id) {
            self.swarm.behaviour_mut().close(peer_id, connection, why);
        }
    }

    fn tell(&self, event: PeerEvent) {
        if self.outputs.events.send(event).is_err() {
            debug!("nobody listens to peer events");
        }
    }

    /// The peer, unless that stay is over.
    fn peer(&self, stay: Stay) -> Option<&PeerState> {
        self.present.get(&stay.index).filter(|peer| peer.stay == stay)
    }
}
