//! What waits to be sent to one peer on one lane. It never blocks and never grows past its bounds.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::config::LaneLimits;

/// Frames taken for one write at most.
const FRAMES_PER_WRITE: usize = 256;

/// The senders' side. It is open while a connection is there to write to.
#[derive(Debug)]
pub(super) struct Outbox {
    limits: LaneLimits,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    frames: mpsc::Sender<Bytes>,
    /// Bytes that are queued or being written.
    bytes: Arc<AtomicUsize>,
}

/// The writer's side, one for each connection.
pub(super) struct Queued {
    frames: mpsc::Receiver<Bytes>,
    bytes: Arc<AtomicUsize>,
}

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// No peer would accept it.
    TooLong,
    Disconnected,
    Full,
}

impl Outbox {
    pub(super) fn new(limits: LaneLimits) -> Self {
        Self { limits, open: Mutex::new(None) }
    }

    /// Opens it for a new connection's writer. The writer before gets nothing more.
    pub(super) fn open(&self) -> Queued {
        let (frames, queued) = mpsc::channel(self.limits.queue_frames);
        let bytes = Arc::new(AtomicUsize::new(0));
        *self.lock() = Some(Open { frames, bytes: bytes.clone() });
        Queued { frames: queued, bytes }
    }

    /// Closes it: the writer ends, and frames are dropped until the next connection.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    /// Whether there is a connection to write to.
    pub(super) fn is_open(&self) -> bool {
        self.lock().is_some()
    }

    /// Queues a frame, or says why not.
    pub(super) fn push(&self, frame: Bytes) -> Result<(), Dropped> {
        let length = frame.len();
        if length > self.limits.frame_bytes {
            return Err(Dropped::TooLong);
        }
        let open = self.lock();
        let Some(open) = open.as_ref() else { return Err(Dropped::Disconnected) };
        // Only pushes add, and the lock is held: the sum cannot pass the bound.
        if open.bytes.load(Ordering::Relaxed) + length > self.limits.queue_bytes {
            return Err(Dropped::Full);
        }
        open.bytes.fetch_add(length, Ordering::Relaxed);
        open.frames.try_send(frame).map_err(|error| {
            open.bytes.fetch_sub(length, Ordering::Relaxed);
            match error {
                mpsc::error::TrySendError::Full(_) => Dropped::Full,
                mpsc::error::TrySendError::Closed(_) => Dropped::Disconnected,
            }
        })
    }

    /// A panic elsewhere leaves a whole value behind, since each change is one assignment.
    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queued {
    /// Waits for frames and takes what is there. Takes none when the outbox was closed.
    pub(super) async fn take(&mut self, frames: &mut Vec<Bytes>) {
        self.frames.recv_many(frames, FRAMES_PER_WRITE).await;
    }

    /// Makes room for as much as was written.
    pub(super) fn release(&self, frames: &[Bytes]) {
        let written = frames.iter().map(Bytes::len).sum();
        self.bytes.fetch_sub(written, Ordering::Relaxed);
    }

    /// Takes a frame that will not be written any more.
    pub(super) fn abandon(&mut self) -> Option<Bytes> {
        self.frames.close();
        self.frames.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox() -> Outbox {
        Outbox::new(LaneLimits { frame_bytes: 8, queue_frames: 3, queue_bytes: 16 })
    }

    fn frame(length: usize) -> Bytes {
        vec![0; length].into()
    }

    #[test]
    fn nothing_is_queued_without_a_connection() {
        let outbox = outbox();
        assert_eq!(outbox.push(frame(1)), Err(Dropped::Disconnected));
        let queued = outbox.open();
        assert_eq!(outbox.push(frame(1)), Ok(()));
        drop(queued);
        assert_eq!(outbox.push(frame(1)), Err(Dropped::Disconnected));
        let _queued = outbox.open();
        outbox.close();
        assert_eq!(outbox.push(frame(1)), Err(Dropped::Disconnected));
    }

    #[test]
    fn frames_are_bounded() {
        let outbox = outbox();
        let _queued = outbox.open();
        let verdicts: Vec<_> = (0..4).map(|_| outbox.push(frame(1))).collect();
        assert_eq!(verdicts, [Ok(()), Ok(()), Ok(()), Err(Dropped::Full)]);
        assert_eq!(outbox.push(frame(9)), Err(Dropped::TooLong));
    }

    #[tokio::test]
    async fn bytes_are_bounded_until_they_are_written() {
        let outbox = outbox();
        let mut queued = outbox.open();
        assert_eq!(outbox.push(frame(8)), Ok(()));
        assert_eq!(outbox.push(frame(8)), Ok(()));
        assert_eq!(outbox.push(frame(1)), Err(Dropped::Full));
        let mut taken = Vec::new();
        queued.take(&mut taken).await;
        assert_eq!(taken.len(), 2);
        assert_eq!(outbox.push(frame(1)), Err(Dropped::Full));
        queued.release(&taken);
        assert_eq!(outbox.push(frame(8)), Ok(()));
    }

    #[tokio::test]
    async fn a_new_connection_starts_with_an_empty_queue() {
        let outbox = outbox();
        let mut old = outbox.open();
        assert_eq!(outbox.push(frame(8)), Ok(()));
        let mut new = outbox.open();
        assert_eq!(outbox.push(frame(2)), Ok(()));
        let mut taken = Vec::new();
        new.take(&mut taken).await;
        assert_eq!(taken, [frame(2)]);
        assert_eq!(old.abandon(), Some(frame(8)));
        assert_eq!(old.abandon(), None);
    }
}
