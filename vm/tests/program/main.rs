//! The machine: what verifies always ends, and ends as a second, naive machine says.

#![allow(clippy::unwrap_used)]

mod assembler;
mod generator;
mod naive;
mod random;
mod script;
mod shipped;
mod traps;
mod verifier;
