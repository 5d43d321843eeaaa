//! What a block changes among the records.

use std::collections::BTreeMap;
use std::sync::Arc;

use types::Hash;

use super::{Base, Entry, Money, RecordKey};
use crate::state::merkle::Patch;

/// A record in its slot.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) slot: u32,
    pub(crate) entry: Arc<Entry>,
}

/// The effect of one block on the records. Allocates nothing where the block changes none.
#[derive(Clone)]
pub(crate) struct RecordsDelta {
    /// The records that are new or changed, and nothing for those that are gone.
    changes: BTreeMap<RecordKey, Option<Placed>>,
    tree: Patch,
    slot_count: u32,
}

impl RecordsDelta {
    pub(crate) fn new(changes: BTreeMap<RecordKey, Option<Placed>>, tree: Patch, slot_count: u32) -> Self {
        Self { changes, tree, slot_count }
    }

    /// How many slots there are after the block, the empty ones included, and the root over them.
    pub(crate) fn summary(&self) -> (u32, Hash) {
        (self.slot_count, self.tree.root())
    }

    pub(crate) fn tree(&self) -> &Patch {
        &self.tree
    }

    /// What became of each changed record.
    pub(crate) fn changes(&self) -> &BTreeMap<RecordKey, Option<Placed>> {
        &self.changes
    }

    pub(crate) fn into_changes(self) -> BTreeMap<RecordKey, Option<Placed>> {
        self.changes
    }

    /// For each changed record the money in it before and after the block. `base` is the block's parent.
    pub(crate) fn money(&self, base: Base<'_>) -> impl Iterator<Item = (Money, Money)> {
        self.changes.iter().map(move |(key, placed)| {
            let before = base.find(key).and_then(|(_, entry)| entry.record.held());
            (before, placed.as_ref().and_then(|placed| placed.entry.record.held()))
        })
    }
}
