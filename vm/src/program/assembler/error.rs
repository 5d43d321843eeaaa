//! What can be wrong with a program's text, and where.

use crate::program::verify_error::VerifyError;
use crate::program::word::WordError;

/// A place in a text, as editors count: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::program) struct Place {
    pub(in crate::program) line: usize,
    pub(in crate::program) column: usize,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct AssemblyError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl AssemblyError {
    pub(in crate::program) fn new(place: Place, problem: Problem) -> Self {
        Self { line: place.line, column: place.column, problem }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A quotation mark without its partner on the line.
    #[error("the text is not closed: a quotation mark is missing")]
    OpenText,
    /// Something else belongs here.
    #[error("{expected} expected, found {found}")]
    Expected {
        /// What belongs here.
        expected: &'static str,
        /// What is here.
        found: String,
    },
    /// Not a value.
    #[error("{0}")]
    Value(#[from] WordError),
    /// No instruction, constant or local has the name.
    #[error("{name:?} is no instruction, constant or local of this entry point")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// No label has the name.
    #[error("there is no label {name:?}")]
    UnknownLabel {
        /// The name.
        name: String,
    },
    /// No cell was declared with the name.
    #[error("there is no cell {name:?}: declare it with `cell {name}`")]
    UnknownCell {
        /// The name.
        name: String,
    },
    /// A family of cells was used without saying which, or a single cell with.
    #[error("{name:?} is {}", if *.family { "a family of cells: say which, as in name[which]" } else { "one cell: leave out the brackets" })]
    CellForm {
        /// The cell.
        name: String,
        /// Whether it is a family.
        family: bool,
    },
    /// The name means something already.
    #[error("the name {name:?} is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Not a name for an entry point.
    #[error("{name:?} is no name for an entry point: lower-case letters, digits and _, a letter first, at most 32")]
    EntryName {
        /// The name.
        name: String,
    },
    /// An instruction, local or label that belongs to no entry point.
    #[error("this belongs to an entry point: begin one with `entry name()`")]
    OutsideEntry,
    /// An entry point without instructions.
    #[error("the entry point {name:?} has no instructions")]
    EmptyEntry {
        /// The entry point.
        name: String,
    },
    /// A number that is too large here.
    #[error("at most {most} is possible here")]
    TooLarge {
        /// The largest.
        most: u128,
    },
    /// Too many of something.
    #[error("too many {what}: at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// The program is not acceptable.
    #[error("{0}")]
    Verify(#[from] VerifyError),
}
