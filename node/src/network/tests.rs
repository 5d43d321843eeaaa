//! Real nodes on loopback.

mod changes;

use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{net::TcpStream, sync::watch};

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);
const MIB: usize = 1 << 20;
const CHAIN: &str = "c0ffee";

struct Node {
    network: Network,
    votes: mpsc::Receiver<Inbound>,
    batches: mpsc::Receiver<Inbound>,
    events: mpsc::UnboundedReceiver<PeerEvent>,
}

async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(DEADLINE, future).await.expect("it happens before the deadline")
}

/// Waits for what no channel tells.
async fn until(mut condition: impl FnMut() -> bool) {
    within(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// A port that nobody listens on, below those that the system gives to outgoing connections.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 10_000 + (std::process::id() % 400) as u16 * 50;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn address(port: u16) -> Multiaddr {
    parse_address(&format!("/ip4/127.0.0.1/tcp/{port}")).unwrap()
}

fn secret(index: u16) -> [u8; 32] {
    [index as u8 + 1; 32]
}

fn peer(index: u16, port: u16) -> Peer {
    Peer {
        index,
        name: format!("node-{index}"),
        peer_id: parse_peer_id(&peer_id_of(&secret(index))).unwrap(),
        address: address(port),
        role: Role::Validator,
    }
}

fn peers(ports: &[u16]) -> Vec<Peer> {
    ports.iter().enumerate().map(|(index, &port)| peer(index as u16, port)).collect()
}

fn config(index: u16, port: u16, peers: &[Peer]) -> Config {
    Config {
        keypair: keypair(&secret(index)),
        listen: address(port),
        chain: CHAIN.to_owned(),
        peers: peers.to_vec(),
        limits: Limits::default(),
        delay: Duration::ZERO,
    }
}

fn start_node(config: Config) -> Node {
    try_start_node(config).unwrap()
}

fn try_start_node(config: Config) -> Result<Node, NetworkError> {
    let (votes_in, votes) = mpsc::channel(64);
    let (batches_in, batches) = mpsc::channel(2);
    let (events_in, events) = mpsc::unbounded_channel();
    Ok(Node { network: start(config, votes_in, batches_in, events_in)?, votes, batches, events })
}

fn start_cluster(count: usize) -> Vec<Node> {
    let ports: Vec<u16> = (0..count).map(|_| free_port()).collect();
    let peers = peers(&ports);
    peers.iter().zip(&ports).map(|(peer, &port)| start_node(config(peer.index, port, &peers))).collect()
}

/// Two nodes, of which the second one's configuration may be changed.
fn start_pair(change: impl FnOnce(&mut Config)) -> (Node, Node) {
    let ports = [free_port(), free_port()];
    let peers = peers(&ports);
    let mut second = config(1, ports[1], &peers);
    change(&mut second);
    (start_node(config(0, ports[0], &peers)), start_node(second))
}

impl Node {
    async fn event(&mut self) -> PeerEvent {
        within(self.events.recv()).await.unwrap()
    }

    async fn up(&mut self, index: u16) {
        let event = self.event().await;
        assert!(matches!(event, PeerEvent::Up(up) if up == index), "{event:?}");
    }

    async fn down(&mut self, index: u16) {
        let event = self.event().await;
        assert!(matches!(event, PeerEvent::Down(down) if down == index), "{event:?}");
    }

    fn lane(&self, index: u16, lane: Lane) -> LaneStatus {
        *self.network.peers().iter().find(|peer| peer.index == index).unwrap().lanes.of(lane)
    }

    async fn connected(&self) {
        let lanes = || self.network.peers().into_iter().flat_map(|peer| Lane::ALL.map(|lane| *peer.lanes.of(lane)));
        until(|| lanes().all(|lane| lane.connected)).await;
    }

    async fn vote(&mut self) -> Inbound {
        within(self.votes.recv()).await.unwrap()
    }

    async fn batch(&mut self) -> Inbound {
        within(self.batches.recv()).await.unwrap()
    }
}

fn frame(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn two_nodes_exchange_frames_on_both_lanes() {
    let (mut a, mut b) = start_pair(|_| {});
    a.up(1).await;
    b.up(0).await;
    a.connected().await;
    b.connected().await;
    a.network.send(1, Lane::Votes, frame("vote"));
    a.network.send(1, Lane::Batches, vec![7; 3 * MIB].into());
    b.network.send(0, Lane::Batches, frame("batch"));
    assert_eq!(b.vote().await, Inbound { from: 0, frame: frame("vote") });
    assert_eq!(b.batch().await, Inbound { from: 0, frame: vec![7; 3 * MIB].into() });
    assert_eq!(a.batch().await, Inbound { from: 1, frame: frame("batch") });

    let count = Count { frames: 1, bytes: 8 };
    until(|| a.lane(1, Lane::Votes).sent == count).await;
    assert_eq!(b.lane(0, Lane::Votes), LaneStatus { connected: true, received: count, ..LaneStatus::default() });
}

#[tokio::test]
async fn four_nodes_broadcast_in_order() {
    const FRAMES: u32 = 500;
    let mut nodes = start_cluster(4);
    for node in &nodes {
        node.connected().await;
    }
    for node in &nodes {
        for number in 0..FRAMES {
            node.network.broadcast(Lane::Votes, number.to_be_bytes().to_vec().into());
        }
        node.network.broadcast(Lane::Batches, vec![1; MIB].into());
    }
    for (index, node) in nodes.iter_mut().enumerate() {
        let mut next = [0_u32; 4];
        for _ in 0..3 * FRAMES {
            let Inbound { from, frame } = node.vote().await;
            assert_eq!(frame, next[usize::from(from)].to_be_bytes().as_slice());
            next[usize::from(from)] += 1;
        }
        assert_eq!(next[index], 0, "nobody hears itself");
        for _ in 0..3 {
            assert_eq!(node.batch().await.frame.len(), MIB);
        }
    }
}

#[tokio::test]
async fn a_stranger_is_refused_and_the_node_is_unharmed() {
    let (mut a, mut b) = start_pair(|_| {});
    a.up(1).await;
    b.up(0).await;
    let target = Peer { address: a.network.listen_address().clone(), ..peer(0, 1) };
    let stranger = start_node(config(9, free_port(), &[target]));
    let event = a.event().await;
    assert!(matches!(event, PeerEvent::Refused(who) if who.to_base58() == peer_id_of(&secret(9))), "{event:?}");
    // Both lanes are refused, again and again.
    until(|| a.network.refused() >= 4).await;
    stranger.network.send(0, Lane::Votes, frame("let me in"));
    b.network.send(0, Lane::Votes, frame("vote"));
    assert_eq!(a.vote().await, Inbound { from: 1, frame: frame("vote") });
}

#[tokio::test]
async fn a_peer_under_another_key_is_not_connected() {
    let (a, b) = start_pair(|config| config.keypair = keypair(&secret(7)));
    until(|| a.network.refused() >= 2 && b.network.refused() == 0).await;
    assert!(!a.lane(1, Lane::Votes).connected && !a.lane(1, Lane::Batches).connected);
}

#[tokio::test]
async fn a_peer_of_another_chain_is_not_connected() {
    let (mut a, mut b) = start_pair(|config| config.chain = "decaf".to_owned());
    for (node, other) in [(&mut a, 1), (&mut b, 0)] {
        let event = node.event().await;
        assert!(matches!(event, PeerEvent::OtherChain(index) if index == other), "{event:?}");
        node.network.broadcast(Lane::Votes, frame("vote"));
        assert_eq!(node.lane(other, Lane::Votes).dropped, Count { frames: 1, bytes: 8 });
    }
}

#[tokio::test]
async fn a_frame_above_the_receivers_limit_closes_the_connection() {
    let (mut a, mut b) = start_pair(|config| config.limits.lanes.votes.frame_bytes = 100);
    a.up(1).await;
    b.up(0).await;
    a.network.send(1, Lane::Votes, vec![0; 101].into());
    let event = b.event().await;
    assert!(
        matches!(
            event,
            PeerEvent::Misbehaved {
                from: 0,
                lane: Lane::Votes,
                error: FrameError::TooLong { announced: 101, limit: 100 }
            }
        ),
        "{event:?}"
    );
    a.down(1).await;
    a.up(1).await;
    a.network.send(1, Lane::Votes, vec![0; 100].into());
    assert_eq!(b.vote().await.frame.len(), 100);
}

#[tokio::test]
async fn a_frame_above_our_own_limit_is_not_sent() {
    let (mut a, mut b) = start_pair(|config| config.limits.lanes.votes.frame_bytes = 100);
    b.up(0).await;
    b.network.send(0, Lane::Votes, vec![0; 101].into());
    b.network.send(0, Lane::Votes, vec![0; 100].into());
    assert_eq!(a.vote().await.frame.len(), 100);
    assert_eq!(b.lane(0, Lane::Votes).dropped, Count { frames: 1, bytes: 105 });
}

#[tokio::test]
async fn a_peer_that_restarts_is_connected_again() {
    let ports = [free_port(), free_port()];
    let peers = peers(&ports);
    let mut a = start_node(config(0, ports[0], &peers));
    for round in 0..3 {
        let mut b = start_node(config(1, ports[1], &peers));
        a.up(1).await;
        b.up(0).await;
        a.network.send(1, Lane::Votes, vec![round].into());
        assert_eq!(b.vote().await.frame, vec![round]);
        b.network.send(0, Lane::Votes, vec![round].into());
        assert_eq!(a.vote().await.frame, vec![round]);
        if round == 0 {
            drop(b.network);
        } else {
            within(b.network.shutdown()).await;
        }
        a.down(1).await;
    }
}

/// Otherwise a validator that comes back would ask, and the answers would wait for seconds.
#[tokio::test]
async fn a_peer_that_comes_late_is_dialled_as_soon_as_it_dials() {
    let ports = [free_port(), free_port()];
    let peers = peers(&ports);
    let mut a = start_node(config(0, ports[0], &peers));
    // By now it has failed five times or so, and waits for 1.6 s until it dials again.
    tokio::time::sleep(Duration::from_millis(1_900)).await;
    let started = Instant::now();
    let mut b = start_node(config(1, ports[1], &peers));
    b.up(0).await;
    a.up(1).await;
    until(|| a.lane(1, Lane::Batches).connected && b.lane(0, Lane::Batches).connected).await;
    assert!(started.elapsed() < Duration::from_millis(600), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_peer_that_cuts_what_it_accepts_is_not_dialled_each_time_it_comes() {
    let cutting = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [free_port(), free_port()];
    let there = peers(&ports);
    let mut at_the_cutting = there.clone();
    at_the_cutting[1].address = address(cutting.local_addr().unwrap().port());
    let dialled = Arc::new(AtomicU16::new(0));
    let counted = dialled.clone();
    tokio::spawn(async move {
        while cutting.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let _a = start_node(config(0, ports[0], &at_the_cutting));
    // By now each link waits for more than a second until it dials again.
    tokio::time::sleep(Duration::from_millis(1_900)).await;
    let before = dialled.load(Ordering::Relaxed);
    let started = Instant::now();
    for _ in 0..6 {
        let mut b = start_node(config(1, ports[1], &there));
        b.up(0).await;
        within(b.network.shutdown()).await;
    }
    // Two links, each at once, and perhaps for its own patience.
    let often = dialled.load(Ordering::Relaxed) - before;
    assert!(started.elapsed() < Duration::from_secs(2), "too slow to tell: {:?}", started.elapsed());
    assert!((2..=4).contains(&often), "dialled {often} times");
}

#[tokio::test]
async fn stalled_batches_do_not_delay_votes() {
    let (mut a, mut b) = start_pair(|_| {});
    a.connected().await;
    b.connected().await;
    // Nobody takes these batches: the channel, the stream's window and the queue fill up.
    for _ in 0..20 {
        a.network.send(1, Lane::Batches, vec![0; 4 * MIB].into());
    }
    let stalled = a.lane(1, Lane::Batches);
    assert!(stalled.dropped.frames > 0, "{stalled:?}");
    for round in 0..200_u32 {
        a.network.send(1, Lane::Votes, round.to_be_bytes().to_vec().into());
        assert_eq!(b.vote().await.frame, round.to_be_bytes().as_slice());
        b.network.send(0, Lane::Votes, frame("answer"));
        assert_eq!(a.vote().await.frame, frame("answer"));
    }
    // And what was accepted arrives once somebody takes it.
    for _ in 0..20 - stalled.dropped.frames {
        assert_eq!(b.batch().await.frame.len(), 4 * MIB);
    }
}

#[tokio::test]
async fn what_is_held_back_arrives_later_and_in_order() {
    let delay = Duration::from_millis(50);
    let (near, mut far) = start_pair(|config| config.delay = delay);
    near.connected().await;
    let sent = Instant::now();
    (0..20u8).for_each(|number| near.network.send(1, Lane::Votes, vec![number].into()));
    for number in 0..20u8 {
        assert_eq!(far.vote().await, Inbound { from: 0, frame: vec![number].into() });
        assert!(sent.elapsed() >= delay);
    }
    // Each for its own time, not one after the other.
    assert!(sent.elapsed() < 10 * delay, "{:?}", sent.elapsed());
}

#[tokio::test]
async fn what_is_held_back_of_a_removed_peer_is_dropped() {
    let delay = Duration::from_millis(300);
    let (near, mut far) = start_pair(|config| config.delay = delay);
    near.connected().await;
    near.network.send(1, Lane::Votes, frame("held"));
    until(|| far.lane(0, Lane::Votes).received.frames == 1).await;
    far.network.set_peers(Vec::new()).unwrap();
    tokio::time::sleep(2 * delay).await;
    assert!(far.votes.try_recv().is_err());
}

#[tokio::test]
async fn a_full_queue_drops_and_counts() {
    let (a, mut b) = start_pair(|config| {
        config.limits.lanes.batches = LaneLimits { frame_bytes: MIB, queue_frames: 4, queue_bytes: 64 * MIB };
    });
    b.connected().await;
    for _ in 0..100 {
        b.network.send(0, Lane::Batches, vec![0; MIB].into());
    }
    let dropped = b.lane(0, Lane::Batches).dropped;
    assert!(dropped.frames > 0, "{dropped:?}");
    assert_eq!(dropped.bytes, dropped.frames * (MIB as u64 + 4));

    // Frames for a peer that is gone are dropped too, those in the queue included.
    a.network.shutdown().await;
    b.up(0).await;
    b.down(0).await;
    until(|| !b.lane(0, Lane::Batches).connected).await;
    b.network.send(0, Lane::Batches, frame("late"));
    until(|| {
        let lane = b.lane(0, Lane::Batches);
        lane.sent.frames + lane.dropped.frames == 101
    })
    .await;
}

#[tokio::test]
async fn a_cut_cable_is_noticed_and_a_mended_one_is_used() {
    let (ports, proxies) = ([free_port(), free_port()], [free_port(), free_port()]);
    let (cable, cut) = watch::channel(false);
    for (port, proxy) in ports.into_iter().zip(proxies) {
        tokio::spawn(forward(proxy, port, cut.clone()));
    }
    let mut nodes = [0, 1].map(|index| {
        let mut config = config(index, ports[usize::from(index)], &peers(&proxies));
        config.limits.heartbeat = Duration::from_millis(50);
        config.limits.silence = Duration::from_millis(500);
        config.limits.handshake = Duration::from_millis(500);
        start_node(config)
    });
    for (index, node) in [1, 0].into_iter().zip(&mut nodes) {
        node.up(index).await;
    }
    cable.send(true).unwrap();
    for (index, node) in [1, 0].into_iter().zip(&mut nodes) {
        node.down(index).await;
    }
    cable.send(false).unwrap();
    for (index, node) in [1, 0].into_iter().zip(&mut nodes) {
        node.up(index).await;
    }
}

/// Forwards connections as a cable does: once cut, a connection stays open and nothing ever arrives.
async fn forward(from: u16, to: u16, cut: watch::Receiver<bool>) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", from)).await.unwrap();
    loop {
        let (inbound, _) = listener.accept().await.unwrap();
        let Ok(outbound) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], to))).await else { continue };
        let (inbound, outbound) = (inbound.into_split(), outbound.into_split());
        for (mut from, mut to) in [(inbound.0, outbound.1), (outbound.0, inbound.1)] {
            let mut cut = cut.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = tokio::io::copy(&mut from, &mut to) => return,
                    () = async { drop(cut.wait_for(|&cut| cut).await) } => {}
                }
                std::future::pending().await
            });
        }
    }
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = try_start_node(config(0, port, &[])).map(|_| ()).unwrap_err();
    assert!(matches!(&error, NetworkError::Listen { address: named, .. } if *named == address(port)));
    assert!(error.to_string().contains(&format!("/ip4/127.0.0.1/tcp/{port}")), "{error}");

    let node = start_node(config(0, 0, &[]));
    let second = Config { listen: node.network.listen_address().clone(), ..config(1, 0, &[]) };
    assert!(matches!(try_start_node(second), Err(NetworkError::Listen { .. })));
}

#[tokio::test]
async fn a_wrong_configuration_is_refused() {
    let refusal = |change: &dyn Fn(&mut Config)| {
        let mut config = config(0, 0, &peers(&[1, 2]));
        change(&mut config);
        try_start_node(config).map(|_| ()).unwrap_err()
    };
    for chain in ["", "a/b", &"a".repeat(65)] {
        assert!(matches!(refusal(&|config| config.chain = chain.to_owned()), NetworkError::Chain { .. }));
    }
    for twin in [Peer { index: 1, ..peer(5, 5) }, Peer { index: 5, ..peer(1, 5) }] {
        let error = refusal(&|config| config.peers.push(twin.clone()));
        assert!(matches!(error, NetworkError::DuplicatePeer { .. }), "{error}");
    }
    let error = refusal(&|config| config.limits.lanes.votes.queue_bytes = 1);
    assert!(matches!(error, NetworkError::Queue { queue_bytes: 1, .. }), "{error}");
    let named = parse_address("/dns4/localhost/tcp/1").unwrap();
    let error = refusal(&|config| config.listen = named.clone());
    assert!(matches!(error, NetworkError::ListenAddress { .. }), "{error}");
}
