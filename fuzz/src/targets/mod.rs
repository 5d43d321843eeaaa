//! One module for each decoder.

pub(crate) mod address;
pub(crate) mod batch;
pub(crate) mod block;
pub(crate) mod certificate;
pub(crate) mod chain_spec;
pub(crate) mod config;
pub(crate) mod consensus_message;
pub(crate) mod frames;
pub(crate) mod handover;
pub(crate) mod key_file;
pub(crate) mod message;
pub(crate) mod program;
pub(crate) mod proof_file;
pub(crate) mod record;
pub(crate) mod snapshot;
pub(crate) mod store;
pub(crate) mod store_marker;
pub(crate) mod transaction;
pub(crate) mod transaction_hex;

use bincode::{Decode, Encode};
use types::codec::{decode, encode};

use crate::memory::bounded;

/// Decodes within the bound on memory. What is accepted is written again as the same bytes.
fn canonical<T: Encode + Decode<()>>(bytes: &[u8]) -> Option<T> {
    let value: T = bounded(bytes.len(), || decode(bytes)).ok()?;
    assert_eq!(encode(&value), bytes, "a value has another encoding than the one it was read from");
    Some(value)
}
