//! Programs on the ledger: their deployment and their calls.
//!
//! # What forbids it, in this order
//!
//! 1. the payer has an account ([`Failure::UnknownAccount`]);
//! 2. the gas asked for fits what is left for the transaction ([`Failure::TransactionGas`]) and for the block
//!    ([`Failure::BlockGasExhausted`]);
//! 3. a deployment's bytes verify ([`Failure::InvalidProgram`]); a call's program exists ([`Failure::UnknownProgram`]);
//! 4. what is attached passes the gate, from the caller to the program's account (any failure of [`crate::rules::gate`]);
//! 5. the machine ends well ([`Failure::Trapped`]), and the ledger does all that the program asks for: a transfer of the
//!    program's passes the gate as any other (any failure of [`crate::rules::gate`]), and the accounts that calls touch fit into
//!    the receipt ([`Failure::TooManyAccounts`]).
//!
//! A failing instruction fails its whole transaction, and nothing has moved.
//!
//! # A program's account and cells
//!
//! The account is an ordinary one, so that its money counts and is controlled as any other. No key opens its address,
//! which is a hash under its own domain ([`Address::of_program`](types::Address::of_program)); so only the program
//! itself pays from it. It exists from deployment on, and each call is in its history. Cells are records by program and
//! key; a program reaches only its own. A cell that holds zero has no record.
//!
//! # Why nothing is re-entered
//!
//! A running program reaches the ledger only through [`Host`](crate::program::Host), of which no method runs a program:
//! a transfer changes two balances and no one is told. The host here holds the one `&mut` to the overlay while it runs,
//! so no second call can even be written. The instructions of a transaction run one after the other.
//!
//! # Gas
//!
//! Nothing is paid for gas yet. It bounds the time that a block takes: a transaction may ask for [`TRANSACTION_GAS`], and
//! the calls of a block use [`BLOCK_GAS`] at most. What counts for the block is what was used, by failing transactions
//! too: their time has passed all the same. A call must ask for no more than is left, so that the block's bound holds
//! without knowing how much a call will use. What does not fit fails with a receipt; it is not put off, because a
//! finalized block executes all that it names, and `execute` is a function of the transactions in their order. Who reads
//! the receipt knows that nothing moved, and signs anew. An honest leader keeps what its block asks for within the limit, so
//! that this does not happen.
//!
//! # There is no cache
//!
//! A program's record holds it verified, and is decoded by verifying it. So what a call costs does not depend on which
//! calls came before, and no state beside the state exists.

mod host;
mod meter;
mod record;
mod result;
mod run;

pub use meter::{BLOCK_GAS, CALL_GAS, CODE_BYTE_GAS, TRANSACTION_GAS, gas_asked};
pub use record::DeployedProgram;
pub use result::CallResult;
pub(crate) use run::{Calls, Stopped};

#[cfg(doc)]
use crate::Failure;
