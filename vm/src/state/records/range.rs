//! Reading records in the order of their keys while a block executes.

use std::collections::BTreeMap;
use std::ops::RangeBounds;
use std::sync::Arc;

use super::{Entry, Record, RecordKey, Working};

impl Working<'_> {
    /// The records whose keys are in `range`, ascending. What reads only the first of them pays only for these and for
    /// what unfinalized blocks have changed in the range.
    pub(crate) fn range(
        &self,
        range: impl RangeBounds<RecordKey> + Clone,
    ) -> impl Iterator<Item = (&RecordKey, &Record)> {
        let mut changed: BTreeMap<&RecordKey, Option<&Arc<Entry>>> = BTreeMap::new();
        for delta in self.base.deltas() {
            let changes = delta.changes().range(range.clone());
            changed.extend(changes.map(|(key, placed)| (key, placed.as_ref().map(|placed| &placed.entry))));
        }
        changed.extend(self.changes.range(range.clone()).map(|(key, entry)| (key, entry.as_ref())));

        let mut changed = changed.into_iter().peekable();
        let mut finalized = self.base.table().range(range).peekable();
        std::iter::from_fn(move || {
            loop {
                let is_unchanged = match (changed.peek(), finalized.peek()) {
                    (Some((key, _)), Some(entry)) => entry.key < **key,
                    (changed, _) => changed.is_none(),
                };
                let entry = if is_unchanged {
                    Some(finalized.next()?)
                } else {
                    let (key, entry) = changed.next()?;
                    finalized.next_if(|entry| entry.key == *key);
                    entry
                };
                if let Some(entry) = entry {
                    return Some((&entry.key, &entry.record));
                }
            }
        })
    }
}
