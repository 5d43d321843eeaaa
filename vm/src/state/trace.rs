//! Notes of what a transaction replaces in the overlay, for those who want to know what it moved. Each value is noted
//! the first time that it is replaced, so a rollback in between does not matter.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId};

use crate::state::delta::Changes;
use crate::state::records::{Money, Working};
use crate::{AccountMovement, Asset, Movements, Record, RecordKey, RecordMovement, SupplyMovement};

/// What was there when the present transaction began.
#[derive(Default)]
pub(crate) struct Trace {
    balances: BTreeMap<(Address, AssetId), Amount>,
    supplies: BTreeMap<AssetId, Amount>,
    records: BTreeMap<RecordKey, Money>,
}

impl Trace {
    pub(crate) fn balance(&mut self, account: Address, asset: AssetId, before: Amount) {
        self.balances.entry((account, asset)).or_insert(before);
    }

    pub(crate) fn supply(&mut self, asset: AssetId, before: Amount) {
        self.supplies.entry(asset).or_insert(before);
    }

    pub(crate) fn record(&mut self, key: &RecordKey, before: Money) {
        if !self.records.contains_key(key) {
            self.records.insert(key.clone(), before);
        }
    }

    /// What has moved since: what is noted, compared with what is there now.
    pub(crate) fn movements(
        &self,
        receipt: Option<u32>,
        changes: &Changes,
        assets: &[Asset],
        records: &Working<'_>,
    ) -> Movements {
        let mut movements = Movements { receipt, ..Movements::default() };
        for (&(account, asset), &before) in &self.balances {
            // A copy that a rollback took away again is as it was.
            let Some(slot) = changes.find(&account) else { continue };
            let after = changes.account(slot).balance(asset);
            if before != after {
                movements.accounts.push(AccountMovement { account, asset, before, after });
            }
        }
        for (&asset, &before) in &self.supplies {
            // An asset that a rollback took away again is as it was.
            let Some(after) = assets.get(asset.0 as usize).map(|asset| asset.supply) else { continue };
            if before != after {
                movements.supplies.push(SupplyMovement { asset, before, after });
            }
        }
        for (key, &before) in &self.records {
            let after = records.get(key).and_then(Record::held);
            movements.records.extend(record_movements(key, before, after));
        }
        movements
    }
}

/// How the money in a record has changed: one movement, or one for each asset where it is another asset than before.
fn record_movements(key: &RecordKey, before: Money, after: Money) -> Vec<RecordMovement> {
    let held = |money: Money, asset| money.filter(|(of, _)| *of == asset).map_or(Amount::ZERO, |(_, amount)| amount);
    let mut assets: Vec<AssetId> = before.iter().chain(after.iter()).map(|(asset, _)| *asset).collect();
    assets.sort_unstable();
    assets.dedup();
    let movement =
        |asset| RecordMovement { key: key.clone(), asset, before: held(before, asset), after: held(after, asset) };
    assets.into_iter().map(movement).filter(|movement| movement.before != movement.after).collect()
}
