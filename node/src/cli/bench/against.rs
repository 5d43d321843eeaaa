//! `baro bench --against`.

use std::path::Path;

use anyhow::Context;
use benches::load::{Comparison, Options, Row, Series, write_series};
use serde::Serialize;

use super::networks::Networks;
use super::repeat::measure;
use super::{sound, told_page};
use crate::cli::Outcome;

/// What is printed as JSON.
#[derive(Serialize)]
struct Both<'a> {
    ours: &'a Series,
    theirs: &'a Series,
    comparison: &'a [Row],
}

/// In turn, so that a machine that gets slower meanwhile does so for both.
pub(super) async fn run(options: &Options, times: u32, program: &Path, networks: &mut Networks) -> Outcome {
    let program = program.canonicalize().with_context(|| format!("cannot find {}", program.display()))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 1..=times {
        ours.push(measure(options, networks, None, &format!("A, run {number} of {times}")).await?);
        theirs.push(measure(options, networks, Some(&program), &format!("B, run {number} of {times}")).await?);
    }
    if let Some(directory) = &options.report {
        for (reports, name) in [(&ours, "ours"), (&theirs, "theirs")] {
            let directory = directory.join(name);
            write_series(reports, &directory)?;
            told_page(&directory);
        }
    }
    let (ours, theirs) = (Series::of(&ours), Series::of(&theirs));
    let comparison = Comparison::new(&ours, &theirs);
    if options.json {
        let both = Both { ours: &ours, theirs: &theirs, comparison: &comparison.comparison };
        println!("{}", serde_json::to_string_pretty(&both).context("names and numbers are JSON")?);
    } else {
        println!("A: validators of this program\nB: validators of {}\n", program.display());
        print!("{}", comparison.table());
    }
    sound(ours.is_sound() && theirs.is_sound())
}
