//! Which network a command talks to, and the names that it may use there.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use benches::load::read_net_file;
use jsonrpsee::http_client::HttpClient;
use rpc::net_file::NetFile;
use rpc::{BaroApiClient, NodeStatus};
use types::{Address, SecretKey};

use super::Failure;
use crate::home::{Home, KeyFile, KeyKind};

/// Where `baro localnet` puts its description by default.
const DEFAULT_NET: &str = "localnet/localnet.json";
const DEFAULT_RPC: &str = "http://127.0.0.1:9601";

/// A validator that does not say how it is within this time is passed over.
const PROBE: Duration = Duration::from_secs(3);

/// Longer than the longest wait that a command asks one validator for.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Which network.
#[derive(Debug, clap::Args)]
pub(super) struct NetworkArgs {
    /// A validator's JSON-RPC; by default the first one of --net
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// A local network's description, which also names accounts [default: localnet/localnet.json, if it is there]
    #[arg(long, value_name = "FILE")]
    net: Option<PathBuf>,
}

/// A network that a command talks to.
pub(super) struct Network {
    /// What the description says, if there is one.
    pub(super) file: Option<NetFile>,
    urls: Vec<String>,
}

/// A validator to ask.
pub(super) struct Validator {
    pub(super) url: String,
    pub(super) client: HttpClient,
}

impl NetworkArgs {
    pub(super) fn open(&self) -> Result<Network, Failure> {
        let path = match &self.net {
            Some(path) => Some(path.as_path()),
            None => Some(Path::new(DEFAULT_NET)).filter(|path| path.exists()),
        };
        let file = path.map(read_net_file).transpose()?;
        let urls = match (&self.rpc, &file) {
            (Some(url), _) => vec![url.clone()],
            (None, Some(file)) => file.validators.iter().map(|validator| validator.rpc_http.clone()).collect(),
            (None, None) => vec![DEFAULT_RPC.to_owned()],
        };
        Ok(Network { file, urls })
    }
}

impl NetworkArgs {
    /// True where a validator is named, and not only a local network.
    pub(super) fn names_rpc(&self) -> bool {
        self.rpc.is_some()
    }

    /// The network that the options name; without any, the one behind the JSON-RPC of `home`.
    pub(super) fn open_at(&self, home: &Home) -> Result<Network, Failure> {
        if self.rpc.is_some() || self.net.is_some() {
            return self.open();
        }
        let mut listen = home.config().rpc_listen;
        if listen.ip().is_unspecified() {
            // It listens everywhere: also here.
            listen.set_ip(if listen.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        Ok(Network { file: None, urls: vec![format!("http://{listen}")] })
    }
}

impl Network {
    /// All validators.
    pub(super) fn validators(&self) -> Result<Vec<Validator>, Failure> {
        self.urls.iter().map(|url| Validator::at(url)).collect()
    }

    /// The first validator that answers.
    pub(super) async fn any(&self) -> Result<Validator, Failure> {
        Ok(self.answering().await?.0)
    }

    /// The first validator that answers, and the others.
    async fn answering(&self) -> Result<(Validator, Vec<Validator>), Failure> {
        let mut others = self.validators()?;
        let mut failure = None;
        for index in 0..others.len() {
            match others[index].status().await {
                Ok(_) => return Ok((others.remove(index), others)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| anyhow::anyhow!("the network has no validators").into()))
    }

    /// All validators, one that answers first.
    pub(super) async fn answering_first(&self) -> Result<Vec<Validator>, Failure> {
        let (first, others) = self.answering().await?;
        Ok(std::iter::once(first).chain(others).collect())
    }

    /// The address that `text` is or names.
    pub(super) fn address(&self, text: &str) -> Result<Address, Failure> {
        if let Some(account) = self.account(text) {
            return Ok(account.address);
        }
        let help = || format!("{text:?} is neither an address nor an account of {}", self.names());
        Ok(text.parse().with_context(help)?)
    }

    /// The key that `text` names: an account of the network, or a key file.
    pub(super) fn key(&self, text: &str) -> Result<SecretKey, Failure> {
        let path = self.account(text).map_or_else(|| PathBuf::from(text), |account| account.key_file.clone());
        if !path.exists() {
            let why = format!("{text:?} is neither a key file nor an account of {}", self.names());
            return Err(anyhow::anyhow!(why).into());
        }
        let key = KeyFile::read(&path, KeyKind::Account).map_err(anyhow::Error::from)?;
        Ok(key.secret_key())
    }

    fn account(&self, name: &str) -> Option<&rpc::net_file::NetAccount> {
        self.file.as_ref()?.accounts.iter().find(|account| account.name == name)
    }

    fn names(&self) -> String {
        match &self.file {
            None => "a local network (there is no localnet/localnet.json here: see --net)".to_owned(),
            Some(file) => {
                let names: Vec<&str> = file.accounts.iter().map(|account| account.name.as_str()).collect();
                format!("the local network ({})", names.join(", "))
            }
        }
    }
}

impl Validator {
    /// The validator whose JSON-RPC is at `url`.
    pub(super) fn at(url: &str) -> Result<Validator, Failure> {
        let client = HttpClient::builder()
            .request_timeout(REQUEST_TIMEOUT)
            .build(url)
            .with_context(|| format!("{url:?} is no URL of a validator, such as {DEFAULT_RPC}"))?;
        Ok(Validator { url: url.to_owned(), client })
    }

    /// How it is; one that hangs does not keep the user waiting.
    pub(super) async fn status(&self) -> Result<NodeStatus, Failure> {
        match tokio::time::timeout(PROBE, self.client.status()).await {
            Ok(answer) => answer.map_err(|error| Failure::of_call(&self.url, error)),
            Err(_) => Err(Failure::Unreachable { url: self.url.clone(), why: format!("nothing within {PROBE:?}") }),
        }
    }
}
