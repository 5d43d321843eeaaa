//! One validator at work: opens its store, takes up its chain where it left it, and runs until told to stop.
//!
//! Threads: the loop (`turn`), which decides; `store`, which writes and flushes; `serve`, which reads for others;
//! `verify-N`, which check signatures; `network`, a tokio runtime for the links to other validators; and the general runtime,
//! which serves clients.

mod checkpoints;
mod clock;
mod deferred;
mod inbox;
mod metrics;
mod network_runtime;
mod outcomes;
mod post;
mod publication;
mod questions;
mod reader;
mod roster;
mod start;
mod state_sync;
mod turn;
mod unanswered;
mod verifier;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use inbox::{Fenced, Request};
pub(crate) use metrics::Metrics;
pub(crate) use outcomes::{Outcome, PlacedReceipt};
pub(crate) use publication::Publication;
pub use start::run;
