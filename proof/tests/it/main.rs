//! Proofs as a stranger checks them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod altered;
mod chain;
mod proofs;
