//! Measures Baro and writes `benches/RESULTS.md`: `cargo run --release -p benches --bin results`.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    benches::results::run(&benches::results::Options::parse())
}
