//! The thread that writes: everything in the order in which the replica gave it out, one flush for all commits that
//! have gathered, and only then their messages.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use replica::{Commit, FinalizedWrite, Write};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use types::Height;
use types::codec::encode;
use types::stage::Stage;
use vm::Snapshot;

use super::checkpoints::Checkpoints;
use super::deferred::Deferred;
use super::inbox::{Event, Fenced};
use super::metrics::Metrics;
use super::post::Post;
use crate::home::History;
use crate::store::{BlockRecord, Store};

/// Orders that are taken before those who wait for a flush get it.
const ORDERS_PER_FLUSH: usize = 512;

/// Something for the disk.
enum Order {
    Write(Write),
    Commit(Commit),
    Checkpoint { height: Height, snapshot: Snapshot },
    Fence(Fenced, oneshot::Sender<()>),
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
        let deferred = Deferred::new(Checkpoints::begin(history, events.clone())?);
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || {
            if let Err(error) = work(&queue, &store, &post, &metrics, &events, deferred) {
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

    /// Writes a checkpoint beside everything else, once its block is on disk with all that came before. Left out while one is being written.
    pub(super) fn checkpoint(&self, height: Height, snapshot: Snapshot) {
        let _ = self.orders.send(Order::Checkpoint { height, snapshot });
    }

    /// Tells `reply` once what was given out before can be read from the store.
    pub(super) fn fence(&self, what: Fenced, reply: oneshot::Sender<()>) {
        let _ = self.orders.send(Order::Fence(what, reply));
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
    mut deferred: Deferred,
) -> anyhow::Result<()> {
    metrics.measure_thread();
    loop {
        let first = match deferred.due() {
            Some(due) => queue.recv_deadline(due),
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if matches!(first, Err(RecvTimeoutError::Disconnected)) {
            break;
        }
        let _stage = Stage::Storage.enter();
        let mut commits = Vec::new();
        for order in first.into_iter().chain(queue.try_iter()).take(ORDERS_PER_FLUSH) {
            match order {
                Order::Write(write) => put(store, &mut deferred, &write)?,
                Order::Commit(commit) => {
                    commit.writes().iter().try_for_each(|write| put(store, &mut deferred, write))?;
                    commits.push(commit);
                }
                Order::Checkpoint { height, snapshot } => deferred.checkpoint(height, snapshot),
                // Whoever asked may be gone.
                Order::Fence(Fenced::Blocks, reply) => drop(reply.send(())),
                Order::Fence(Fenced::ClosedSeconds, reply) => deferred.fence(reply),
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
        deferred.go_on(store)?;
    }
    deferred.finish(store)?;
    store.flush().context("flushing the store")?;
    Ok(())
}

/// Puts what the replica gave out, now or later.
pub(super) fn put(store: &Store, deferred: &mut Deferred, write: &Write) -> anyhow::Result<()> {
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
        Write::ClosedSecond(closed) => {
            deferred.second(closed.clone());
            Ok(())
        }
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
