//! What is on a disk at some moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use consensus::Record;
use replica::CertifiedBlock;
use types::codec::{Blob, Bounded};
use types::{Ballot, BatchDigest, Block, Certificate, Handover, Hash, Height, View};

use super::put::Put;

#[derive(Clone, Default)]
pub(crate) struct Image {
    batches: BTreeMap<BatchDigest, Arc<[u8]>>,
    /// Batches that no block will ever order.
    forgotten: BTreeSet<BatchDigest>,
    ordered: BTreeSet<BatchDigest>,
    proposals: BTreeMap<(View, Hash), Block>,
    journal: Vec<Record>,
    /// Journal and proposals below this view do not count.
    floor: View,
    blocks: BTreeMap<Height, (Block, Option<Certificate>)>,
    handovers: Vec<Handover>,
    /// The block of the checkpoint that was adopted: its batches are not here.
    beginning: Option<(Block, Certificate)>,
}

impl Image {
    /// Takes a write, or says why a store would not.
    pub(super) fn put(&mut self, put: &Put) -> Result<(), String> {
        match put {
            Put::Batch { digest, bytes } => {
                self.batches.insert(*digest, bytes.clone());
                self.forgotten.remove(digest);
            }
            Put::ForgetBatch(digest) => drop(self.forgotten.insert(*digest)),
            Put::Proposal(block) => {
                self.proposals.insert((block.header.view, block.header.hash()), block.clone());
            }
            Put::Journal(record) => self.journal.push(record.clone()),
            Put::TrimJournal(view) => {
                self.floor = self.floor.max(*view);
                self.journal.retain(|record| record.view() >= self.floor);
                self.proposals = self.proposals.split_off(&(self.floor, Hash::ZERO));
            }
            Put::Handover(handover) => {
                if self.handovers.iter().all(|known| known.header.epoch != handover.header.epoch) {
                    self.handovers.push(handover.clone());
                }
            }
            Put::Block { block, certificate } => self.put_block(block, certificate)?,
        }
        Ok(())
    }

    fn put_block(&mut self, block: &Block, certificate: &Option<Certificate>) -> Result<(), String> {
        let height = block.header.height;
        if height > self.tip().next() {
            return Err(format!("block {height} is put after block {}: a gap", self.tip()));
        }
        if let Some(digest) = block.batches.iter().find(|digest| !self.batches.contains_key(*digest)) {
            return Err(format!("block {height} orders batch {digest}, which is not stored"));
        }
        self.ordered.extend(block.batches.iter().copied());
        let before = self.blocks.remove(&height).and_then(|(_, certificate)| certificate);
        self.blocks.insert(height, (block.clone(), certificate.clone().or(before)));
        Ok(())
    }

    /// True if no block is here.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.beginning.is_none()
    }

    /// The chain goes on here after this block.
    pub(super) fn begin(&mut self, block: Block, certificate: Certificate, handovers: Vec<Handover>) {
        self.handovers = handovers;
        self.beginning = Some((block, certificate));
    }

    fn beginning(&self) -> Height {
        self.beginning.as_ref().map_or(Height(0), |(block, _)| block.header.height)
    }

    /// The latest block's height.
    fn tip(&self) -> Height {
        self.blocks.last_key_value().map_or(self.beginning(), |(height, _)| *height)
    }

    /// The latest block with a certificate.
    pub(super) fn certified_tip(&self) -> Height {
        let certified = self.blocks.iter().rev().find(|(_, (_, certificate))| certificate.is_some());
        certified.map_or(self.beginning(), |(height, _)| *height)
    }

    /// True if the journal says that this validator cast `ballot`, or if its view is so old that it need not.
    pub(crate) fn binds(&self, ballot: &Ballot) -> bool {
        let is_it = |record: &Record| match record {
            Record::Proposed(proposal) => *ballot == proposal.ballot(),
            Record::Voted(vote) => vote.ballot == *ballot,
            Record::Certified(_) => false,
        };
        ballot.view() < self.floor || self.journal.iter().rev().any(is_it)
    }

    pub(super) fn certified(&self, height: Height) -> Result<(Block, Certificate), String> {
        if let Some(beginning) = self.beginning.as_ref().filter(|(block, _)| block.header.height == height) {
            return Ok(beginning.clone());
        }
        let (block, certificate) =
            self.blocks.get(&height).ok_or_else(|| format!("block {height} of the checkpoint is missing"))?;
        let certificate = certificate.clone().ok_or_else(|| format!("block {height} has no certificate"))?;
        Ok((block.clone(), certificate))
    }

    pub(super) fn blocks_from(&self, from: Height, max_blocks: usize, max_bytes: usize) -> Vec<CertifiedBlock> {
        if !self.blocks.contains_key(&from) {
            return Vec::new();
        }
        let mut bytes = 0;
        let fits = |certified: &CertifiedBlock| {
            bytes += certified.batches.iter().map(|batch| batch.len()).sum::<usize>();
            bytes <= max_bytes
        };
        let certified = |(block, certificate): &(Block, Option<Certificate>)| {
            let batches = block.batches.iter().filter_map(|digest| Blob::new(self.batches.get(digest)?.to_vec()).ok());
            let batches = Bounded::new(batches.collect()).unwrap_or_default();
            CertifiedBlock { block: block.clone(), certificate: certificate.clone(), batches }
        };
        self.blocks.range(from..).take(max_blocks).map(|(_, stored)| certified(stored)).take_while(fits).collect()
    }

    pub(super) fn handovers(&self) -> Vec<Handover> {
        self.handovers.clone()
    }

    pub(super) fn proposals(&self) -> Vec<Block> {
        self.proposals.range((self.floor, Hash::ZERO)..).map(|(_, block)| block.clone()).collect()
    }

    pub(super) fn journal(&self) -> Vec<Record> {
        self.journal.iter().filter(|record| record.view() >= self.floor).cloned().collect()
    }

    pub(super) fn unordered_batches(&self) -> Vec<Vec<u8>> {
        let is_open = |digest: &BatchDigest| !self.ordered.contains(digest) && !self.forgotten.contains(digest);
        self.batches.iter().filter(|(digest, _)| is_open(digest)).map(|(_, bytes)| bytes.to_vec()).collect()
    }

    pub(super) fn batch(&self, digest: &BatchDigest) -> Option<&Arc<[u8]>> {
        self.batches.get(digest)
    }
}
