//! The records of a state that does not change: the table with the blocks that are not final on top of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use types::Hash;

use super::delta::Placed;
use super::{Entry, RecordKey, RecordsDelta, Table};
use crate::Delta;

/// The records after a block's parent.
#[derive(Clone, Copy)]
pub(crate) struct Base<'a> {
    table: &'a Table,
    /// Oldest first.
    ancestors: &'a [Arc<Delta>],
}

impl<'a> Base<'a> {
    pub(crate) fn new(table: &'a Table, ancestors: &'a [Arc<Delta>]) -> Self {
        Self { table, ancestors }
    }

    pub(crate) fn table(&self) -> &'a Table {
        self.table
    }

    /// The changes of the blocks that are not final, oldest first.
    pub(crate) fn deltas(&self) -> impl DoubleEndedIterator<Item = &'a RecordsDelta> + Clone + use<'a> {
        self.ancestors.iter().map(|delta| &delta.records)
    }

    /// The record of a key with its slot.
    pub(crate) fn find(&self, key: &RecordKey) -> Option<(u32, &'a Arc<Entry>)> {
        match self.deltas().rev().find_map(|delta| delta.changes().get(key)) {
            Some(Some(Placed { slot, entry })) => Some((*slot, entry)),
            Some(None) => None,
            None => self.table.find(key),
        }
    }

    /// How many slots there are, the empty ones included.
    pub(crate) fn slot_count(&self) -> u32 {
        self.deltas().next_back().map_or_else(|| self.table.summary(), RecordsDelta::summary).0
    }

    fn is_empty(&self, slot: u32) -> bool {
        let leaf = self.deltas().rev().find_map(|delta| delta.tree().leaf(slot));
        leaf.map_or_else(|| self.table.empty().contains(&slot), |leaf| leaf == Hash::ZERO)
    }

    /// The slots that are empty or among `emptied`, lowest first, `count` of them or as many as there are.
    pub(crate) fn lowest_empty(&self, emptied: &BTreeSet<u32>, count: usize) -> Vec<u32> {
        let mut candidates = emptied.clone();
        for delta in self.deltas() {
            let empty = delta.tree().leaves().iter().filter(|(_, leaf)| *leaf == Hash::ZERO);
            candidates.extend(empty.map(|(slot, _)| *slot));
        }
        let ascending = self.table.empty().union(&candidates).copied();
        ascending.filter(|slot| emptied.contains(slot) || self.is_empty(*slot)).take(count).collect()
    }
}
