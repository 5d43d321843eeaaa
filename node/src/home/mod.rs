//! A validator's home directory.
#![allow(missing_docs, clippy::missing_errors_doc)]
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use anyhow::Context;
use genesis::{ChainSpec, Genesis};
use serde::{Deserialize, Serialize};
use types::{Hash, SecretKey};
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    pub genesis_hash: Hash, pub p2p_listen: String, pub rpc_listen: SocketAddr, pub metrics_listen: SocketAddr, pub verify_threads: usize,
    #[serde(default)] pub rpc: crate::server::RpcLimits,
}
pub struct Home { dir: PathBuf, config: Config }
impl Home {
    pub fn open(dir: &Path) -> anyhow::Result<Home> {
        let text = std::fs::read_to_string(dir.join("config.toml")).context("config.toml")?;
        Ok(Home { dir: dir.to_owned(), config: toml::from_str(&text)? })
    }
    pub fn config(&self) -> &Config { &self.config }
    pub fn data_dir(&self) -> PathBuf { self.dir.join("data") }
    pub fn genesis(&self) -> anyhow::Result<Genesis> {
        let g = ChainSpec::from_toml(&std::fs::read_to_string(self.dir.join("genesis.toml"))?)?.genesis()?;
        g.expect_hash(self.config.genesis_hash)?; Ok(g)
    }
    fn seed(&self, name: &str) -> anyhow::Result<[u8; 32]> { let h: Hash = std::fs::read_to_string(self.dir.join(name))?.trim().parse()?; Ok(h.0) }
    pub fn consensus_key(&self) -> anyhow::Result<SecretKey> { Ok(SecretKey::from_seed(self.seed("validator.key")?)) }
    pub fn network_key(&self) -> anyhow::Result<[u8; 32]> { self.seed("network.key") }
}
