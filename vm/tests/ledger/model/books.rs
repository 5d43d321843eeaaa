//! What a transaction has moved, and whether the books are right after it.

use std::collections::BTreeSet;

use types::{Amount, AssetId};
use vm::{AccountMovement, Movements, RecordMovement, SupplyMovement};

use super::state::{State, money};

impl State {
    /// Panics where what all accounts and records hold of an asset is not its supply.
    pub(crate) fn expect_books(&self) {
        for (asset, number) in self.assets.iter().zip(0..) {
            assert_eq!(self.held(AssetId(number)), asset.supply.0, "the model's books of {}", &*asset.symbol);
        }
    }

    /// What is other in this state than it was before.
    pub(crate) fn moved_since(&self, before: &State, receipt: u32) -> Movements {
        let mut movements = Movements { receipt: Some(receipt), ..Movements::default() };
        let places: BTreeSet<_> = before.balances.keys().chain(self.balances.keys()).copied().collect();
        for (account, asset) in places {
            let (before, after) = (Amount(before.balance(account, asset)), Amount(self.balance(account, asset)));
            if before != after {
                movements.accounts.push(AccountMovement { account, asset, before, after });
            }
        }
        let with_money = |state: &'_ State| -> BTreeSet<_> {
            let keys = state.records.iter().filter(|(_, record)| money(record).is_some());
            keys.map(|(key, _)| key.clone()).collect()
        };
        for key in with_money(before).union(&with_money(self)) {
            let [before, after] = [before, self].map(|state| state.records.get(key).and_then(money));
            // An order's name may come back with another asset in the same transaction.
            let assets: BTreeSet<AssetId> = before.iter().chain(&after).map(|(asset, _)| *asset).collect();
            for asset in assets {
                let of_asset = |held: Option<(AssetId, u128)>| match held {
                    Some((of, amount)) if of == asset => Amount(amount),
                    _ => Amount(0),
                };
                let (before, after) = (of_asset(before), of_asset(after));
                if before != after {
                    movements.records.push(RecordMovement { key: key.clone(), asset, before, after });
                }
            }
        }
        for (asset, number) in self.assets.iter().zip(0..) {
            let before = before.assets.get(number as usize).map_or(Amount(0), |asset| asset.supply);
            if before != asset.supply {
                movements.supplies.push(SupplyMovement { asset: AssetId(number), before, after: asset.supply });
            }
        }
        movements
    }
}
