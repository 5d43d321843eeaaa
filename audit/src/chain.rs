//! That a block follows the one before it, and that what it orders is here.

use types::{Block, Committee, Hash, Header, MAX_BLOCK_BYTES};

use crate::Fault;
use crate::entry::PreparedBlock;

/// What is wrong with a block as the one after `parent`. The flag tells whether the audit can go on with it.
pub(crate) fn faults(prepared: &PreparedBlock, parent: (&Header, Hash), committee: &Committee) -> (Vec<Fault>, bool) {
    let header = &prepared.block.header;
    let mut faults = links(header, parent, committee);
    faults.extend(contents(prepared));
    // A block that is another's child, or whose contents are not what it orders, has no outcome that could be compared.
    let is_fatal = |fault: &Fault| {
        !matches!(fault, Fault::Time | Fault::View | Fault::Proposer { .. } | Fault::TooLong { .. })
            && !matches!(fault, Fault::Unauthorized { .. })
    };
    let goes_on = !faults.iter().any(is_fatal);
    (faults, goes_on)
}

fn links(header: &Header, (parent, hash): (&Header, Hash), committee: &Committee) -> Vec<Fault> {
    let mut faults = Vec::new();
    let expected = parent.height.next();
    if header.height != expected {
        faults.push(Fault::Height { expected, found: header.height });
    }
    if header.parent != hash {
        faults.push(Fault::Parent { expected: hash, found: header.parent });
    }
    if header.epoch != committee.epoch {
        faults.push(Fault::Epoch { expected: committee.epoch, found: header.epoch });
    }
    if header.timestamp <= parent.timestamp {
        faults.push(Fault::Time);
    }
    if header.view <= parent.view {
        faults.push(Fault::View);
    }
    let leader = committee.leader(header.view);
    if header.epoch == committee.epoch && header.proposer != leader {
        faults.push(Fault::Proposer { expected: leader, found: header.proposer });
    }
    faults
}

fn contents(prepared: &PreparedBlock) -> Vec<Fault> {
    let PreparedBlock { block, batches, .. } = prepared;
    let mut faults = Vec::new();
    if block.header.batches != Block::batches_hash(&block.batches) {
        faults.push(Fault::BatchList);
    }
    if block.batches.len() != batches.len() {
        faults.push(Fault::BatchCount { expected: block.batches.len(), found: batches.len() });
    }
    for (place, (expected, batch)) in block.batches.iter().zip(batches).enumerate() {
        if *expected != batch.digest {
            faults.push(Fault::BatchDigest { batch: place, expected: *expected, found: batch.digest });
        }
    }
    let bytes = batches.iter().map(|batch| batch.bytes).sum();
    if bytes > MAX_BLOCK_BYTES {
        faults.push(Fault::TooLong { bytes });
    }
    faults.extend(batches.iter().flat_map(|batch| batch.refused()));
    faults
}
