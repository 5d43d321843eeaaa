//! `baro soak`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Outcome};
use crate::soak::{SoakOptions, SoakReport, run as soak};

/// Load a network of its own while validators are killed at random, and check that nothing is lost
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ends with exit code 1 when a payment that a validator took was lost or is on the chain twice, when validators have
different chains, or when supply is not conserved.

Examples:
  baro soak
  baro soak --minutes 3 --every 2 --all-at-once 0.1 --seed 7 --json")]
pub(super) struct Args {
    /// For how long payments are sent, in minutes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_440))]
    minutes: u64,
    /// Payments a second
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// From one kill to the next, in seconds
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// How often a kill hits all validators at once, from 0 to 0.5; as often it hits two
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = probability)]
    all_at_once: f64,
    /// Decides who is killed when and for how long, and who pays whom
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many validators
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64))]
    validators: u64,
    /// Where the network keeps its files; a network there is deleted first [default: a directory that is deleted afterwards]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The first port
    #[arg(long, value_name = "PORT", default_value_t = 17_600)]
    base_port: u16,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(chance) if (0.0..=0.5).contains(&chance) => Ok(chance),
        _ => Err("a number from 0 to 0.5".to_owned()),
    }
}

pub(super) async fn run(args: Args) -> Outcome {
    let temporary = std::env::temp_dir().join(format!("baro-soak-{}", std::process::id()));
    let options = SoakOptions {
        dir: args.dir.clone().unwrap_or_else(|| temporary.clone()),
        validators: args.validators as usize,
        base_port: args.base_port,
        duration: Duration::from_secs(60 * args.minutes),
        rate: args.rate,
        every: Duration::from_secs(args.every),
        all_at_once: args.all_at_once,
        seed: args.seed,
    };
    let result = interruptible(&options).await;
    // What a failure leaves behind is there to be looked at.
    let is_sound = result.as_ref().is_ok_and(SoakReport::is_sound);
    if is_sound && args.dir.is_none() {
        // What is left behind in the system's temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&temporary);
    } else {
        eprintln!("the network's files are in {}", options.dir.display());
    }
    let report = result?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).context("the figures have a JSON form")?);
    } else {
        print!("{}", report.table());
    }
    if is_sound {
        return Ok(());
    }
    let why = "the network is not sound: payments were lost or are on the chain twice, chains differ, or supply is not \
               conserved";
    Err(Failure::Unsuccessful(why.to_owned()))
}

async fn interruptible(options: &SoakOptions) -> anyhow::Result<SoakReport> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    eprintln!("starting {} validators", options.validators);
    // Dropped half-way, it stops what it has started.
    tokio::select! {
        report = soak(options) => report,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("asked to stop"),
    }
}
