//! Records: everything in the ledger that is neither a balance nor fixed at genesis, in one table.
//!
//! A record has a typed key ([`RecordKey`]) and a typed value ([`Record`]). Each record has a *slot*, a place in one list
//! over which a Merkle tree stands. A removed record leaves its slot empty, which is a leaf of zeros, and the slot is
//! given to a later record.
//!
//! Slots are given out once a block: the block's new records, in the order of their keys, get the lowest slots that are
//! empty then (those that the block itself has emptied included), and after these new slots at the end of the list. So
//! which record is where follows from the slots before the block and from the block's effect, and from nothing else: a
//! ledger that is restored from its slots goes on exactly as the other does, and a failing transaction has no slot to
//! give back.
//!
//! - [`Table`]: the finalized records.
//! - [`RecordsDelta`]: what a block changes.
//! - [`Base`]: the table with the deltas of blocks that are not final, newest first. It does not change.
//! - [`Working`]: the records while a block executes.
//!
//! A new kind of record is a variant of [`RecordKey`] and one of [`Record`], in the same order.

mod base;
mod delta;
mod key;
mod range;
mod record;
mod settle;
mod table;
#[cfg(test)]
mod tests;
mod working;

pub(crate) use base::Base;
pub(crate) use delta::RecordsDelta;
pub use key::{RecordKey, RecordKind};
pub use record::Record;
pub(crate) use record::{Entry, Money};
pub(crate) use table::{Slots, Table};
pub(crate) use working::{Before, Working};
