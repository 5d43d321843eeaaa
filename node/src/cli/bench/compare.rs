//! `baro bench --compare`.

use std::path::Path;

use benches::load::{Comparison, read_results};

use crate::cli::Outcome;

pub(super) fn run(a: &Path, b: &Path, json: bool) -> Outcome {
    let comparison = Comparison::new(&read_results(a)?, &read_results(b)?);
    if json {
        println!("{}", comparison.json());
    } else {
        println!("A: {}\nB: {}\n", a.display(), b.display());
        print!("{}", comparison.table());
    }
    Ok(())
}
