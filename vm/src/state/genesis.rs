//! The first state of a ledger.

use types::{Address, Amount, AssetId, MAX_INSTRUCTIONS, Member, Role};

use crate::rules::issuance::{IssuanceFailure, check_roles};
use crate::state::ledger::Accounts;
use crate::state::records::Table;
use crate::state::replay::Replay;
use crate::{
    Account, Asset, AssetSpec, ClosedSeconds, Council, Failure, Ledger, MAX_ASSETS, MAX_VALID_SECONDS, Parameters,
    VALIDATOR_NOTICE_MILLIS,
};

/// Why there is no ledger that begins so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// The longest time for a deadline is out of range.
    #[error("max_valid_seconds is {0}: choose 1 to {MAX_VALID_SECONDS}")]
    MaxValidSeconds(u32),
    /// The time between a change's decision and its effect is out of range.
    #[error(
        "validator_notice_millis is {0}: choose {first} to {last}",
        first = VALIDATOR_NOTICE_MILLIS.start(),
        last = VALIDATOR_NOTICE_MILLIS.end()
    )]
    ValidatorNotice(u64),
    /// The fee schedule names an asset that does not exist.
    #[error("fees are in asset {0}, which is not listed: list the asset")]
    UnknownFeeAsset(AssetId),
    /// Fees could not be counted.
    #[error(
        "the fee of a transaction with {MAX_INSTRUCTIONS} instructions would be more than 2^128 - 1: lower the fees"
    )]
    FeesTooHigh,
    /// The validators make no list.
    #[error("validators: {0}")]
    Validators(Failure),
    /// Too many assets.
    #[error("{0} assets: a ledger has at most {MAX_ASSETS}")]
    TooManyAssets(usize),
    /// Two assets have one symbol.
    #[error("two assets have the symbol {0}: give each its own")]
    DuplicateSymbol(String),
    /// Two accounts have one address.
    #[error("account {0} is listed twice: list it once, with all its balances")]
    DuplicateAccount(Address),
    /// An account has two balances of one asset.
    #[error("account {account} has two balances of asset {asset}: give their sum")]
    DuplicateBalance {
        /// The account.
        account: Address,
        /// The asset.
        asset: AssetId,
    },
    /// An account holds an asset that does not exist.
    #[error("account {account} holds asset {asset}, which is not listed: list the asset or drop the balance")]
    UnknownAsset {
        /// The account.
        account: Address,
        /// The asset.
        asset: AssetId,
    },
    /// The balances of an asset add up to more than can be counted.
    #[error("the balances of asset {0} add up to more than 2^128 - 1")]
    SupplyOverflow(AssetId),
    /// There is more of an asset than there may be.
    #[error("the balances of asset {0} add up to more than its supply_cap")]
    AboveSupplyCap(AssetId),
    /// One account has two roles of an asset that keep an eye on each other.
    #[error("asset {asset}: {failure}")]
    Roles {
        /// The asset.
        asset: AssetId,
        /// Which roles.
        failure: IssuanceFailure,
    },
}

impl Ledger {
    /// The ledger that begins with these validators, assets and accounts. Supplies are the sums of the balances. Who has a role for
    /// an asset and no account gets an empty one, after those listed.
    pub fn genesis(
        parameters: Parameters,
        validators: Vec<Member>,
        assets: Vec<AssetSpec>,
        accounts: Vec<(Address, Vec<(AssetId, Amount)>)>,
    ) -> Result<Ledger, GenesisError> {
        if !(1..=MAX_VALID_SECONDS).contains(&parameters.max_valid_seconds) {
            return Err(GenesisError::MaxValidSeconds(parameters.max_valid_seconds));
        }
        if !VALIDATOR_NOTICE_MILLIS.contains(&parameters.validator_notice_millis) {
            return Err(GenesisError::ValidatorNotice(parameters.validator_notice_millis));
        }
        let council = Council::genesis(validators).map_err(GenesisError::Validators)?;
        if assets.len() > MAX_ASSETS {
            return Err(GenesisError::TooManyAssets(assets.len()));
        }
        if let Some(fees) = parameters.fees {
            if fees.asset.0 as usize >= assets.len() {
                return Err(GenesisError::UnknownFeeAsset(fees.asset));
            }
            fees.highest().ok_or(GenesisError::FeesTooHigh)?;
        }
        let mut symbols: Vec<&str> = assets.iter().map(|asset| &*asset.symbol).collect();
        symbols.sort_unstable();
        if let Some(pair) = symbols.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(GenesisError::DuplicateSymbol(pair[0].to_owned()));
        }

        for (AssetSpec { issuer, roles, .. }, id) in assets.iter().zip(0..) {
            check_roles(*issuer, roles).map_err(|failure| GenesisError::Roles { asset: AssetId(id), failure })?;
        }
        let mut assets: Vec<Asset> = assets.into_iter().map(Asset::new).collect();
        let mut addresses: Vec<Address> = accounts.iter().map(|(address, _)| *address).collect();
        addresses.sort_unstable();
        let mut list = Accounts::default();
        for (address, balances) in accounts {
            list.push(account(address, balances, &mut assets)?);
        }
        let roles = [Role::Issuer, Role::Approver, Role::Compliance, Role::Pauser, Role::Attestor];
        let mut officers: Vec<Address> = Vec::new();
        for officer in assets.iter().flat_map(|asset| roles.into_iter().filter_map(|role| asset.holder(role))) {
            if addresses.binary_search(&officer).is_err() && !officers.contains(&officer) {
                officers.push(officer);
            }
        }
        officers.into_iter().for_each(|officer| list.push(Account::new(officer)));
        for (Asset { supply, controls, .. }, id) in assets.iter().zip(0..) {
            if controls.supply_cap.is_some_and(|cap| *supply > cap) {
                return Err(GenesisError::AboveSupplyCap(AssetId(id)));
            }
        }
        Ledger::assemble(
            parameters,
            list,
            Table::default(),
            assets,
            council,
            Replay::default(),
            (0, ClosedSeconds::default()),
        )
        .map_err(GenesisError::DuplicateAccount)
    }
}

/// An account with its first balances, which are added to the supplies.
fn account(address: Address, balances: Vec<(AssetId, Amount)>, assets: &mut [Asset]) -> Result<Account, GenesisError> {
    let mut account = Account::new(address);
    let mut seen = Vec::with_capacity(balances.len());
    for (id, amount) in balances {
        let asset = assets.get_mut(id.0 as usize).ok_or(GenesisError::UnknownAsset { account: address, asset: id })?;
        if seen.contains(&id) {
            return Err(GenesisError::DuplicateBalance { account: address, asset: id });
        }
        seen.push(id);
        asset.supply = asset.supply.checked_add(amount).ok_or(GenesisError::SupplyOverflow(id))?;
        account.set_balance(id, amount);
    }
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::codec::Text;
    use types::{MemberField, PublicKey};

    const WON: AssetId = AssetId(0);

    fn spec(symbol: &str, issuer: u8) -> AssetSpec {
        AssetSpec::new(Text::new(symbol).unwrap(), 0, Address([issuer; 20]))
    }

    fn holding(address: u8, balances: &[(u32, u128)]) -> (Address, Vec<(AssetId, Amount)>) {
        let balances = balances.iter().map(|(asset, amount)| (AssetId(*asset), Amount(*amount))).collect();
        (Address([address; 20]), balances)
    }

    fn member(number: u8) -> Member {
        Member::new(&format!("v{number}"), PublicKey([number; 32]), &format!("p{number}"), &format!("/{number}"))
            .unwrap()
    }

    /// The arguments of [`begin`].
    type Parts = (u32, Vec<AssetSpec>, Vec<(Address, Vec<(AssetId, Amount)>)>);

    fn begin(
        seconds: u32,
        assets: Vec<AssetSpec>,
        accounts: Vec<(Address, Vec<(AssetId, Amount)>)>,
    ) -> Result<Ledger, GenesisError> {
        let parameters = Parameters { max_valid_seconds: seconds, validator_notice_millis: 10_000, fees: None };
        Ledger::genesis(parameters, vec![member(1)], assets, accounts)
    }

    #[test]
    fn supplies_are_sums_and_issuers_have_accounts() {
        let assets = vec![spec("KRW", 1), spec("USD", 9), spec("JPY", 9)];
        let ledger = begin(120, assets, vec![holding(1, &[(0, 70), (1, 5)]), holding(2, &[(0, 30)])]).unwrap();
        let supplies: Vec<u128> = ledger.assets().iter().map(|asset| asset.supply.0).collect();
        assert_eq!(supplies, [100, 5, 0]);
        assert_eq!([ledger.held(WON), ledger.held(AssetId(1))], [Amount(100), Amount(5)]);
        assert_eq!((ledger.account_count(), ledger.executed_total()), (3, 0));
        assert_eq!(ledger.account(&Address([9; 20])).map(|account| account.balances().count()), Some(0));
        assert_eq!(ledger.account(&Address([3; 20])), None);
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let won = || vec![spec("KRW", 1)];
        let account = Address([1; 20]);
        let refused = |result: Result<Ledger, GenesisError>| result.map(|ledger| ledger.state_root()).unwrap_err();
        assert_eq!(refused(begin(0, won(), vec![])), GenesisError::MaxValidSeconds(0));
        assert_eq!(refused(begin(3_601, won(), vec![])), GenesisError::MaxValidSeconds(3_601));
        let many = (0..=MAX_ASSETS).map(|number| spec(&number.to_string(), 1)).collect();
        assert_eq!(refused(begin(60, many, vec![])), GenesisError::TooManyAssets(1_025));
        let twice = vec![spec("KRW", 1), spec("KRW", 2)];
        assert_eq!(refused(begin(60, twice, vec![])), GenesisError::DuplicateSymbol("KRW".to_owned()));
        let same = vec![holding(1, &[]), holding(1, &[(0, 1)])];
        assert_eq!(refused(begin(60, won(), same)), GenesisError::DuplicateAccount(account));
        let balances = vec![holding(1, &[(0, 1), (0, 2)])];
        assert_eq!(refused(begin(60, won(), balances)), GenesisError::DuplicateBalance { account, asset: WON });
        let unknown = vec![holding(1, &[(1, 1)])];
        assert_eq!(refused(begin(60, won(), unknown)), GenesisError::UnknownAsset { account, asset: AssetId(1) });
        let much = vec![holding(1, &[(0, u128::MAX)]), holding(2, &[(0, 1)])];
        assert_eq!(refused(begin(60, won(), much)), GenesisError::SupplyOverflow(WON));
    }

    #[test]
    fn the_validators_and_their_notice_are_checked() {
        let begin = |notice, members| {
            let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: notice, fees: None };
            Ledger::genesis(parameters, members, vec![], vec![]).map(|ledger| ledger.state_root())
        };
        for notice in [99, 604_800_001] {
            assert_eq!(begin(notice, vec![member(1)]), Err(GenesisError::ValidatorNotice(notice)));
        }
        assert!(begin(100, vec![member(1)]).is_ok() && begin(604_800_000, vec![member(1)]).is_ok());
        let refused = |members| match begin(100, members) {
            Err(GenesisError::Validators(failure)) => failure,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(vec![]), Failure::ValidatorCount { count: 0 });
        assert_eq!(refused((0..65).map(member).collect()), Failure::ValidatorCount { count: 65 });
        let (key, with) = (PublicKey([2; 32]), PublicKey([1; 32]));
        let same_name = Member { name: member(1).name, ..member(2) };
        assert_eq!(refused(vec![member(1), same_name]), Failure::SharedEntry { key, with, field: MemberField::Name });
        let blank = Member { address: Text::default(), ..member(2) };
        assert_eq!(refused(vec![blank]), Failure::MalformedValidator { key, field: MemberField::Address });
        let roots = [vec![member(1), member(2)], vec![member(2), member(1)], vec![member(1)]];
        let roots = roots.map(|members| begin(100, members).unwrap());
        assert!(roots[0] != roots[1] && roots[0] != roots[2], "the root commits to the validators");
        assert_ne!(begin(101, vec![member(1)]).unwrap(), roots[2], "the root commits to the notice");
    }

    #[test]
    fn the_root_commits_to_everything() {
        let root = |ledger: Result<Ledger, GenesisError>| ledger.unwrap().state_root();
        let base = || -> Parts { (120, vec![spec("KRW", 1)], vec![holding(1, &[(0, 70)]), holding(2, &[])]) };
        let same = base();
        let mut roots = vec![root(begin(same.0, same.1, same.2))];
        let mut vary = |change: &dyn Fn(&mut Parts)| {
            let mut parts = base();
            change(&mut parts);
            let root = root(begin(parts.0, parts.1, parts.2));
            assert!(!roots.contains(&root), "variation {} has the root of another", roots.len());
            roots.push(root);
        };
        vary(&|parts| parts.0 = 60);
        vary(&|parts| parts.1[0] = spec("WON", 1));
        vary(&|parts| parts.1[0] = spec("KRW", 2));
        vary(&|parts| parts.1[0].decimals = 2);
        vary(&|parts| parts.1.push(spec("USD", 1)));
        vary(&|parts| parts.2[0] = holding(1, &[(0, 71)]));
        vary(&|parts| parts.2.swap(0, 1));
        vary(&|parts| parts.2.push(holding(3, &[])));
    }
}
