//! The thread that reads for other validators: blocks for those that lag, batches that are not in memory any more, and
//! the checkpoint for those that begin.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use replica::{
    CertifiedBlock, Envelope, MAX_FETCHED_BLOCKS, MAX_HANDOVERS, MAX_SERVED_BYTES, Manifest, Message, Recipient,
};
use tracing::warn;
use types::codec::{Blob, Bounded, decode};
use types::{BatchDigest, Epoch, Height, PublicKey};

use super::post::Post;
use super::questions::{Answering, Questions, questions};
use crate::rate_limit::RateLimit;
use crate::store::{Store, StoreError, StoredBlock};

/// About the longest answer that still fits in one message.
const MAX_RUN_BYTES: usize = 14 << 20;

/// How often it is worth a line that somebody asks for blocks that are not kept.
const NOT_KEPT_INTERVAL: Duration = Duration::from_secs(60);

enum Question {
    Blocks { from: Height },
    Batches { digests: Vec<BatchDigest> },
    Checkpoint,
    Handovers { from: Epoch },
    Part { height: Height, index: u32 },
}

/// Takes questions. Those of one peer wait for each other, not for those of others.
pub(super) struct Reader {
    questions: Questions<PublicKey, Question>,
}

impl Reader {
    pub(super) fn start(store: Store, post: Post) -> std::io::Result<Self> {
        let (questions, answering) = questions();
        thread::Builder::new().name("serve".to_owned()).spawn(move || work(answering, &store, &post))?;
        Ok(Self { questions })
    }

    pub(super) fn blocks(&self, to: PublicKey, from: Height) {
        self.questions.ask(to, Question::Blocks { from });
    }

    pub(super) fn batches(&self, to: PublicKey, digests: Vec<BatchDigest>) {
        self.questions.ask(to, Question::Batches { digests });
    }

    pub(super) fn checkpoint(&self, to: PublicKey) {
        self.questions.ask(to, Question::Checkpoint);
    }

    pub(super) fn handovers(&self, to: PublicKey, from: Epoch) {
        self.questions.ask(to, Question::Handovers { from });
    }

    pub(super) fn part(&self, to: PublicKey, height: Height, index: u32) {
        self.questions.ask(to, Question::Part { height, index });
    }
}

fn work(answering: Answering<PublicKey, Question>, store: &Store, post: &Post) {
    let mut not_kept = RateLimit::new(NOT_KEPT_INTERVAL);
    for (to, question) in answering {
        let answered = match question {
            Question::Blocks { from } => send_blocks(store, post, to, from, &mut not_kept),
            Question::Batches { digests } => send_batches(store, post, to, &digests),
            Question::Checkpoint => send_offer(store, post, to),
            Question::Handovers { from } => send_handovers(store, post, to, from),
            Question::Part { height, index } => send_part(store, post, to, height, index),
        };
        if let Err(error) = answered {
            warn!("could not serve another validator: {error:#}");
        }
    }
}

fn send_offer(store: &Store, post: &Post, to: PublicKey) -> anyhow::Result<()> {
    let manifest = offered_manifest(store).context("reading the checkpoint")?;
    post.send(Envelope { to: Recipient::One(to), message: Message::CheckpointOffer(manifest.map(Box::new)) });
    Ok(())
}

fn offered_manifest(store: &Store) -> anyhow::Result<Option<Manifest>> {
    let Some(offered) = store.offered_checkpoint()? else { return Ok(None) };
    let block = decode(&offered.block.block).context("its block")?;
    let certificate = decode(&offered.block.certificate).context("its certificate")?;
    let parts = Bounded::new(offered.parts).context("a checkpoint with too many parts to offer")?;
    Ok(Some(Manifest { block, certificate, parts, bytes: offered.bytes }))
}

fn send_handovers(store: &Store, post: &Post, to: PublicKey, from: Epoch) -> anyhow::Result<()> {
    let stored = store.handovers(from, MAX_HANDOVERS).context("reading handovers")?;
    let handovers = stored.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>()?;
    let message = Message::Handovers(Bounded::new(handovers)?);
    post.send(Envelope { to: Recipient::One(to), message });
    Ok(())
}

fn send_part(store: &Store, post: &Post, to: PublicKey, height: Height, index: u32) -> anyhow::Result<()> {
    let part = store.offered_part(height, index).context("reading a part of the checkpoint")?;
    let message = Message::Part { height, index, bytes: Blob::new(part.unwrap_or_default())? };
    post.send(Envelope { to: Recipient::One(to), message });
    Ok(())
}

fn send_blocks(
    store: &Store,
    post: &Post,
    to: PublicKey,
    from: Height,
    not_kept: &mut RateLimit,
) -> anyhow::Result<()> {
    let read = run_from(store, from);
    let mut blocks = match first_kept(&read) {
        Some(first) => {
            if let Some(suppressed) = not_kept.pass(Instant::now()) {
                warn!(
                    validator = %to, block = %from, first_kept = %first, suppressed,
                    "a validator asks for a block that is not kept here: it needs an archive, or has to begin with \
                     a checkpoint"
                );
            }
            // From an empty answer it learns that it has to ask another one.
            Vec::new()
        }
        None => read?,
    };
    // Without any certificate among them they are the beginning of a run of which the rest will be asked for.
    if let Some(last) = last_certified(&blocks) {
        blocks.truncate(last + 1);
    }
    let message = Message::Blocks(Bounded::new(blocks)?);
    post.send(Envelope { to: Recipient::One(to), message });
    Ok(())
}

/// The first block that is kept, where that is why others could not be read.
fn first_kept<T>(read: &anyhow::Result<T>) -> Option<Height> {
    read.as_ref().err().and_then(StoreError::first_kept)
}

fn run_from(store: &Store, from: Height) -> anyhow::Result<Vec<CertifiedBlock>> {
    let blocks = blocks_from(store, from, MAX_SERVED_BYTES)?;
    if last_certified(&blocks).is_some() {
        return Ok(blocks);
    }
    // Blocks that one certificate covers together may be longer than a usual answer.
    blocks_from(store, from, MAX_RUN_BYTES)
}

fn blocks_from(store: &Store, from: Height, max_bytes: usize) -> anyhow::Result<Vec<CertifiedBlock>> {
    let stored = store.blocks(from, max_bytes).context("reading blocks")?;
    stored.iter().take(MAX_FETCHED_BLOCKS).map(certified_block).collect()
}

/// The place of the last block that comes with a certificate.
fn last_certified(blocks: &[CertifiedBlock]) -> Option<usize> {
    blocks.iter().rposition(|block| block.certificate.is_some())
}

/// A stored block as it travels.
pub(super) fn certified_block(stored: &StoredBlock) -> anyhow::Result<CertifiedBlock> {
    let batches = stored.batches.iter().map(|bytes| Blob::new(bytes.clone())).collect::<Result<Vec<_>, _>>()?;
    Ok(CertifiedBlock {
        block: decode(&stored.block).context("decoding a stored block")?,
        certificate: stored.certificate.as_deref().map(decode).transpose().context("decoding a certificate")?,
        batches: Bounded::new(batches)?,
    })
}

fn send_batches(store: &Store, post: &Post, to: PublicKey, digests: &[BatchDigest]) -> anyhow::Result<()> {
    for digest in digests {
        if let Some(bytes) = store.batch(digest).context("reading a batch")? {
            post.send(Envelope { to: Recipient::One(to), message: Message::Batch(Blob::new(bytes)?) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_told_from_what_cannot_be_read() {
        let first = Height(7);
        let read: anyhow::Result<()> = Err(StoreError::NotKept { first }).context("reading blocks");
        assert_eq!(first_kept(&read), Some(first));
        assert_eq!(first_kept(&Ok(())), None);
        let path = "data".into();
        let read: anyhow::Result<()> = Err(StoreError::Broken { path }).context("reading blocks");
        assert_eq!(first_kept(&read), None);
    }
}
