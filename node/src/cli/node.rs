//! `baro node`.

use std::path::PathBuf;

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::Outcome;
use crate::home::{History, Home, SyncMode};
use crate::validator;

/// Run one validator from its home directory
#[derive(Debug, clap::Args)]
#[command(after_help = "Ctrl-C or SIGTERM stops it cleanly; the next start goes on where it stopped.")]
pub(super) struct Args {
    /// The home directory: config.toml, genesis.toml, validator.key, network.key, data/
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// How to get the ledger while data/ is empty; config.toml says it otherwise
    #[arg(long, value_name = "HOW", value_enum)]
    sync: Option<SyncMode>,
    /// How much history to keep: `all`, or so many days, such as 30d; config.toml says it otherwise. What is older is deleted
    #[arg(long, value_name = "all|DAYSd")]
    history: Option<History>,
    /// Hold everything from other validators back for so long, as if they were further away; for measurements
    #[arg(long, value_name = "MS")]
    link_delay: Option<u64>,
    /// Stop when standard input closes, so that whoever started the validator never leaves it behind
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

pub(super) async fn run(args: Args) -> Outcome {
    let mut home = Home::open(&args.home).map_err(anyhow::Error::from)?;
    if let Some(sync) = args.sync {
        home = home.with_sync(sync);
    }
    if let Some(history) = args.history {
        home = home.with_history(history);
    }
    if let Some(millis) = args.link_delay {
        home = home.with_link_delay(millis);
    }
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let shutdown = async move {
        let stdin_closes = async {
            if !args.until_stdin_closes {
                std::future::pending::<()>().await;
            }
            let mut stdin = tokio::io::stdin();
            let mut ignored = [0; 64];
            while stdin.read(&mut ignored).await.is_ok_and(|length| length > 0) {}
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => info!("interrupted"),
            _ = terminate.recv() => info!("asked to stop"),
            () = stdin_closes => info!("whoever started this validator is gone"),
        }
    };
    validator::run(home, shutdown).await?;
    info!("stopped");
    Ok(())
}
