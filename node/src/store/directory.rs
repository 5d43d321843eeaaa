//! The directory: whose it is, that nobody else uses it, and that files which are created stay created.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use types::Hash;

use super::StoreError;
use super::ahead::Ahead;
use super::checksum::checksum;

/// The format that this version writes and reads.
const FORMAT: u32 = 3;

const MARKER: &str = "BARO";
const NEW_MARKER: &str = "BARO.new";
const LOCK: &str = "lock";
const VOLUMES: &str = "volumes";
const CHECKPOINTS: &str = "checkpoints";
const INCOMING: &str = "incoming";
const AHEAD: &str = "ahead";

/// How often, and at which distance, a lock that is held is tried again.
const LOCK_ATTEMPTS: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// What ends the name of something that is not complete yet. A crash leaves it behind; opening removes it.
pub(super) const UNFINISHED: &str = "new";

/// A directory that is ours, for as long as this value lives.
pub(super) struct Directory {
    path: PathBuf,
    // Held, not read: closing it gives up the lock.
    _lock: File,
}

impl Directory {
    /// Takes the directory, after initialising it where it is empty.
    pub(super) fn open(path: &Path, chain: Hash) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(StoreError::io("create", path))?;
        refuse_foreign(path)?;
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(StoreError::io("create", &lock_path))?;
        take_lock(&lock).map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::Locked { path: path.to_owned() },
            TryLockError::Error(source) => StoreError::Io { action: "lock", path: lock_path, source },
        })?;
        let marker = path.join(MARKER);
        if !marker.exists() {
            initialise(path, chain)?;
        }
        let text = fs::read_to_string(&marker).map_err(StoreError::io("read", &marker))?;
        let format = check_marker(path, &text, chain)?;
        if format < FORMAT {
            // From here on the versions before cannot read everything.
            mark(path, chain)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn volumes(&self) -> PathBuf {
        self.path.join(VOLUMES)
    }

    pub(super) fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    pub(super) fn ahead(&self) -> PathBuf {
        self.path.join(AHEAD)
    }

    pub(super) fn incoming(&self) -> PathBuf {
        self.path.join(INCOMING)
    }

    /// How many bytes the files in the directory have.
    pub(super) fn size(&self) -> Result<u64, StoreError> {
        size(&self.path)
    }
}

/// Takes the lock. Whoever held it may be on its way out: it is waited for a little.
fn take_lock(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..LOCK_ATTEMPTS {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    lock.try_lock()
}

/// How many bytes the files below a directory have.
pub(super) fn size(path: &Path) -> Result<u64, StoreError> {
    let mut total = 0;
    for entry in entries(path)? {
        // Files may be removed while we look.
        let Ok(metadata) = fs::metadata(&entry) else { continue };
        total += if metadata.is_dir() { size(&entry)? } else { metadata.len() };
    }
    Ok(total)
}

/// The paths in a directory, in the order of their names.
pub(super) fn entries(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let list = fs::read_dir(path).and_then(|list| list.map(|entry| Ok(entry?.path())).collect());
    let mut list: Vec<PathBuf> = list.map_err(StoreError::io("list", path))?;
    list.sort();
    Ok(list)
}

/// Removes what a crash left unfinished in `path`, and gives the rest, each with the number that is its name.
pub(super) fn numbered(path: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for entry in entries(path)? {
        if entry.extension() == Some(OsStr::new(UNFINISHED)) {
            fs::remove_dir_all(&entry).map_err(StoreError::io("remove", &entry))?;
            continue;
        }
        let name = entry.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let number = name.parse().map_err(|_| StoreError::NotAStore { path: path.to_owned(), found: name.to_owned() });
        found.push((number?, entry));
    }
    Ok(found)
}

/// Removes a directory of this store. What a crash leaves of it looks unfinished, and goes when the store is opened.
pub(super) fn remove_whole(path: &Path) -> Result<(), StoreError> {
    let removed = path.with_extension(UNFINISHED);
    fs::rename(path, &removed).and_then(|()| fs::remove_dir_all(&removed)).map_err(StoreError::io("remove", path))
}

/// Makes durable which files a directory holds.
pub(super) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(StoreError::io("flush", path))
}

fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    let ours = [MARKER, NEW_MARKER, LOCK, VOLUMES, CHECKPOINTS, INCOMING, AHEAD];
    let names: Vec<String> = entries(path)?
        .iter()
        .filter_map(|entry| entry.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let foreign = names.iter().find(|name| !ours.contains(&name.as_str()));
    if let Some(found) = foreign {
        return Err(StoreError::NotAStore { path: path.to_owned(), found: found.clone() });
    }
    // What is written ahead is made before the marker.
    let has_data = names.iter().any(|name| name == VOLUMES || name == CHECKPOINTS);
    if has_data && !names.iter().any(|name| name == MARKER) {
        return Err(StoreError::corrupt(path, format!("the file {MARKER} is missing")));
    }
    Ok(())
}

/// Writes a file of a directory, durably: it is there whole or not at all.
pub(super) fn write_whole(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = directory.join(name);
    let new = path.with_extension(UNFINISHED);
    File::create(&new)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, &path))
        .map_err(StoreError::io("write", &path))?;
    sync_directory(directory)
}

/// Makes what this format has beside volumes, and then the marker that promises it.
fn mark(path: &Path, chain: Hash) -> Result<(), StoreError> {
    Ahead::create(&path.join(AHEAD))?;
    sync_directory(path)?;
    write_whole(path, MARKER, marker_text(FORMAT, chain).as_bytes())
}

fn initialise(path: &Path, chain: Hash) -> Result<(), StoreError> {
    mark(path, chain)?;
    // The directory itself is new as well.
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => Ok(()),
    }
}

fn marker_text(format: u32, chain: Hash) -> String {
    let text = format!("baro store\nformat {format}\nchain {chain}\n");
    let check = hex::encode(checksum(&[text.as_bytes()]));
    format!("{text}check {check}\n")
}

pub(super) fn check_marker(path: &Path, text: &str, expected: Hash) -> Result<u32, StoreError> {
    let damaged = || StoreError::corrupt(&path.join(MARKER), "it is not what was written");
    let mut lines = text.lines();
    if lines.next() != Some("baro store") {
        return Err(damaged());
    }
    let mut field = |name: &str| lines.next().and_then(|line| line.strip_prefix(name)).map(str::trim);
    let format: u32 = field("format ").and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
    if format > FORMAT {
        // What follows may be different there.
        return Err(StoreError::NewerFormat { path: path.to_owned(), found: format, supported: FORMAT });
    }
    let chain: Hash = field("chain ").and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
    if text != marker_text(format, chain) {
        return Err(damaged());
    }
    if chain != expected {
        return Err(StoreError::OtherChain { path: path.to_owned(), found: chain, expected });
    }
    Ok(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Hash {
        Hash([7; 32])
    }

    #[test]
    fn takes_an_empty_directory_and_its_own_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        drop(Directory::open(&path, chain()).unwrap());
        assert!(Directory::open(&path, chain()).is_ok());
    }

    #[test]
    fn refuses_another_chain() {
        let dir = tempfile::tempdir().unwrap();
        drop(Directory::open(dir.path(), chain()).unwrap());
        let refused = Directory::open(dir.path(), Hash([8; 32])).err().unwrap();
        assert!(matches!(refused, StoreError::OtherChain { found, .. } if found == chain()), "{refused}");
    }

    #[test]
    fn refuses_a_newer_format() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(MARKER), "baro store\nformat 4\nsomething else\n").unwrap();
        let refused = Directory::open(dir.path(), chain()).err().unwrap();
        assert!(matches!(refused, StoreError::NewerFormat { found: 4, supported: 3, .. }), "{refused}");
    }

    #[test]
    fn refuses_files_that_are_not_ours_and_adds_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "x").unwrap();
        let refused = Directory::open(dir.path(), chain()).err().unwrap();
        assert!(matches!(&refused, StoreError::NotAStore { found, .. } if found == "thesis.tex"), "{refused}");
        assert_eq!(entries(dir.path()).unwrap().len(), 1);
    }

    #[test]
    fn refuses_a_marker_with_any_byte_changed() {
        let dir = tempfile::tempdir().unwrap();
        drop(Directory::open(dir.path(), chain()).unwrap());
        let marker = dir.path().join(MARKER);
        let bytes = fs::read(&marker).unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            fs::write(&marker, changed).unwrap();
            assert!(Directory::open(dir.path(), chain()).is_err(), "byte {position}");
        }
    }

    #[test]
    fn refuses_data_without_a_marker() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(VOLUMES)).unwrap();
        let refused = Directory::open(dir.path(), chain()).err().unwrap();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    }

    #[test]
    fn refuses_a_directory_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let first = Directory::open(dir.path(), chain()).unwrap();
        assert!(matches!(Directory::open(dir.path(), chain()), Err(StoreError::Locked { .. })));
        drop(first);
        assert!(Directory::open(dir.path(), chain()).is_ok());
    }

    #[test]
    fn a_crash_while_initialising_leaves_a_directory_that_opens() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NEW_MARKER), "baro st").unwrap();
        assert!(Directory::open(dir.path(), chain()).is_ok());
    }
}
