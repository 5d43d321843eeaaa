//! `baro localnet`.

mod live;
mod ready;

use std::path::PathBuf;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::home::History;
use crate::localnet::{Localnet, LocalnetOptions};

/// Run a network of validators on this machine, each in a process of its own
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ctrl-C or SIGTERM stops all validators cleanly; the next start continues the same chain.
DIR/localnet.json describes the running network to other programs.

Ports: each validator takes three, from --base-port in steps of ten: validators, JSON-RPC, metrics.")]
pub(super) struct Args {
    /// How many validators [default: 4, or as many as the network in DIR has]
    #[arg(long, value_name = "N")]
    validators: Option<usize>,
    /// Where the network keeps its files
    #[arg(long, value_name = "DIR", default_value = "localnet")]
    dir: PathBuf,
    /// The first port [default: 9600, or the one that the network in DIR has]
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
    /// Delete the network in DIR and start a new chain
    #[arg(long)]
    fresh: bool,
    /// Let validators hold everything from one another back for so many milliseconds, as if they were further apart
    #[arg(long, value_name = "MS", default_value_t = 0)]
    link_delay: u64,
    /// How much history validators keep: `all`, or so many days, such as 30d [default: what their config.toml says]
    #[arg(long, value_name = "all|DAYSd")]
    history: Option<History>,
    /// Print JSON: one object when the network is ready, then one a second
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> Outcome {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let options = LocalnetOptions {
        dir: args.dir.clone(),
        validators: args.validators,
        base_port: args.base_port,
        fresh: args.fresh,
        program: None,
        link_delay: args.link_delay,
        history: args.history,
    };
    if !args.json {
        println!("starting the validators of {}", args.dir.display());
    }
    let mut localnet = tokio::select! {
        started = Localnet::start(&options) => started?,
        _ = tokio::signal::ctrl_c() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let shown = async {
        ready::show(&localnet, args.json).await?;
        live::show(&mut localnet, args.json).await
    };
    let result = tokio::select! {
        result = shown => result,
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    eprintln!("\nstopping");
    localnet.stop().await?;
    Ok(result?)
}

/// The program as the user called it.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "baro".to_owned())
}
