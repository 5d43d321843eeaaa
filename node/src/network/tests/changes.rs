//! Lists of peers that change while the network runs.

use super::*;

/// Nodes of which each knows all, and the list of all.
async fn connected_cluster(count: usize) -> (Vec<Node>, Vec<Peer>) {
    let ports: Vec<u16> = (0..count).map(|_| free_port()).collect();
    let peers = peers(&ports);
    let mut nodes: Vec<Node> =
        peers.iter().zip(&ports).map(|(peer, &port)| start_node(config(peer.index, port, &peers))).collect();
    for node in &mut nodes {
        node.connected().await;
        for _ in 1..count {
            let event = node.event().await;
            assert!(matches!(event, PeerEvent::Up(_)), "{event:?}");
        }
    }
    (nodes, peers)
}

fn without(peers: &[Peer], index: u16) -> Vec<Peer> {
    peers.iter().filter(|peer| peer.index != index).cloned().collect()
}

impl Node {
    /// The next event that is not about somebody who was refused.
    async fn event_of_a_peer(&mut self) -> PeerEvent {
        loop {
            match self.event().await {
                PeerEvent::Refused(_) => {}
                event => return event,
            }
        }
    }

    /// Asserts that nothing happened to the peers.
    fn saw_nothing(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            assert!(matches!(event, PeerEvent::Refused(_)), "{event:?}");
        }
    }

    fn indices(&self) -> Vec<u16> {
        self.network.peers().iter().map(|peer| peer.index).collect()
    }
}

/// Sends a frame again and again until it arrives: what is sent to a connection that is about to be closed is lost.
async fn reaches(from: &Node, to: &mut Node, [from_index, to_index]: [u16; 2]) {
    within(async {
        loop {
            from.network.send(to_index, Lane::Votes, frame("again"));
            let arrived = tokio::time::timeout(Duration::from_millis(20), to.votes.recv()).await;
            if arrived.is_ok_and(|inbound| inbound.is_some_and(|inbound| inbound.from == from_index)) {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_is_added_is_dialled_and_accepted() {
    let ports = [free_port(), free_port()];
    let peers = peers(&ports);
    let mut a = start_node(config(0, ports[0], &peers[..1]));
    let mut b = start_node(config(1, ports[1], &peers));
    until(|| a.network.refused() >= 2).await;
    assert_eq!(a.indices(), [0; 0]);

    let network = a.network.clone();
    std::thread::spawn(move || network.set_peers(peers)).join().unwrap().unwrap();
    assert!(matches!(a.event_of_a_peer().await, PeerEvent::Up(1)));
    b.up(0).await;
    a.connected().await;
    b.connected().await;
    for lane in Lane::ALL {
        a.network.send(1, lane, frame("to b"));
        b.network.broadcast(lane, frame("to a"));
    }
    assert_eq!(b.vote().await, Inbound { from: 0, frame: frame("to b") });
    assert_eq!(b.batch().await, Inbound { from: 0, frame: frame("to b") });
    assert_eq!(a.vote().await, Inbound { from: 1, frame: frame("to a") });
    assert_eq!(a.batch().await, Inbound { from: 1, frame: frame("to a") });
}

#[tokio::test]
async fn a_peer_that_is_removed_is_cut_off_and_the_others_notice_nothing() {
    let (mut nodes, peers) = connected_cluster(3).await;
    let [a, b, c] = nodes.as_mut_slice() else { panic!("three nodes") };
    a.network.broadcast(Lane::Votes, frame("before"));
    b.network.send(0, Lane::Votes, frame("before"));
    for node in [&mut *b, &mut *c] {
        assert_eq!(node.vote().await.frame, frame("before"));
    }
    assert_eq!(a.vote().await.frame, frame("before"));

    a.network.set_peers(without(&peers, 2)).unwrap();
    assert_eq!(a.indices(), [1]);
    c.down(0).await;
    until(|| a.network.refused() >= 4 && !c.lane(0, Lane::Batches).connected).await;
    c.network.send(0, Lane::Votes, frame("after"));
    a.network.send(2, Lane::Votes, frame("after"));
    a.network.broadcast(Lane::Votes, frame("after"));
    b.network.send(0, Lane::Votes, frame("after"));
    assert_eq!(b.vote().await, Inbound { from: 0, frame: frame("after") });
    assert_eq!(a.vote().await, Inbound { from: 1, frame: frame("after") });
    assert!(a.votes.try_recv().is_err() && c.votes.try_recv().is_err());

    let two = Count { frames: 2, bytes: 2 * 4 + 11 };
    until(|| a.lane(1, Lane::Votes).sent == two).await;
    let undisturbed = LaneStatus { connected: true, sent: two, received: two, dropped: Count::default() };
    assert_eq!(a.lane(1, Lane::Votes), undisturbed);
    a.saw_nothing();
    b.saw_nothing();
    c.saw_nothing();
}

#[tokio::test]
async fn what_is_queued_for_a_peer_that_is_removed_is_dropped() {
    let (mut nodes, peers) = connected_cluster(2).await;
    let [a, b] = nodes.as_mut_slice() else { panic!("two nodes") };
    // Nobody takes these batches: the channel, the stream's window and the queue fill up.
    for _ in 0..20 {
        a.network.send(1, Lane::Batches, vec![0; 4 * MIB].into());
    }
    let accepted = 20 - a.lane(1, Lane::Batches).dropped.frames;
    until(|| b.lane(0, Lane::Batches).received.frames >= 3).await;
    a.network.set_peers(Vec::new()).unwrap();
    b.down(0).await;
    a.network.set_peers(peers).unwrap();
    assert!(matches!(a.event_of_a_peer().await, PeerEvent::Up(1)));
    assert_eq!(a.lane(1, Lane::Batches).dropped, Count::default());
    until(|| a.lane(1, Lane::Batches).connected).await;
    a.network.send(1, Lane::Batches, frame("new"));
    let mut old = 0;
    while b.batch().await.frame != frame("new") {
        old += 1;
    }
    assert!(old < accepted, "all {accepted} queued frames arrived");
}

#[tokio::test]
async fn nothing_more_comes_from_a_peer_that_is_removed() {
    let (mut nodes, peers) = connected_cluster(2).await;
    let [a, b] = nodes.as_mut_slice() else { panic!("two nodes") };
    // The channel holds two of them, and the reader waits with the third.
    for _ in 0..50 {
        b.network.send(0, Lane::Batches, frame("old"));
    }
    until(|| a.lane(1, Lane::Batches).received.frames == 3).await;
    a.network.set_peers(Vec::new()).unwrap();
    until(|| a.network.refused() >= 2 && Lane::ALL.iter().all(|&lane| !b.lane(0, lane).connected)).await;
    assert_eq!([a.batch().await.frame, a.batch().await.frame], [frame("old"), frame("old")]);
    a.network.set_peers(peers).unwrap();
    b.connected().await;
    b.network.send(0, Lane::Batches, frame("new"));
    assert_eq!(a.batch().await.frame, frame("new"));
}

#[tokio::test]
async fn a_peer_that_left_and_came_back_begins_anew() {
    let (mut nodes, peers) = connected_cluster(3).await;
    let [a, b, c] = nodes.as_mut_slice() else { panic!("three nodes") };
    for round in 0..30 {
        a.network.set_peers(without(&peers, 2)).unwrap();
        // The network sees some of these lists, and of others only the last.
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        a.network.set_peers(peers.clone()).unwrap();
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
    }
    reaches(a, c, [0, 2]).await;
    reaches(c, a, [2, 0]).await;
    a.network.send(1, Lane::Votes, frame("vote"));
    assert_eq!(b.vote().await, Inbound { from: 0, frame: frame("vote") });
    b.saw_nothing();

    for _ in 0..30 {
        a.network.set_peers(peers.clone()).unwrap();
        a.network.set_peers(without(&peers, 2)).unwrap();
    }
    let refused = a.network.refused();
    until(|| !c.lane(0, Lane::Votes).connected && a.network.refused() >= refused + 4).await;
    assert_eq!(a.indices(), [1]);
    b.saw_nothing();
    while let Ok(event) = a.events.try_recv() {
        assert!(!matches!(event, PeerEvent::Up(1) | PeerEvent::Down(_)), "{event:?}");
    }
}

#[tokio::test]
async fn a_new_address_is_dialled_at_once_without_a_connection() {
    // Connections to it open, and nobody ever answers.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let ports = [free_port(), free_port()];
    let there = peers(&ports);
    let mut at_the_mute = there.clone();
    at_the_mute[1].address = address(mute.local_addr().unwrap().port());
    let mut first = config(0, ports[0], &at_the_mute);
    first.limits.handshake = 10 * DEADLINE;
    let mut a = start_node(first);
    let mut b = start_node(config(1, ports[1], &there));
    b.up(0).await;
    // Dialled on both lanes, without an answer.
    let dialled = [mute.accept().unwrap(), mute.accept().unwrap()];
    assert!(!a.lane(1, Lane::Votes).connected);
    a.network.set_peers(there).unwrap();
    a.up(1).await;
    a.connected().await;
    a.network.send(1, Lane::Batches, frame("batch"));
    assert_eq!(b.batch().await, Inbound { from: 0, frame: frame("batch") });
    b.saw_nothing();
    drop(dialled);
}

#[tokio::test]
async fn a_connection_outlives_its_address_and_the_next_one_goes_to_the_new() {
    let (mut nodes, mut peers) = connected_cluster(2).await;
    let mut b = nodes.pop().unwrap();
    let a = &mut nodes[0];
    let port = free_port();
    peers[1].address = address(port);
    a.network.set_peers(peers.clone()).unwrap();
    // The second list shows that the first took effect: its peer is accepted.
    let mut newcomer = peer(2, free_port());
    newcomer.role = Role::Follower;
    let mut list = peers.clone();
    list.push(newcomer);
    let mut c = start_node(config(2, 0, &peers[..1]));
    a.network.set_peers(list).unwrap();
    c.up(0).await;
    a.network.send(1, Lane::Votes, frame("vote"));
    assert_eq!(b.vote().await, Inbound { from: 0, frame: frame("vote") });
    assert_eq!(a.network.peers()[0].address, address(port).to_string());
    a.saw_nothing();
    b.saw_nothing();

    within(b.network.shutdown()).await;
    assert!(matches!(a.event_of_a_peer().await, PeerEvent::Down(1)));
    let _moved = start_node(config(1, port, &peers));
    assert!(matches!(a.event_of_a_peer().await, PeerEvent::Up(1)));
}

#[tokio::test]
async fn a_broadcast_goes_to_validators_only() {
    let (mut nodes, mut peers) = connected_cluster(3).await;
    let [a, b, c] = nodes.as_mut_slice() else { panic!("three nodes") };
    peers[2].role = Role::Follower;
    a.network.set_peers(peers.clone()).unwrap();
    a.network.broadcast(Lane::Votes, frame("for validators"));
    a.network.send(2, Lane::Votes, frame("for c"));
    assert_eq!(b.vote().await.frame, frame("for validators"));
    assert_eq!(c.vote().await.frame, frame("for c"));
    let roles: Vec<_> = a.network.peers().into_iter().map(|peer| (peer.name, peer.role)).collect();
    assert_eq!(roles, [("node-1".to_owned(), Role::Validator), ("node-2".to_owned(), Role::Follower)]);

    peers[2].role = Role::Validator;
    a.network.set_peers(peers).unwrap();
    a.network.broadcast(Lane::Votes, frame("for all"));
    assert_eq!(b.vote().await.frame, frame("for all"));
    assert_eq!(c.vote().await.frame, frame("for all"));
    a.saw_nothing();
    c.saw_nothing();
}

#[tokio::test]
async fn a_number_belongs_to_one_peer_for_ever() {
    let node = start_node(config(0, 0, &peers(&[1, 2, 3])));
    let set = |list: Vec<Peer>| node.network.set_peers(list);
    set(vec![peer(1, 2)]).unwrap();
    assert_eq!(node.indices(), [1]);

    let error = set(vec![peer(1, 2), Peer { index: 2, ..peer(5, 5) }]).unwrap_err();
    let [left, newcomer] = [2, 5].map(|index| peer(index, 1).peer_id);
    assert!(matches!(error, NetworkError::NumberTaken { index: 2, peer_id } if peer_id == newcomer), "{error}");
    let error = set(vec![peer(1, 2), Peer { index: 5, ..peer(2, 3) }]).unwrap_err();
    assert!(matches!(error, NetworkError::Renumbered { index: 5, peer_id, given: 2 } if peer_id == left), "{error}");
    // Our own number is ours, too.
    assert!(matches!(set(vec![Peer { index: 0, ..peer(5, 5) }]), Err(NetworkError::NumberTaken { index: 0, .. })));
    for twin in [Peer { index: 1, ..peer(5, 5) }, Peer { index: 5, ..peer(1, 5) }] {
        assert!(matches!(set(vec![peer(1, 2), twin]), Err(NetworkError::DuplicatePeer { .. })));
    }
    // A refused list changes nothing, and gives no numbers.
    assert_eq!(node.indices(), [1]);
    set(vec![peer(5, 5), peer(2, 3)]).unwrap();
    assert_eq!(node.indices(), [2, 5]);
}
