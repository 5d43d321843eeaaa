//! State sync at work: carries the decisions of [`replica::StateSync`] out over the network and the store, before there
//! is a replica. Clients are not served meanwhile; the log says how far it is.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use anyhow::Context;
use genesis::Genesis;
use replica::{
    Envelope, Manifest, Message, PartiallySynced, Recipient, StateSync, SyncEffect, SyncInput, SyncLimits, SyncOutcome,
    SyncProgress,
};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::time::Instant;
use tracing::{debug, info, warn};
use types::codec::{Bounded, decode, encode};
use types::{Handover, Hash, Height, PublicKey};
use vm::Snapshot;

use super::clock::Clock;
use super::post::{Post, open};
use super::roster::Roster;
use crate::closed_seconds;
use crate::home::SyncMode;
use crate::network::{Inbound, PeerEvent};
use crate::store::{Beginning, CheckpointBlock, Store};

/// How often the log says how far it is.
const REPORT_INTERVAL: Duration = Duration::from_secs(3);

/// Bounds what is decoded from our own disk.
const MAX_EPOCHS: usize = 1 << 20;

/// What is noted on disk of the chosen checkpoint.
type Chosen = (Manifest, Bounded<Handover, MAX_EPOCHS>);

/// Where frames and news of peers come from.
pub(super) struct Links<'a> {
    pub(super) roster: &'a Roster,
    pub(super) votes: &'a mut Receiver<Inbound>,
    pub(super) batches: &'a mut Receiver<Inbound>,
    pub(super) peers: &'a mut UnboundedReceiver<PeerEvent>,
}

/// How it ended.
pub(super) enum Ended {
    /// The validator can start. These peers are connected.
    Done {
        /// Their indices.
        up: BTreeSet<u16>,
    },
    /// It was told to stop; it goes on at the next start.
    Stopped,
}

/// Runs state sync to its end. It can be dropped at any point: the next run goes on from what is on disk.
pub(super) async fn run(
    store: &Store,
    genesis: &Genesis,
    me: PublicKey,
    mode: SyncMode,
    clock: Clock,
    post: &Post,
    links: Links<'_>,
) -> anyhow::Result<Ended> {
    let limits = match mode {
        SyncMode::State => SyncLimits { worth_height: Height(1), give_up_millis: None, ..SyncLimits::default() },
        SyncMode::Auto | SyncMode::Blocks => SyncLimits::default(),
    };
    let partial = blocking(store, left_on_disk).await?;
    if !partial.parts.is_empty() {
        info!(parts = partial.parts.len(), "goes on with the checkpoint that was being fetched");
    }
    let (mut machine, effects) = StateSync::new(genesis.committee(), me, limits, partial, clock.now().moment);
    let mut shell = Shell {
        store: store.clone(),
        post: post.clone(),
        roster: links.roster.clone(),
        inputs: VecDeque::new(),
        fetched: 0,
    };
    let mut up = BTreeSet::new();
    let mut report = Report::new();
    let mut effects = VecDeque::from(effects);
    loop {
        loop {
            if let Some(effect) = effects.pop_front() {
                if let SyncEffect::Finished(outcome) = effect {
                    shell.finish(outcome, &report).await?;
                    return Ok(Ended::Done { up });
                }
                shell.carry_out(effect).await?;
            } else if let Some(input) = shell.inputs.pop_front() {
                let mut new = Vec::new();
                machine.step(clock.now().moment, input, &mut new);
                effects.extend(new);
            } else {
                break;
            }
        }
        report.tell(machine.progress(), shell.fetched);
        let deadline = machine.next_deadline().map(|moment| Instant::from_std(clock.instant(moment)));
        let wake = deadline.map_or(report.next, |deadline| deadline.min(report.next));
        tokio::select! {
            Some(event) = links.peers.recv() => shell.peer(event, &mut up),
            Some(frame) = links.votes.recv() => shell.frame(&frame),
            Some(frame) = links.batches.recv() => shell.frame(&frame),
            () = tokio::time::sleep_until(wake) => shell.inputs.push_back(SyncInput::Tick),
        }
    }
}

struct Shell {
    store: Store,
    post: Post,
    roster: Roster,
    inputs: VecDeque<SyncInput>,
    /// Bytes of parts that came.
    fetched: u64,
}

impl Shell {
    fn peer(&mut self, event: PeerEvent, up: &mut BTreeSet<u16>) {
        let input = match event {
            PeerEvent::Up(index) => {
                up.insert(index);
                self.roster.key(index).map(SyncInput::PeerUp)
            }
            PeerEvent::Down(index) => {
                up.remove(&index);
                self.roster.key(index).map(SyncInput::PeerDown)
            }
            PeerEvent::OtherChain(index) => {
                warn!(validator = index, "speaks for another chain or another version");
                None
            }
            other => {
                debug!(?other, "a peer");
                None
            }
        };
        self.inputs.extend(input);
    }

    fn frame(&mut self, inbound: &Inbound) {
        let Some(from) = self.roster.key(inbound.from) else { return };
        match open(&inbound.frame) {
            Ok(message) => self.inputs.push_back(SyncInput::Message { from, message: Box::new(message) }),
            Err(error) => warn!(validator = inbound.from, "ignored a message: {error}"),
        }
    }

    async fn carry_out(&mut self, effect: SyncEffect) -> anyhow::Result<()> {
        match effect {
            SyncEffect::Send { to, message } => self.send(to, *message),
            SyncEffect::Begin { manifest, handovers } => {
                info!(
                    height = %manifest.height(), parts = manifest.parts.len(), megabytes = manifest.bytes / 1_000_000,
                    "fetches a checkpoint"
                );
                blocking(&self.store, move |store| {
                    let chosen: Chosen = (Manifest::clone(&manifest), Bounded::new(handovers)?);
                    Ok(store.begin_incoming(&encode(&chosen), &manifest.parts)?)
                })
                .await?;
            }
            SyncEffect::StorePart { hash, bytes } => {
                self.fetched += bytes.len() as u64;
                blocking(&self.store, move |store| Ok(store.put_incoming_part(&hash, &bytes)?)).await?;
                self.inputs.push_back(SyncInput::PartStored(hash));
            }
            SyncEffect::Restore(manifest) => {
                let input = blocking(&self.store, move |store| restore(store, &manifest)).await?;
                self.inputs.push_back(input);
            }
            SyncEffect::Liar { peer, lie } => {
                warn!(validator = %peer, "is not asked any more: {lie}");
            }
            // The caller ends before it comes here.
            SyncEffect::Finished(_) => {}
        }
        Ok(())
    }

    fn send(&self, to: PublicKey, message: Message) {
        self.post.send(Envelope { to: Recipient::One(to), message });
    }

    async fn finish(&self, outcome: SyncOutcome, report: &Report) -> anyhow::Result<()> {
        match outcome {
            SyncOutcome::CatchUp(reason) => {
                info!("executes the chain from genesis: {reason}");
                blocking(&self.store, |store| Ok(store.drop_incoming()?)).await
            }
            SyncOutcome::Adopt { manifest, handovers } => {
                let height = manifest.height();
                blocking(&self.store, move |store| adopt(store, &manifest, &handovers)).await?;
                let (fetched, seconds) = (self.fetched, report.start.elapsed().as_secs_f64());
                info!(%height, bytes = fetched, seconds = format!("{seconds:.1}"), "has the ledger of a finalized block");
                Ok(())
            }
        }
    }
}

/// What an interrupted state sync left. What cannot be read was not left.
fn left_on_disk(store: &Store) -> anyhow::Result<PartiallySynced> {
    let Some(incoming) = store.incoming()? else { return Ok(PartiallySynced::default()) };
    let chosen = incoming.chosen.and_then(|bytes| decode::<Chosen>(&bytes).ok());
    let chosen = chosen.map(|(manifest, handovers)| (manifest, handovers.into_vec()));
    Ok(PartiallySynced { chosen, parts: incoming.parts })
}

/// Reads the parts one after another while the ledger is put together.
fn restore(store: &Store, manifest: &Manifest) -> anyhow::Result<SyncInput> {
    let mut lost: Vec<Hash> = Vec::new();
    let mut failed = None;
    let parts = manifest.parts.iter().map_while(|hash| match store.incoming_part(hash) {
        Ok(Some(bytes)) => Some(bytes),
        Ok(None) => {
            lost.push(*hash);
            None
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let restored = manifest.restore(parts);
    if let Some(error) = failed {
        return Err(error.into());
    }
    if !lost.is_empty() {
        return Ok(SyncInput::PartsLost(lost));
    }
    if let Err(error) = &restored {
        warn!(height = %manifest.height(), "the checkpoint is not what was finalized: {error}");
    }
    Ok(SyncInput::Restored { is_right: restored.is_ok() })
}

fn adopt(store: &Store, manifest: &Manifest, handovers: &[Handover]) -> anyhow::Result<()> {
    for handover in handovers {
        store.put_handover(handover.header.epoch, &encode(handover)).context("storing a handover")?;
    }
    let first = manifest.parts.first().map(|hash| store.incoming_part(hash)).transpose()?.flatten();
    let first = first.context("the first part of the checkpoint is gone: start again")?;
    closed_seconds::begin(store, &Snapshot::closed_seconds(&first)?).context("storing the closed seconds")?;
    let header = &manifest.block.header;
    let beginning = Beginning { height: header.height, timestamp: header.timestamp };
    let block = CheckpointBlock { block: encode(&manifest.block), certificate: encode(&manifest.certificate) };
    store.adopt_checkpoint(beginning, &block, &manifest.parts).context("storing the checkpoint")
}

/// Does what waits for the disk on a thread that may.
async fn blocking<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&Store) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || work(&store)).await.context("a thread of state sync broke off")?
}

/// Lines in the log.
struct Report {
    start: Instant,
    next: Instant,
    /// Bytes at the last line.
    before: u64,
}

impl Report {
    fn new() -> Self {
        let start = Instant::now();
        Self { start, next: start + REPORT_INTERVAL, before: 0 }
    }

    fn tell(&mut self, progress: Option<SyncProgress>, fetched: u64) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        let since = REPORT_INTERVAL + (now - self.next);
        let per_second = (fetched - self.before) as f64 / since.as_secs_f64();
        (self.next, self.before) = (now + REPORT_INTERVAL, fetched);
        match progress {
            Some(SyncProgress { height, stored, parts, bytes }) => info!(
                %height, parts = format!("{stored}/{parts}"), fetched_megabytes = fetched / 1_000_000,
                megabytes = bytes / 1_000_000, megabytes_per_second = format!("{:.1}", per_second / 1e6),
                "fetching the ledger"
            ),
            None => info!("waits for validators that offer a checkpoint"),
        }
    }
}
