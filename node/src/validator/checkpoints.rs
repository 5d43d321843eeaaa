//! Checkpoints are written beside everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tokio::sync::mpsc::UnboundedSender;
use tracing::info;
use types::Height;
use vm::Snapshot;

use super::inbox::Event;
use crate::home::History;
use crate::pruning;
use crate::store::Store;

/// The thread that writes a checkpoint, and then drops what is older than the history that is kept: one at a time. It lives as long as
/// the validator, so that its processor time can be told.
pub(super) struct Checkpoints {
    orders: Sender<Order>,
    is_writing: Arc<AtomicBool>,
}

struct Order {
    store: Store,
    height: Height,
    snapshot: Snapshot,
}

impl Checkpoints {
    pub(super) fn begin(history: History, events: UnboundedSender<Event>) -> std::io::Result<Self> {
        let (orders, queue) = unbounded();
        let is_writing = Arc::<AtomicBool>::default();
        let writing = is_writing.clone();
        thread::Builder::new().name("checkpoint".to_owned()).spawn(move || work(&queue, &writing, history, &events))?;
        Ok(Self { orders, is_writing })
    }

    /// Begins to write one. Left out while one is being written.
    pub(super) fn write(&self, store: &Store, height: Height, snapshot: Snapshot) {
        if !self.is_writing.swap(true, Ordering::AcqRel) {
            // Fails only after the thread has reported why it ended.
            let _ = self.orders.send(Order { store: store.clone(), height, snapshot });
        }
    }
}

fn work(queue: &Receiver<Order>, is_writing: &AtomicBool, history: History, events: &UnboundedSender<Event>) {
    for Order { store, height, snapshot } in queue {
        match store.write_checkpoint(height, snapshot.chunks()) {
            Ok(()) => {
                info!(%height, "wrote a checkpoint");
                pruning::prune_and_tell(&store, history);
            }
            Err(error) => {
                // Fails only while the process ends.
                let _ = events.send(Event::Broken(error.into()));
                return;
            }
        }
        is_writing.store(false, Ordering::Release);
    }
}
