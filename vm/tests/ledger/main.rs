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
mod desk;
mod documents;
mod failures;
mod fees;
mod forks;
mod generator;
mod history;
mod instructions;
mod merchants;
mod model;
mod outcomes;
mod payments;
mod random;
mod random_operations;
mod replay;
mod shipped;
mod stage;
mod vectors;
