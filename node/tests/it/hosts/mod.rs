//! Validators on hosts of their own: each in a network namespace, joined by bridges in another one.
//!
//! ```text
//! namespace 0: validator 0, 10.77.0.1 --- h0 -+                    +- h2 --- 10.77.0.3, validator 2 :namespace 2
//! namespace 1: validator 1, 10.77.0.2 --- h1 -+- side0      side1 -+- h3 --- 10.77.0.4, validator 3 :namespace 3
//! ```
//!
//! The two bridges are not connected: a partition moves hosts to the other one. JSON-RPC listens on each namespace's
//! own loopback, so clients are not cut off with the validators; a question is asked by a thread inside the namespace.

mod namespaces;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use genesis::{Account, Asset, ChainSpec, Parameters, Validator};
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use node::home::{Config, Home, KeyFile, KeyKind, NETWORK_KEY, VALIDATOR_KEY};
use node::network::peer_id_of;
use types::{Address, Amount, Hash, SecretKey};

use crate::localnet::{BARO, now};
use crate::turn::Turn;
use namespaces::Namespaces;

/// The JSON-RPC of each validator, inside its namespace.
const RPC: &str = "127.0.0.1:9601";

/// How the links between the hosts are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) delay_ms: u32,
    pub(crate) jitter_ms: u32,
    pub(crate) loss_percent: u32,
}

/// Validators on hosts of their own. Dropping it stops them and removes the hosts.
pub(crate) struct Hosts {
    // In this order they are dropped: processes first.
    validators: Vec<Process>,
    namespaces: Namespaces,
    dir: tempfile::TempDir,
    _turn: Turn,
    pub(crate) chain: Hash,
    /// Whose won it is; funded.
    pub(crate) payer: SecretKey,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Does nothing if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Hosts {
    /// Starts `count` validators, or says why this machine cannot.
    pub(crate) fn start(count: usize, weather: Weather) -> Result<Hosts, String> {
        let turn = Turn::take();
        let namespaces = Namespaces::new(count)?;
        if let Err(why) = namespaces.set_weather(weather) {
            eprintln!("delay and loss are left out, the rest is tested: {why}");
        }
        let dir = tempfile::tempdir().unwrap();
        let payer = SecretKey::from_seed([42; 32]);
        let chain = make_homes(dir.path(), count, &payer);
        let mut hosts = Hosts { validators: Vec::new(), namespaces, dir, _turn: turn, chain, payer };
        for index in 0..count {
            let process = hosts.spawn(index);
            hosts.validators.push(process);
        }
        Ok(hosts)
    }

    fn spawn(&self, index: usize) -> Process {
        let home = home(self.dir.path(), index);
        let log = File::options().create(true).append(true).open(home.join("node.log")).unwrap();
        let child = Command::new("ip")
            .args(["netns", "exec", self.namespaces.host(index), BARO, "node", "--until-stdin-closes", "--home"])
            .arg(home)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Process(child)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.validators.len()
    }

    /// Lets only the hosts of `side` reach one another, and the others one another.
    pub(crate) fn partition(&self, side: &[usize]) {
        for index in 0..self.count() {
            self.namespaces.join(index, usize::from(side.contains(&index)));
        }
    }

    /// Lets every host reach every other.
    pub(crate) fn heal(&self) {
        self.partition(&[]);
    }

    /// Asks a validator from its own host.
    pub(crate) fn ask<T: Send>(&self, index: usize, question: impl AsyncFnOnce(HttpClient) -> T + Send) -> T {
        let ask = || {
            self.namespaces.enter(index);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = HttpClientBuilder::default().request_timeout(Duration::from_secs(10));
                question(client.build(format!("http://{RPC}")).unwrap()).await
            })
        };
        thread::scope(|scope| scope.spawn(ask).join().unwrap())
    }

    /// Asks a validator again until `done` accepts the answer.
    pub(crate) fn until<T: Send>(
        &self,
        index: usize,
        what: &str,
        patience: Duration,
        question: impl AsyncFn(&HttpClient) -> Option<T> + Sync,
        done: impl Fn(&T) -> bool + Sync,
    ) -> T {
        let question = &question;
        let done = &done;
        let answer = self.ask(index, async move |client| {
            let start = Instant::now();
            loop {
                match question(&client).await {
                    Some(answer) if done(&answer) => return Some(answer),
                    _ if start.elapsed() > patience => return None,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        answer.unwrap_or_else(|| {
            let log = std::fs::read_to_string(home(self.dir.path(), index).join("node.log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            panic!(
                "{what} did not happen at validator {index} within {patience:?}; its last words:\n{}",
                tail.join("\n")
            )
        })
    }
}

fn home(dir: &Path, index: usize) -> PathBuf {
    dir.join(format!("validator-{index}"))
}

fn p2p_address(index: usize) -> String {
    format!("/ip4/{}/tcp/9600", namespaces::address(index))
}

/// Makes keys, genesis and homes; returns the hash of the chain.
fn make_homes(dir: &Path, count: usize, payer: &SecretKey) -> Hash {
    let validator = |index: usize| {
        let (consensus, network) = (KeyFile::generate(KeyKind::Validator), KeyFile::generate(KeyKind::Network));
        consensus.write(&home(dir, index).join(VALIDATOR_KEY), false).unwrap();
        network.write(&home(dir, index).join(NETWORK_KEY), false).unwrap();
        Validator {
            name: format!("validator-{index}"),
            key: consensus.public_key,
            peer_id: peer_id_of(&network.secret_key().seed()),
            address: p2p_address(index),
        }
    };
    let issuer = Address::of(&payer.public());
    let spec = ChainSpec {
        chain_id: "namespaces".to_owned(),
        timestamp: now(),
        parameters: Parameters::default(),
        validators: (0..count).map(validator).collect(),
        assets: vec![Asset::new("KRW", 0, issuer)],
        accounts: vec![Account { address: issuer, balances: BTreeMap::from([("KRW".to_owned(), Amount(1_000_000))]) }],
    };
    let chain = spec.clone().genesis().unwrap().hash();
    for index in 0..count {
        let metrics = "127.0.0.1:9602".parse().unwrap();
        let config = Config::new(chain, p2p_address(index), RPC.parse().unwrap(), metrics);
        Home::create(&home(dir, index), config, &spec.to_toml()).unwrap();
    }
    chain
}
