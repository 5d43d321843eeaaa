//! What reads bytes from the disk, for tests that feed it any bytes: each decoder gives back what it would write for
//! what it has read, or nothing where it refuses the bytes.

use std::path::Path;

use types::Hash;
use types::codec::{Bounded, decode, encode};

use super::StoreError;
use super::ahead::frames::Record;
use super::chain::blocks::Entry;
use super::chain::volumes::{MAX_VOLUMES, SpanFields};
use super::checkpoint::Commit;
use super::database::value::Value;
use super::directory::check_marker;

/// A value as it stands in a table, with its checksum and its place.
pub fn value(bytes: &[u8]) -> Option<Vec<u8>> {
    Value::decoded(bytes).map(|value| value.encoded())
}

/// What stands under a height.
pub fn block(bytes: &[u8]) -> Option<Vec<u8>> {
    Entry::decoded(bytes).ok()?.encoded().ok()
}

/// What a volume says of itself and of those before it.
pub fn opening(bytes: &[u8]) -> Option<Vec<u8>> {
    decode::<Bounded<SpanFields, MAX_VOLUMES>>(bytes).ok().map(|spans| encode(&spans))
}

/// What completes a checkpoint.
pub fn commit(bytes: &[u8]) -> Option<Vec<u8>> {
    decode::<Commit>(bytes).ok().map(|commit| encode(&commit))
}

/// The journal's marks.
pub fn marks(bytes: &[u8]) -> Option<Vec<u8>> {
    decode::<(u64, u64)>(bytes).ok().map(|marks| encode(&marks))
}

/// What was written ahead of sled.
pub fn records(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut again = Vec::new();
    Record::decoded(bytes)?.iter().all(|record| record.append_to(&mut again)).then_some(again)
}

/// The text of the file that says whose a directory is.
pub fn marker(text: &str, chain: Hash) -> Result<(), StoreError> {
    check_marker(Path::new("data"), text, chain).map(drop)
}
