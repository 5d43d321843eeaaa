//! Consensus seen from outside: single rules on one validator, and clusters on virtual time.

#![allow(clippy::unwrap_used)]

mod agreement;
mod cluster;
mod epochs;
mod faults;
mod helping;
mod lab;
mod listening;
mod recovery;
mod rules;
