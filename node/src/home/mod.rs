//! A validator's home directory: what one process may choose, its keys, the chain spec and its data.
//!
//! ```text
//! HOME/config.toml      where it listens, which chain it belongs to, its limits
//! HOME/genesis.toml     the chain spec
//! HOME/validator.key    the consensus key
//! HOME/network.key      the libp2p key
//! HOME/data/            the store
//! ```

mod config;
mod files;
mod key_file;

use std::path::{Path, PathBuf};

use genesis::{ChainSpec, Genesis, GenesisError, SpecError};
use types::SecretKey;

pub use config::Config;
pub use files::FileError;
pub use key_file::{KeyError, KeyFile, KeyKind};

use files::{read, write_new};

/// The consensus key's file.
pub const VALIDATOR_KEY: &str = "validator.key";
/// The libp2p key's file.
pub const NETWORK_KEY: &str = "network.key";
/// The chain spec's file.
pub const GENESIS: &str = "genesis.toml";
/// The configuration's file.
pub const CONFIG: &str = "config.toml";

/// A validator's home.
#[derive(Debug, Clone)]
pub struct Home {
    dir: PathBuf,
    config: Config,
}

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key file is not good.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The configuration is not good.
    #[error("{path}: {error}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        error: toml::de::Error,
    },
    /// The chain spec cannot be read.
    #[error("{path}: {error}")]
    Spec {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: SpecError,
    },
    /// The chain spec makes no chain, or another one than the configuration names.
    #[error("{path}: {error}")]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: GenesisError,
    },
}

impl Home {
    /// Opens a home that exists.
    pub fn open(dir: &Path) -> Result<Home, HomeError> {
        let path = dir.join(CONFIG);
        let config = toml::from_str(&read(&path)?).map_err(|error| HomeError::Config { path, error })?;
        Ok(Home { dir: dir.to_owned(), config })
    }

    /// Makes a home, or completes one that has only its keys.
    pub fn create(dir: &Path, config: Config, spec_toml: &str) -> Result<Home, HomeError> {
        write_new(&dir.join(GENESIS), spec_toml.as_bytes(), false)?;
        write_new(&dir.join(CONFIG), config.to_toml().as_bytes(), false)?;
        Ok(Home { dir: dir.to_owned(), config })
    }

    /// What the process may choose.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the store is.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The chain spec, if it makes the chain that the configuration names.
    pub fn genesis(&self) -> Result<Genesis, HomeError> {
        let path = self.dir.join(GENESIS);
        let genesis = read_genesis(&path)?;
        match genesis.expect_hash(self.config.genesis_hash) {
            Ok(()) => Ok(genesis),
            Err(error) => Err(HomeError::Genesis { path, error }),
        }
    }

    /// The consensus key.
    pub fn consensus_key(&self) -> Result<SecretKey, HomeError> {
        Ok(KeyFile::read(&self.dir.join(VALIDATOR_KEY), KeyKind::Validator)?.secret_key())
    }

    /// The seed of the libp2p key.
    pub fn network_key(&self) -> Result<[u8; 32], HomeError> {
        Ok(KeyFile::read(&self.dir.join(NETWORK_KEY), KeyKind::Network)?.secret_key().seed())
    }
}

/// Reads a chain spec and makes its genesis block.
pub fn read_genesis(path: &Path) -> Result<Genesis, HomeError> {
    let spec = ChainSpec::from_toml(&read(path)?);
    let spec = spec.map_err(|error| HomeError::Spec { path: path.to_owned(), error })?;
    spec.genesis().map_err(|error| HomeError::Genesis { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_broken_home_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let error = Home::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains(CONFIG), "{error}");
        std::fs::write(dir.path().join(CONFIG), "surprise = 1").unwrap();
        let error = Home::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("surprise"), "{error}");
    }
}
