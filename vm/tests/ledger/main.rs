//! The ledger from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

mod atomic;
mod authority;
mod bank;
mod checkpoint;
mod council;
mod council_model;
mod failures;
mod fees;
mod forks;
mod history;
mod merchants;
mod model;
mod outcomes;
mod random;
mod registry_model;
mod replay;
mod sessions;
mod vectors;
