//! `baro validators join`: the home of a validator that is not in the chain spec, because it joins the chain later.

use std::path::{Path, PathBuf};

use anyhow::bail;
use genesis::Validator;
use types::Hash;

use super::super::listening::Listening;
use super::good_member;
use crate::home::{Entry, Home, KeyFile, KeyKind, NETWORK_KEY, VALIDATOR_KEY, read_genesis};
use crate::network::peer_id_of;

/// Make the home of a validator that is to join a chain, and print its entry for the others
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct JoinArgs {
    /// The home directory; keys that are there already are kept
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// The chain spec
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// The hash of the chain's genesis block, as the present validators know it
    #[arg(long, value_name = "HASH")]
    hash: Hash,
    /// The validator's name
    #[arg(long)]
    name: String,
    /// Where the other validators reach it, such as /ip4/192.0.2.1/tcp/9600
    #[arg(long, value_name = "MULTIADDR")]
    address: String,
    #[command(flatten)]
    listening: Listening,
    /// Print the entry as JSON instead of TOML
    #[arg(long)]
    json: bool,
}

pub(super) fn join(args: JoinArgs) -> anyhow::Result<()> {
    let JoinArgs { home, genesis, hash, name, address, listening, json } = args;
    let genesis = read_genesis(&genesis)?;
    genesis.expect_hash(hash)?;
    let key = key(&home.join(VALIDATOR_KEY), KeyKind::Validator)?.public_key;
    if genesis.spec().validators.iter().any(|validator| validator.key == key) {
        bail!("the key {key} in {} is in the chain spec already: `baro genesis join` makes its home", home.display());
    }
    let network = key_seed(&home)?;
    let own = Validator { name, key, peer_id: peer_id_of(&network), address };
    good_member(&own)?;
    Home::create(&home, listening.config(hash, &own)?, &genesis.spec().to_toml())?;
    let entry = Entry::of(own);
    entry.write(&home)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&entry)?);
    } else {
        print!("{}", entry.to_toml());
    }
    Ok(())
}

fn key_seed(home: &Path) -> anyhow::Result<[u8; 32]> {
    Ok(key(&home.join(NETWORK_KEY), KeyKind::Network)?.secret_key().seed())
}

/// The key in the file, made if there is none.
fn key(path: &Path, kind: KeyKind) -> anyhow::Result<KeyFile> {
    if path.exists() {
        return Ok(KeyFile::read(path, kind)?);
    }
    let key = KeyFile::generate(kind);
    key.write(path, false)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use genesis::{Asset, ChainSpec, Parameters};
    use types::{Address, Timestamp};

    use super::*;

    fn spec(validators: Vec<Validator>) -> ChainSpec {
        ChainSpec {
            chain_id: "test".to_owned(),
            timestamp: Timestamp(1_800_000_000_000),
            parameters: Parameters::default(),
            validators,
            assets: vec![Asset::new("KRW", 0, Address([1; 20]))],
            accounts: Vec::new(),
        }
    }

    fn args(dir: &Path, home: &str, spec: &ChainSpec) -> JoinArgs {
        let file = dir.join("genesis.toml");
        std::fs::write(&file, spec.to_toml()).unwrap();
        JoinArgs {
            home: dir.join(home),
            genesis: file,
            hash: spec.clone().genesis().unwrap().hash(),
            name: "new".to_owned(),
            address: "/ip4/127.0.0.1/tcp/9640".to_owned(),
            listening: Listening {
                p2p_listen: None,
                rpc_listen: "127.0.0.1:9641".parse().unwrap(),
                metrics_listen: "127.0.0.1:9642".parse().unwrap(),
                history: "30d".parse().unwrap(),
            },
            json: false,
        }
    }

    #[test]
    fn a_home_for_later_has_keys_a_configuration_and_an_entry() {
        let dir = tempfile::tempdir().unwrap();
        let first = Validator {
            name: "first".to_owned(),
            key: types::PublicKey([1; 32]),
            peer_id: peer_id_of(&[1; 32]),
            address: "/ip4/127.0.0.1/tcp/9600".to_owned(),
        };
        let spec = spec(vec![first]);
        join(args(dir.path(), "home", &spec)).unwrap();

        let home = Home::open(&dir.path().join("home")).unwrap();
        assert_eq!(home.config().history, "30d".parse().unwrap());
        let chain = home.genesis().unwrap();
        assert_eq!(chain.spec(), &spec);
        let chain = home.genesis().unwrap();
        assert!(home.validator_of(&chain).unwrap().is_none(), "not a validator yet");
        let entry = Entry::find(&dir.path().join("home")).unwrap();
        let [own] = &entry.validators[..] else { panic!("one entry") };
        assert_eq!((own.key, &*own.name), (home.consensus_key().unwrap().public(), "new"));
        assert_eq!(own.peer_id, peer_id_of(&home.network_key().unwrap()));
        assert!(join(args(dir.path(), "home", &spec)).is_err(), "a home is made once");

        // A validator of the chain spec, and another chain, are refused.
        let hash = Hash([7; 32]);
        assert!(join(JoinArgs { hash, ..args(dir.path(), "other", &spec) }).is_err());
        let listed = self::spec(vec![own.clone()]);
        for name in [VALIDATOR_KEY, NETWORK_KEY] {
            std::fs::create_dir_all(dir.path().join("listed")).unwrap();
            std::fs::copy(dir.path().join("home").join(name), dir.path().join("listed").join(name)).unwrap();
        }
        let error = join(args(dir.path(), "listed", &listed)).unwrap_err().to_string();
        assert!(error.contains("baro genesis join"), "{error}");
    }
}
