//! The ledger from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

mod atomic;
mod authority;
mod bank;
mod bypass;
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
mod movements;
mod outcomes;
mod payments;
mod random;
mod random_operations;
mod replay;
mod vectors;
