//! Checkpoints are written beside everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::mpsc::UnboundedSender;
use tracing::info;
use types::Height;
use vm::Snapshot;

use super::inbox::Event;
use crate::home::History;
use crate::pruning;
use crate::store::Store;

/// The thread that writes a checkpoint, and then drops what is older than the history that is kept: one at a time.
pub(super) struct Checkpoints {
    history: History,
    events: UnboundedSender<Event>,
    is_writing: Arc<AtomicBool>,
}

impl Checkpoints {
    pub(super) fn new(history: History, events: UnboundedSender<Event>) -> Self {
        Self { history, events, is_writing: Arc::default() }
    }

    /// Begins to write one. Left out while one is being written.
    pub(super) fn start(&self, store: &Store, height: Height, snapshot: Snapshot) -> anyhow::Result<()> {
        if self.is_writing.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let (store, events, is_writing) = (store.clone(), self.events.clone(), self.is_writing.clone());
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
