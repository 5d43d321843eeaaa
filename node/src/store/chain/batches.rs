//! Where batches are: those that no finalized block orders yet, and those of the last blocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hashbrown::HashMap;
use types::BatchDigest;

use super::volume::Volume;
use super::volumes::Volumes;
use crate::store::StoreError;
use crate::store::database::table::Table;

/// So many ordered batches can still be found by digest alone; older ones are found through their block.
const RECENT: usize = 4096;

/// Digest to sequence, for batches that may still be asked for by digest.
#[derive(Default)]
pub(in crate::store) struct BatchIndex {
    places: HashMap<BatchDigest, u64>,
    unordered: BTreeMap<u64, BatchDigest>,
    /// Ordered batches, the one ordered last at the end.
    recent: VecDeque<BatchDigest>,
    next: u64,
}

impl BatchIndex {
    /// Reads the keys of all batches from `low_water` on. `ordered` are those of them that blocks order.
    pub(in crate::store) fn recover(
        volumes: &Volumes,
        low_water: u64,
        ordered: &BTreeSet<u64>,
    ) -> Result<Self, StoreError> {
        let mut forgotten = BTreeSet::new();
        let mut found = Vec::new();
        let later = volumes.since_sequence(low_water)?;
        for volume in &later {
            for key in volume.keys(Table::Forgotten, &low_water.to_be_bytes()) {
                let sequence = key?.try_into().map_err(|_| damaged(volume))?;
                forgotten.insert(u64::from_be_bytes(sequence));
            }
            for key in volume.keys(Table::Batches, &low_water.to_be_bytes()) {
                found.push(sequence_of(volume, &key?)?);
            }
        }
        let mut index = Self { next: low_water, ..Self::default() };
        for (sequence, digest) in found {
            if sequence != index.next {
                return Err(StoreError::corrupt(volumes.path(), format!("batch {} is missing", index.next)));
            }
            index.next = sequence + 1;
            if forgotten.contains(&sequence) {
                continue;
            }
            index.places.insert(digest, sequence);
            index.unordered.insert(sequence, digest);
            if ordered.contains(&sequence) {
                index.order(&digest);
            }
        }
        Ok(index)
    }

    /// The sequence of the next batch.
    pub(in crate::store) fn next(&self) -> u64 {
        self.next
    }

    /// Every batch below this sequence is ordered or forgotten.
    pub(in crate::store) fn low_water(&self) -> u64 {
        self.unordered.first_key_value().map_or(self.next, |(sequence, _)| *sequence)
    }

    pub(in crate::store) fn sequence(&self, digest: &BatchDigest) -> Option<u64> {
        self.places.get(digest).copied()
    }

    /// The batches that no block orders, in the order of their arrival.
    pub(in crate::store) fn unordered(&self) -> Vec<(u64, BatchDigest)> {
        self.unordered.iter().map(|(sequence, digest)| (*sequence, *digest)).collect()
    }

    /// Notes a batch that was stored under [`BatchIndex::next`].
    pub(in crate::store) fn insert(&mut self, digest: BatchDigest) {
        self.places.insert(digest, self.next);
        self.unordered.insert(self.next, digest);
        self.next += 1;
    }

    /// Notes that a block orders the batch.
    pub(in crate::store) fn order(&mut self, digest: &BatchDigest) {
        let sequence = self.places.get(digest);
        if sequence.and_then(|sequence| self.unordered.remove(sequence)).is_none() {
            return;
        }
        self.recent.push_back(*digest);
        if self.recent.len() > RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.places.remove(&oldest);
        }
    }

    /// Forgets the ordered batches below a sequence: they are not on disk any more.
    pub(in crate::store) fn drop_before(&mut self, first: u64) {
        let (places, unordered) = (&mut self.places, &self.unordered);
        places.retain(|_, sequence| *sequence >= first || unordered.contains_key(sequence));
        self.recent.retain(|digest| places.contains_key(digest));
    }

    /// Drops a batch that no block orders, and returns its sequence.
    pub(in crate::store) fn forget(&mut self, digest: &BatchDigest) -> Option<u64> {
        let sequence = self.sequence(digest)?;
        self.unordered.remove(&sequence)?;
        self.places.remove(digest);
        Some(sequence)
    }
}

/// The key of a batch.
pub(in crate::store) fn batch_key(sequence: u64, digest: &BatchDigest) -> Vec<u8> {
    [&sequence.to_be_bytes()[..], &digest.0].concat()
}

fn sequence_of(volume: &Volume, key: &[u8]) -> Result<(u64, BatchDigest), StoreError> {
    let split = key.split_first_chunk::<8>().and_then(|(sequence, digest)| Some((sequence, digest.try_into().ok()?)));
    let (sequence, digest) = split.ok_or_else(|| damaged(volume))?;
    Ok((u64::from_be_bytes(*sequence), BatchDigest(digest)))
}

fn damaged(volume: &Volume) -> StoreError {
    StoreError::corrupt(volume.path(), "the key of a batch is damaged")
}

/// Reads a batch by its sequence alone.
pub(in crate::store) fn read_batch(volumes: &Volumes, sequence: u64) -> Result<Vec<u8>, StoreError> {
    let volume = volumes.of_sequence(sequence)?;
    let first = volume.first(Table::Batches, &sequence.to_be_bytes())?;
    let found = first.filter(|(key, _)| key.starts_with(&sequence.to_be_bytes()));
    let missing = || StoreError::corrupt(volume.path(), format!("batch {sequence} is missing"));
    Ok(found.ok_or_else(missing)?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u64) -> BatchDigest {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        BatchDigest(bytes)
    }

    #[test]
    fn finds_only_the_last_of_the_ordered_batches() {
        let mut index = BatchIndex::default();
        for n in 0..RECENT as u64 + 10 {
            index.insert(digest(n));
            index.order(&digest(n));
        }
        assert_eq!(index.sequence(&digest(9)), None);
        assert_eq!(index.sequence(&digest(10)), Some(10));
        assert_eq!(index.places.len(), RECENT);
        assert_eq!(index.low_water(), RECENT as u64 + 10);
    }

    #[test]
    fn ordered_batches_of_dropped_volumes_are_not_found() {
        let mut index = BatchIndex::default();
        (0..6).for_each(|n| index.insert(digest(n)));
        [2, 4].into_iter().for_each(|n| index.order(&digest(n)));
        index.drop_before(3);
        let found: Vec<_> = (0..6).map(|n| index.sequence(&digest(n))).collect();
        assert_eq!(found, [Some(0), Some(1), None, Some(3), Some(4), Some(5)]);
        assert_eq!((index.recent.len(), index.low_water()), (1, 0));
    }

    #[test]
    fn low_water_is_the_oldest_batch_that_waits() {
        let mut index = BatchIndex::default();
        (0..4).for_each(|n| index.insert(digest(n)));
        index.order(&digest(2));
        assert_eq!(index.low_water(), 0);
        index.order(&digest(0));
        index.forget(&digest(1));
        assert_eq!(index.low_water(), 3);
        assert_eq!(index.forget(&digest(2)), None, "an ordered batch stays");
    }
}
