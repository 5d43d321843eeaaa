//! `baro bench`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use benches::load::{Options, Report, read_net_file, run as load};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Outcome};
use crate::localnet::{Localnet, LocalnetOptions};

/// Load a network with payments and measure it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The exit code is 1 when a payment was lost, state roots differ or supply is not conserved.

Examples:
  baro bench --rate 1000 --duration 30
  baro bench --saturate --duration 30 --report report
  baro bench --mix shop --rate 200
  baro bench --mix programs --saturate --in-flight 200
  baro bench --net localnet/localnet.json --rate 500")]
pub(super) struct Args {
    #[command(flatten)]
    load: Options,
    /// Where a network that is started for the run keeps its files [default: a directory that is deleted afterwards]
    #[arg(long, value_name = "DIR", conflicts_with = "net")]
    dir: Option<PathBuf>,
    /// The first port of a network that is started for the run
    #[arg(long, value_name = "PORT", conflicts_with = "net", default_value_t = 19_600)]
    base_port: u16,
}

pub(super) async fn run(args: Args) -> Outcome {
    let report = match &args.load.net {
        Some(path) => load(&args.load, &read_net_file(path)?).await?,
        None => on_own_network(&args).await?,
    };
    if let Some(directory) = &args.load.report {
        report.write(directory)?;
        eprintln!("wrote {}", directory.join("index.html").display());
    }
    if args.load.json {
        println!("{}", report.json())
    } else {
        print!("{}", report.table())
    }
    if report.is_sound() {
        return Ok(());
    }
    let why = "the network is not sound: payments were lost, state roots differ, or supply is not conserved";
    Err(Failure::Unsuccessful(why.to_owned()))
}

async fn on_own_network(args: &Args) -> anyhow::Result<Report> {
    let temporary = match &args.dir {
        Some(_) => None,
        None => Some(Temporary::new()?),
    };
    let dir = args.dir.clone().or_else(|| temporary.as_ref().map(|temporary| temporary.0.join("localnet")));
    let options = LocalnetOptions {
        dir: dir.context("a directory for the network")?,
        validators: Some(args.load.validators),
        base_port: Some(args.base_port),
        fresh: true,
    };
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    eprintln!("starting {} validators", args.load.validators);
    // Dropped half-way, it stops what it has started.
    let localnet = tokio::select! {
        started = Localnet::start(&options) => started?,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("asked to stop"),
    };
    let result = tokio::select! {
        result = async { load(&args.load, &read_net_file(&localnet.net_path())?).await } => result,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        _ = terminate.recv() => Err(anyhow::anyhow!("asked to stop")),
    };
    localnet.stop().await?;
    result
}

/// A directory that is deleted in the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("baro-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What is left behind in the system's temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
