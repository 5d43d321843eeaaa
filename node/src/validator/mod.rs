//! One validator at work: opens its store, takes up its chain where it left it, and runs until told to stop.
//!
//! Threads: the loop (`turn`), which decides; `store`, which writes and flushes; `serve`, which reads for others;
//! `verify-N`, which check signatures; and a tokio runtime for the network and the JSON-RPC server.

mod clock;
mod inbox;
mod metrics;
mod outcomes;
mod post;
mod publication;
mod questions;
mod reader;
mod roster;
mod start;
mod state_sync;
mod turn;
mod verifier;
mod writer;

pub(crate) use inbox::Request;
pub(crate) use metrics::Metrics;
pub(crate) use outcomes::{Outcome, PlacedReceipt};
pub(crate) use publication::Publication;
pub use start::run;
