//! Which checkpoint others may fetch. It is the newest one; but while somebody fetches, the one that is being fetched
//! stays on disk and on offer, so that a sync that takes longer than the time between two checkpoints ends too.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tracing::warn;
use types::Height;

use super::StoreError;
use super::checkpoint::{Offered, OfferedCheckpoint, remove_below};

/// A checkpoint that nobody has asked for so long is not being fetched.
const IDLE: Duration = Duration::from_secs(60);

/// After a newer one was written, a checkpoint stays at most so long, whoever asks for it.
const LONGEST: Duration = Duration::from_secs(1800);

/// The checkpoints on disk as others see them: at most one besides the newest.
pub(super) struct Serving {
    directory: PathBuf,
    newest: Option<Height>,
    open: Option<Opened>,
}

struct Opened {
    checkpoint: Offered,
    last_asked: Instant,
    /// When a newer one was written.
    replaced: Option<Instant>,
}

impl Opened {
    fn height(&self) -> Height {
        self.checkpoint.offer.height
    }

    fn is_being_fetched(&self, now: Instant) -> bool {
        let is_asked_for = now.duration_since(self.last_asked) < IDLE;
        is_asked_for && self.replaced.is_none_or(|replaced| now.duration_since(replaced) < LONGEST)
    }
}

impl Serving {
    pub(super) fn new(directory: PathBuf, newest: Option<Height>) -> Self {
        Self { directory, newest, open: None }
    }

    /// A newer checkpoint is on disk: the older ones go, but for one that is being fetched.
    pub(super) fn written(&mut self, height: Height, now: Instant) -> Result<(), StoreError> {
        self.newest = self.newest.max(Some(height));
        if let Some(open) = self.open.as_mut().filter(|open| open.height() < height) {
            open.replaced.get_or_insert(now);
        }
        self.close_unless_fetched(now);
        remove_below(&self.directory, height, self.open.as_ref().map(Opened::height))
    }

    fn close_unless_fetched(&mut self, now: Instant) {
        let newest = self.newest;
        self.open.take_if(|open| newest != Some(open.height()) && !open.is_being_fetched(now));
    }

    /// The checkpoint on offer.
    pub(super) fn offer(&mut self, now: Instant) -> Result<Option<OfferedCheckpoint>, StoreError> {
        self.close_unless_fetched(now);
        if self.open.is_none()
            && let Some(newest) = self.newest
        {
            match Offered::open(&self.directory, newest) {
                Ok(Some(checkpoint)) => self.open = Some(Opened { checkpoint, last_asked: now, replaced: None }),
                Ok(None) => {}
                Err(error) => warn!("the checkpoint at height {newest} is not offered: {error}"),
            }
        }
        let Some(open) = &mut self.open else { return Ok(None) };
        open.last_asked = now;
        Ok(Some(open.checkpoint.offer.clone()))
    }

    /// A part of the checkpoint on offer; none if it is of another one.
    pub(super) fn part(&mut self, height: Height, index: u32, now: Instant) -> Result<Option<Vec<u8>>, StoreError> {
        self.close_unless_fetched(now);
        let Some(open) = self.open.as_mut().filter(|open| open.height() == height) else { return Ok(None) };
        open.last_asked = now;
        open.checkpoint.part(index)
    }
}
