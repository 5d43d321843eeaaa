//! A program as it is deployed: its bytes and their limits.

use bincode::{Decode, Encode};
use types::codec::{Blob, Bounded, Text, encode};
use types::{Domain, Hash};

use super::word::Word;

/// The version of the format and of the machine. A program keeps the meaning that it was deployed with.
pub const VERSION: u8 = 1;
/// The most bytes of code.
pub const MAX_CODE_BYTES: usize = 16 << 10;
/// The most constants: a byte names one.
pub const MAX_CONSTANTS: usize = 256;
/// The most entry points.
pub const MAX_ENTRIES: usize = 32;
/// The longest name of an entry point, in bytes.
pub const MAX_ENTRY_NAME_BYTES: usize = 32;
/// The most arguments of an entry point.
pub const MAX_ARGUMENTS: usize = 16;
/// How many locals there are. Arguments are the first of them; the others begin as zero.
pub const LOCALS: usize = 32;
/// The most words on the stack.
pub const MAX_STACK: usize = 64;
/// The most events of one call.
pub const MAX_EVENTS: usize = 64;
/// The entry point that a deployment runs, and nothing else can.
pub const INIT: &str = "init";

/// Where a call can begin.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// What callers name it by: lower-case letters, digits and underscores, a letter first.
    pub name: Text<MAX_ENTRY_NAME_BYTES>,
    /// How many arguments it takes: words, which become the first locals.
    pub arguments: u8,
    /// Whether money may come with the call.
    pub payable: bool,
    /// The offset of its first operation in the code.
    pub start: u16,
}

/// A program as it is deployed. Only what [`verify`](super::verify) accepted can run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Program {
    /// [`VERSION`].
    pub version: u8,
    /// The entry points, in the order of their places in the code.
    pub entries: Bounded<Entry, MAX_ENTRIES>,
    /// The words that the code names, in the order in which it first does. Numbers below 256 are in the code itself.
    pub constants: Bounded<Word, MAX_CONSTANTS>,
    /// The instructions.
    pub code: Blob<MAX_CODE_BYTES>,
}

impl Program {
    /// The bytes that are deployed.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }
}

/// What names a program whatever account it has: the hash of its bytes.
pub fn code_hash(bytes: &[u8]) -> Hash {
    Hash::of(Domain::Program, bytes)
}
