//! The ledger from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

mod any_program;
mod atomic;
mod authority;
mod bank;
mod bypass;
mod calls;
mod checkpoint;
mod council;
mod council_model;
mod desk;
mod failures;
mod forks;
mod history;
mod instructions;
mod merchants;
mod model;
mod outcomes;
mod payments;
mod random;
mod registry_model;
mod replay;
mod shipped;
mod stage;
mod vectors;
