//! The audit from outside: good chains, and chains with planted faults.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bank;
mod faults;
mod flips;
mod good;
mod merchants;
mod orders;
mod reports;
mod statements;
