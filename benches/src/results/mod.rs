//! The measurements of `RESULTS.md`: what is run, and the page made of it.
//!
//! Each experiment is a number of `baro bench` commands, its *points*. What they printed is kept as JSON under
//! `benches/results/`, so that the page can be made again, and compared with later results (`baro bench --compare`).

mod experiments;
mod machine;
mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::load::{Series, read_results};
pub use experiments::Experiment;

/// What to measure, and where the results go.
#[derive(Debug, clap::Parser)]
#[command(about = "Measures Baro and writes benches/RESULTS.md")]
pub struct Options {
    /// The program to measure
    #[arg(long, value_name = "PATH", default_value = "target/release/baro")]
    baro: PathBuf,
    /// Only these experiments; the others stay as they were measured before
    #[arg(long, value_name = "NAME", value_enum, value_delimiter = ',')]
    only: Vec<Experiment>,
    /// How often each point is measured
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeat: u32,
    /// Measure nothing: make the page of what was measured before
    #[arg(long)]
    page_only: bool,
    /// The directory of RESULTS.md and results/
    #[arg(long, value_name = "DIR", default_value = "benches")]
    dir: PathBuf,
}

/// Measures, and writes the page.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let results = options.dir.join("results");
    for experiment in Experiment::ALL {
        let is_wanted = options.only.is_empty() || options.only.contains(&experiment);
        if is_wanted && !options.page_only {
            measure(experiment, options, &results)?;
        }
    }
    page::write(&options.dir, &results)
}

fn measure(experiment: Experiment, options: &Options, results: &Path) -> anyhow::Result<()> {
    for point in experiment.points() {
        let repeat = options.repeat.to_string();
        eprintln!("{}: baro bench {} --repeat {repeat}", experiment.name(), point.args);
        let output = Command::new(&options.baro)
            .arg("bench")
            .args(point.args.split_ascii_whitespace())
            .args(["--repeat", &repeat, "--json"])
            .stderr(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}: build it, or name it with --baro", options.baro.display()))?;
        // 1 says that a run was not sound: its figures say how.
        ensure!(output.status.code().is_some_and(|code| code <= 1), "baro bench {} failed", point.args);
        let path = path_of(results, experiment, &point.label);
        std::fs::create_dir_all(path.parent().unwrap_or(results))?;
        std::fs::write(&path, &output.stdout).with_context(|| format!("cannot write {}", path.display()))?;
    }
    machine::note(&options.baro, results, experiment)
}

fn path_of(results: &Path, experiment: Experiment, label: &str) -> PathBuf {
    results.join(experiment.name()).join(format!("{label}.json"))
}

/// The points of an experiment that were measured, each with its place on the horizontal axis.
fn measured(results: &Path, experiment: Experiment) -> Vec<(String, Series)> {
    let points = experiment.points().into_iter();
    points
        .filter_map(|point| {
            let series = read_results(&path_of(results, experiment, &point.label)).ok()?;
            Some((point.label, series))
        })
        .collect()
}
