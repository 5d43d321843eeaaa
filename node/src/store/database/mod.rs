//! A sled database with tables of checked values.

mod chunks;
mod sled_log;
pub(super) mod table;
pub(super) mod value;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use sled::Tree;

use crate::store::StoreError;
use crate::store::checksum::checksum;
use crate::store::directory::{UNFINISHED, entries, sync_directory};
use chunks::Chunks;
use table::Table;
use value::{INLINE_BYTES, Place, Value};

/// What sled keeps of a database's pages in memory, in bytes.
const CACHE_BYTES: u64 = 8 << 20;

/// What sled writes at a time. Larger segments were no faster and held more memory.
const SEGMENT_BYTES: usize = 512 << 10;

/// How long a database that was just closed may still be closing: sled's threads let go of it a little later.
const CLOSING: Duration = Duration::from_secs(10);

const CHUNKS: &str = "chunks";

const SETTLED_KEY: &[u8] = b"settled";

/// An open database.
pub(super) struct Database {
    path: PathBuf,
    db: sled::Db,
    /// sled's log, opened once more: sled itself never asks the device to write its cache out.
    log: File,
    tables: Vec<Tree>,
    chunks: Chunks,
    #[cfg(test)]
    durable: std::sync::Mutex<std::sync::Arc<Vec<u8>>>,
}

impl Database {
    /// Makes a new database under an unfinished name; [`Database::finish`] gives it the name `path`.
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let unfinished = path.with_extension(UNFINISHED);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(StoreError::io("remove", &unfinished))?;
        }
        Self::open_sled(&unfinished, |db| {
            let names = Table::ALL.iter().map(|table| table.name()).chain([CHUNKS]);
            for name in names {
                db.open_tree(name).map_err(StoreError::sled("create", &unfinished))?;
            }
            Ok(())
        })
    }

    /// Makes durable all that was put and gives the database its name. sled looks at the path only when it opens.
    pub(super) fn finish(mut self, path: &Path) -> Result<Self, StoreError> {
        self.flush()?;
        for file in entries(&self.path)? {
            File::open(&file).and_then(|file| file.sync_all()).map_err(StoreError::io("flush", &file))?;
        }
        sync_directory(&self.path)?;
        fs::rename(&self.path, path).map_err(StoreError::io("create", path))?;
        if let Some(parent) = path.parent() {
            sync_directory(parent)?;
        }
        self.path = path.to_owned();
        Ok(self)
    }

    /// Opens a finished database.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        // sled would silently begin anew.
        for name in ["db", "conf"] {
            if !path.join(name).is_file() {
                return Err(StoreError::corrupt(path, format!("the file {name} is missing")));
            }
        }
        remove_torn_snapshots(path)?;
        sled_log::check(&path.join("db"), SEGMENT_BYTES)?;
        Self::open_sled(path, |db| {
            let found = db.tree_names();
            // The first stores had no handovers: there the table is made now.
            let first = Table::ALL.iter().filter(|table| **table != Table::Handovers);
            for name in first.map(|table| table.name()).chain([CHUNKS]) {
                if !found.iter().any(|found| found == name.as_bytes()) {
                    return Err(StoreError::corrupt(path, format!("the table {name} is missing")));
                }
            }
            Ok(())
        })
    }

    fn open_sled(path: &Path, check: impl FnOnce(&sled::Db) -> Result<(), StoreError>) -> Result<Self, StoreError> {
        let db = open_waiting(path)?;
        check(&db)?;
        let tree = |name: &str| db.open_tree(name).map_err(StoreError::sled("open", path));
        let tables = Table::ALL.iter().map(|table| tree(table.name())).collect::<Result<_, _>>()?;
        let chunks = Chunks::new(path.to_owned(), tree(CHUNKS)?)?;
        let log_path = path.join("db");
        let log = File::open(&log_path).map_err(StoreError::io("open", &log_path))?;
        Ok(Self {
            path: path.to_owned(),
            db,
            log,
            tables,
            chunks,
            #[cfg(test)]
            durable: std::sync::Mutex::default(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The length of its log, in bytes.
    pub(super) fn length(&self) -> Result<u64, StoreError> {
        let metadata = self.log.metadata().map_err(StoreError::io("read", &self.path))?;
        Ok(metadata.len())
    }

    /// Puts a value; it is durable after the next [`Database::flush`]. After a crash a value is there only if
    /// everything that was put before it is there.
    pub(super) fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let check = checksum(&[table.name().as_bytes(), key, value]);
        let place = if value.len() <= INLINE_BYTES {
            Place::Here(value)
        } else {
            Place::Chunks { first: self.chunks.append(value)?, length: value.len() as u64 }
        };
        let entry = Value { check, place }.encoded();
        self.tree(table).insert(key, entry).map_err(StoreError::sled("write", &self.path))?;
        Ok(())
    }

    /// Notes that everything of the generations up to `generation` is here. What was put before is not lost without this.
    pub(super) fn settled(&self, generation: u64) -> Result<(), StoreError> {
        self.put(Table::Marks, SETTLED_KEY, &generation.to_be_bytes())
    }

    /// Up to which generation everything is here; zero where none was settled.
    pub(super) fn settled_generation(&self) -> Result<u64, StoreError> {
        let Some(bytes) = self.value(Table::Marks, SETTLED_KEY)? else { return Ok(0) };
        let bytes = bytes.try_into().map_err(|_| StoreError::corrupt(&self.path, "the mark of what is settled"))?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// The value under a key.
    pub(super) fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let entry = self.tree(table).get(key).map_err(StoreError::sled("read", &self.path))?;
        entry.map(|entry| self.resolve(table, key, &entry)).transpose()
    }

    /// Keys and values from a key on.
    pub(super) fn entries(
        &self,
        table: Table,
        from: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), StoreError>> {
        self.tree(table).range(from.to_vec()..).map(move |entry| {
            let (key, entry) = entry.map_err(StoreError::sled("read", &self.path))?;
            let value = self.resolve(table, &key, &entry)?;
            Ok((key.to_vec(), value))
        })
    }

    /// Keys from a key on.
    pub(super) fn keys(&self, table: Table, from: &[u8]) -> impl Iterator<Item = Result<Vec<u8>, StoreError>> {
        let entries = self.tree(table).range(from.to_vec()..);
        entries.map(|entry| Ok(entry.map_err(StoreError::sled("read", &self.path))?.0.to_vec()))
    }

    /// The last key of a table.
    pub(super) fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        let last = self.tree(table).last().map_err(StoreError::sled("read", &self.path))?;
        Ok(last.map(|(key, _)| key.to_vec()))
    }

    /// Everything put before is durable when this returns, also when power fails.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(StoreError::sled("flush", &self.path))?;
        self.log.sync_data().map_err(StoreError::io("flush", &self.path))?;
        #[cfg(test)]
        self.note_durable();
        Ok(())
    }

    /// Remembers the log as it certainly is on disk, for the test of power failures.
    #[cfg(test)]
    fn note_durable(&self) {
        *self.durable.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            fs::read(self.path.join("db")).unwrap_or_default().into();
    }

    /// sled's log as the last flush left it.
    #[cfg(test)]
    pub(super) fn durable_log(&self) -> std::sync::Arc<Vec<u8>> {
        self.durable.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn tree(&self, table: Table) -> &Tree {
        // `tables` is made from `Table::ALL`, which has the variants in their order.
        &self.tables[table as usize]
    }

    fn resolve(&self, table: Table, key: &[u8], entry: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || {
            let what = format!("the value under {} in {} is not what was written", hex::encode(key), table.name());
            StoreError::corrupt(&self.path, what)
        };
        let Value { check, place } = Value::decoded(entry).ok_or_else(damaged)?;
        let value = match place {
            Place::Here(value) => value.to_vec(),
            Place::Chunks { first, length } => self.chunks.read(first, length)?.ok_or_else(damaged)?,
        };
        if checksum(&[table.name().as_bytes(), key, &value]) != check {
            return Err(damaged());
        }
        Ok(value)
    }

    /// Every key and value as it is on disk, for the test that pins the format.
    #[cfg(test)]
    pub(super) fn dump(&self) -> Vec<(String, Vec<u8>, Vec<u8>)> {
        let chunks = self.db.open_tree(CHUNKS).unwrap();
        let named = Table::ALL.iter().map(|table| (table.name(), self.tree(*table))).chain([(CHUNKS, &chunks)]);
        let lines = named.flat_map(|(name, tree)| tree.iter().map(move |entry| (name.to_owned(), entry.unwrap())));
        lines.map(|(name, (key, value))| (name, key.to_vec(), value.to_vec())).collect()
    }
}

/// So much is put before it is made durable, in bytes: half of what sled writes at a time.
const FILLING_BYTES: usize = SEGMENT_BYTES / 2;

/// Puts many values. Each segment of sled's log is durable before the next but one is written: sled writes into the later
/// one that the earlier one is stable, and after a power failure takes what is missing there for a segment in use again.
pub(super) struct Filling<'d> {
    database: &'d Database,
    bytes: usize,
}

impl<'d> Filling<'d> {
    pub(super) fn of(database: &'d Database) -> Self {
        Self { database, bytes: 0 }
    }

    /// Puts a value; [`Database::flush`] makes the last ones durable.
    pub(super) fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.bytes += key.len() + value.len();
        if self.bytes > FILLING_BYTES {
            self.bytes = 0;
            self.database.flush()?;
        }
        self.database.put(table, key, value)
    }
}

/// sled reads the newest file whose name begins with `snap.`, also one that a crash cut short while it was being
/// written, and then refuses to open. A snapshot only saves reading the log, so an unfinished one can go.
fn remove_torn_snapshots(path: &Path) -> Result<(), StoreError> {
    for file in entries(path)? {
        if file.extension() == Some(OsStr::new("generating")) {
            fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        }
    }
    Ok(())
}

fn open_waiting(path: &Path) -> Result<sled::Db, StoreError> {
    let config = sled::Config::new()
        .path(path)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .mode(sled::Mode::HighThroughput)
        // We say when to flush; sled's own thread would also move data that lies well.
        .flush_every_ms(None);
    let deadline = Instant::now() + CLOSING;
    loop {
        match config.open() {
            // Nobody else has the directory: this is ourselves, closing.
            Err(sled::Error::Io(error)) if is_lock(&error) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.map_err(StoreError::sled("open", path)),
        }
    }
}

fn is_lock(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}
