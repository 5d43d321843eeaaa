//! The ledger from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

mod atomic;
mod bank;
mod checkpoint;
mod council;
mod council_model;
mod failures;
mod forks;
mod history;
mod merchants;
mod model;
mod movements;
mod outcomes;
mod random;
mod registry_model;
mod replay;
mod vectors;
