//! The thread that reads for other validators: blocks for those that lag, batches that are not in memory any more.

use std::thread;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, bounded};
use replica::{CertifiedBlock, Envelope, MAX_FETCHED_BLOCKS, MAX_SERVED_BYTES, Message, Recipient};
use tracing::warn;
use types::codec::{Blob, Bounded, decode};
use types::{BatchDigest, Height, PublicKey};

use super::post::Post;
use crate::store::{Store, StoredBlock};

/// Questions that may wait. More are dropped: who asked asks again, elsewhere.
const MAX_WAITING: usize = 16;

/// About the longest answer that still fits in one message.
const MAX_RUN_BYTES: usize = 14 << 20;

enum Question {
    Blocks { to: PublicKey, from: Height },
    Batches { to: PublicKey, digests: Vec<BatchDigest> },
}

/// Takes questions.
pub(super) struct Reader {
    questions: Sender<Question>,
}

impl Reader {
    pub(super) fn start(store: Store, post: Post) -> std::io::Result<Self> {
        let (questions, queue) = bounded(MAX_WAITING);
        thread::Builder::new().name("serve".to_owned()).spawn(move || work(&queue, &store, &post))?;
        Ok(Self { questions })
    }

    pub(super) fn blocks(&self, to: PublicKey, from: Height) {
        let _ = self.questions.try_send(Question::Blocks { to, from });
    }

    pub(super) fn batches(&self, to: PublicKey, digests: Vec<BatchDigest>) {
        let _ = self.questions.try_send(Question::Batches { to, digests });
    }
}

fn work(queue: &Receiver<Question>, store: &Store, post: &Post) {
    for question in queue {
        let answered = match question {
            Question::Blocks { to, from } => send_blocks(store, post, to, from),
            Question::Batches { to, digests } => send_batches(store, post, to, &digests),
        };
        if let Err(error) = answered {
            warn!("could not serve another validator: {error:#}");
        }
    }
}

fn send_blocks(store: &Store, post: &Post, to: PublicKey, from: Height) -> anyhow::Result<()> {
    let mut blocks = certified_blocks(store, from, MAX_SERVED_BYTES)?;
    if blocks.is_empty() {
        // Blocks that one certificate covers together may be longer than a usual answer.
        blocks = certified_blocks(store, from, MAX_RUN_BYTES)?;
    }
    let message = Message::Blocks(Bounded::new(blocks)?);
    post.send(Envelope { to: Recipient::One(to), message });
    Ok(())
}

/// The blocks from a height on, up to the last one that a certificate among them covers: the others help nobody.
fn certified_blocks(store: &Store, from: Height, max_bytes: usize) -> anyhow::Result<Vec<CertifiedBlock>> {
    let stored = store.blocks(from, max_bytes).context("reading blocks")?;
    let mut blocks = stored.iter().take(MAX_FETCHED_BLOCKS).map(certified_block).collect::<anyhow::Result<Vec<_>>>()?;
    let covered = blocks.iter().rposition(|block| block.certificate.is_some()).map_or(0, |last| last + 1);
    blocks.truncate(covered);
    Ok(blocks)
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
