//! A checkpoint that is being fetched: a file for each part, named by its hash, and one that says which checkpoint it
//! is. A part counts only if its bytes have its hash, so nothing here needs a flush.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use types::{Domain, Hash};

use super::StoreError;
use super::checksum::{CHECKSUM_BYTES, checksum};
use super::directory::{entries, write_whole};

const CHOSEN: &str = "chosen";

/// What is there of a checkpoint that is being fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What [`Store::begin_incoming`](super::Store::begin_incoming) was told about the checkpoint, if that is whole.
    pub chosen: Option<Vec<u8>>,
    /// The parts that are there, whole.
    pub parts: Vec<Hash>,
}

/// Notes which checkpoint is being fetched, and removes the parts that it has not.
pub(super) fn begin(directory: &Path, chosen: &[u8], parts: &[Hash]) -> Result<(), StoreError> {
    fs::create_dir_all(directory).map_err(StoreError::io("create", directory))?;
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    for file in entries(directory)? {
        if hash_of(&file).is_none_or(|hash| sorted.binary_search(&hash).is_err()) {
            fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        }
    }
    write_whole(directory, CHOSEN, &[&checksum(&[chosen]), chosen].concat())
}

pub(super) fn put(directory: &Path, hash: &Hash, bytes: &[u8]) -> Result<(), StoreError> {
    let path = directory.join(hash.to_string());
    fs::write(&path, bytes).map_err(StoreError::io("write", &path))
}

/// A part, if it is there and whole.
pub(super) fn part(directory: &Path, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
    let path = directory.join(hash.to_string());
    let bytes = read(&path)?;
    Ok(bytes.filter(|bytes| Hash::of(Domain::CheckpointPart, bytes) == *hash))
}

/// Everything that is whole. None if no checkpoint is being fetched.
pub(super) fn all(directory: &Path) -> Result<Option<Incoming>, StoreError> {
    if !directory.exists() {
        return Ok(None);
    }
    let chosen = read(&directory.join(CHOSEN))?.and_then(|bytes| {
        let (check, chosen) = bytes.split_at_checked(CHECKSUM_BYTES)?;
        (check == checksum(&[chosen])).then(|| chosen.to_vec())
    });
    let mut parts = Vec::new();
    for hash in entries(directory)?.iter().filter_map(|file| hash_of(file)) {
        if part(directory, &hash)?.is_some() {
            parts.push(hash);
        }
    }
    Ok(Some(Incoming { chosen, parts }))
}

pub(super) fn remove(directory: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::io("remove", directory)(error)),
        _ => Ok(()),
    }
}

fn read(path: &PathBuf) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}

fn hash_of(file: &Path) -> Option<Hash> {
    file.file_name()?.to_str()?.parse().ok()
}
