//! Consensus seen from outside: single rules on one validator, and clusters on virtual time.

#![allow(clippy::unwrap_used)]

mod agreement;
mod cluster;
mod faults;
mod helping;
mod lab;
mod recovery;
mod rules;
