//! Whole validator sets on virtual time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod cluster;
mod epochs;
mod payments;
