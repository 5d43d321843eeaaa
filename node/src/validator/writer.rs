//! The thread that writes: everything in the order in which the replica gave it out, one flush for all commits that
//! have gathered, and only then their messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, unbounded};
use replica::{Commit, FinalizedWrite, Write};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tracing::info;
use types::Height;
use types::codec::encode;
use types::stage::Stage;
use vm::Snapshot;

use super::inbox::Event;
use super::metrics::Metrics;
use super::post::Post;
use crate::home::History;
use crate::store::{BlockRecord, Store};
use crate::{closed_seconds, pruning};

/// Orders that are taken before those who wait for a flush get it.
const ORDERS_PER_FLUSH: usize = 512;

/// Something for the disk.
enum Order {
    Write(Write),
    Commit(Commit),
    Checkpoint { height: Height, snapshot: Snapshot },
    Fence(oneshot::Sender<()>),
}

/// Takes writes and commits.
pub(super) struct Writer {
    orders: Sender<Order>,
    thread: thread::JoinHandle<()>,
}

impl Writer {
    pub(super) fn start(
        store: Store,
        post: Post,
        metrics: Arc<Metrics>,
        events: UnboundedSender<Event>,
        history: History,
    ) -> std::io::Result<Self> {
        let (orders, queue) = unbounded();
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || {
            let checkpoints = Checkpoints { history, is_writing: Arc::default() };
            if let Err(error) = work(&queue, &store, &post, &metrics, &events, &checkpoints) {
                // Nothing may leave any more: the loop stops the validator.
                let _ = events.send(Event::Broken(error));
            }
        })?;
        Ok(Self { orders, thread })
    }

    pub(super) fn write(&self, write: Write) {
        // Fails only after the thread has reported why it ended.
        let _ = self.orders.send(Order::Write(write));
    }

    pub(super) fn commit(&self, commit: Commit) {
        let _ = self.orders.send(Order::Commit(commit));
    }

    /// Writes a checkpoint beside everything else, once its block is on disk. Left out while one is being written.
    pub(super) fn checkpoint(&self, height: Height, snapshot: Snapshot) {
        let _ = self.orders.send(Order::Checkpoint { height, snapshot });
    }

    /// Tells `reply` once everything given out before can be read from the store.
    pub(super) fn fence(&self, reply: oneshot::Sender<()>) {
        let _ = self.orders.send(Order::Fence(reply));
    }

    /// Waits until everything is on disk.
    pub(super) fn finish(self) {
        drop(self.orders);
        let _ = self.thread.join();
    }
}

fn work(
    queue: &Receiver<Order>,
    store: &Store,
    post: &Post,
    metrics: &Metrics,
    events: &UnboundedSender<Event>,
    checkpoints: &Checkpoints,
) -> anyhow::Result<()> {
    metrics.measure_thread();
    while let Ok(first) = queue.recv() {
        let _stage = Stage::Storage.enter();
        let mut commits = Vec::new();
        let mut checkpoint = None;
        for order in std::iter::once(first).chain(queue.try_iter()).take(ORDERS_PER_FLUSH) {
            match order {
                Order::Write(write) => put(store, &write)?,
                Order::Commit(commit) => {
                    commit.writes().iter().try_for_each(|write| put(store, write))?;
                    commits.push(commit);
                }
                Order::Checkpoint { height, snapshot } => checkpoint = Some((height, snapshot)),
                // Whoever asked may be gone.
                Order::Fence(reply) => drop(reply.send(())),
            }
        }
        if let Some(last) = commits.last().map(Commit::number) {
            let start = Instant::now();
            store.flush().context("flushing the store")?;
            metrics.flushed(start.elapsed(), commits.len());
            commits.into_iter().flat_map(Commit::after_flush).for_each(|envelope| post.send(envelope));
            // Fails only while the process ends.
            let _ = events.send(Event::Durable(last));
        }
        if let Some((height, snapshot)) = checkpoint {
            // A checkpoint whose block a crash could take away would be of no use.
            store.flush().context("flushing the store")?;
            checkpoints.start(store, height, snapshot, events)?;
        }
    }
    store.flush().context("flushing the store")?;
    Ok(())
}

/// The thread that writes a checkpoint, and then drops what is older than the history that is kept: one at a time.
struct Checkpoints {
    history: History,
    is_writing: Arc<AtomicBool>,
}

impl Checkpoints {
    fn start(
        &self,
        store: &Store,
        height: Height,
        snapshot: Snapshot,
        events: &UnboundedSender<Event>,
    ) -> anyhow::Result<()> {
        if self.is_writing.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let (store, events, is_writing) = (store.clone(), events.clone(), self.is_writing.clone());
        let history = self.history;
        thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
            match store.write_checkpoint(height, snapshot.chunks()) {
                Ok(()) => {
                    info!(%height, "wrote a checkpoint");
                    pruning::prune_and_tell(&store, history);
                }
                // Fails only while the process ends.
                Err(error) => drop(events.send(Event::Broken(error.into()))),
            }
            is_writing.store(false, Ordering::Release);
        })?;
        Ok(())
    }
}

/// Puts what the replica gave out.
pub(super) fn put(store: &Store, write: &Write) -> anyhow::Result<()> {
    match write {
        Write::Batch { digest, bytes } => store.put_batch(*digest, bytes).context("storing a batch"),
        Write::ForgetBatch(digest) => store.forget_batch(digest).context("dropping a batch"),
        Write::Proposal { hash, block } => {
            store.put_proposal(block.header.view, *hash, &encode(block)).context("storing a proposal")
        }
        Write::Journal(record) => store.append_journal(record.view(), &encode(record)).context("storing a vote"),
        Write::Finalized(finalized) => put_finalized(store, finalized).context("storing a finalized block"),
        Write::TrimJournal(view) => store.trim_journal(*view).context("trimming the journal"),
        Write::Handover(handover) => {
            store.put_handover(handover.header.epoch, &encode(handover)).context("storing the end of an epoch")
        }
        Write::ClosedSecond(closed) => closed_seconds::put(store, closed).context("storing the ids of a second"),
    }
}

fn put_finalized(store: &Store, finalized: &FinalizedWrite) -> anyhow::Result<()> {
    for (digest, bytes) in &finalized.batches {
        store.put_batch(*digest, bytes)?;
    }
    let block = &finalized.block;
    let record = BlockRecord {
        block: encode(&block.block),
        certificate: finalized.certificate.as_ref().map(|certificate| encode(&**certificate)),
        receipts: encode(&block.receipts),
        batches: block.block.batches.to_vec(),
    };
    Ok(store.put_block(block.block.header.height, &record)?)
}
