//! The file that a local network leaves for its clients, `localnet.json`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use types::{Address, Hash};

/// A running network: its chain, its validators and accounts that a client may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetFile {
    /// The chain's name.
    pub chain_id: String,
    /// The hash of the genesis block.
    pub genesis_hash: Hash,
    /// The genesis file; a relative path starts at the network file's directory.
    pub genesis_file: PathBuf,
    /// The validators in the order of their indices.
    pub validators: Vec<NetValidator>,
    /// Funded accounts.
    pub accounts: Vec<NetAccount>,
}

/// A validator's process and where it listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetValidator {
    /// Its name.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// JSON-RPC over HTTP, as a URL.
    pub rpc_http: String,
    /// JSON-RPC over WebSocket, as a URL.
    pub rpc_ws: String,
    /// Metrics, as a URL.
    pub metrics: String,
}

/// A funded account and the key that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetAccount {
    /// Its name, such as `bench`.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// Its key file; a relative path starts at the network file's directory.
    pub key_file: PathBuf,
}
