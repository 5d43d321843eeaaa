//! The steps in which a write reaches the log. A crash may fall between any two of them.

use std::sync::Arc;

use consensus::Record;
use replica::Write;
use types::{BatchDigest, Block, Certificate, Handover, Verified, View};

#[derive(Debug, Clone)]
pub(super) enum Put {
    Batch { digest: BatchDigest, bytes: Arc<[u8]> },
    ForgetBatch(BatchDigest),
    Proposal(Block),
    Journal(Record),
    TrimJournal(View),
    Block { block: Block, certificate: Option<Certificate> },
    Handover(Handover),
}

/// A write as the store makes it: what is referred to first.
pub(super) fn puts(write: &Write) -> Vec<Put> {
    match write {
        Write::Batch { digest, bytes } => vec![Put::Batch { digest: *digest, bytes: bytes.clone() }],
        Write::ForgetBatch(digest) => vec![Put::ForgetBatch(*digest)],
        Write::Proposal { block, .. } => vec![Put::Proposal(block.clone())],
        Write::Journal(record) => vec![Put::Journal(record.clone())],
        Write::TrimJournal(view) => vec![Put::TrimJournal(*view)],
        Write::Handover(handover) => vec![Put::Handover(handover.clone())],
        // Nothing here reads the lists of closed seconds: a replica does not need them to start again.
        Write::ClosedSecond(_) => Vec::new(),
        Write::Finalized(finalized) => {
            let batches = finalized.batches.iter();
            let mut puts: Vec<Put> =
                batches.map(|(digest, bytes)| Put::Batch { digest: *digest, bytes: bytes.clone() }).collect();
            let certificate = finalized.certificate.clone().map(Verified::into_inner);
            puts.push(Put::Block { block: finalized.block.block.clone(), certificate });
            puts
        }
    }
}
