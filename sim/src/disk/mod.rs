//! A machine's disk: one log of writes, of which a crash keeps everything up to the last flush and any prefix of what
//! followed; and checkpoints beside it. So the store of a node behaves.

mod image;
mod incoming;
mod put;

use std::rc::Rc;

use replica::{CertifiedBlock, Manifest, Recovered, Write, part_hash};
use types::codec::{Blob, Bounded};
use types::{BatchDigest, Epoch, Handover, Height};

pub(crate) use image::Image;
use incoming::Incoming;
use put::{Put, puts};

/// A checkpoint that was completely written.
#[derive(Clone)]
struct Checkpoint {
    height: Height,
    chunks: Rc<Vec<Vec<u8>>>,
}

impl Checkpoint {
    fn new(height: Height, chunks: Vec<Vec<u8>>) -> Self {
        Self { height, chunks: Rc::new(chunks) }
    }
}

/// What is on the disk for good.
#[derive(Clone, Default)]
struct Durable {
    image: Image,
    checkpoint: Option<Checkpoint>,
    incoming: Incoming,
}

/// Why something was not written.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// No space is left: the process ends.
    Full,
    /// The store does not take it: a replica must not ask for this.
    Refused(String),
}

#[derive(Default)]
pub(crate) struct Disk {
    durable: Durable,
    /// With everything written, flushed or not: what the store reads.
    written: Image,
    unflushed: Vec<Put>,
    /// An old copy, for a disk that will be rolled back.
    copy: Option<Durable>,
    pub(crate) is_full: bool,
    /// A bit is not what it was: the store will find that when it is opened.
    pub(crate) is_damaged: bool,
    /// How much longer than usual a flush takes.
    pub(crate) slowness: u64,
}

impl Disk {
    pub(crate) fn write(&mut self, write: &Write) -> Result<(), WriteError> {
        for put in puts(write) {
            if self.is_full {
                return Err(WriteError::Full);
            }
            self.written.put(&put).map_err(WriteError::Refused)?;
            self.unflushed.push(put);
        }
        Ok(())
    }

    /// Everything written is durable.
    pub(crate) fn flush(&mut self) {
        for put in self.unflushed.drain(..) {
            // It was taken before, after the same writes.
            let _ = self.durable.image.put(&put);
        }
    }

    /// So many writes are not flushed.
    pub(crate) fn unflushed(&self) -> usize {
        self.unflushed.len()
    }

    /// The machine stops; `kept` of the unflushed writes have reached the disk all the same.
    pub(crate) fn crash(&mut self, kept: usize) {
        for put in self.unflushed.drain(..).take(kept) {
            // It was taken before, after the same writes.
            let _ = self.durable.image.put(&put);
        }
        self.written = self.durable.image.clone();
    }

    pub(crate) fn put_checkpoint(&mut self, height: Height, chunks: Vec<Vec<u8>>) {
        if self.durable.checkpoint.as_ref().is_none_or(|older| older.height < height) {
            self.durable.checkpoint = Some(Checkpoint::new(height, chunks));
        }
    }

    /// The latest block that a start must come to: that of the checkpoint, or one that a certificate after it covers.
    pub(crate) fn certified_tip(&self) -> Height {
        let checkpoint = self.durable.checkpoint.as_ref().map_or(Height(0), |checkpoint| checkpoint.height);
        checkpoint.max(self.durable.image.certified_tip())
    }

    /// What a crash cannot take away.
    pub(crate) fn durable(&self) -> &Image {
        &self.durable.image
    }

    /// Keeps a copy of the disk as it is.
    pub(crate) fn keep_copy(&mut self) {
        self.copy = Some(self.durable.clone());
    }

    /// Puts the disk back to the copy, or to nothing if there is none. The machine is off.
    pub(crate) fn roll_back(&mut self) {
        self.replace(self.copy.clone().unwrap_or_default());
    }

    /// Empties the disk. The machine is off.
    pub(crate) fn erase(&mut self) {
        self.replace(Durable::default());
    }

    fn replace(&mut self, durable: Durable) {
        self.written = durable.image.clone();
        self.unflushed.clear();
        self.durable = durable;
    }

    /// What a process finds when it starts.
    pub(crate) fn recovered(&self) -> Result<Recovered, String> {
        let Durable { image, checkpoint, .. } = &self.durable;
        let mut from = Height(1);
        let checkpoint = match checkpoint {
            None => None,
            Some(Checkpoint { height, chunks }) => {
                from = height.next();
                let (block, certificate) = image.certified(*height)?;
                let chunks = Box::new(Vec::clone(chunks).into_iter());
                Some(replica::Checkpoint { chunks, block, certificate })
            }
        };
        let blocks: Vec<CertifiedBlock> = image.blocks_from(from, usize::MAX, usize::MAX);
        Ok(Recovered {
            checkpoint,
            handovers: image.handovers(),
            blocks: Box::new(blocks.into_iter().map(Ok)),
            proposals: image.proposals(),
            journal: image.journal(),
            batches: image.unordered_batches(),
        })
    }

    /// Blocks from a height on for a validator that lags: up to the last one that a certificate among them covers, or
    /// all if it takes more of them to come to a certificate.
    pub(crate) fn served_blocks(&self, from: Height, max_blocks: usize, max_bytes: usize) -> Vec<CertifiedBlock> {
        let mut blocks = self.written.blocks_from(from, max_blocks, max_bytes);
        if let Some(last) = blocks.iter().rposition(|block| block.certificate.is_some()) {
            blocks.truncate(last + 1);
        }
        blocks
    }

    /// The checkpoint as it is offered to those that begin.
    pub(crate) fn offered(&self) -> Option<Manifest> {
        let Checkpoint { height, chunks } = self.durable.checkpoint.as_ref()?;
        let (block, certificate) = self.durable.image.certified(*height).ok()?;
        let parts = Bounded::new(chunks.iter().map(|chunk| part_hash(chunk)).collect()).ok()?;
        let bytes = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Some(Manifest { block, certificate, parts, bytes })
    }

    /// The parts of the checkpoint; none if there is none.
    pub(crate) fn checkpoint(&self) -> &[Vec<u8>] {
        self.durable.checkpoint.as_ref().map_or(&[], |checkpoint| &checkpoint.chunks)
    }

    /// The parts of the checkpoint at this height, if it is the one on offer.
    pub(crate) fn offered_parts(&self, height: Height) -> Option<Rc<Vec<Vec<u8>>>> {
        let checkpoint = self.durable.checkpoint.as_ref().filter(|checkpoint| checkpoint.height == height)?;
        Some(checkpoint.chunks.clone())
    }

    /// The ends of epochs from this one on.
    pub(crate) fn handovers(&self, from: Epoch, most: usize) -> Vec<Handover> {
        let handovers = self.durable.image.handovers();
        handovers.into_iter().filter(|handover| handover.header.epoch >= from).take(most).collect()
    }

    pub(crate) fn batch<const MAX: usize>(&self, digest: &BatchDigest) -> Option<Blob<MAX>> {
        self.written.batch(digest).and_then(|bytes| Blob::new(bytes.to_vec()).ok())
    }
}
