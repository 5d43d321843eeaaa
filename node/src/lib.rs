//! The parts of the `baro` program: one validator ([`validator`]), its disk ([`store`]), its peers ([`network`]), its
//! clients ([`server`]), its directory ([`home`]), many of them on one machine ([`localnet`]), those under load and killed
//! again and again ([`soak`]), a chain executed again for audits and statements ([`reexecution`]), and the command line.

#[expect(clippy::print_stdout, reason = "printing is what a command line is for")]
pub mod cli;
mod closed_seconds;
pub mod home;
pub mod localnet;
pub mod network;
mod pruning;
mod rate_limit;
pub mod reexecution;
pub mod server;
pub mod soak;
pub mod store;
pub mod validator;
