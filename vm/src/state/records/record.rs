//! What a record says.

use bincode::{Decode, Encode};
use types::codec::encode;
use types::{Amount, AssetId, Domain, Hash, KeyPolicy, Merchant};

use super::{RecordKey, RecordKind};
use crate::program::Word;
use crate::rules::authority::Session;
use crate::rules::calls::DeployedProgram;

/// The value of a record. The variants' numbers are in the state root and in checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Record {
    /// A merchant's entry in the registry.
    Merchant(Merchant),
    /// A program.
    Program(DeployedProgram),
    /// What a program's cell holds, never zero.
    Cell(Word),
    /// The keys of an account.
    KeyPolicy(KeyPolicy),
    /// A session of an account.
    Session(Box<Session>),
}

/// How much of which asset something holds.
pub(crate) type Money = Option<(AssetId, Amount)>;

impl Record {
    /// The kind of this record.
    pub fn kind(&self) -> RecordKind {
        match self {
            Record::Merchant(_) => RecordKind::Merchant,
            Record::Program(_) => RecordKind::Program,
            Record::Cell(_) => RecordKind::Cell,
            Record::KeyPolicy(_) => RecordKind::KeyPolicy,
            Record::Session(_) => RecordKind::Session,
        }
    }

    /// The money that is in the record and in no balance. Counts towards the asset's supply.
    pub fn held(&self) -> Option<(AssetId, Amount)> {
        match self {
            Record::Merchant(_) | Record::Program(_) | Record::Cell(_) | Record::KeyPolicy(_) | Record::Session(_) => {
                None
            }
        }
    }
}

/// A record with its key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    pub(crate) key: RecordKey,
    pub(crate) record: Record,
}

impl Entry {
    /// # Panics
    ///
    /// If the key is of another kind than the record.
    pub(crate) fn new(key: RecordKey, record: Record) -> Entry {
        assert_eq!(key.kind(), record.kind(), "the record of {key}");
        Entry { key, record }
    }

    /// The record's leaf in the tree of records.
    pub(crate) fn leaf(&self) -> Hash {
        Hash::of(Domain::Record, &encode(self))
    }
}
