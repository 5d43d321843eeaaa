//! Where the account of an address is. In shards, so that growing never rehashes all accounts at once.

use hashbrown::HashMap;
use types::Address;

const SHARDS: usize = 64;

/// Address to place in the list of accounts. For lookups only.
pub(crate) struct Directory {
    shards: Vec<HashMap<Address, u32>>,
}

impl Default for Directory {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl Directory {
    pub(crate) fn with_capacity(accounts: usize) -> Self {
        let shard = || HashMap::with_capacity(accounts / SHARDS + accounts / SHARDS / 8);
        Self { shards: std::iter::repeat_with(shard).take(SHARDS).collect() }
    }

    fn shard(address: &Address) -> usize {
        usize::from(address.0[19]) % SHARDS
    }

    pub(crate) fn find(&self, address: &Address) -> Option<u32> {
        self.shards[Self::shard(address)].get(address).copied()
    }

    /// Adds an address; false if it was there, which keeps its place.
    pub(crate) fn insert(&mut self, address: Address, index: u32) -> bool {
        self.shards[Self::shard(&address)].try_insert(address, index).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_first_place() {
        let mut directory = Directory::default();
        assert_eq!(directory.find(&Address([1; 20])), None);
        assert!(directory.insert(Address([1; 20]), 7));
        assert!(!directory.insert(Address([1; 20]), 8));
        assert_eq!(directory.find(&Address([1; 20])), Some(7));
        assert_eq!(directory.find(&Address([65; 20])), None, "the same shard");
    }
}
