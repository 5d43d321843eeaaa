//! Why a program may not be deployed.

use types::codec::CodecError;

use super::container::{LOCALS, MAX_ARGUMENTS, MAX_STACK, VERSION};

/// Why bytes are no program that may run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The bytes are no program at all.
    #[error("not a program: {0}")]
    Encoding(CodecError),
    /// Made for another machine.
    #[error("the program is of version {got}, this machine runs {VERSION}")]
    Version {
        /// The version it names.
        got: u8,
    },
    /// Nobody could call it.
    #[error("the program has no entry point")]
    NoEntry,
    /// An entry point's name is not good.
    #[error("{name:?} is no name for an entry point: lower-case letters, digits and _, a letter first")]
    EntryName {
        /// The name.
        name: String,
    },
    /// Two entry points have one name.
    #[error("there are two entry points {name:?}")]
    EntryTwice {
        /// The name.
        name: String,
    },
    /// Too many arguments.
    #[error("entry point {name:?} takes {got} arguments, at most {MAX_ARGUMENTS} are possible")]
    Arguments {
        /// The entry point.
        name: String,
        /// How many it asks for.
        got: u8,
    },
    /// Entry points are not in the order of their places, or two begin at one place.
    #[error("entry point {name:?} does not begin after the one listed before it")]
    EntryOrder {
        /// The entry point.
        name: String,
    },
    /// An entry point is not where an instruction begins.
    #[error("entry point {name:?} does not begin at an instruction")]
    EntryPlace {
        /// The entry point.
        name: String,
    },
    /// Bytes that are no instruction.
    #[error("no instruction at offset {at}")]
    Instruction {
        /// The offset.
        at: u16,
    },
    /// A constant that does not exist, is not in the order of first use, is there twice or needs none.
    #[error("constant {number}, named at offset {at}, is not the next unused one of the pool, or fits into the code")]
    Constant {
        /// Where it is named.
        at: u16,
        /// Its place in the pool.
        number: u16,
    },
    /// Constants that no instruction names.
    #[error("{count} constants are not used")]
    UnusedConstants {
        /// How many.
        count: usize,
    },
    /// A local that does not exist.
    #[error("there is no local {number}: there are {LOCALS} (offset {at})")]
    Local {
        /// Where it is named.
        at: u16,
        /// Its number.
        number: u16,
    },
    /// A jump into nowhere.
    #[error("the jump at offset {at} does not go to an instruction")]
    Target {
        /// The jump.
        at: u16,
    },
    /// An instruction takes more than there is.
    #[error("{op} takes {needed} words and the stack has {height} (offset {at})")]
    Underflow {
        /// The instruction.
        at: u16,
        /// Its name.
        op: &'static str,
        /// How many words it takes.
        needed: usize,
        /// How many there are.
        height: usize,
    },
    /// The stack would be too high.
    #[error("the stack would have more than {MAX_STACK} words (offset {at})")]
    Overflow {
        /// The instruction.
        at: u16,
    },
    /// Two paths lead here with different stacks.
    #[error("one path comes here with {first} words on the stack, another with {second} (offset {at})")]
    HeightsDiffer {
        /// The instruction.
        at: u16,
        /// The height on one path.
        first: usize,
        /// The height on the other.
        second: usize,
    },
    /// The last instruction does not end the call.
    #[error("the code ends and the call does not: end it with return, stop, fail or jump (offset {at})")]
    FallsOff {
        /// The last instruction.
        at: u16,
    },
    /// No path leads here.
    #[error("nothing leads to this instruction (offset {at})")]
    Unreachable {
        /// The instruction.
        at: u16,
    },
}

impl VerifyError {
    /// The offset in the code that the error is about, if it is about one.
    pub fn at(&self) -> Option<u16> {
        match *self {
            VerifyError::Instruction { at }
            | VerifyError::Constant { at, .. }
            | VerifyError::Local { at, .. }
            | VerifyError::Target { at }
            | VerifyError::Underflow { at, .. }
            | VerifyError::Overflow { at }
            | VerifyError::HeightsDiffer { at, .. }
            | VerifyError::FallsOff { at }
            | VerifyError::Unreachable { at } => Some(at),
            _ => None,
        }
    }
}
