//! Checkpoints: the ledger at one height, each in a database of its own, so that writing one delays no vote and removing
//! one leaves nothing behind.

use std::path::{Path, PathBuf};

use tracing::{error, warn};
use types::codec::{Blob, Bounded, decode, encode};
use types::{Domain, Hash, Height};

use super::StoreError;
use super::checksum::{CHECKSUM_BYTES, Checksum, checksum};
use super::database::Database;
use super::database::table::Table;
use super::directory::{numbered, remove_whole, sync_directory};

const COMMIT_KEY: &[u8] = b"checkpoint";
const LIST_KEY: &[u8] = b"parts";
const BLOCK_KEY: &[u8] = b"block";

/// Bounds on what is decoded.
const MAX_PARTS: usize = 1 << 20;
const MAX_BLOCK_BYTES: usize = 1 << 20;

/// Height, number of chunks, hash of the chunks.
pub(super) type Commit = (u64, u64, Checksum);

/// The hash of each part, and the bytes of all.
type List = (Bounded<Hash, MAX_PARTS>, u64);

type BlockFields = (Blob<MAX_BLOCK_BYTES>, Blob<MAX_BLOCK_BYTES>);

/// The block after which a checkpoint was written, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointBlock {
    /// The block.
    pub block: Vec<u8>,
    /// The certificate that finalizes it.
    pub certificate: Vec<u8>,
}

/// Writes a checkpoint, durable when this returns.
pub(super) fn write(
    directory: &Path,
    height: Height,
    block: Option<&CheckpointBlock>,
    chunks: impl Iterator<Item = Result<Vec<u8>, StoreError>>,
) -> Result<(), StoreError> {
    let path = path_of(directory, height);
    if path.exists() {
        return Ok(());
    }
    let database = Database::create(&path)?;
    let (mut count, mut hash, mut bytes, mut hashes) = (0u64, [0; CHECKSUM_BYTES], 0, Vec::new());
    for chunk in chunks {
        let chunk = chunk?;
        database.put(Table::Parts, &count.to_be_bytes(), &chunk)?;
        hash = checksum(&[&hash, &chunk]);
        hashes.push(Hash::of(Domain::CheckpointPart, &chunk));
        bytes += chunk.len() as u64;
        count += 1;
    }
    let too_long = |error: types::codec::CodecError| StoreError::TooLong { height, what: error.to_string() };
    let list: List = (Bounded::new(hashes).map_err(too_long)?, bytes);
    database.put(Table::Opening, LIST_KEY, &encode(&list))?;
    if let Some(CheckpointBlock { block, certificate }) = block {
        let blob = |bytes: &Vec<u8>| Blob::new(bytes.clone()).map_err(too_long);
        let fields: BlockFields = (blob(block)?, blob(certificate)?);
        database.put(Table::Opening, BLOCK_KEY, &encode(&fields))?;
    }
    let commit: Commit = (height.0, count, hash);
    database.put(Table::Opening, COMMIT_KEY, &encode(&commit))?;
    database.finish(&path).map(drop)
}

/// Removes the checkpoints below `height`, but for the one at `kept`.
pub(super) fn remove_below(directory: &Path, height: Height, kept: Option<Height>) -> Result<(), StoreError> {
    let is_old = |number: u64| number < height.0 && kept != Some(Height(number));
    for (_, older) in numbered(directory)?.into_iter().filter(|(number, _)| is_old(*number)) {
        remove_whole(&older)?;
    }
    sync_directory(directory)
}

pub(super) fn path_of(directory: &Path, height: Height) -> PathBuf {
    directory.join(format!("{height:012}"))
}

/// A checkpoint that is whole.
pub struct StoredCheckpoint<C> {
    /// Its height.
    pub height: Height,
    /// Its block, if it was there when the checkpoint was written.
    pub block: Option<CheckpointBlock>,
    /// Its parts, in order.
    pub chunks: C,
}

/// The newest checkpoint that is whole. One that is not is left aside, with a warning: the chain itself replaces it.
pub(super) fn read(directory: &Path) -> Result<Option<StoredCheckpoint<Chunks>>, StoreError> {
    let mut found = numbered(directory)?;
    found.sort();
    for (number, path) in found.into_iter().rev() {
        match open(&path, number) {
            Ok((block, chunks)) => return Ok(Some(StoredCheckpoint { height: Height(number), block, chunks })),
            Err(error) => warn!("the checkpoint at height {number} is not used: {error}"),
        }
    }
    Ok(None)
}

/// Opens a checkpoint and reads it all once, so that what is handed out is known to be whole.
fn open(path: &Path, number: u64) -> Result<(Option<CheckpointBlock>, Chunks), StoreError> {
    let database = Database::open(path)?;
    let bytes = database.value(Table::Opening, COMMIT_KEY)?;
    let commit = bytes.and_then(|bytes| decode::<Commit>(&bytes).ok());
    let commit = commit.ok_or_else(|| StoreError::corrupt(path, "it was not completed"))?;
    let (mut count, mut hash) = (0u64, [0; CHECKSUM_BYTES]);
    for entry in database.entries(Table::Parts, &[]) {
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
    Ok((block_of(&database)?, Chunks { database, next: 0, count }))
}

fn block_of(database: &Database) -> Result<Option<CheckpointBlock>, StoreError> {
    let Some(bytes) = database.value(Table::Opening, BLOCK_KEY)? else { return Ok(None) };
    let fields = decode::<BlockFields>(&bytes);
    let (block, certificate) = fields.map_err(|error| StoreError::corrupt(database.path(), error.to_string()))?;
    Ok(Some(CheckpointBlock { block: block.into_vec(), certificate: certificate.into_vec() }))
}

/// A checkpoint as others are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCheckpoint {
    /// Its height.
    pub height: Height,
    /// Its block.
    pub block: CheckpointBlock,
    /// The hash of each part, under [`Domain::CheckpointPart`].
    pub parts: Vec<Hash>,
    /// The bytes of all parts.
    pub bytes: u64,
}

/// A checkpoint that is open for others to read. Each part is checked when it is read.
pub(super) struct Offered {
    database: Database,
    pub(super) offer: OfferedCheckpoint,
}

impl Offered {
    /// Opens a checkpoint; none if it cannot be offered because its block is not known.
    pub(super) fn open(directory: &Path, height: Height) -> Result<Option<Offered>, StoreError> {
        let path = path_of(directory, height);
        let database = Database::open(&path)?;
        let list = database.value(Table::Opening, LIST_KEY)?;
        let (Some(list), Some(block)) = (list, block_of(&database)?) else { return Ok(None) };
        let list = decode::<List>(&list).map_err(|error| StoreError::corrupt(&path, error.to_string()));
        let (parts, bytes) = list?;
        let offer = OfferedCheckpoint { height, block, parts: parts.into_vec(), bytes };
        Ok(Some(Offered { database, offer }))
    }

    pub(super) fn part(&self, index: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.value(Table::Parts, &u64::from(index).to_be_bytes())
    }
}

/// The chunks of a checkpoint, in order.
pub(super) struct Chunks {
    database: Database,
    next: u64,
    count: u64,
}

impl Iterator for Chunks {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.next == self.count {
            return None;
        }
        let chunk = self.database.value(Table::Parts, &self.next.to_be_bytes());
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
