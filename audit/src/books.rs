//! The books of the supplies: each mint and each burn, and that each transaction conserves money.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId, Height, Timestamp, TransactionId};
use vm::{Asset, Movements};

use crate::{Audited, Fault};

/// What entitles somebody to change a supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The asset's issuer.
    Issuer,
}

/// A mint or a burn.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyChange {
    /// In which block.
    pub height: Height,
    /// The block's time.
    pub timestamp: Timestamp,
    /// By which transaction; none where the end of the block did it.
    pub transaction: Option<TransactionId>,
    /// Who paid for the transaction.
    pub by: Option<Address>,
    /// Under which role; none is a finding.
    pub role: Option<Role>,
    /// The asset.
    pub asset: AssetId,
    /// The supply before, in the asset's smallest unit.
    pub before: Amount,
    /// The supply after.
    pub after: Amount,
}

/// All supplies since the start of the audit.
#[derive(Debug, Default)]
pub struct Books {
    changes: Vec<SupplyChange>,
}

impl Books {
    /// Each mint and each burn, in their order.
    pub fn changes(&self) -> &[SupplyChange] {
        &self.changes
    }

    /// Takes a block into the books. `assets` are those before it. Returns what is wrong with it.
    pub(crate) fn enter(&mut self, block: &Audited<'_>, assets: &[Asset]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for movements in block.movements {
            faults.extend(not_conserved(movements).map(|asset| Fault::NotConserved { asset }));
            let transaction = movements.receipt.map(|place| block.transactions[place as usize]);
            let by = transaction.map(|transaction| transaction.payload().payer);
            for supply in &movements.supplies {
                let asset = supply.asset;
                let change = SupplyChange {
                    height: block.header.height,
                    timestamp: block.header.timestamp,
                    transaction: transaction.map(|transaction| transaction.id()),
                    by,
                    role: by.and_then(|by| role_of(&by, assets.get(asset.0 as usize)?)),
                    asset,
                    before: supply.before,
                    after: supply.after,
                };
                if change.role.is_none() {
                    faults.push(Fault::NoRole { asset, transaction: change.transaction });
                }
                self.changes.push(change);
            }
        }
        faults
    }
}

/// The role under which an account may change the supply of an asset.
fn role_of(account: &Address, asset: &Asset) -> Option<Role> {
    (asset.issuer == *account).then_some(Role::Issuer)
}

/// The first asset of which accounts and records have changed by another amount than the supply.
fn not_conserved(movements: &Movements) -> Option<AssetId> {
    // Before and after, held and supplied; `None` once it cannot be counted.
    type Sums = [Option<Amount>; 2];
    let mut sums: BTreeMap<AssetId, (Sums, Sums)> = BTreeMap::new();
    let zero = || ([Some(Amount::ZERO); 2], [Some(Amount::ZERO); 2]);
    let add = |sums: &mut Sums, amounts: [Amount; 2]| {
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum = sum.and_then(|sum| sum.checked_add(amount));
        }
    };
    for moved in &movements.accounts {
        add(&mut sums.entry(moved.asset).or_insert_with(zero).0, [moved.before, moved.after]);
    }
    for moved in &movements.records {
        add(&mut sums.entry(moved.asset).or_insert_with(zero).0, [moved.before, moved.after]);
    }
    for moved in &movements.supplies {
        add(&mut sums.entry(moved.asset).or_insert_with(zero).1, [moved.before, moved.after]);
    }
    let difference = |[before, after]: Sums| Some((after?.checked_sub(before?), before?.checked_sub(after?)));
    let violated = sums.into_iter().find(|(_, (held, supply))| {
        difference(*held).is_none_or(|difference_held| Some(difference_held) != difference(*supply))
    });
    violated.map(|(asset, _)| asset)
}

#[cfg(test)]
mod tests {
    use vm::{AccountMovement, SupplyMovement};

    use super::*;

    fn moved(accounts: &[(u128, u128)], supply: Option<(u128, u128)>) -> Movements {
        let asset = AssetId(3);
        let accounts = accounts.iter().map(|(before, after)| AccountMovement {
            account: Address([1; 20]),
            asset,
            before: Amount(*before),
            after: Amount(*after),
        });
        let supplies =
            supply.map(|(before, after)| SupplyMovement { asset, before: Amount(before), after: Amount(after) });
        Movements { accounts: accounts.collect(), supplies: supplies.into_iter().collect(), ..Movements::default() }
    }

    #[test]
    fn money_comes_from_somewhere() {
        for good in [
            moved(&[(10, 7), (0, 3)], None),
            moved(&[(0, 5)], Some((100, 105))),
            moved(&[(9, 0)], Some((9, 0))),
            moved(&[(0, u128::MAX)], Some((0, u128::MAX))),
        ] {
            assert_eq!(not_conserved(&good), None, "{good:?}");
        }
        for bad in [
            moved(&[(10, 7), (0, 4)], None),
            moved(&[(0, 5)], Some((100, 104))),
            moved(&[(0, 5)], Some((105, 100))),
            moved(&[(5, 0)], None),
            moved(&[], Some((0, 1))),
            moved(&[(0, u128::MAX), (0, 1)], None),
        ] {
            assert_eq!(not_conserved(&bad), Some(AssetId(3)), "{bad:?}");
        }
    }

    #[test]
    fn only_the_issuer_has_a_role() {
        let issuer = Address([7; 20]);
        let symbol = types::codec::Text::new("KRW").expect("short");
        let asset = Asset { supply: Amount(1), ..Asset::new(vm::AssetSpec::new(symbol, 0, issuer)) };
        assert_eq!(role_of(&issuer, &asset), Some(Role::Issuer));
        assert_eq!(role_of(&Address([8; 20]), &asset), None);
    }
}
