//! Running programs without a chain: a ledger in memory, and texts that say what is to come out.

mod sandbox;

pub use sandbox::{Call, Refusal, Sandbox};
