//! A local network under steady load while its validators are killed at random, and the proof that nothing was lost.
//!
//! `load` is the load harness, a client of the JSON-RPC that fails over as a till would. [`killer`] kills and restarts.
//! [`watch`] asks every validator how it is, many times a second: gaps and catch-up are what it saw. In the end
//! [`audit`] reads the whole chain and compares it with what clients were told.

mod audit;
mod killer;
mod report;
mod watch;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use benches::load::{Mix, Options, read_net_file, run_audited};
use jsonrpsee::http_client::HttpClient;
use rpc::BaroApiClient;
use tokio::sync::{mpsc, watch as tokio_watch};

use crate::localnet::{Localnet, LocalnetOptions};
use killer::Killer;
pub use report::SoakReport;
use watch::{Sighting, Watch};

/// Each validator is asked how it is so often.
const SAMPLE: Duration = Duration::from_millis(25);

/// A validator that does not answer within this time is taken to be away.
const ANSWER: Duration = Duration::from_secs(1);

/// The last kill comes so long before the end of the load, so that the run ends with all validators up.
const CALM: Duration = Duration::from_secs(8);

/// A line is printed so often, in seconds.
const LINE_SECONDS: u64 = 5;

/// What is to be done for how long.
#[derive(Debug, Clone)]
pub struct SoakOptions {
    /// Where the network keeps its files; a network that is there is deleted.
    pub dir: PathBuf,
    /// How many validators.
    pub validators: usize,
    /// The first port.
    pub base_port: u16,
    /// For how long payments are sent.
    pub duration: Duration,
    /// Payments a second.
    pub rate: u32,
    /// From one kill to the next.
    pub every: Duration,
    /// How often a kill hits all validators at once, from 0 to 1; as often it hits two.
    pub all_at_once: f64,
    /// Decides who is killed when and for how long, and who pays whom.
    pub seed: u64,
}

/// Starts a network, loads it, kills its validators, and tells what became of the payments.
pub async fn run(options: &SoakOptions) -> anyhow::Result<SoakReport> {
    let layout = LocalnetOptions {
        dir: options.dir.clone(),
        validators: Some(options.validators),
        base_port: Some(options.base_port),
        fresh: true,
        program: None,
        link_delay: 0,
        history: None,
    };
    let mut localnet = Localnet::start(&layout).await?;
    let net = read_net_file(&localnet.net_path())?;
    let started = Instant::now();
    let (sightings, mut seen) = mpsc::channel(1024);
    let clients: Vec<HttpClient> =
        net.validators.iter().map(|validator| client(&validator.rpc_http)).collect::<Result<_, _>>()?;
    let mut samplers = tokio::task::JoinSet::new();
    for (validator, client) in clients.iter().cloned().enumerate() {
        samplers.spawn(sample(validator, client, started, sightings.clone()));
    }

    let mut watch = Watch::new(options.validators);
    let mut killer = Killer::new(options, started);
    let (under_load, mut is_under_load) = tokio_watch::channel(None);
    let load_options = load_options(options);
    let loading = run_audited(&load_options, &net, |interval| {
        // Nobody listens any more once the killing is over.
        let _ = under_load.send(Some(*interval));
    });
    tokio::pin!(loading);
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    let mut told = 0;
    let (load, outcomes) = loop {
        tokio::select! {
            ended = &mut loading => break ended?,
            Some(sighting) = seen.recv() => watch.saw(sighting),
            _ = turn.tick() => killer.turn(&mut localnet, &mut watch, Instant::now())?,
            Ok(()) = is_under_load.changed() => {
                let Some(interval) = *is_under_load.borrow_and_update() else { continue };
                killer.begin(Instant::now());
                if interval.second / LINE_SECONDS > told {
                    told = interval.second / LINE_SECONDS;
                    eprintln!("{}", report::line(&interval, &killer, &watch));
                }
            }
        }
    };
    killer.restart_all(&mut localnet, &mut watch, Instant::now())?;
    eprintln!("reading the chain of every validator");
    let audit = audit::audit(&clients, &outcomes).await?;
    samplers.shutdown().await;
    while let Ok(sighting) = seen.try_recv() {
        watch.saw(sighting);
    }
    let memory = localnet.net().validators.iter().map(|validator| resident_bytes(validator.pid)).collect();
    localnet.stop().await?;
    Ok(SoakReport::new(options, load.summary, audit, &killer, &watch, memory))
}

fn load_options(options: &SoakOptions) -> Options {
    Options {
        net: None,
        rate: Some(options.rate),
        saturate: false,
        mix: Mix::SelfSigned,
        batch: 1,
        link_delay: 0,
        // At most some days.
        duration: options.duration.as_secs() as u32,
        warmup: 0,
        accounts: 10_000,
        validators: options.validators,
        connections: 1,
        in_flight: 1,
        presign: 60_000,
        valid_for: None,
        grace: 30,
        seed: options.seed,
        report: None,
        json: true,
    }
}

fn client(url: &str) -> anyhow::Result<HttpClient> {
    let client = HttpClient::builder().request_timeout(Duration::from_secs(20)).build(url);
    client.with_context(|| format!("{url} is no URL of a validator"))
}

/// Asks one validator how it is until nobody listens.
async fn sample(validator: usize, client: HttpClient, started: Instant, sightings: mpsc::Sender<Sighting>) {
    loop {
        let asked = started.elapsed();
        let status = match tokio::time::timeout(ANSWER, client.status()).await {
            Ok(Ok(status)) => {
                Some(watch::State { height: status.height, executed: status.executed, catching_up: status.catching_up })
            }
            _ => None,
        };
        let sighting = Sighting { validator, asked, at: started.elapsed(), state: status };
        if sightings.send(sighting).await.is_err() {
            return;
        }
        tokio::time::sleep(SAMPLE).await;
    }
}

/// The resident memory of a process, where the system tells.
fn resident_bytes(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
