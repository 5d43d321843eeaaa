//! Long values, cut into chunks that are numbered in the order in which they were written.
//!
//! sled gathers neighbouring keys in a leaf and writes a leaf again, with all its values, after each ten changes and
//! whenever it splits. In-order values of 25 kB are written five times over that way. So leaves are split while they
//! are empty: positions are reserved ahead with empty values, and a chunk goes to a leaf that lies behind the growing
//! edge, has its final eight keys, and is never written again. What is put is then written 1.06 times.

use std::path::PathBuf;

use sled::Tree;
use std::sync::{Mutex, PoisonError};

use crate::store::StoreError;

/// The longest chunk, in bytes. 17 of them, the most that sled keeps in a leaf, stay below the 128 KiB above which
/// sled would put a leaf into a file of its own, which it never makes durable.
pub(in crate::store) const CHUNK_BYTES: usize = 7 << 10;

/// Positions reserved at a time.
const RESERVE: u64 = 64;

/// Positions between a chunk and the edge: more than sled keeps in the leaf at the edge.
const DISTANCE: u64 = 24;

/// The chunks of one volume.
pub(in crate::store) struct Chunks {
    path: PathBuf,
    tree: Tree,
    cursor: Mutex<Cursor>,
}

struct Cursor {
    /// Where the next chunk goes.
    next: u64,
    /// Every position below this one has a key.
    reserved: u64,
}

impl Chunks {
    /// Takes up writing where the tree ends.
    pub(in crate::store) fn new(path: PathBuf, tree: Tree) -> Result<Self, StoreError> {
        let mut cursor = Cursor { next: 0, reserved: 0 };
        for entry in tree.iter().rev() {
            let (key, value) = entry.map_err(StoreError::sled("read", &path))?;
            let position = position_of(&key).ok_or_else(|| StoreError::corrupt(&path, "a chunk has no position"))?;
            cursor.reserved = cursor.reserved.max(position + 1);
            if !value.is_empty() {
                cursor.next = position + 1;
                break;
            }
        }
        Ok(Self { path, tree, cursor: Mutex::new(cursor) })
    }

    /// Writes `bytes` and returns the position of the first chunk.
    pub(in crate::store) fn append(&self, bytes: &[u8]) -> Result<u64, StoreError> {
        // A panic elsewhere while the lock was held leaves a cursor that is valid: it moves after each write.
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let first = cursor.next;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            if cursor.next + DISTANCE >= cursor.reserved {
                for _ in 0..RESERVE {
                    self.insert(cursor.reserved, &[])?;
                    cursor.reserved += 1;
                }
            }
            self.insert(cursor.next, chunk)?;
            cursor.next += 1;
        }
        Ok(first)
    }

    fn insert(&self, position: u64, chunk: &[u8]) -> Result<(), StoreError> {
        self.tree.insert(position.to_be_bytes(), chunk).map_err(StoreError::sled("write", &self.path))?;
        Ok(())
    }

    /// The `length` bytes that begin at chunk `first`; none where they are not all there.
    pub(in crate::store) fn read(&self, first: u64, length: u64) -> Result<Option<Vec<u8>>, StoreError> {
        // A damaged length must not allocate more than there is.
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(usize::MAX).min(CHUNK_BYTES * 64));
        for (expected, entry) in (first..).zip(self.tree.range(first.to_be_bytes()..)) {
            if bytes.len() as u64 >= length {
                break;
            }
            let (key, value) = entry.map_err(StoreError::sled("read", &self.path))?;
            if position_of(&key) != Some(expected) || value.is_empty() {
                return Ok(None);
            }
            bytes.extend_from_slice(&value);
        }
        Ok((bytes.len() as u64 == length).then_some(bytes))
    }
}

fn position_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}
