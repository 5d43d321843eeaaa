//! A chain spec, and the genesis block that it makes.

use std::collections::BTreeMap;

use genesis::{Account, Asset, ChainSpec, Parameters, Validator};
use types::codec::{decode, encode};
use types::{Address, Amount, Timestamp};

use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "chain_spec", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(spec) = bounded(bytes.len(), || ChainSpec::from_toml(text)) else { return false };
    assert_eq!(ChainSpec::from_toml(&spec.to_toml()).expect("what is written can be read"), spec);
    assert_eq!(decode::<ChainSpec>(&encode(&spec)).as_ref(), Ok(&spec));
    let Ok(genesis) = spec.clone().genesis() else { return false };
    let again = spec.genesis().expect("it was good before");
    assert_eq!(genesis.hash(), again.hash());
    let ledger = genesis.ledger().expect("it was good before");
    assert_eq!(ledger.state_root(), genesis.block().header.state_root);
    assert!(genesis.committee().quorum() > 0);
    true
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let validator = |(index, secret): (usize, &types::SecretKey)| Validator {
        name: format!("validator-{index}"),
        key: secret.public(),
        peer_id: format!("peer-{index}"),
        address: format!("/ip4/10.0.0.{index}/tcp/9600"),
    };
    let asset = |symbol: &str, decimals| Asset::new(symbol, decimals, Address([1; 20]));
    let spec = ChainSpec {
        chain_id: "pilot".to_owned(),
        timestamp: Timestamp(1_800_000_000_000),
        parameters: Parameters::default(),
        validators: values::secrets().iter().enumerate().map(validator).collect(),
        assets: vec![asset("KRW", 0), asset("USD", 2)],
        accounts: vec![Account {
            address: Address([2; 20]),
            balances: BTreeMap::from([("KRW".to_owned(), Amount(1_000)), ("USD".to_owned(), Amount(u128::MAX))]),
        }],
    };
    vec![("four-validators", spec.to_toml().into_bytes())]
}
