//! The files of a local network.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use genesis::{Account, Asset, ChainSpec, Parameters, Validator};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use rpc::net_file::{NetAccount, NetFile, NetValidator};
use serde::{Deserialize, Serialize};
use types::{Amount, Timestamp};

use crate::home::{Config, GENESIS, Home, KeyFile, KeyKind, NETWORK_KEY, VALIDATOR_KEY, read_genesis};
use crate::network::peer_id_of;

/// The funded accounts of a local network and what they start with, in won. The first one issues the won.
pub const ACCOUNTS: [(&str, u128); 6] = [
    ("bank", 10_000_000_000),
    ("alice", 1_000_000),
    ("bob", 1_000_000),
    ("carol", 1_000_000),
    ("cafe", 100_000),
    ("bench", 1_000_000_000_000_000),
];

const MARK: &str = "localnet.toml";
const NET_FILE: &str = "localnet.json";
const DEFAULT_VALIDATORS: usize = 4;
const DEFAULT_BASE_PORT: u16 = 9600;

/// Ports from one validator to the next; the first three are used: validators, JSON-RPC, metrics.
const PORTS_EACH: u16 = 10;

/// `localnet.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    validators: usize,
    base_port: u16,
}

/// Where everything of a local network is.
#[derive(Debug, Clone)]
pub struct Layout {
    dir: PathBuf,
    mark: Mark,
}

/// What a port is for.
#[derive(Clone, Copy)]
enum Port {
    Validators = 0,
    Rpc = 1,
    Metrics = 2,
}

impl Layout {
    /// The network in `dir`, made if there is none.
    pub fn open_or_create(dir: &Path, validators: Option<usize>, base_port: Option<u16>) -> anyhow::Result<Layout> {
        let path = dir.join(MARK);
        if !path.exists() {
            let mark = Mark {
                validators: validators.unwrap_or(DEFAULT_VALIDATORS),
                base_port: base_port.unwrap_or(DEFAULT_BASE_PORT),
            };
            return Layout { dir: dir.to_owned(), mark }.create();
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mark: Mark = toml::from_str(&text).with_context(|| path.display().to_string())?;
        for (option, asked, is) in [
            ("--validators", validators, mark.validators),
            ("--base-port", base_port.map(usize::from), usize::from(mark.base_port)),
        ] {
            if asked.is_some_and(|asked| asked != is) {
                bail!(
                    "the network in {} was made with {option} {is}: leave the option out, choose another --dir, or \
                     start a new chain with --fresh",
                    dir.display()
                );
            }
        }
        Ok(Layout { dir: dir.to_owned(), mark })
    }

    /// Makes keys, genesis and homes. The mark comes last: a directory without it is not complete.
    fn create(self) -> anyhow::Result<Layout> {
        let is_empty = !self.dir.exists() || std::fs::read_dir(&self.dir)?.next().is_none();
        if !is_empty && !self.is_unfinished() {
            bail!("{} is not empty and not a local network: choose another --dir", self.dir.display());
        }
        if self.is_unfinished() {
            std::fs::remove_dir_all(&self.dir)?;
        }
        if self.mark.validators == 0 || self.mark.validators > types::MAX_VALIDATORS {
            bail!("--validators must be 1 to {}", types::MAX_VALIDATORS);
        }
        let last_port = usize::from(self.mark.base_port) + self.mark.validators * usize::from(PORTS_EACH);
        if last_port > usize::from(u16::MAX) {
            bail!("--base-port {} leaves too few ports for {} validators", self.mark.base_port, self.mark.validators);
        }
        std::fs::create_dir_all(&self.dir).with_context(|| format!("cannot make {}", self.dir.display()))?;
        std::fs::write(self.dir.join(UNFINISHED), "")?;

        let spec = self.make_spec()?;
        let text = spec.to_toml();
        let hash = spec.genesis()?.hash();
        for index in 0..self.mark.validators {
            let config = Config::new(
                hash,
                self.p2p_address(index),
                self.socket(index, Port::Rpc),
                self.socket(index, Port::Metrics),
            );
            Home::create(&self.home(index), config, &text)?;
        }
        std::fs::write(self.dir.join(MARK), toml::to_string(&self.mark)?)?;
        std::fs::remove_file(self.dir.join(UNFINISHED))?;
        Ok(self)
    }

    fn is_unfinished(&self) -> bool {
        self.dir.join(UNFINISHED).exists()
    }

    fn make_spec(&self) -> anyhow::Result<ChainSpec> {
        let mut validators = Vec::new();
        for index in 0..self.mark.validators {
            let (consensus, network) = (KeyFile::generate(KeyKind::Validator), KeyFile::generate(KeyKind::Network));
            consensus.write(&self.home(index).join(VALIDATOR_KEY), false)?;
            network.write(&self.home(index).join(NETWORK_KEY), false)?;
            validators.push(Validator {
                name: self.validator_name(index),
                key: consensus.public_key,
                peer_id: peer_id_of(&network.secret_key().seed()),
                address: self.p2p_address(index),
            });
        }
        let mut accounts = Vec::new();
        for (name, won) in ACCOUNTS {
            let key = KeyFile::generate(KeyKind::Account);
            key.write(&self.dir.join(account_file(name)), false)?;
            let address = key.address.context("an account key has an address")?;
            accounts.push(Account { address, balances: BTreeMap::from([("KRW".to_owned(), Amount(won))]) });
        }
        let issuer = accounts[0].address;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(ChainSpec {
            chain_id: "baro-localnet".to_owned(),
            timestamp: Timestamp(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)),
            parameters: Parameters::default(),
            validators,
            assets: vec![Asset::new("KRW", 0, issuer)],
            accounts,
        })
    }

    /// The network's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How many validators it has.
    pub fn validators(&self) -> usize {
        self.mark.validators
    }

    /// A validator's name.
    pub fn validator_name(&self, index: usize) -> String {
        format!("validator-{index}")
    }

    /// A validator's home.
    pub fn home(&self, index: usize) -> PathBuf {
        self.dir.join(self.validator_name(index))
    }

    /// The path of `localnet.json`.
    pub fn net_path(&self) -> PathBuf {
        self.dir.join(NET_FILE)
    }

    fn port(&self, index: usize, port: Port) -> u16 {
        // `create` checked that all ports fit.
        self.mark.base_port + index as u16 * PORTS_EACH + port as u16
    }

    fn socket(&self, index: usize, port: Port) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port(index, port)))
    }

    fn p2p_address(&self, index: usize) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.port(index, Port::Validators))
    }

    /// Refuses to start while another process runs this network.
    pub fn lock(&self) -> anyhow::Result<File> {
        let path = self.dir.join("lock");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        if file.try_lock().is_err() {
            bail!("the network in {} is running already: stop it first, or choose another --dir", self.dir.display());
        }
        Ok(file)
    }

    /// Refuses ports that somebody else listens on.
    pub fn check_ports(&self) -> anyhow::Result<()> {
        for index in 0..self.mark.validators {
            for port in [Port::Validators, Port::Rpc, Port::Metrics] {
                let address = self.socket(index, port);
                if let Err(error) = TcpListener::bind(address) {
                    bail!(
                        "{address}, which {} needs, is not free ({error}): stop what listens there, or make a network \
                         with another --base-port",
                        self.validator_name(index)
                    );
                }
            }
        }
        Ok(())
    }

    /// True while a process lives that an earlier run started. Where that run was killed, its validators notice that
    /// their standard input has closed, and stop by themselves.
    pub(super) fn has_leftovers(&self) -> bool {
        let text = std::fs::read_to_string(self.net_path()).unwrap_or_default();
        let net: Option<NetFile> = serde_json::from_str(&text).ok();
        let pids =
            net.into_iter().flat_map(|net| net.validators).filter_map(|validator| i32::try_from(validator.pid).ok());
        // Signal 0 is not sent: it only asks whether it could be.
        pids.into_iter().any(|pid| pid > 0 && kill(Pid::from_raw(pid), None).is_ok())
    }

    /// What other programs need to know, with the validators' processes.
    pub fn net_file(&self, pids: Vec<u32>) -> anyhow::Result<NetFile> {
        let genesis_file = self.home(0).join(GENESIS);
        let genesis = read_genesis(&genesis_file)?;
        let validator = |(index, pid): (usize, u32)| {
            let rpc = self.socket(index, Port::Rpc);
            NetValidator {
                name: self.validator_name(index),
                pid,
                rpc_http: format!("http://{rpc}"),
                rpc_ws: format!("ws://{rpc}"),
                metrics: format!("http://{}/metrics", self.socket(index, Port::Metrics)),
            }
        };
        let mut accounts = Vec::new();
        for (name, _) in ACCOUNTS {
            let key_file = PathBuf::from(account_file(name));
            let key = KeyFile::read(&self.dir.join(&key_file), KeyKind::Account)?;
            let address = key.address.context("an account key has an address")?;
            accounts.push(NetAccount { name: name.to_owned(), address, key_file });
        }
        Ok(NetFile {
            chain_id: genesis.spec().chain_id.clone(),
            genesis_hash: genesis.hash(),
            genesis_file: genesis_file.strip_prefix(&self.dir).map(Path::to_path_buf).unwrap_or(genesis_file),
            validators: pids.into_iter().enumerate().map(validator).collect(),
            accounts,
        })
    }

    /// Writes `localnet.json`.
    pub fn write_net_file(&self, net: &NetFile) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(net)? + "\n";
        let (path, beside) = (self.net_path(), self.dir.join("localnet.json.new"));
        std::fs::write(&beside, text).with_context(|| format!("cannot write {}", beside.display()))?;
        Ok(std::fs::rename(beside, path)?)
    }
}

/// Marks a directory whose making was interrupted.
const UNFINISHED: &str = "localnet.unfinished";

fn account_file(name: &str) -> String {
    format!("accounts/{name}.key")
}

/// Deletes a local network, and nothing else.
pub(super) fn remove(dir: &Path) -> anyhow::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    let is_ours = dir.join(MARK).exists() || dir.join(UNFINISHED).exists();
    let is_empty = std::fs::read_dir(dir)?.next().is_none();
    if !is_ours && !is_empty {
        bail!("{} is not a local network: --fresh deletes only what `baro localnet` made", dir.display());
    }
    if let Ok(file) = File::open(dir.join("lock"))
        && file.try_lock().is_err()
    {
        bail!("the network in {} is running: stop it before --fresh deletes it", dir.display());
    }
    std::fs::remove_dir_all(dir).with_context(|| format!("cannot delete {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_made_once_and_continued() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("net");
        let layout = Layout::open_or_create(&path, Some(4), Some(9600)).unwrap();
        let first = layout.net_file(vec![1, 2, 3, 4]).unwrap();
        let again = Layout::open_or_create(&path, None, None).unwrap();
        assert_eq!(again.net_file(vec![1, 2, 3, 4]).unwrap(), first);
        assert!(Layout::open_or_create(&path, Some(7), None).is_err());
        for index in 0..4 {
            let home = Home::open(&layout.home(index)).unwrap();
            assert_eq!(home.genesis().unwrap().hash(), first.genesis_hash);
            let key = home.consensus_key().unwrap().public();
            assert_eq!(home.genesis().unwrap().committee().validators.keys()[index], key);
        }
    }

    #[test]
    fn an_altered_genesis_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("net");
        let layout = Layout::open_or_create(&path, Some(4), Some(9600)).unwrap();
        let genesis = layout.home(0).join(GENESIS);
        let text = std::fs::read_to_string(&genesis).unwrap().replace("\"1000000\"", "\"1000001\"");
        std::fs::write(&genesis, text).unwrap();
        let error = Home::open(&layout.home(0)).unwrap().genesis().unwrap_err().to_string();
        assert!(error.contains("genesis.toml") && error.contains("altered"), "{error}");
    }

    #[test]
    fn fresh_deletes_only_a_local_network() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
        assert!(remove(dir.path()).is_err());
        assert!(Layout::open_or_create(dir.path(), None, None).is_err());
        assert!(dir.path().join("thesis.txt").exists());
    }

    #[test]
    fn leftovers_of_an_earlier_run_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::open_or_create(&dir.path().join("net"), Some(1), Some(9600)).unwrap();
        assert!(!layout.has_leftovers());
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        layout.write_net_file(&layout.net_file(vec![child.id()]).unwrap()).unwrap();
        assert!(layout.has_leftovers());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!layout.has_leftovers());
    }

    #[test]
    fn a_running_network_and_a_taken_port_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().min(60_000);
        let layout = Layout::open_or_create(&dir.path().join("net"), Some(1), Some(port)).unwrap();
        if port == taken.local_addr().unwrap().port() {
            assert!(layout.check_ports().unwrap_err().to_string().contains("--base-port"));
        }
        let _lock = layout.lock().unwrap();
        assert!(layout.lock().unwrap_err().to_string().contains("running already"));
    }
}
