//! Traffic counters of one lane with one peer. Any thread may read them at any time.

use std::sync::atomic::{AtomicU64, Ordering};

use super::frame::HEADER_BYTES;

/// A count of frames, and of their bytes with headers but before encryption.
#[derive(Debug, Default)]
pub(super) struct Counter {
    frames: AtomicU64,
    bytes: AtomicU64,
}

impl Counter {
    /// Counts one frame with a body of `length` bytes.
    pub(super) fn add(&self, length: usize) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add((length + HEADER_BYTES) as u64, Ordering::Relaxed);
    }

    /// The count now.
    pub(super) fn read(&self) -> Count {
        Count { frames: self.frames.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }
}

/// The counters of one lane with one peer.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) sent: Counter,
    pub(super) received: Counter,
    pub(super) dropped: Counter,
}

/// How many frames, and how many bytes with their headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Frames.
    pub frames: u64,
    /// Bytes, headers included, before encryption.
    pub bytes: u64,
}
