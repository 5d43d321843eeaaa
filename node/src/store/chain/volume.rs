//! A volume: a database of bounded size. While it grows, what is put waits beside it, in memory and ahead on disk.

use std::cmp::Ordering;
use std::iter::from_fn;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::StoreError;
use crate::store::ahead::frames::Record;
use crate::store::ahead::recent::Recent;
use crate::store::ahead::settling::Settlement;
use crate::store::ahead::{Ahead, Replay};
use crate::store::database::table::Table;
use crate::store::database::{Database, Filling};

/// A key with its value.
pub(in crate::store) type KeyValue = (Vec<u8>, Vec<u8>);

/// An open volume.
pub(in crate::store) struct Volume {
    database: Arc<Database>,
    recent: Arc<Recent>,
    /// Only of the volume that grows.
    ahead: Mutex<Option<Ahead>>,
}

impl Volume {
    /// Makes a new volume under an unfinished name; [`Volume::finish`] gives it the name `path`.
    pub(in crate::store) fn create(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::of(Database::create(path)?))
    }

    /// Makes durable all that was put and gives the volume its name.
    pub(in crate::store) fn finish(self, path: &Path) -> Result<Self, StoreError> {
        let in_use = || StoreError::corrupt(path, "it is used before it is finished");
        Ok(Self::of(Arc::into_inner(self.database).ok_or_else(in_use)?.finish(path)?))
    }

    /// Opens a finished volume.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::of(Database::open(path)?))
    }

    /// A volume that does not grow: what is put goes into the database.
    fn of(database: Database) -> Self {
        Self { database: Arc::new(database), recent: Arc::default(), ahead: Mutex::default() }
    }

    pub(in crate::store) fn path(&self) -> &Path {
        self.database.path()
    }

    /// The length of the database's log, in bytes. What waits is not in it.
    pub(in crate::store) fn length(&self) -> Result<u64, StoreError> {
        self.database.length()
    }

    /// Puts again what the database may not have, and makes it durable there.
    pub(in crate::store) fn replay(&self, ahead: &Replay) -> Result<(), StoreError> {
        // sled takes damage in what it wrote last for a write that was cut short.
        if self.database.settled_generation()? < ahead.settled {
            return Err(StoreError::corrupt(self.path(), "what was written last is not there"));
        }
        let mut filling = Filling::of(&self.database);
        for frame in &ahead.frames {
            let records = frame.records();
            let damaged = || StoreError::corrupt(self.path(), "a record that was written ahead is damaged");
            for Record { table, key, value } in records.ok_or_else(damaged)? {
                // A long value that is there already need not be there twice. One that cannot be read is put right.
                let is_there = self.database.value(table, key).is_ok_and(|found| found.as_deref() == Some(value));
                if !is_there {
                    filling.put(table, key, value)?;
                }
            }
        }
        self.database.settled(ahead.generation)?;
        self.database.flush()
    }

    /// From here on the volume grows.
    pub(in crate::store) fn attach(&self, ahead: Ahead) {
        *self.ahead() = Some(ahead);
    }

    /// Notes in a volume that does not grow yet that nothing up to a generation is for it.
    pub(in crate::store) fn begins_after(&self, generation: u64) -> Result<(), StoreError> {
        self.database.settled(generation)
    }

    /// Ends the growth: everything is durable in the database. What is written ahead is for the volume `next`.
    pub(in crate::store) fn detach(&self, next: u64) -> Result<Option<Ahead>, StoreError> {
        let mut ahead = self.ahead();
        if let Some(ahead) = &mut *ahead {
            ahead.leave(|generation| self.settlement(generation), next)?;
        }
        Ok(ahead.take())
    }

    /// Puts a value; it is durable after the next [`Volume::flush`]. After a crash a value is there only if
    /// everything that was put before it is there.
    pub(in crate::store) fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        match &mut *self.ahead() {
            Some(ahead) => {
                // In this order: what is read from memory is in a frame, or waits for one.
                ahead.take(|generation| self.settlement(generation), &Record { table, key, value })?;
                self.recent.put(table, key, value);
                Ok(())
            }
            None => self.database.put(table, key, value),
        }
    }

    /// The value under a key.
    pub(in crate::store) fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // In this order: what waits no more is in the database.
        match self.recent.value(table, key) {
            Some(value) => Ok(Some(value.to_vec())),
            None => self.database.value(table, key),
        }
    }

    /// Keys and values from a key on.
    pub(in crate::store) fn entries(
        &self,
        table: Table,
        from: &[u8],
    ) -> impl Iterator<Item = Result<KeyValue, StoreError>> {
        let recent = self.recent.entries(table, from).into_iter().map(|(key, value)| (key, value.to_vec()));
        merged(recent, self.database.entries(table, from))
    }

    /// Keys from a key on.
    pub(in crate::store) fn keys(
        &self,
        table: Table,
        from: &[u8],
    ) -> impl Iterator<Item = Result<Vec<u8>, StoreError>> {
        let recent = self.recent.entries(table, from).into_keys().map(|key| (key, ()));
        let keys = self.database.keys(table, from).map(|key| Ok((key?, ())));
        merged(recent, keys).map(|entry| Ok(entry?.0))
    }

    /// The first key from a key on, with its value.
    pub(in crate::store) fn first(&self, table: Table, from: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        let recent = self.recent.first(table, from).map(|(key, value)| (key, value.to_vec()));
        let older = self.database.entries(table, from).next().transpose()?;
        Ok(match (recent, older) {
            (Some(recent), Some(older)) if older.0 < recent.0 => Some(older),
            (Some(recent), _) => Some(recent),
            (None, older) => older,
        })
    }

    /// The last key of a table.
    pub(in crate::store) fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        let recent = self.recent.last_key(table);
        Ok(recent.max(self.database.last_key(table)?))
    }

    /// Everything put before is durable when this returns, also when power fails.
    pub(in crate::store) fn flush(&self) -> Result<(), StoreError> {
        match &mut *self.ahead() {
            Some(ahead) => ahead.flush(|generation| self.settlement(generation)),
            None => self.database.flush(),
        }
    }

    fn settlement(&self, generation: u64) -> Settlement {
        Settlement::of(&self.database, &self.recent, generation)
    }

    fn ahead(&self) -> MutexGuard<'_, Option<Ahead>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log of the database as it certainly is on disk, for the test of power failures.
    #[cfg(test)]
    pub(in crate::store) fn durable_log(&self) -> Arc<Vec<u8>> {
        self.database.durable_log()
    }

    /// Every key and value as it is on disk, for the test that pins the format.
    #[cfg(test)]
    pub(in crate::store) fn dump(&self) -> Vec<(String, Vec<u8>, Vec<u8>)> {
        self.database.dump()
    }
}

/// Both in the order of their keys; under a key that both have, what is recent counts.
fn merged<V>(
    recent: impl Iterator<Item = (Vec<u8>, V)>,
    older: impl Iterator<Item = Result<(Vec<u8>, V), StoreError>>,
) -> impl Iterator<Item = Result<(Vec<u8>, V), StoreError>> {
    let (mut recent, mut older) = (recent.peekable(), older.peekable());
    from_fn(move || {
        let order = match (recent.peek(), older.peek()) {
            (Some((recent, _)), Some(Ok((older, _)))) => recent.cmp(older),
            (Some(_), None) => Ordering::Less,
            (None, _) | (_, Some(Err(_))) => Ordering::Greater,
        };
        match order {
            Ordering::Less => recent.next().map(Ok),
            Ordering::Greater => older.next(),
            Ordering::Equal => {
                older.next();
                recent.next().map(Ok)
            }
        }
    })
}
