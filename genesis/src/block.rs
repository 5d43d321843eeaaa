//! From the chain spec to the genesis block, the first committee and the first ledger.

use types::codec::{Bounded, Text, encode};
use types::{
    Amount, AssetId, Block, Committee, Domain, Epoch, Hash, Header, Height, ValidatorIndex, ValidatorSet, View,
};
use vm::{AssetSpec, FeeSchedule, Ledger};

use crate::{ChainSpec, GenesisError};

/// A chain spec that was checked, with the block that commits to it.
#[derive(Debug, Clone)]
pub struct Genesis {
    spec: ChainSpec,
    validators: ValidatorSet,
    block: Block,
    hash: Hash,
}

impl ChainSpec {
    /// Checks everything and makes the genesis block.
    pub fn genesis(self) -> Result<Genesis, GenesisError> {
        self.check()?;
        let validators = ValidatorSet::new(self.validators.iter().map(|validator| validator.key).collect())?;
        let ledger = self.ledger()?;
        let batches = Bounded::default();
        let header = Header {
            epoch: Epoch(0),
            height: Height(0),
            view: View(0),
            parent: Hash::of(Domain::ChainSpec, &encode(&self)),
            timestamp: self.timestamp,
            proposer: ValidatorIndex(0),
            batches: Block::batches_hash(&batches),
            state_root: ledger.state_root(),
            receipts_root: Hash::ZERO,
            next_validators: ledger.next_validators(),
        };
        let hash = header.hash();
        Ok(Genesis { spec: self, validators, block: Block { header, batches }, hash })
    }

    /// The ledger before the first block.
    fn ledger(&self) -> Result<Ledger, GenesisError> {
        let asset = |asset: &crate::Asset| {
            let symbol = Text::new(asset.symbol.clone()).map_err(|_| GenesisError::Symbol(asset.symbol.clone()))?;
            let crate::Asset { decimals, issuer, roles, supply_cap, .. } = *asset;
            Ok(AssetSpec { symbol, decimals, issuer, roles, supply_cap })
        };
        let assets = self.assets.iter().map(asset).collect::<Result<Vec<_>, GenesisError>>()?;
        let id = |symbol: &String| {
            let place = self.assets.iter().position(|asset| asset.symbol == *symbol);
            // The ledger refuses more assets than an id can count.
            place.map(|place| AssetId(place as u32))
        };
        let account = |account: &crate::Account| {
            let balance = |(symbol, amount): (&String, &Amount)| {
                let unknown = || GenesisError::UnknownAsset { account: account.address, symbol: symbol.clone() };
                id(symbol).map(|id| (id, *amount)).ok_or_else(unknown)
            };
            Ok((account.address, account.balances.iter().map(balance).collect::<Result<Vec<_>, _>>()?))
        };
        let accounts = self.accounts.iter().map(account).collect::<Result<Vec<_>, GenesisError>>()?;
        let schedule = |fees: &crate::Fees| {
            Ok::<_, GenesisError>(FeeSchedule {
                asset: id(&fees.asset).ok_or_else(|| GenesisError::UnknownFeeAsset(fees.asset.clone()))?,
                per_transaction: fees.per_transaction,
                per_instruction: fees.per_instruction,
                collector: fees.collector,
            })
        };
        let parameters = vm::Parameters {
            max_valid_seconds: self.parameters.max_valid_seconds,
            validator_notice_millis: self.parameters.validator_notice_millis,
            fees: self.parameters.fees.as_ref().map(schedule).transpose()?,
        };
        Ok(Ledger::genesis(parameters, self.members()?, assets, accounts)?)
    }
}

impl Genesis {
    /// The spec.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// The genesis block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The hash of the genesis block: the chain.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The validators of the first epoch.
    pub fn committee(&self) -> Committee {
        Committee { chain: self.hash, epoch: Epoch(0), validators: self.validators.clone() }
    }

    /// The ledger before the first block.
    pub fn ledger(&self) -> Result<Ledger, GenesisError> {
        self.spec.ledger()
    }

    /// Refuses a spec that makes another chain than the expected one.
    pub fn expect_hash(&self, expected: Hash) -> Result<(), GenesisError> {
        if self.hash == expected { Ok(()) } else { Err(GenesisError::Altered { expected, got: self.hash }) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use types::{Address, PublicKey, Timestamp};

    use super::*;
    use crate::{Account, Asset, Fees, Parameters, Validator};

    fn spec() -> ChainSpec {
        let validator = |index: u8| Validator {
            name: format!("validator-{index}"),
            key: PublicKey([index; 32]),
            peer_id: format!("peer-{index}"),
            address: format!("/ip4/127.0.0.1/tcp/960{index}"),
        };
        ChainSpec {
            chain_id: "test".to_owned(),
            timestamp: Timestamp(1_800_000_000_000),
            parameters: Parameters::default(),
            validators: (0..4).map(validator).collect(),
            assets: vec![Asset::new("KRW", 0, Address([1; 20]))],
            accounts: vec![Account {
                address: Address([2; 20]),
                balances: BTreeMap::from([("KRW".to_owned(), Amount(1_000_000))]),
            }],
        }
    }

    #[test]
    fn the_file_form_round_trips() {
        assert_eq!(ChainSpec::from_toml(&spec().to_toml()).expect("reads"), spec());
    }

    /// A change of this file, or of the hash, is a change of every chain.
    #[test]
    fn the_pinned_chain_holds() {
        let text = include_str!("../vectors/chain.toml");
        assert_eq!(text, spec().to_toml());
        let pinned = include_str!("../vectors/chain.hash").trim();
        assert_eq!(spec().genesis().expect("makes a chain").hash().to_string(), pinned);
    }

    #[test]
    fn the_first_ledger_lists_the_validators_of_the_spec() {
        let genesis = spec().genesis().expect("makes a chain");
        let ledger = genesis.ledger().expect("the first ledger");
        let members: Vec<_> =
            genesis.spec().validators.iter().map(|validator| validator.member().expect("good")).collect();
        assert_eq!(ledger.council().members(), members);
        assert_eq!(ledger.council().committee(genesis.hash()), genesis.committee());
        assert_eq!(genesis.block().header.next_validators, genesis.committee().validators.hash());
    }

    fn fees() -> Fees {
        let collector = Address([3; 20]);
        Fees { asset: "KRW".to_owned(), per_transaction: Amount(10), per_instruction: Amount(1), collector }
    }

    #[test]
    fn fees_are_read_and_reach_the_ledger() {
        let mut charging = spec();
        charging.parameters.fees = Some(fees());
        assert_eq!(ChainSpec::from_toml(&charging.to_toml()).expect("reads"), charging);
        let genesis = charging.genesis().expect("makes a chain");
        let schedule = genesis.ledger().expect("the first ledger").parameters().fees.expect("has fees");
        assert_eq!((schedule.asset, schedule.fee(2)), (AssetId(0), Some(Amount(12))));
        assert_eq!(spec().genesis().expect("makes a chain").ledger().expect("a ledger").parameters().fees, None);
    }

    #[test]
    fn an_altered_spec_is_refused_by_name() {
        let original = spec().genesis().expect("makes a chain");
        let mut altered = spec();
        altered.accounts[0].balances.insert("KRW".to_owned(), Amount(1_000_001));
        let altered = altered.genesis().expect("makes another chain");
        let refusal = altered.expect_hash(original.hash()).expect_err("another chain").to_string();
        assert!(refusal.contains(&original.hash().to_string()) && refusal.contains(&altered.hash().to_string()));
        assert!(original.expect_hash(original.hash()).is_ok());
    }

    #[test]
    fn each_fault_of_a_spec_is_named() {
        let refusal = |change: fn(&mut ChainSpec)| {
            let mut spec = spec();
            change(&mut spec);
            spec.genesis().expect_err("refused").to_string()
        };
        assert!(refusal(|spec| spec.chain_id.clear()).contains("chain_id"));
        assert!(refusal(|spec| spec.chain_id.push('\n')).contains("chain_id"));
        assert!(refusal(|spec| spec.timestamp = Timestamp(u64::MAX)).contains("timestamp"));
        assert!(refusal(|spec| spec.validators.clear()).contains("validators"));
        assert!(refusal(|spec| spec.parameters.heartbeat_millis = 0).contains("heartbeat_millis"));
        assert!(refusal(|spec| spec.parameters.max_valid_seconds = 0).contains("max_valid_seconds"));
        assert!(refusal(|spec| spec.parameters.max_clock_ahead_millis = 60_001).contains("max_clock_ahead_millis"));
        assert!(refusal(|spec| spec.parameters.timeout_millis = 9).contains("timeout_millis"));
        assert!(refusal(|spec| spec.parameters.validator_notice_millis = 99).contains("validator_notice_millis"));
        assert!(refusal(|spec| spec.parameters.validator_notice_millis = u64::MAX).contains("validator_notice_millis"));
        assert!(refusal(|spec| spec.parameters.max_timeout_millis = 1).contains("max_timeout_millis"));
        assert!(refusal(|spec| spec.assets.push(spec.assets[0].clone())).contains("KRW"));
        assert!(refusal(|spec| spec.assets[0].decimals = 39).contains("KRW"));
        assert!(refusal(|spec| spec.assets[0].symbol = "USD".to_owned()).contains("KRW"));
        assert!(refusal(|spec| spec.assets[0].symbol = "KR:W".to_owned()).contains("KR:W"));
        let unknown = Fees { asset: "EUR".to_owned(), ..fees() };
        let mut charging = spec();
        charging.parameters.fees = Some(unknown);
        assert!(charging.genesis().expect_err("refused").to_string().contains("EUR"));
        assert!(refusal(|spec| spec.accounts.push(spec.accounts[0].clone())).contains("accounts"));
    }

    #[test]
    fn faulty_validators_are_named() {
        type Change = fn(&mut Validator, &Validator);
        let refusal = |change: Change| {
            let mut spec = spec();
            let first = spec.validators[0].clone();
            change(&mut spec.validators[1], &first);
            spec.genesis().expect_err("refused").to_string()
        };
        let shared: [(&str, Change); 4] = [
            ("name", |second, first| second.name = first.name.clone()),
            ("key", |second, first| second.key = first.key),
            ("peer_id", |second, first| second.peer_id = first.peer_id.clone()),
            ("address", |second, first| second.address = first.address.clone()),
        ];
        for (what, share) in shared {
            let refusal = refusal(share);
            assert!(refusal.contains("validator-0") && refusal.contains(&format!("{what}:")), "{refusal}");
        }
        assert!(refusal(|second, _| second.peer_id = "p".repeat(129)).contains("1 to 128 bytes"));
        assert!(refusal(|second, _| second.name.clear()).contains("validator 1 has no good name"));
        assert!(refusal(|second, _| second.peer_id.clear()).contains("validator validator-1 has no good peer_id"));
        assert!(refusal(|second, _| second.address.clear()).contains("validator validator-1 has no good address"));
    }

    #[test]
    fn unknown_fields_are_refused_with_their_line() {
        let text = format!("surprise = 1\n{}", spec().to_toml());
        let error = ChainSpec::from_toml(&text).expect_err("refused").to_string();
        assert!(error.contains("surprise") && error.contains("line 1"), "{error}");
    }
}
