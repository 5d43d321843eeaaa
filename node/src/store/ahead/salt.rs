//! What makes the checksums in the files that are written ahead unlike those of any other store.
//!
//! After a crash these files are searched for frames that should not be where they are. Whoever sends transactions must not be able to
//! write one into its memo that looks like a frame of ours.

use std::fs;
use std::path::Path;

use crate::store::StoreError;
use crate::store::checksum::{CHECKSUM_BYTES, Checksum, checksum};
use crate::store::directory::write_whole;

const SALT: &str = "salt";
const SALT_BYTES: usize = 32;

/// Random bytes that belong to a store.
#[derive(Clone, Copy)]
pub(in crate::store) struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// Makes the salt of a directory, unless there is one.
    pub(in crate::store) fn create(directory: &Path) -> Result<(), StoreError> {
        if directory.join(SALT).exists() {
            return Ok(());
        }
        let salt: [u8; SALT_BYTES] = rand::random();
        write_whole(directory, SALT, &[&salt[..], &checksum(&[&salt])].concat())
    }

    /// Reads the salt of a directory.
    pub(in crate::store) fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(SALT);
        let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
        let salt = bytes.split_first_chunk::<SALT_BYTES>();
        let salt = salt.filter(|(salt, check)| check[..] == checksum(&[&salt[..]])).map(|(salt, _)| Salt(*salt));
        salt.ok_or_else(|| StoreError::corrupt(&path, "it is not what was written"))
    }

    /// A quarter of an amount, or up to all of it, as it happens in this store.
    pub(in crate::store) fn part_of(&self, amount: u64) -> u64 {
        amount / 4 + amount * 3 / 4 * u64::from(self.0[0]) / 255
    }

    /// The checksum of bytes in this store.
    pub(in crate::store) fn checksum(&self, bytes: &[u8]) -> Checksum {
        let mut checksum = [0; CHECKSUM_BYTES];
        blake3::Hasher::new_keyed(&self.0).update(bytes).finalize_xof().fill(&mut checksum);
        checksum
    }
}
