//! The networks that are loaded: the one that was named, or one started for each run.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use benches::load::read_net_file;
use rpc::net_file::NetFile;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Args;
use crate::localnet::{Localnet, LocalnetOptions};

/// Where runs find their networks.
pub(super) enum Networks {
    /// All runs load this one.
    Given(NetFile),
    /// Each run has one of its own.
    Own(OwnNetworks),
}

impl Networks {
    pub(super) fn of(args: &Args) -> anyhow::Result<Self> {
        Ok(match &args.load.net {
            Some(path) => Networks::Given(read_net_file(path)?),
            None => Networks::Own(OwnNetworks::new(args)?),
        })
    }

    /// Does the work on a network. If one is started for it, `program` runs the validators, by default this one.
    pub(super) async fn with<T>(
        &mut self,
        program: Option<&Path>,
        work: impl AsyncFnOnce(&NetFile) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        match self {
            Networks::Given(net) => work(net).await,
            Networks::Own(own) => own.with(program, work).await,
        }
    }
}

/// Networks in one directory, each in the place of the one before.
pub(super) struct OwnNetworks {
    dir: PathBuf,
    base_port: u16,
    validators: usize,
    link_delay: u64,
    stop: Stop,
    /// Deleted in the end.
    _temporary: Option<Temporary>,
}

impl OwnNetworks {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let (dir, temporary) = match &args.dir {
            Some(dir) => (dir.clone(), None),
            None => {
                let temporary = Temporary::new()?;
                (temporary.0.join("localnet"), Some(temporary))
            }
        };
        Ok(Self {
            dir,
            base_port: args.base_port,
            validators: args.load.validators,
            link_delay: args.load.link_delay,
            stop: Stop::new()?,
            _temporary: temporary,
        })
    }

    async fn with<T>(
        &mut self,
        program: Option<&Path>,
        work: impl AsyncFnOnce(&NetFile) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let options = LocalnetOptions {
            dir: self.dir.clone(),
            validators: Some(self.validators),
            base_port: Some(self.base_port),
            fresh: true,
            program: program.map(Path::to_path_buf),
            link_delay: self.link_delay,
            history: None,
        };
        eprintln!("starting {} validators", self.validators);
        // Dropped half-way, it stops what it has started.
        let localnet = tokio::select! {
            started = Localnet::start(&options) => started?,
            why = self.stop.asked() => return Err(why),
        };
        let result = tokio::select! {
            result = async { work(&read_net_file(&localnet.net_path())?).await } => result,
            why = self.stop.asked() => Err(why),
        };
        localnet.stop().await?;
        result
    }
}

/// Listens to those who want the process to end, between two networks as well.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> anyhow::Result<Self> {
        let interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
        let terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        Ok(Self { interrupt, terminate })
    }

    /// Waits until the process is asked to stop, or has been since it was last waited for.
    async fn asked(&mut self) -> anyhow::Error {
        tokio::select! {
            _ = self.interrupt.recv() => anyhow!("interrupted"),
            _ = self.terminate.recv() => anyhow!("asked to stop"),
        }
    }
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
