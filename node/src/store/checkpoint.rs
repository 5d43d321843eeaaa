//! Checkpoints: the ledger at one height, each in a volume of its own, so that writing one delays no vote and removing
//! one leaves nothing behind.

use std::fs;
use std::path::Path;

use tracing::{error, warn};
use types::Height;
use types::codec::{decode, encode};

use super::StoreError;
use super::checksum::{CHECKSUM_BYTES, Checksum, checksum};
use super::directory::{UNFINISHED, numbered, sync_directory};
use super::volume::{Table, Volume};

const COMMIT_KEY: &[u8] = b"checkpoint";

/// Height, number of chunks, hash of the chunks.
pub(super) type Commit = (u64, u64, Checksum);

/// Writes a checkpoint; when it is durable, removes the older ones.
pub(super) fn write(directory: &Path, height: Height, chunks: impl Iterator<Item = Vec<u8>>) -> Result<(), StoreError> {
    let path = directory.join(format!("{height:012}"));
    if !path.exists() {
        let volume = Volume::create(&path)?;
        let (mut count, mut hash) = (0u64, [0; CHECKSUM_BYTES]);
        for chunk in chunks {
            volume.put(Table::Parts, &count.to_be_bytes(), &chunk)?;
            hash = checksum(&[&hash, &chunk]);
            count += 1;
        }
        let commit: Commit = (height.0, count, hash);
        volume.put(Table::Opening, COMMIT_KEY, &encode(&commit))?;
        volume.finish(&path)?;
    }
    for (_, older) in numbered(directory)?.into_iter().filter(|(number, _)| *number < height.0) {
        // Under this name a crash leaves nothing that could be mistaken for a checkpoint.
        let removed = older.with_extension(UNFINISHED);
        fs::rename(&older, &removed)
            .and_then(|()| fs::remove_dir_all(&removed))
            .map_err(StoreError::io("remove", &older))?;
    }
    sync_directory(directory)
}

/// The newest checkpoint that is whole. One that is not is left aside, with a warning: the chain itself replaces it.
pub(super) fn read(directory: &Path) -> Result<Option<(Height, Chunks)>, StoreError> {
    let mut found = numbered(directory)?;
    found.sort();
    for (number, path) in found.into_iter().rev() {
        match open(&path, number) {
            Ok(chunks) => return Ok(Some((Height(number), chunks))),
            Err(error) => warn!("the checkpoint at height {number} is not used: {error}"),
        }
    }
    Ok(None)
}

/// Opens a checkpoint and reads it all once, so that what is handed out is known to be whole.
fn open(path: &Path, number: u64) -> Result<Chunks, StoreError> {
    let volume = Volume::open(path)?;
    let bytes = volume.value(Table::Opening, COMMIT_KEY)?;
    let commit = bytes.and_then(|bytes| decode::<Commit>(&bytes).ok());
    let commit = commit.ok_or_else(|| StoreError::corrupt(path, "it was not completed"))?;
    let (mut count, mut hash) = (0u64, [0; CHECKSUM_BYTES]);
    for entry in volume.entries(Table::Parts, &[]) {
        let (key, chunk) = entry?;
        if key != count.to_be_bytes() {
            return Err(StoreError::corrupt(path, format!("chunk {count} is missing")));
        }
        hash = checksum(&[&hash, &chunk]);
        count += 1;
    }
    if commit != (number, count, hash) {
        return Err(StoreError::corrupt(path, "it is not what was written"));
    }
    Ok(Chunks { volume, next: 0, count })
}

/// The chunks of a checkpoint, in order.
pub(super) struct Chunks {
    volume: Volume,
    next: u64,
    count: u64,
}

impl Iterator for Chunks {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.next == self.count {
            return None;
        }
        let chunk = self.volume.value(Table::Parts, &self.next.to_be_bytes());
        self.next += 1;
        match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                // It could be read a moment ago. Without this chunk the state root will not match.
                error!("a checkpoint cannot be read any more: {error}");
                self.next = self.count;
                None
            }
        }
    }
}
