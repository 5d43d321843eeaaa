//! All that a transaction may change, in plain maps. It is copied for each transaction.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId, Role};
use vm::{Asset, Failure, Record, RecordKey};

use super::council::CouncilModel;

#[derive(Clone)]
pub(crate) struct State {
    /// In the order of their creation.
    pub(crate) accounts: Vec<Address>,
    pub(crate) balances: BTreeMap<(Address, AssetId), u128>,
    /// What an account's leaf says of records about it: 1 frozen, 2 listed, 4 tiered, 8 an order's address, ever.
    pub(crate) marks: BTreeMap<Address, u8>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) records: BTreeMap<RecordKey, Record>,
    pub(crate) council: CouncilModel,
}

impl State {
    pub(crate) fn balance(&self, account: Address, asset: AssetId) -> u128 {
        self.balances.get(&(account, asset)).copied().unwrap_or(0)
    }

    /// The account comes into being if it is not there.
    pub(crate) fn open(&mut self, account: Address) {
        if !self.accounts.contains(&account) {
            self.accounts.push(account);
        }
    }

    pub(crate) fn mark(&mut self, account: Address, mark: u8) {
        self.open(account);
        *self.marks.entry(account).or_default() |= mark;
    }

    pub(crate) fn asset(&self, asset: AssetId) -> Result<&Asset, Failure> {
        self.assets.get(asset.0 as usize).ok_or(Failure::UnknownAsset { asset })
    }

    pub(crate) fn asset_mut(&mut self, asset: AssetId) -> &mut Asset {
        &mut self.assets[asset.0 as usize]
    }

    /// Who has the role, if anybody.
    pub(crate) fn officer(&self, asset: AssetId, role: Role) -> Result<Option<Address>, Failure> {
        let asset = self.asset(asset)?;
        let roles = asset.controls.roles;
        Ok(match role {
            Role::Issuer => Some(asset.issuer),
            Role::Approver => roles.approver,
            Role::Compliance => roles.compliance,
            Role::Pauser => roles.pauser,
            Role::Attestor => roles.attestor,
        })
    }

    /// What all accounts and records hold of an asset.
    pub(crate) fn held(&self, asset: AssetId) -> u128 {
        let balances = self.balances.iter().filter(|((_, of), _)| *of == asset).map(|(_, amount)| *amount);
        let records = self.records.values().filter_map(money).filter(|(of, _)| *of == asset).map(|(_, amount)| amount);
        balances.chain(records).sum()
    }
}

/// The money that a record keeps.
pub(crate) fn money(record: &Record) -> Option<(AssetId, u128)> {
    let (asset, Amount(amount)) = match record {
        Record::Redemption(redemption) => (redemption.asset, redemption.amount),
        Record::Parked(parked) => (parked.asset, parked.amount),
        Record::Order(order) => (order.asset, order.held),
        _ => return None,
    };
    Some((asset, amount))
}
