//! The chain that a run is about: its validators, its payers, its genesis.

use std::collections::BTreeMap;

use genesis::{Account, Asset, ChainSpec, Genesis, Parameters, Validator};
use types::{Address, Amount, Committee, SecretKey, Timestamp, ValidatorIndex};

use crate::address::secret_of;
use crate::time::GENESIS_MILLIS;

/// So many accounts pay.
const PAYERS: u8 = 4;

/// What each of them holds at genesis: little enough that some payments overdraw.
pub(crate) const FUNDS: u128 = 1_000;

pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) committee: Committee,
    pub(crate) secrets: Vec<SecretKey>,
    pub(crate) payers: Vec<SecretKey>,
}

impl Chain {
    pub(crate) fn new(size: usize) -> Self {
        // At most 16 validators.
        let secrets: Vec<SecretKey> = (0..size as u16).map(|index| secret_of(ValidatorIndex(index))).collect();
        let payers: Vec<SecretKey> = (0..PAYERS).map(|index| SecretKey::from_seed([index + 100; 32])).collect();
        let validator = |(index, secret): (usize, &SecretKey)| Validator {
            name: format!("validator-{index}"),
            key: secret.public(),
            peer_id: format!("peer-{index}"),
            address: format!("/ip4/127.0.0.1/tcp/{}", 9000 + index),
        };
        let account = |payer: &SecretKey| Account {
            address: Address::of(&payer.public()),
            balances: BTreeMap::from([("KRW".to_owned(), Amount(FUNDS))]),
        };
        let spec = ChainSpec {
            chain_id: "simulation".to_owned(),
            timestamp: Timestamp(GENESIS_MILLIS),
            parameters: parameters(),
            validators: secrets.iter().enumerate().map(validator).collect(),
            assets: vec![Asset { symbol: "KRW".to_owned(), decimals: 0, issuer: Address::of(&payers[0].public()) }],
            accounts: payers.iter().map(account).collect(),
        };
        let genesis = spec.genesis().expect("the spec above is complete");
        let committee = genesis.committee();
        Self { genesis, committee, secrets, payers }
    }
}

/// Windows short enough that a run sees them close.
fn parameters() -> Parameters {
    Parameters { max_valid_seconds: 25, max_timeout_millis: 3_000, ..Parameters::default() }
}
