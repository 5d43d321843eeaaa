//! `config.toml`: what one process may choose for itself.

use std::net::SocketAddr;
use std::num::NonZero;

use replica::Limits;
use serde::{Deserialize, Serialize};
use types::Hash;

use super::History;
use crate::server::RpcLimits;

/// A validator's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The chain: the hash of the genesis block. Another genesis.toml is refused.
    pub genesis_hash: Hash,
    /// Where the other validators reach this one, as a libp2p address.
    pub p2p_listen: String,
    /// Where clients reach its JSON-RPC.
    pub rpc_listen: SocketAddr,
    /// Where collectors read its metrics.
    pub metrics_listen: SocketAddr,
    /// Threads that verify signatures.
    #[serde(default = "verify_threads")]
    pub verify_threads: usize,
    /// How an empty validator gets its ledger.
    #[serde(default)]
    pub sync: SyncMode,
    /// A checkpoint is written after so many blocks at the latest. Where all validators have the same number, their
    /// checkpoints have the same heights, and a new validator can fetch one from all of them at once.
    #[serde(default = "checkpoint_blocks")]
    pub checkpoint_blocks: NonZero<u64>,
    /// Holds everything from other validators back for so long, as if they were further away. For measurements.
    #[serde(default)]
    pub link_delay_millis: u64,
    /// How much of the chain it keeps.
    #[serde(default)]
    pub history: History,
    /// Bounds on what clients can ask for.
    #[serde(default)]
    pub rpc: RpcLimits,
}

/// How a validator without any data gets its ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SyncMode {
    /// From a checkpoint of the others if they have one that is far ahead, else by executing all blocks
    #[default]
    Auto,
    /// By executing all blocks
    Blocks,
    /// From a checkpoint of the others, however near, and wait for one to be offered
    State,
}

fn verify_threads() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}

fn checkpoint_blocks() -> NonZero<u64> {
    NonZero::new(Limits::default().checkpoint_blocks).unwrap_or(NonZero::<u64>::MIN)
}

impl Config {
    /// A configuration with the usual limits.
    pub fn new(genesis_hash: Hash, p2p_listen: String, rpc_listen: SocketAddr, metrics_listen: SocketAddr) -> Config {
        let rpc = RpcLimits::default();
        Config {
            genesis_hash,
            p2p_listen,
            rpc_listen,
            metrics_listen,
            verify_threads: verify_threads(),
            sync: SyncMode::default(),
            checkpoint_blocks: checkpoint_blocks(),
            link_delay_millis: 0,
            history: History::default(),
            rpc,
        }
    }

    /// The file form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration has a TOML form")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_form_round_trips() {
        let loopback: SocketAddr = "127.0.0.1:9601".parse().unwrap();
        let config = Config::new(Hash([1; 32]), "/ip4/127.0.0.1/tcp/9600".to_owned(), loopback, loopback);
        assert_eq!(toml::from_str::<Config>(&config.to_toml()).unwrap(), config);
        let config = Config { history: "30d".parse().unwrap(), ..config };
        assert_eq!(toml::from_str::<Config>(&config.to_toml()).unwrap(), config);
        let short = config.to_toml().replace("days = 30", "days = 0");
        let error = toml::from_str::<Config>(&short).unwrap_err().to_string();
        assert!(error.contains("at least one day"), "{error}");
    }
}
