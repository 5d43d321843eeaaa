//! The end of a block: its new records get their slots.

use std::collections::{BTreeMap, BTreeSet};

use types::Hash;

use super::delta::Placed;
use super::{RecordsDelta, Working};

impl Working<'_> {
    /// The block's effect.
    pub(crate) fn settle(self) -> RecordsDelta {
        let Working { base, changes } = self;
        let (mut settled, mut created) = (BTreeMap::new(), Vec::new());
        let (mut leaves, mut emptied) = (BTreeMap::new(), BTreeSet::new());
        for (key, entry) in changes {
            match (base.find(&key), entry) {
                (Some((slot, _)), Some(entry)) => {
                    leaves.insert(slot, entry.leaf());
                    settled.insert(key, Some(Placed { slot, entry }));
                }
                (Some((slot, _)), None) => {
                    leaves.insert(slot, Hash::ZERO);
                    emptied.insert(slot);
                    settled.insert(key, None);
                }
                (None, Some(entry)) => created.push(entry),
                // Created and removed in this block.
                (None, None) => {}
            }
        }

        let mut slot_count = base.slot_count();
        if !created.is_empty() {
            let reused = base.lowest_empty(&emptied, created.len());
            let new = slot_count..=u32::MAX;
            for (slot, entry) in reused.into_iter().chain(new).zip(created) {
                slot_count = slot_count.max(slot.checked_add(1).expect("fewer than 2^32 records fit in memory"));
                leaves.insert(slot, entry.leaf());
                settled.insert(entry.key.clone(), Some(Placed { slot, entry }));
            }
        }

        let patches = base.deltas().map(RecordsDelta::tree);
        let tree = base.table().tree().patch(patches, leaves.into_iter().collect(), slot_count);
        RecordsDelta::new(settled, tree, slot_count)
    }
}
