//! Programs: money that moves by rule.
//!
//! A program has an account, cells in the ledger that only it changes, and entry points that anyone may call. It is code
//! of a small stack machine over 32-byte [`Word`]s. The machine knows nothing of the ledger: a [`Host`] stands between.
//!
//! # What holds for any bytes
//!
//! - **Only what was verified runs.** [`verify`] is the only maker of [`VerifiedProgram`]. It knows the height of the
//!   stack before each instruction, on every path, so a running program never under- or overflows it; every jump
//!   goes to an instruction, and no path leaves the code.
//! - **Every call ends.** Each instruction costs gas, and a call has a limit.
//! - **A call is a function** of the ledger's state, the context and the arguments. There are integers only; no clock, no
//!   randomness, no order that is not defined.
//! - **A program moves only its own money**: there is no operation that names another account as payer. What a caller
//!   attaches becomes the program's own before the call runs.
//! - **A call has all of its effects or none.** After a trap the host's changes are discarded.
//! - **Re-entrancy is impossible by construction.** No operation runs a program, and a transfer runs no code: it changes
//!   two balances and nothing is told to the receiver. So while a call runs, nothing else does, and what it has read
//!   stays true until it changes it itself. There are no subroutines either: nothing can recurse.
//! - **One text for one program.** The pool of constants and the entry table have one possible order; a verified
//!   program can be written as text, and that text makes the same bytes.
//!
//! # The machine
//!
//! A stack of at most [`MAX_STACK`] words, [`LOCALS`] locals of which the arguments are the first, and the operations of
//! [`OPERATIONS`]. Arithmetic is on numbers of 128 bits; a result that is below zero or larger is a [`Trap`], and so is
//! a word that is no number. A transfer of nothing does nothing.

pub mod assembler;
mod bounds;
mod container;
pub mod gas;
mod host;
mod interpreter;
mod mul_div;
mod operation;
mod stack;
pub mod testing;
mod trap;
mod verify;
mod verify_error;
mod word;

pub use bounds::{GasBound, gas_bound};
pub use container::{
    Entry, INIT, LOCALS, MAX_ARGUMENTS, MAX_CODE_BYTES, MAX_CONSTANTS, MAX_ENTRIES, MAX_ENTRY_NAME_BYTES, MAX_EVENTS,
    MAX_STACK, Program, VERSION, code_hash,
};
pub use host::{Context, Host, Merchant};
pub(crate) use interpreter::admit;
pub use interpreter::{Event, Output, hash, run};
pub use operation::{Instruction, OPERATIONS, Op, Operand, Operation};
pub use trap::{Abort, Cause, Trap};
pub use verify::{VerifiedProgram, verify};
pub use verify_error::VerifyError;
pub use word::{Word, WordError};
