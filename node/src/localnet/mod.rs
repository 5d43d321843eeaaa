//! A network on one machine: every validator a process of its own, on loopback.
//!
//! ```text
//! DIR/localnet.toml     how it was made; marks the directory as ours
//! DIR/localnet.json     validators, ports, processes and funded accounts, for other programs
//! DIR/lock              locked while the network runs
//! DIR/accounts/         keys of funded accounts
//! DIR/validator-N/      homes; node.log is what the process said
//! ```

mod layout;
mod process;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use jsonrpsee::http_client::HttpClient;
use rpc::BaroApiClient;
use rpc::net_file::NetFile;

pub use layout::{ACCOUNTS, Layout};
use process::{Program, ValidatorProcess};

use crate::home::History;

/// How long a validator may take from its start to its first answer, and the network to its first block.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a validator may take to stop before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the validators of a run that was killed may take to notice it and stop.
const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(10);

/// How a local network is to be.
#[derive(Debug, Clone)]
pub struct LocalnetOptions {
    /// Its directory.
    pub dir: PathBuf,
    /// How many validators; of a network that exists, as many as it has.
    pub validators: Option<usize>,
    /// The first port; of a network that exists, the one that it has.
    pub base_port: Option<u16>,
    /// Delete what is there and start a new chain.
    pub fresh: bool,
    /// The `baro` program that runs the validators; by default this one.
    pub program: Option<PathBuf>,
    /// Validators hold everything from one another back for so many milliseconds.
    pub link_delay: u64,
    /// How much history validators keep; without it what their configuration says.
    pub history: Option<History>,
}

/// A running local network. Dropping it kills its processes; [`Localnet::stop`] stops them cleanly.
pub struct Localnet {
    layout: Layout,
    program: Program,
    net: NetFile,
    processes: Vec<ValidatorProcess>,
    _lock: File,
}

impl Localnet {
    /// Makes the network if needed, starts every validator, and returns once all of them finalize blocks.
    pub async fn start(options: &LocalnetOptions) -> anyhow::Result<Localnet> {
        if options.fresh {
            layout::remove(&options.dir)?;
        }
        let layout = Layout::open_or_create(&options.dir, options.validators, options.base_port)?;
        let lock = layout.lock()?;
        wait_for_ports(&layout).await?;
        let path = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().context("finding the baro program")?,
        };
        let program = Program { path, link_delay: options.link_delay, history: options.history };
        let mut processes = Vec::new();
        for index in 0..layout.validators() {
            let (name, home) = (layout.validator_name(index), layout.home(index));
            processes.push(ValidatorProcess::start(&program, &name, &home)?);
        }
        let net = layout.net_file(processes.iter().map(ValidatorProcess::pid).collect())?;
        let mut localnet = Localnet { layout, program, net, processes, _lock: lock };
        localnet.wait_until_finalizing().await?;
        localnet.layout.write_net_file(&localnet.net)?;
        Ok(localnet)
    }

    /// What `localnet.json` says.
    pub fn net(&self) -> &NetFile {
        &self.net
    }

    /// The path of `localnet.json`.
    pub fn net_path(&self) -> PathBuf {
        self.layout.net_path()
    }

    /// The network's directory.
    pub fn dir(&self) -> &Path {
        self.layout.dir()
    }

    /// A validator's home.
    pub fn home(&self, index: usize) -> PathBuf {
        self.layout.home(index)
    }

    /// The validators whose processes have ended by themselves.
    pub fn dead(&mut self) -> Vec<usize> {
        let ended = self.processes.iter_mut().enumerate().filter_map(|(index, process)| {
            let has_ended = process.has_ended();
            has_ended.then_some(index)
        });
        ended.collect()
    }

    /// `kill -9` of a validator. Does nothing if it has ended.
    pub fn kill(&mut self, index: usize) {
        self.processes[index].kill();
    }

    /// Starts a validator that has ended.
    pub fn restart(&mut self, index: usize) -> anyhow::Result<()> {
        self.processes[index].kill();
        let (name, home) = (self.layout.validator_name(index), self.layout.home(index));
        self.processes[index] = ValidatorProcess::start(&self.program, &name, &home)?;
        self.net.validators[index].pid = self.processes[index].pid();
        self.layout.write_net_file(&self.net)
    }

    async fn wait_until_finalizing(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        for index in 0..self.processes.len() {
            let client = client(&self.net.validators[index].rpc_http)?;
            let mut first = None;
            loop {
                if self.processes[index].has_ended() {
                    bail!("{} ended while it started:\n{}", self.layout.validator_name(index), self.log_tail(index));
                }
                if let Ok(status) = client.status().await {
                    let first = *first.get_or_insert(status.height);
                    if status.height > first {
                        break;
                    }
                }
                if start.elapsed() > START_TIMEOUT {
                    bail!(
                        "{} finalized nothing within {START_TIMEOUT:?}:\n{}",
                        self.layout.validator_name(index),
                        self.log_tail(index)
                    );
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// The last lines that a validator said.
    pub fn log_tail(&self, index: usize) -> String {
        process::log_tail(&self.layout.home(index))
    }

    /// Stops every validator cleanly and waits for it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.processes.iter_mut().for_each(ValidatorProcess::ask_to_stop);
        let deadline = Instant::now() + STOP_TIMEOUT;
        for process in &mut self.processes {
            while !process.has_ended() && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }
}

/// Refuses ports that somebody else listens on, but gives way to validators of an earlier run that are stopping.
async fn wait_for_ports(layout: &Layout) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        match layout.check_ports() {
            Err(_) if layout.has_leftovers() && start.elapsed() < LEFTOVER_TIMEOUT => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            checked => return checked,
        }
    }
}

/// A client of a validator.
fn client(url: &str) -> anyhow::Result<HttpClient> {
    HttpClient::builder()
        .request_timeout(Duration::from_secs(5))
        .build(url)
        .with_context(|| format!("{url} is no URL of a validator"))
}
