//! The ledger from outside.
#![allow(clippy::unwrap_used, reason = "tests")]

mod any_program;
mod atomic;
mod authority;
mod bad_input;
mod bank;
mod bypass;
mod calls;
mod checkpoint;
mod controls;
mod council;
mod desk;
mod documents;
mod failures;
mod fees;
mod forks;
mod four_eyes;
mod generator;
mod history;
mod instructions;
mod limits;
mod merchants;
mod model;
mod movements;
mod outcomes;
mod payments;
mod random;
mod random_operations;
mod redemption;
mod replay;
mod sanctions;
mod sessions;
mod shipped;
mod stage;
mod vectors;
