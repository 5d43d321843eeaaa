//! What names a record.

use bincode::{Decode, Encode};
use types::Address;

use crate::directory::Key;

/// The key of a record. Keys are ordered by kind and within it by their fields; that order is the order of new records'
/// slots and of reads by range. The variants' numbers are in the state root and in checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum RecordKey {
    /// A merchant, by the address of its account.
    Merchant(Address),
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// A merchant's entry in the registry.
    Merchant,
}

impl RecordKey {
    /// The kind of record that has this key.
    pub fn kind(&self) -> RecordKind {
        match self {
            RecordKey::Merchant(_) => RecordKind::Merchant,
        }
    }
}

impl std::fmt::Display for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordKey::Merchant(merchant) => write!(f, "merchant {merchant}"),
        }
    }
}

impl Key for RecordKey {
    fn spread(&self) -> u8 {
        match self {
            RecordKey::Merchant(merchant) => merchant.spread(),
        }
    }
}
