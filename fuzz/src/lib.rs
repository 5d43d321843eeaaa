//! Feeds any bytes to everything that decodes what comes from outside: wire, disk, JSON-RPC, files.
//!
//! A [`Target`] is one decoder with what must hold for any bytes: it does not panic, it does not hold more memory than the
//! bytes account for ([`memory`]), and what it accepts is written again as the same bytes. `corpus/TARGET/` holds its
//! inputs: `seed-*` are made from real values by [`Target::seeds`], `found-*` reached code that no seed reaches, and
//! `fault-*` once broke something.
//!
//! Three ways to run the targets:
//! - `tests/corpus.rs`, part of `cargo test`: the corpus, and mutations of it ([`mutate`]) with a fixed seed.
//! - `fuzz/run`: coverage-guided, with libFuzzer. Needs a C++ compiler, and nothing that stable Rust has not.
//! - `cargo run --release -p fuzz --bin corpus`: writes the seeds again after a change of format.

pub mod corpus;
pub mod memory;
pub mod mutate;
pub mod values;

mod targets;

/// One decoder.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is also its corpus's directory.
    pub name: &'static str,
    /// Decodes, and panics where something does not hold. True if the bytes were accepted.
    pub run: fn(&[u8]) -> bool,
    /// Inputs made from real values, with a name each: the same at every call, and all of them accepted.
    pub seeds: fn() -> Vec<(&'static str, Vec<u8>)>,
}

/// Every decoder.
pub const TARGETS: &[Target] = &[
    targets::address::TARGET,
    targets::batch::TARGET,
    targets::block::TARGET,
    targets::certificate::TARGET,
    targets::chain_spec::TARGET,
    targets::config::TARGET,
    targets::consensus_message::TARGET,
    targets::frames::TARGET,
    targets::handover::TARGET,
    targets::key_file::TARGET,
    targets::message::TARGET,
    targets::program::TARGET,
    targets::proof_file::TARGET,
    targets::record::TARGET,
    targets::snapshot::TARGET,
    targets::store::TARGET,
    targets::store_marker::TARGET,
    targets::transaction::TARGET,
    targets::transaction_hex::TARGET,
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
