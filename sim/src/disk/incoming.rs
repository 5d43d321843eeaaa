//! A checkpoint that is being fetched: its parts reach the disk one by one, and each is there for good.

use std::collections::BTreeMap;

use replica::{Manifest, PartiallySynced};
use types::{Handover, Hash};

use super::{Checkpoint, Disk, Durable, WriteError};

#[derive(Clone, Default)]
pub(super) struct Incoming {
    chosen: Option<(Manifest, Vec<Handover>)>,
    parts: BTreeMap<Hash, Vec<u8>>,
}

impl Disk {
    /// True while there is neither a block nor a checkpoint.
    pub(crate) fn is_new(&self) -> bool {
        let Durable { image, checkpoint, .. } = &self.durable;
        checkpoint.is_none() && image.is_empty()
    }

    /// What an interrupted state sync left.
    pub(crate) fn partially_synced(&self) -> PartiallySynced {
        let Incoming { chosen, parts } = &self.durable.incoming;
        PartiallySynced { chosen: chosen.clone(), parts: parts.keys().copied().collect() }
    }

    /// A checkpoint was chosen: parts that it has not are dropped.
    pub(crate) fn begin_incoming(&mut self, manifest: &Manifest, handovers: Vec<Handover>) {
        let incoming = &mut self.durable.incoming;
        incoming.parts.retain(|hash, _| manifest.parts.contains(hash));
        incoming.chosen = Some((manifest.clone(), handovers));
    }

    pub(crate) fn put_part(&mut self, hash: Hash, bytes: Vec<u8>) -> Result<(), WriteError> {
        if self.is_full {
            return Err(WriteError::Full);
        }
        self.durable.incoming.parts.insert(hash, bytes);
        Ok(())
    }

    /// The checkpoint that is being fetched.
    pub(crate) fn incoming(&self) -> Option<Manifest> {
        self.durable.incoming.chosen.as_ref().map(|(manifest, _)| manifest.clone())
    }

    pub(crate) fn part(&self, hash: &Hash) -> Option<&Vec<u8>> {
        self.durable.incoming.parts.get(hash)
    }

    /// The parts are the ledger from which the chain goes on here.
    pub(crate) fn adopt(&mut self, manifest: &Manifest, handovers: Vec<Handover>) {
        let incoming = std::mem::take(&mut self.durable.incoming);
        let chunks = manifest.parts.iter().filter_map(|hash| incoming.parts.get(hash).cloned()).collect();
        self.durable.image.begin(manifest.block.clone(), manifest.certificate.clone(), handovers);
        self.durable.checkpoint = Some(Checkpoint::new(manifest.height(), chunks));
        self.written = self.durable.image.clone();
    }

    pub(crate) fn drop_incoming(&mut self) {
        self.durable.incoming = Incoming::default();
    }
}
