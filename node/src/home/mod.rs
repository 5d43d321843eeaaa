//! A validator's home directory: what one process may choose, its keys, the chain spec and its data.
//!
//! ```text
//! HOME/config.toml      where it listens, which chain it belongs to, its limits
//! HOME/genesis.toml     the chain spec
//! HOME/validator.key    the consensus key
//! HOME/network.key      the libp2p key
//! HOME/entry.toml       what it is called and where it is reached, for the others
//! HOME/data/            the store
//! ```

mod config;
mod entry;
mod files;
mod history;
mod key_file;

use std::path::{Path, PathBuf};

use genesis::{ChainSpec, Genesis, GenesisError, SpecError, Validator};
use types::SecretKey;

pub use config::{Config, SyncMode};
pub use entry::{ENTRY, Entry};
pub use files::FileError;
pub use history::{Days, History, HistoryError};
pub use key_file::{KeyError, KeyFile, KeyKind};

use files::{read, write_new};

use crate::network::peer_id_of;

/// The consensus key's file.
pub const VALIDATOR_KEY: &str = "validator.key";
/// The libp2p key's file.
pub const NETWORK_KEY: &str = "network.key";
/// The file of the consensus key that takes the place of the present one.
pub const NEXT_VALIDATOR_KEY: &str = "validator.next.key";
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
    /// There is no configuration.
    #[error(
        "{0} is not a validator's home: it has no config.toml. `baro genesis validator` and `baro genesis join` make a \
         home, `baro localnet` makes a whole network"
    )]
    NoHome(PathBuf),
    /// Nothing says how others reach this validator.
    #[error("{0} has no entry.toml, and the chain spec does not list its key: `baro validators join` makes the entry")]
    NoEntry(PathBuf),
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
    /// The libp2p key is not the one that the chain spec names: no peer would talk to this validator.
    #[error(
        "the key in {path} makes the peer id {got}, but genesis.toml gives {validator} the peer id {expected}: use the \
         network.key that was made with its validator.key"
    )]
    PeerId {
        /// The key file.
        path: PathBuf,
        /// The validator's name.
        validator: String,
        /// The peer id in the chain spec.
        expected: String,
        /// The peer id of the key.
        got: String,
    },
}

impl Home {
    /// Opens a home that exists.
    pub fn open(dir: &Path) -> Result<Home, HomeError> {
        let path = dir.join(CONFIG);
        if !path.exists() {
            return Err(HomeError::NoHome(dir.to_owned()));
        }
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

    /// Gets the ledger of an empty store in another way than the configuration says.
    pub fn with_sync(mut self, sync: SyncMode) -> Home {
        self.config.sync = sync;
        self
    }

    /// Keeps so much of the chain, whatever the configuration says.
    pub fn with_history(mut self, history: History) -> Home {
        self.config.history = history;
        self
    }

    /// Holds everything from other validators back for so long, whatever the configuration says.
    pub fn with_link_delay(mut self, millis: u64) -> Home {
        self.config.link_delay_millis = millis;
        self
    }

    /// Where the store is.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The chain spec, if it makes the chain that the configuration names. Keys of a validator that it lists belong
    /// together; keys that it does not list may be listed later on the chain.
    pub fn genesis(&self) -> Result<Genesis, HomeError> {
        let path = self.dir.join(GENESIS);
        let genesis = read_genesis(&path)?;
        genesis.expect_hash(self.config.genesis_hash).map_err(|error| HomeError::Genesis { path, error })?;
        self.validator_of(&genesis)?;
        Ok(genesis)
    }

    /// The validator of `genesis` that both keys of this home belong to; none if the genesis does not list them.
    pub fn validator_of<'a>(&self, genesis: &'a Genesis) -> Result<Option<&'a Validator>, HomeError> {
        let key = self.consensus_key()?.public();
        let got = peer_id_of(&self.network_key()?);
        let own = genesis.spec().validators.iter().find(|validator| validator.key == key);
        match own {
            Some(own) if own.peer_id != got => Err(HomeError::PeerId {
                path: self.dir.join(NETWORK_KEY),
                validator: own.name.clone(),
                expected: own.peer_id.clone(),
                got,
            }),
            own => Ok(own),
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
    use genesis::{Asset, Parameters};
    use types::{Address, Hash, Timestamp};

    use super::*;

    /// A home with new keys, and the spec of a chain with this validator alone.
    fn home(dir: &Path) -> (Home, ChainSpec) {
        let (consensus, network) = (KeyFile::generate(KeyKind::Validator), KeyFile::generate(KeyKind::Network));
        consensus.write(&dir.join(VALIDATOR_KEY), false).unwrap();
        network.write(&dir.join(NETWORK_KEY), false).unwrap();
        let validator = Validator {
            name: "only".to_owned(),
            key: consensus.public_key,
            peer_id: peer_id_of(&network.secret_key().seed()),
            address: "/ip4/127.0.0.1/tcp/9600".to_owned(),
        };
        let spec = ChainSpec {
            chain_id: "test".to_owned(),
            timestamp: Timestamp(1_800_000_000_000),
            parameters: Parameters::default(),
            validators: vec![validator],
            assets: vec![Asset::new("KRW", 0, Address([1; 20]))],
            accounts: Vec::new(),
        };
        let loopback = "127.0.0.1:9601".parse().unwrap();
        let hash = spec.clone().genesis().unwrap().hash();
        let config = Config::new(hash, "/ip4/127.0.0.1/tcp/9600".to_owned(), loopback, loopback);
        (Home::create(dir, config, &spec.to_toml()).unwrap(), spec)
    }

    #[test]
    fn a_missing_or_broken_home_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let error = Home::open(dir.path()).unwrap_err();
        assert!(matches!(error, HomeError::NoHome(_)) && error.to_string().contains(CONFIG), "{error}");
        std::fs::write(dir.path().join(CONFIG), "surprise = 1").unwrap();
        let error = Home::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("surprise"), "{error}");
    }

    #[test]
    fn a_home_is_made_once_and_names_its_validator() {
        let dir = tempfile::tempdir().unwrap();
        let (made, spec) = home(dir.path());
        let opened = Home::open(dir.path()).unwrap();
        assert_eq!(opened.config(), made.config());
        let genesis = opened.genesis().unwrap();
        assert_eq!((genesis.spec(), opened.validator_of(&genesis).unwrap().unwrap().name.as_str()), (&spec, "only"));
        let again = Home::create(dir.path(), made.config().clone(), &spec.to_toml());
        assert!(matches!(again, Err(HomeError::File(FileError::Exists(_)))));
    }

    #[test]
    fn another_chain_and_foreign_keys_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (made, _) = home(dir.path());
        KeyFile::generate(KeyKind::Network).write(&dir.path().join(NETWORK_KEY), true).unwrap();
        assert!(matches!(made.genesis(), Err(HomeError::PeerId { .. })));
        KeyFile::generate(KeyKind::Validator).write(&dir.path().join(VALIDATOR_KEY), true).unwrap();
        let genesis = made.genesis().unwrap();
        assert!(made.validator_of(&genesis).unwrap().is_none(), "it may join later");
        let config = Config { genesis_hash: Hash([7; 32]), ..made.config().clone() };
        write_new(&dir.path().join(CONFIG), config.to_toml().as_bytes(), true).unwrap();
        let error = Home::open(dir.path()).unwrap().genesis().unwrap_err();
        let is_altered = matches!(error, HomeError::Genesis { error: GenesisError::Altered { .. }, .. });
        assert!(is_altered && error.to_string().contains(GENESIS), "{error}");
    }
}
