//! Programs as text.
//!
//! A text is a list of words; lines and indentation are for people, and `#` begins a comment. Instructions are the names
//! of [`OPERATIONS`](super::OPERATIONS), each followed by its operand. Besides them there are
//!
//! | | |
//! |---|---|
//! | `const NAME VALUE` | a name for a value |
//! | `cell NAME`, `cell NAME[]` | a named cell, whose key is the name as a text; a family of cells, one for each word |
//! | `entry NAME(ARG, ARG) payable` | an entry point; `payable` where money may come with the call |
//! | `local NAME` | a further local of this entry point, zero at first |
//! | `NAME:` | a label for jumps |
//! | a value, a constant's name | pushes it; a value is a number (`4_500`, `0x1f`), an address or a text (`"fee"`) |
//! | a local's name | pushes what the local holds; `set NAME` changes it |
//! | `read CELL`, `read CELL[WHICH]` | pushes what the cell holds; WHICH is a value, a constant or a local |
//! | `write CELL`, `write CELL[WHICH]` | lets the cell hold what is on top of the stack |
//!
//! The key of `CELL[WHICH]` is `hash` of the name as a text and WHICH. `get` and `set` also take a local's number.

mod disassemble;
mod emitter;
pub(super) mod error;
mod parser;
pub(super) mod token;

use std::collections::BTreeMap;

pub use disassemble::disassemble;
pub use error::{AssemblyError, Problem};

use super::verify::VerifiedProgram;
use super::word::Word;

/// A program made from text, with the names that the text gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembly {
    /// The program.
    pub program: VerifiedProgram,
    /// The named constants.
    pub constants: BTreeMap<String, Word>,
    /// The named cells, and whether each is a family.
    pub cells: BTreeMap<String, bool>,
}

/// Makes a program from `text` and verifies it.
pub fn assemble(text: &str) -> Result<Assembly, AssemblyError> {
    parser::Parser::new(token::tokens(text)?).program()
}
