//! What work costs.
//!
//! One unit is about 5 ns of the machine that the figures were taken on, and seldom above 10 (`benches/benches/programs.rs`
//! takes them again): 3 for moving words on the stack, 8 for arithmetic and comparisons, 5 for a division, 7 for the
//! slowest product of 256 bits, 3 for a hash. What asks the ledger is priced by what it takes there, with the roots at
//! the end of the block (`benches/benches/calls.rs`): on a ledger of 100,000 accounts and a million cells 6 for a
//! transfer, 3 for changing a cell, 2.5 for reading one, and about twice that while others keep the memory busy. What
//! costs others more than time costs more: a new cell is kept by every validator until somebody deletes it. Each
//! operation's price is in the table of operations; these are the classes.

/// The most that one call may use, whatever its limit says: about 5 ms, and seldom above 10.
pub const MAX: u64 = 1_000_000;

/// A call, before its first operation.
pub const CALL: u64 = 50;

/// What touches only the stack, the locals and the context.
pub const STEP: u64 = 1;

/// One division of 128 bits.
pub const DIVISION: u64 = 4;

/// A product of 256 bits, divided.
pub const MUL_DIV: u64 = 60;

/// A question about the program's own account: a balance.
pub const QUERY: u64 = 40;

/// Reading a cell, or a merchant's entry. That of a cell among a million waits for memory five times.
pub const LOAD: u64 = 300;

/// Changing or deleting a cell: at the end of the block its leaf and the path to the root are hashed.
pub const STORE: u64 = 1_000;

/// What is added to [`STORE`] where the cell was not in use.
pub const CELL_CREATED: u64 = 2_000;

/// A transfer through the ledger's gate.
pub const TRANSFER: u64 = 400;

/// What is added to [`TRANSFER`] where the receiver had no account: it is kept for ever, as a cell is.
pub const ACCOUNT_CREATED: u64 = 2_000;

/// An event, whose 64 bytes are in the receipt for ever.
pub const EMIT: u64 = 250;

/// Hashing two words.
pub const HASH: u64 = 30;
