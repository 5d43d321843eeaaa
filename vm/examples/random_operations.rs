//! Random operations of every kind, valid and invalid, programs included, on which the ledger and a naive model of it agree:
//! every receipt, every balance, every record, each state root, and after each operation on what it has moved, with the books
//! of every asset added up. Both are the tests' own (`vm/tests/ledger/`).
//!
//! ```sh
//! cargo run --release -p vm --example random_operations -- --operations 1000000 --seed 1
//! ```
//!
//! It stops with a panic where they differ, and names the world's seed; otherwise the last line says what became of the
//! operations. An operation is a transaction of one or more instructions.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the tests' code, and a program that prints")]
#![allow(clippy::disallowed_methods, reason = "says how long it took")]

#[allow(dead_code, reason = "what other tests need is not needed here")]
#[path = "../tests/ledger/bank.rs"]
mod bank;
#[allow(dead_code, reason = "what other tests need is not needed here")]
#[path = "../tests/ledger/desk.rs"]
mod desk;
#[path = "../tests/ledger/generator/mod.rs"]
mod generator;
#[allow(dead_code, reason = "what other tests need is not needed here")]
#[path = "../tests/ledger/instructions.rs"]
mod instructions;
#[allow(dead_code, reason = "what other tests need is not needed here")]
#[path = "../tests/ledger/model/mod.rs"]
mod model;

use std::time::Instant;

use generator::{Tally, World};

/// A world's operations: enough for a history, few enough that a model which copies itself is quick.
const OPERATIONS_OF_A_WORLD: u64 = 2_000;

fn main() {
    let (mut operations, mut seed) = (1_000_000u64, 1u64);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (&*name, value) {
            ("--operations", Some(value)) => operations = value,
            ("--seed", Some(value)) => seed = value,
            _ => {
                println!("usage: random_operations [--operations NUMBER] [--seed NUMBER]");
                std::process::exit(2);
            }
        }
    }

    let (start, mut tally) = (Instant::now(), Tally::default());
    let mut world = 0;
    while tally.operations < operations {
        let of_world = seed.wrapping_mul(1_000_003).wrapping_add(world);
        println!("world {world} with seed {of_world}: {} of {operations} operations so far", tally.operations);
        tally.add(&World::run(of_world, OPERATIONS_OF_A_WORLD.min(operations - tally.operations)));
        world += 1;
    }
    let failed: Vec<String> = tally.failed.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let skipped: Vec<String> = tally.skipped.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    println!(
        "{} operations ({} instructions) in {} blocks of {world} worlds: {} succeeded, of which {} by \
         sessions, {} by several keys, {} sponsored; {} failed in {} ways ({}); others skipped ({}); {:.1} s",
        tally.operations,
        tally.instructions,
        tally.blocks,
        tally.succeeded,
        tally.by_sessions,
        tally.by_several_keys,
        tally.sponsored,
        tally.failed.values().sum::<u64>(),
        tally.failed.len(),
        failed.join(", "),
        skipped.join(", "),
        start.elapsed().as_secs_f64()
    );
}
