//! Where the account of an address or the record of a key is. In shards, so that growing never rehashes all at once.

use std::hash::Hash;

use hashbrown::HashMap;
use types::Address;

const SHARDS: usize = 64;

/// What a [`Directory`] finds by.
pub(crate) trait Key: Hash + Eq {
    /// A byte that spreads keys over shards.
    fn spread(&self) -> u8;
}

impl Key for Address {
    fn spread(&self) -> u8 {
        self.0[19]
    }
}

/// Key to place in a list. For lookups only.
pub(crate) struct Directory<K> {
    shards: Vec<HashMap<K, u32>>,
}

impl<K: Key> Directory<K> {
    pub(crate) fn with_capacity(keys: usize) -> Self {
        let shard = || HashMap::with_capacity(keys / SHARDS + keys / SHARDS / 8);
        Self { shards: std::iter::repeat_with(shard).take(SHARDS).collect() }
    }

    fn shard(key: &K) -> usize {
        usize::from(key.spread()) % SHARDS
    }

    pub(crate) fn find(&self, key: &K) -> Option<u32> {
        self.shards[Self::shard(key)].get(key).copied()
    }

    /// Adds a key; false if it was there, which keeps its place.
    pub(crate) fn insert(&mut self, key: K, index: u32) -> bool {
        self.shards[Self::shard(&key)].try_insert(key, index).is_ok()
    }

    /// Forgets a key; returns its place, if it was there.
    pub(crate) fn remove(&mut self, key: &K) -> Option<u32> {
        self.shards[Self::shard(key)].remove(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_first_place_until_it_is_removed() {
        let mut directory = Directory::with_capacity(0);
        assert_eq!(directory.find(&Address([1; 20])), None);
        assert!(directory.insert(Address([1; 20]), 7));
        assert!(!directory.insert(Address([1; 20]), 8));
        assert_eq!(directory.find(&Address([1; 20])), Some(7));
        assert_eq!(directory.find(&Address([65; 20])), None, "the same shard");
        assert_eq!(directory.remove(&Address([65; 20])), None);
        assert_eq!(directory.remove(&Address([1; 20])), Some(7));
        assert_eq!(directory.find(&Address([1; 20])), None);
    }
}
