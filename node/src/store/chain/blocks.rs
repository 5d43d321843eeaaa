//! Finalized blocks, each with the places of its batches.

use std::collections::BTreeSet;

use types::codec::{Blob, Bounded, CodecError, decode, encode};
use types::{BatchDigest, Height, MAX_BLOCK_BATCHES};

use super::batches::BatchIndex;
use super::volumes::Volumes;
use crate::store::StoreError;
use crate::store::database::table::Table;

/// The most bytes of an encoded block or certificate.
const MAX_BYTES: usize = 1 << 20;

/// A finalized block as it is put into the store. The store does not look into the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRecord {
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded finality certificate; none where the certificate of a later block covers this one.
    pub certificate: Option<Vec<u8>>,
    /// The encoded receipts of the block's transactions.
    pub receipts: Vec<u8>,
    /// The batches that the block orders, in its order. Each was stored before.
    pub batches: Vec<BatchDigest>,
}

/// A finalized block without what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockAlone {
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded certificate; absent where a descendant's covers the block.
    pub certificate: Option<Vec<u8>>,
}

/// A finalized block with all that another validator needs to execute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    /// Its height.
    pub height: Height,
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded finality certificate, if it has one of its own.
    pub certificate: Option<Vec<u8>>,
    /// The encoded batches, in the block's order.
    pub batches: Vec<Vec<u8>>,
}

/// Sequence and digest of each batch of a block.
pub(in crate::store) type Places = Vec<(u64, BatchDigest)>;

/// What stands under a height. The receipts stand in a table of their own.
pub(in crate::store) struct Entry {
    pub(in crate::store) block: Vec<u8>,
    pub(in crate::store) certificate: Option<Vec<u8>>,
    pub(in crate::store) batches: Places,
    /// The sequence that the next batch had when the block was put.
    pub(in crate::store) next_sequence: u64,
    /// The oldest batch that then was neither ordered nor forgotten.
    pub(in crate::store) low_water: u64,
}

type EntryFields = (Blob<MAX_BYTES>, Option<Blob<MAX_BYTES>>, Bounded<(u64, BatchDigest), MAX_BLOCK_BATCHES>, u64, u64);

impl Entry {
    pub(in crate::store) fn encoded(self) -> Result<Vec<u8>, CodecError> {
        let certificate = self.certificate.map(Blob::new).transpose()?;
        let fields: EntryFields =
            (Blob::new(self.block)?, certificate, Bounded::new(self.batches)?, self.next_sequence, self.low_water);
        Ok(encode(&fields))
    }

    pub(in crate::store) fn decoded(bytes: &[u8]) -> Result<Self, CodecError> {
        let (block, certificate, batches, next_sequence, low_water) = decode::<EntryFields>(bytes)?;
        Ok(Entry {
            block: block.into_vec(),
            certificate: certificate.map(Blob::into_vec),
            batches: batches.into_vec(),
            next_sequence,
            low_water,
        })
    }
}

/// What stands under a height.
pub(in crate::store) fn read_entry(volumes: &Volumes, height: Height) -> Result<Option<Entry>, StoreError> {
    let volume = volumes.of_height(height.0)?;
    let bytes = volume.value(Table::Blocks, &height.0.to_be_bytes())?;
    let damaged = |error| StoreError::corrupt(volume.path(), format!("block {height}: {error}"));
    bytes.map(|bytes| Entry::decoded(&bytes).map_err(damaged)).transpose()
}

pub(in crate::store) fn read_receipts(volumes: &Volumes, height: Height) -> Result<Option<Vec<u8>>, StoreError> {
    volumes.of_height(height.0)?.value(Table::Receipts, &height.0.to_be_bytes())
}

/// The last block.
pub(in crate::store) fn latest(volumes: &Volumes) -> Result<Option<Height>, StoreError> {
    let active = volumes.active();
    match active.last_key(Table::Blocks)? {
        Some(key) => {
            let height =
                key.try_into().map_err(|_| StoreError::corrupt(active.path(), "the key of a block is damaged"))?;
            Ok(Some(Height(u64::from_be_bytes(height))))
        }
        None => Ok(volumes.active_span().first_height.checked_sub(1).map(Height)),
    }
}

/// The index of batches as the blocks after `beginning` left it. Blocks up to there order nothing that still counts.
pub(in crate::store) fn recover_batches(
    volumes: &Volumes,
    beginning: Option<Height>,
    latest: Option<Height>,
) -> Result<BatchIndex, StoreError> {
    let mut low_water = 0;
    let mut ordered = BTreeSet::new();
    let mut next = latest;
    while let Some(height) = next.filter(|height| Some(*height) > beginning) {
        let Some(entry) = read_entry(volumes, height)? else {
            // The chain in the store may begin at any height; between its ends no block may be missing.
            let is_first = beginning.is_none() && first_height(volumes)?.is_none_or(|first| height < first);
            if is_first {
                break;
            }
            return Err(StoreError::corrupt(volumes.path(), format!("block {height} is missing")));
        };
        if latest == Some(height) {
            low_water = entry.low_water;
        }
        if entry.next_sequence <= low_water {
            // All batches of this block and of those before it arrived earlier.
            break;
        }
        ordered.extend(entry.batches.iter().map(|(sequence, _)| *sequence).filter(|sequence| *sequence >= low_water));
        next = height.0.checked_sub(1).map(Height);
    }
    BatchIndex::recover(volumes, low_water, &ordered)
}

/// The first block.
pub(in crate::store) fn first_height(volumes: &Volumes) -> Result<Option<Height>, StoreError> {
    let first = volumes.of_height(0)?.first(Table::Blocks, &[])?;
    Ok(first.and_then(|(key, _)| Some(Height(u64::from_be_bytes(key.try_into().ok()?)))))
}
