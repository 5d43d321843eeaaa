//! The records after the latest finalized block.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeBounds;
use std::sync::Arc;

use types::Hash;

use super::delta::{Placed, RecordsDelta};
use super::{Entry, RecordKey};
use crate::state::directory::Directory;
use crate::state::merkle::Tree;
use crate::state::pages::Pages;

/// All slots in the order of their creation; some are empty.
pub(crate) type Slots = Pages<Option<Arc<Entry>>, 64>;

/// All records. Everything but the slots is made from them.
pub(crate) struct Table {
    slots: Slots,
    /// For lookups only.
    directory: Directory<RecordKey>,
    ordered: BTreeMap<RecordKey, u32>,
    empty: BTreeSet<u32>,
    tree: Tree,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            directory: Directory::with_capacity(0),
            ordered: BTreeMap::new(),
            empty: BTreeSet::new(),
            tree: Tree::default(),
        }
    }
}

impl Table {
    /// The table of these slots, or the first key that two of them share.
    pub(crate) fn assemble(slots: Slots) -> Result<Table, RecordKey> {
        let mut table = Table { directory: Directory::with_capacity(slots.len()), ..Table::default() };
        let mut leaves = Vec::with_capacity(slots.len());
        for (slot, index) in slots.iter().zip(0..) {
            match slot {
                Some(entry) if table.directory.insert(entry.key.clone(), index) => {
                    table.ordered.insert(entry.key.clone(), index);
                    leaves.push(entry.leaf());
                }
                Some(entry) => return Err(entry.key.clone()),
                None => {
                    table.empty.insert(index);
                    leaves.push(Hash::ZERO);
                }
            }
        }
        Ok(Table { slots, tree: Tree::new(leaves), ..table })
    }

    /// How many slots there are, the empty ones included, and the root over them.
    pub(crate) fn summary(&self) -> (u32, Hash) {
        // A directory's places are 32 bits.
        (self.slots.len() as u32, self.tree.root())
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The empty slots.
    pub(crate) fn empty(&self) -> &BTreeSet<u32> {
        &self.empty
    }

    /// The record of a key with its slot.
    pub(crate) fn find(&self, key: &RecordKey) -> Option<(u32, &Arc<Entry>)> {
        let slot = self.directory.find(key)?;
        self.at(slot).map(|entry| (slot, entry))
    }

    /// The records whose keys are in `range`, ascending.
    pub(crate) fn range(&self, range: impl RangeBounds<RecordKey>) -> impl Iterator<Item = &Arc<Entry>> {
        self.ordered.range(range).filter_map(|(_, slot)| self.at(*slot))
    }

    fn at(&self, slot: u32) -> Option<&Arc<Entry>> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// Folds in what a finalized block has changed.
    pub(crate) fn apply(&mut self, delta: RecordsDelta) {
        self.tree.apply(delta.tree());
        // What leaves a slot does so before something else enters it.
        let (removed, put): (Vec<_>, Vec<_>) =
            delta.into_changes().into_iter().partition(|(_, placed)| placed.is_none());
        for (key, _) in removed {
            if let Some(slot) = self.directory.remove(&key) {
                self.ordered.remove(&key);
                self.slots.set(slot as usize, None);
                self.empty.insert(slot);
            }
        }
        let mut put: Vec<Placed> = put.into_iter().filter_map(|(_, placed)| placed).collect();
        // New slots come at the end of the list, one after the other.
        put.sort_unstable_by_key(|placed| placed.slot);
        for Placed { slot, entry } in put {
            if self.directory.insert(entry.key.clone(), slot) {
                self.ordered.insert(entry.key.clone(), slot);
                self.empty.remove(&slot);
            }
            if (slot as usize) < self.slots.len() {
                self.slots.set(slot as usize, Some(entry));
            } else {
                self.slots.push(Some(entry));
            }
        }
    }
}
