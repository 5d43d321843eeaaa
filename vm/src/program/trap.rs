//! Why a call had no effect.

use bincode::{Decode, Encode};

use super::container::{INIT, MAX_EVENTS};

/// Why the machine stopped a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum Trap {
    /// No entry point has the name.
    #[error("the program has no entry point with this name: `baro program show` lists them")]
    UnknownEntry,
    /// `init` was called, or deployment ran something else.
    #[error("{INIT} runs when a program is deployed, and then only")]
    InitOnly,
    /// Not as many arguments as the entry point takes.
    #[error("the entry point takes {expected} arguments, {got} were given")]
    ArgumentCount {
        /// How many it takes.
        expected: u8,
        /// How many there were.
        got: u8,
    },
    /// Money came to an entry point that takes none.
    #[error("the entry point takes no money: call it without")]
    NotPayable,
    /// The limit was reached.
    #[error("out of gas: the call needs more than {limit}")]
    OutOfGas {
        /// The call's limit.
        limit: u64,
    },
    /// A result is below zero or above 128 bits.
    #[error("a number became less than 0 or more than 128 bits hold")]
    Overflow,
    /// A division by zero.
    #[error("a division by zero")]
    DivisionByZero,
    /// A word of more than 128 bits was used as a number.
    #[error("a value was used as a number and is none")]
    NotANumber,
    /// A word was used as an address.
    #[error("a value was used as an address and is none")]
    NotAnAddress,
    /// A word was used as an asset's id.
    #[error("a value was used as an asset and is none")]
    NotAnAsset,
    /// Too many events.
    #[error("more than {MAX_EVENTS} events in one call")]
    TooManyEvents,
    /// The program itself says no.
    #[error("the program refuses with code {code}: its description says what that means")]
    Failed {
        /// The program's code.
        code: u16,
    },
}

impl Trap {
    /// The kind of trap as a word, for programs and tests.
    pub fn kind(&self) -> &'static str {
        match self {
            Trap::UnknownEntry => "unknown_entry",
            Trap::InitOnly => "init_only",
            Trap::ArgumentCount { .. } => "argument_count",
            Trap::NotPayable => "not_payable",
            Trap::OutOfGas { .. } => "out_of_gas",
            Trap::Overflow => "overflow",
            Trap::DivisionByZero => "division_by_zero",
            Trap::NotANumber => "not_a_number",
            Trap::NotAnAddress => "not_an_address",
            Trap::NotAnAsset => "not_an_asset",
            Trap::TooManyEvents => "too_many_events",
            Trap::Failed { .. } => "failed",
        }
    }
}

/// Why a call ended without effect: the machine's reason or the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause<R> {
    /// The machine stopped it.
    #[error("{0}")]
    Trap(Trap),
    /// The host refused what the program asked for, such as a transfer of more than the program holds.
    #[error("{0}")]
    Refused(R),
}

/// A call that ended without effect. The caller discards what the host was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abort<R> {
    /// Why.
    pub cause: Cause<R>,
    /// The offset in the code of the instruction that did it; zero where none had run.
    pub at: u16,
    /// The gas used until then; the whole limit where that was the cause.
    pub gas: u64,
}
