//! What a stranger can check offline with the genesis file alone: that a transaction was executed, that it was not and
//! never will be, or what an account held.
//!
//! A [`Proof`] has two halves. Its [`Finality`] leads from the validators of genesis, over the ends of epochs, to the
//! header of one finalized block. Its [`Claim`] leads from that header's roots to a receipt, an account, or the closed
//! seconds. [`Proof::verify`] is a pure function of both and of the first committee. A [`ProofFile`] is a proof as JSON,
//! for wallets and archives; `docs/receipts.md` describes it.
//!
//! A crate of its own, below JSON-RPC and node, so that a wallet needs neither.

mod claim;
mod file;
mod finality;

pub use claim::{Claim, Fact, Invalid, Proof, Proven};
pub use file::{Evidence, FileError, FinalityFile, HexOf, ProofFile, Statement};
pub use finality::{Finality, FinalityError, MAX_HANDOVERS, MAX_HEADERS};
