//! Putting a validator together and taking it apart.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use genesis::Genesis;
use replica::{Checkpoint, Limits, ReadError, Recovered, Replica};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc};
use tracing::info;
use types::codec::decode;
use types::{Epoch, Hash, Height};

use super::clock::Clock;
use super::inbox::Event;
use super::metrics::Metrics;
use super::network_runtime::NetworkRuntime;
use super::outcomes::Outcomes;
use super::post::Post;
use super::reader::{Reader, certified_block};
use super::roster::Roster;
use super::state_sync::{self, Ended, Links};
use super::turn::{Sources, Tickets, Turn};
use super::unanswered::Unanswered;
use super::verifier::Verifier;
use super::writer::Writer;
use crate::home::{Home, SyncMode};
use crate::network;
use crate::rate_limit::RateLimit;
use crate::server::{Backend, Identity, serve, serve_metrics};
use crate::store::{Store, StoredCheckpoint};

/// Frames that wait for the loop; while they do, nothing more is read from the peers on that lane.
const WAITING_VOTES: usize = 4096;
const WAITING_BATCHES: usize = 64;

/// The longest message of the votes lane: about 1,024 digests, with room to spare.
const VOTE_FRAME_BYTES: usize = 128 << 10;

/// How often a message that cannot be read is worth a warning.
const MALFORMED_INTERVAL: Duration = Duration::from_secs(1);

/// Requests of clients that wait for the loop.
const WAITING_REQUESTS: usize = 1024;

/// Blocks that a subscriber may lag behind before it is cut off.
const SUBSCRIBER_LAG: usize = 256;

/// How many bytes of stored blocks are read at a time when the chain is replayed.
const REPLAY_BYTES: usize = 8 << 20;

/// Runs the validator of `home` until `shutdown` is done. An error means that it could not start or had to stop.
pub async fn run(home: Home, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let genesis = home.genesis()?;
    let secret = home.consensus_key()?;
    let store = Store::open(&home.data_dir(), genesis.hash())?;
    let clock = Clock::start();

    let mut shutdown = std::pin::pin!(shutdown);

    let (votes_in, mut votes) = mpsc::channel(WAITING_VOTES);
    let (batches_in, mut batches) = mpsc::channel(WAITING_BATCHES);
    let (peers_in, mut peers) = mpsc::unbounded_channel();
    let roster = Roster::default();
    let network_runtime = NetworkRuntime::start()?;
    let start_network = |config| {
        let _runtime = network_runtime.handle().enter();
        network::start(config, votes_in.clone(), batches_in.clone(), peers_in.clone())
    };
    let mut early_network = None;
    if store.is_new()? && home.config().sync != SyncMode::Blocks {
        let config = network_config(&home, genesis.hash(), roster.peers(genesis.ledger()?.council(), &[]))?;
        let network = start_network(config)?;
        let post = Post::new(network.clone(), roster.clone());
        let links = Links { roster: &roster, votes: &mut votes, batches: &mut batches, peers: &mut peers };
        let sync = state_sync::run(&store, &genesis, secret.public(), home.config().sync, clock, &post, links);
        let ended = tokio::select! {
            ended = sync => ended?,
            () = &mut shutdown => Ended::Stopped,
        };
        match ended {
            Ended::Stopped => {
                network.shutdown().await;
                return Ok(());
            }
            // The replica has to be told as well who is connected.
            Ended::Done { up } => up.into_iter().for_each(|index| drop(peers_in.send(network::PeerEvent::Up(index)))),
        }
        early_network = Some(network);
    } else {
        // Left over from a state sync that is over, or that is not wanted any more.
        store.drop_incoming()?;
    }

    let recovered = recover(&store)?;
    info!(history = %home.config().history, first_block = %store.first_height(), "keeps the chain");
    let limits = Limits { checkpoint_blocks: home.config().checkpoint_blocks.get(), ..Limits::default() };
    let (replica, effects) = Replica::new(&genesis, secret, limits, recovered, clock.now())?;
    info!(height = %replica.tip().height, view = %replica.summary().view, "the chain is up to here");

    let (requests_in, requests) = mpsc::channel(WAITING_REQUESTS);
    let (events_in, events) = mpsc::unbounded_channel();
    let (publications, _) = broadcast::channel(SUBSCRIBER_LAG);

    let network = match early_network {
        Some(network) => network,
        None => {
            let config =
                network_config(&home, genesis.hash(), roster.peers(replica.council(), replica.former_members()))?;
            start_network(config)?
        }
    };
    let metrics = Arc::new(Metrics::new(network.clone(), store.clone()));
    let backend = Backend {
        identity: Arc::new(identity(&genesis, &replica)),
        limits: home.config().rpc.clone(),
        requests: requests_in,
        publications: publications.clone(),
        store: store.clone(),
        network: network.clone(),
    };
    let server = serve(home.config().rpc_listen, &home.config().rpc, backend).await?;
    serve_metrics(home.config().metrics_listen, metrics.clone()).await?;

    let post = Post::new(network.clone(), roster.clone());
    let turn = Turn {
        clock,
        verifier: Verifier::start(home.config().verify_threads, genesis.hash(), &metrics, &events_in)?,
        replica,
        writer: Writer::start(store.clone(), post.clone(), metrics.clone(), events_in.clone(), home.config().history)?,
        reader: Reader::start(store, post.clone())?,
        post,
        roster,
        peer_id: network::peer_id_of(&home.network_key()?),
        network: network.clone(),
        metrics,
        publications,
        outcomes: Outcomes::default(),
        tickets: Tickets::default(),
        fences: Vec::new(),
        malformed: RateLimit::new(MALFORMED_INTERVAL),
        unanswered: Unanswered::new(),
    };
    let sources = Sources { votes, batches, peers, events, requests };
    let result = run_until(turn, network_runtime.handle().clone(), sources, effects, events_in, shutdown).await;
    // Fails only if it has stopped already.
    let _ = server.stop();
    network.shutdown().await;
    result
}

/// Runs the loop on a thread of its own and stops it when `shutdown` is done.
async fn run_until(
    turn: Turn,
    network_runtime: Handle,
    sources: Sources,
    effects: Vec<replica::Effect>,
    events: mpsc::UnboundedSender<Event>,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (done, mut finished) = mpsc::channel(1);
    std::thread::Builder::new().name("turn".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let result = runtime.context("starting the loop").and_then(|runtime| {
            // Effects may touch the network's handle, which lives on the other runtime.
            let _guard = network_runtime.enter();
            turn.metrics.measure_thread();
            runtime.block_on(turn.run(sources, effects))
        });
        // The receiver waits below.
        let _ = done.blocking_send(result);
    })?;
    tokio::select! {
        result = finished.recv() => return result.unwrap_or_else(|| Err(broken_off())),
        () = shutdown => {}
    }
    // Fails only if the loop has ended.
    let _ = events.send(Event::Stop);
    finished.recv().await.unwrap_or_else(|| Err(broken_off()))
}

fn broken_off() -> anyhow::Error {
    anyhow::anyhow!("the loop of the validator broke off: see what it said last")
}

fn network_config(home: &Home, chain: Hash, peers: Vec<network::Peer>) -> anyhow::Result<network::Config> {
    let seed = home.network_key()?;
    let mut limits = network::Limits::default();
    limits.lanes.votes.frame_bytes = VOTE_FRAME_BYTES;
    Ok(network::Config {
        keypair: network::keypair(&seed),
        listen: network::parse_address(&home.config().p2p_listen).context("p2p_listen in config.toml")?,
        chain: chain_name(&chain),
        peers,
        limits,
        delay: Duration::from_millis(home.config().link_delay_millis),
    })
}

/// The chain in the name of the network protocol.
fn chain_name(genesis_hash: &Hash) -> String {
    genesis_hash.to_string()[..16].to_owned()
}

fn identity(genesis: &Genesis, replica: &Replica) -> Identity {
    let spec = genesis.spec();
    let key = replica.key();
    Identity {
        key,
        chain_id: spec.chain_id.clone(),
        genesis_hash: genesis.hash(),
        max_valid_seconds: spec.parameters.max_valid_seconds,
        committee: genesis.committee(),
    }
}

/// Everything that the store kept.
pub(super) fn recover(store: &Store) -> anyhow::Result<Recovered> {
    let mut from = Height(1);
    let checkpoint = match store.read_checkpoint().context("the checkpoint")? {
        None => None,
        Some(StoredCheckpoint { height, block, chunks }) => {
            let block = block.with_context(|| format!("the checkpoint at height {height} is without its block"))?;
            from = height.next();
            Some(Checkpoint {
                chunks: Box::new(chunks),
                block: decode(&block.block)?,
                certificate: decode(&block.certificate)?,
            })
        }
    };
    if let Some(beginning) = store.beginning()
        && from <= beginning.height
    {
        anyhow::bail!(
            "the checkpoint is damaged, and the blocks up to {} are not here: remove data/ and let the validator \
             fetch a checkpoint again, with a new key unless its votes are known to the others",
            beginning.height
        );
    }
    let proposals = store.proposals()?.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>()?;
    let journal = store.journal()?.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>()?;
    let batches = store.unordered_batches()?.into_iter().map(|(_, bytes)| bytes).collect();
    let handovers =
        store.handovers(Epoch(0), usize::MAX)?.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>()?;
    Ok(Recovered {
        checkpoint,
        handovers,
        blocks: Box::new(StoredBlocks::new(store.clone(), from)),
        proposals,
        journal,
        batches,
    })
}

/// The stored blocks from a height on, read a few megabytes at a time.
struct StoredBlocks {
    store: Store,
    next: Height,
    read: std::vec::IntoIter<replica::CertifiedBlock>,
}

impl StoredBlocks {
    fn new(store: Store, next: Height) -> Self {
        Self { store, next, read: Vec::new().into_iter() }
    }

    fn read_more(&mut self) -> anyhow::Result<()> {
        let stored = self.store.blocks(self.next, REPLAY_BYTES)?;
        let blocks = stored.iter().map(certified_block).collect::<anyhow::Result<Vec<_>>>()?;
        self.next = Height(self.next.0 + blocks.len() as u64);
        self.read = blocks.into_iter();
        Ok(())
    }
}

impl Iterator for StoredBlocks {
    type Item = Result<replica::CertifiedBlock, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(block) = self.read.next() {
            return Some(Ok(block));
        }
        match self.read_more() {
            Ok(()) => self.read.next().map(Ok),
            Err(error) => Some(Err(error.into())),
        }
    }
}
