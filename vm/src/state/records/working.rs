//! The records while a block executes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Base, Entry, Record, RecordKey};

/// What a change of a record has replaced among the block's changes.
pub(crate) struct Before {
    key: RecordKey,
    change: Option<Option<Arc<Entry>>>,
}

/// The records after the block's parent with the block's changes so far.
pub(crate) struct Working<'a> {
    pub(super) base: Base<'a>,
    /// The records that are new or changed, and nothing for those that are gone.
    pub(super) changes: BTreeMap<RecordKey, Option<Arc<Entry>>>,
}

impl<'a> Working<'a> {
    pub(crate) fn new(base: Base<'a>) -> Self {
        Self { base, changes: BTreeMap::new() }
    }

    pub(crate) fn get(&self, key: &RecordKey) -> Option<&Record> {
        let entry = match self.changes.get(key) {
            Some(change) => change.as_ref(),
            None => self.base.find(key).map(|(_, entry)| entry),
        };
        entry.map(|entry| &entry.record)
    }

    /// Adds or replaces a record. The key is of the record's kind.
    pub(crate) fn put(&mut self, key: RecordKey, record: Record) -> Before {
        self.change(key.clone(), Some(Arc::new(Entry::new(key, record))))
    }

    /// Removes a record, if it is there.
    pub(crate) fn remove(&mut self, key: RecordKey) -> Before {
        self.change(key, None)
    }

    fn change(&mut self, key: RecordKey, to: Option<Arc<Entry>>) -> Before {
        let change = self.changes.insert(key.clone(), to);
        Before { key, change }
    }

    /// Takes back the latest change that is not taken back yet.
    pub(crate) fn take_back(&mut self, Before { key, change }: Before) {
        match change {
            Some(change) => self.changes.insert(key, change),
            None => self.changes.remove(&key),
        };
    }
}
