//! Baro as its users run it: real processes, real links, real disks.
#![allow(clippy::unwrap_used, reason = "tests")]

mod auditing;
mod cluster;
mod disks;
mod epochs;
mod hosts;
mod localnet;
mod namespaces;
mod programs;
mod receipts;
mod state_sync;
mod turn;
