//! What was put into a volume and is not in its database yet.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::store::database::table::Table;

/// What was put while one file was filled ahead: the last value under each key of each table.
pub(in crate::store) type Generation = [BTreeMap<Vec<u8>, Arc<[u8]>>; Table::COUNT];

/// Two generations: one that grows, and possibly one that is being put into the database. What is in neither is there.
#[derive(Default)]
pub(in crate::store) struct Recent(RwLock<Generations>);

#[derive(Default)]
struct Generations {
    growing: Generation,
    settling: Arc<Generation>,
}

impl Generations {
    /// The later one first.
    fn tables(&self, table: Table) -> [&BTreeMap<Vec<u8>, Arc<[u8]>>; 2] {
        [&self.growing, &*self.settling].map(|generation| &generation[table as usize])
    }
}

impl Recent {
    pub(in crate::store) fn put(&self, table: Table, key: &[u8], value: &[u8]) {
        self.write().growing[table as usize].insert(key.to_vec(), value.into());
    }

    pub(in crate::store) fn value(&self, table: Table, key: &[u8]) -> Option<Arc<[u8]>> {
        self.read().tables(table).into_iter().find_map(|entries| entries.get(key)).cloned()
    }

    /// Keys and values from a key on.
    pub(in crate::store) fn entries(&self, table: Table, from: &[u8]) -> BTreeMap<Vec<u8>, Arc<[u8]>> {
        let generations = self.read();
        let [growing, settling] = generations.tables(table);
        // Of equal keys the last one, of the later generation, is kept.
        let entries = settling.range(from.to_vec()..).chain(growing.range(from.to_vec()..));
        entries.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// The first key from a key on, with its value.
    pub(in crate::store) fn first(&self, table: Table, from: &[u8]) -> Option<(Vec<u8>, Arc<[u8]>)> {
        let generations = self.read();
        let firsts = generations.tables(table).map(|entries| entries.range(from.to_vec()..).next());
        // Of equal keys the first one, of the later generation, is taken.
        let first = firsts.into_iter().flatten().min_by_key(|(key, _)| *key);
        first.map(|(key, value)| (key.clone(), value.clone()))
    }

    pub(in crate::store) fn last_key(&self, table: Table) -> Option<Vec<u8>> {
        let generations = self.read();
        let last = generations.tables(table).map(|entries| entries.last_key_value().map(|(key, _)| key.clone()));
        last.into_iter().flatten().max()
    }

    /// What has grown is from now on being put into the database. That of the generation before is there.
    pub(in crate::store) fn settle(&self) -> Arc<Generation> {
        let mut generations = self.write();
        generations.settling = Arc::new(std::mem::take(&mut generations.growing));
        generations.settling.clone()
    }

    /// What was being put into the database is there.
    pub(in crate::store) fn settled(&self) {
        self.write().settling = Arc::default();
    }

    fn read(&self) -> RwLockReadGuard<'_, Generations> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Generations> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TABLE: Table = Table::Blocks;

    fn keys(recent: &Recent, from: &[u8]) -> Vec<Vec<u8>> {
        recent.entries(TABLE, from).into_keys().collect()
    }

    #[test]
    fn the_later_value_counts_until_both_are_in_the_database() {
        let recent = Recent::default();
        recent.put(TABLE, b"a", b"first");
        recent.put(TABLE, b"b", b"other");
        assert_eq!(recent.settle()[TABLE as usize].len(), 2);
        recent.put(TABLE, b"a", b"second");
        recent.put(TABLE, b"c", b"third");
        assert_eq!(recent.value(TABLE, b"a").unwrap()[..], b"second"[..]);
        assert_eq!(recent.value(TABLE, b"b").unwrap()[..], b"other"[..]);
        assert_eq!(recent.value(Table::Batches, b"a"), None, "tables are apart");
        assert_eq!(recent.entries(TABLE, b"").get(&b"a"[..]).unwrap()[..], b"second"[..]);
        assert_eq!(
            (keys(&recent, b""), keys(&recent, b"b")),
            (vec![b"a".to_vec(), b"b".to_vec(), b"c".to_vec()], vec![b"b".to_vec(), b"c".to_vec()])
        );
        assert_eq!(recent.last_key(TABLE).unwrap(), b"c");
        assert_eq!(recent.first(TABLE, b"a").unwrap(), (b"a".to_vec(), b"second"[..].into()));
        assert_eq!(recent.first(TABLE, b"aa").unwrap().0, b"b");
        assert_eq!(recent.first(TABLE, b"d"), None);
        recent.settled();
        assert_eq!(recent.value(TABLE, b"b"), None);
        assert_eq!(keys(&recent, b""), [b"a".to_vec(), b"c".to_vec()]);
    }
}
