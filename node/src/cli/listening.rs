//! Where a validator listens and what it keeps: the options of the two commands that make its home.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use genesis::Validator;
use types::Hash;

use crate::home::{Config, History};

#[derive(Debug, clap::Args)]
pub(super) struct Listening {
    /// Where the validator listens for the others [default: its address in the chain, if that is an IP address]
    #[arg(long, value_name = "MULTIADDR")]
    pub(super) p2p_listen: Option<String>,
    /// Where clients reach its JSON-RPC
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9601")]
    pub(super) rpc_listen: SocketAddr,
    /// Where collectors read its metrics
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9602")]
    pub(super) metrics_listen: SocketAddr,
    /// How much history it keeps: `all`, or so many days, such as 30d. What is older is deleted
    #[arg(long, value_name = "all|DAYSd", default_value_t)]
    pub(super) history: History,
}

impl Listening {
    /// The configuration of the validator `own` on this chain.
    pub(super) fn config(self, chain: Hash, own: &Validator) -> anyhow::Result<Config> {
        let p2p_listen = match self.p2p_listen {
            Some(address) => {
                crate::network::parse_address(&address).context("--p2p-listen")?;
                address
            }
            None if own.address.starts_with("/ip") => own.address.clone(),
            None => bail!(
                "the others reach {} by the host name in {}, but one listens on an IP address: say which, such as \
                 --p2p-listen /ip4/0.0.0.0/tcp/9600",
                own.name,
                own.address
            ),
        };
        let config = Config::new(chain, p2p_listen, self.rpc_listen, self.metrics_listen);
        Ok(Config { history: self.history, ..config })
    }
}
