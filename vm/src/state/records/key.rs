//! What names a record.

use bincode::{Decode, Encode};
use types::Address;

use crate::program::Word;
use crate::state::directory::Key;

/// The key of a record. Keys are ordered by kind and within it by their fields; that order is the order of new records'
/// slots and of reads by range. The variants' numbers are in the state root and in checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum RecordKey {
    /// A merchant, by the address of its account.
    Merchant(Address),
    /// A program, by the address of its account.
    Program(Address),
    /// A cell of a program, by the program's address and the cell's key.
    Cell(Address, Word),
    /// The keys of an account, by its address.
    KeyPolicy(Address),
    /// A session of an account, by its address and that of the session's key.
    Session(Address, Address),
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// A merchant's entry in the registry.
    Merchant,
    /// A program.
    Program,
    /// A cell of a program.
    Cell,
    /// The keys of an account.
    KeyPolicy,
    /// A session of an account.
    Session,
}

impl RecordKey {
    /// The kind of record that has this key.
    pub fn kind(&self) -> RecordKind {
        match self {
            RecordKey::Merchant(_) => RecordKind::Merchant,
            RecordKey::Program(_) => RecordKind::Program,
            RecordKey::Cell(..) => RecordKind::Cell,
            RecordKey::KeyPolicy(_) => RecordKind::KeyPolicy,
            RecordKey::Session(..) => RecordKind::Session,
        }
    }
}

impl std::fmt::Display for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordKey::Merchant(merchant) => write!(f, "merchant {merchant}"),
            RecordKey::Program(program) => write!(f, "program {program}"),
            RecordKey::Cell(program, key) => write!(f, "cell {key} of program {program}"),
            RecordKey::KeyPolicy(account) => write!(f, "keys of account {account}"),
            RecordKey::Session(account, key) => write!(f, "session of account {account} for the key of {key}"),
        }
    }
}

impl Key for RecordKey {
    fn spread(&self) -> u8 {
        match self {
            RecordKey::Merchant(merchant) => merchant.spread(),
            RecordKey::Program(program) => program.spread(),
            // A key may be a small number, a text or a hash.
            RecordKey::Cell(_, key) => key.0[31] ^ key.0[0],
            RecordKey::KeyPolicy(account) => account.spread(),
            RecordKey::Session(_, key) => key.spread(),
        }
    }
}
