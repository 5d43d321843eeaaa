//! The books of the supplies: each mint and each burn with who wanted and who approved it, each attested reserve, and
//! that each transaction conserves money.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{Address, Amount, AssetId, Hash, Height, Instruction, Issuance, Role, Timestamp, TransactionId};
use vm::{Asset, Ledger, Movements};

use crate::entitlement::{Entitlement, entitlements};
use crate::{Audited, Fault};

/// A mint or a burn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyChange {
    /// In which block.
    pub height: Height,
    /// The block's time.
    pub timestamp: Timestamp,
    /// By which transaction; none where the end of the block did it.
    pub transaction: Option<TransactionId>,
    /// The account that acted last: the approver where there is one.
    pub by: Option<Address>,
    /// Under which role it acted; none is a finding.
    pub role: Option<Role>,
    /// The issuer that wanted it, where the one that acted last approved it.
    pub proposed_by: Option<Address>,
    /// The asset.
    pub asset: AssetId,
    /// The supply before, in the asset's smallest unit.
    pub before: Amount,
    /// The supply after.
    pub after: Amount,
}

/// A reserve that was attested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveChange {
    /// In which block.
    pub height: Height,
    /// The block's time.
    pub timestamp: Timestamp,
    /// The asset.
    pub asset: AssetId,
    /// How much is in reserve, in the asset's smallest unit; the last word of the block.
    pub reserve: Amount,
    /// When it was counted.
    pub as_of: Timestamp,
    /// The hash of the document that says so.
    pub document: Hash,
    /// The supply after the block.
    pub supply: Amount,
}

/// All supplies and reserves since the start of the audit.
#[derive(Debug, Default)]
pub struct Books {
    changes: Vec<SupplyChange>,
    reserves: Vec<ReserveChange>,
}

/// What the ledger before a block says of the block's supply changes.
pub(crate) struct Opened {
    assets: Vec<Asset>,
    /// For each supply movement, in order.
    entitlements: Vec<Vec<Entitlement>>,
}

impl Opened {
    /// Looks at the ledger before the block.
    pub(crate) fn of(block: &Audited<'_>, before: &Ledger) -> Opened {
        let with_supplies = block
            .movements
            .iter()
            .flat_map(|movements| movements.supplies.iter().map(move |supply| (movements.receipt, supply.asset)));
        let entitlements = with_supplies.map(|(receipt, asset)| {
            let transaction = receipt.map(|place| block.transactions[place as usize]);
            transaction.map(|transaction| entitlements(transaction, asset, block, before)).unwrap_or_default()
        });
        Opened { entitlements: entitlements.collect(), assets: before.assets().to_vec() }
    }
}

impl Books {
    /// Each mint and each burn, in their order.
    pub fn changes(&self) -> &[SupplyChange] {
        &self.changes
    }

    /// Each attested reserve, in their order.
    pub fn reserves(&self) -> &[ReserveChange] {
        &self.reserves
    }

    /// Takes a block into the books; `after` is the ledger after it. Returns what is wrong with it.
    pub(crate) fn enter(&mut self, block: &Audited<'_>, opened: Opened, after: &Ledger) -> Vec<Fault> {
        let Opened { assets, entitlements } = opened;
        let mut faults = Vec::new();
        let mut entitlements = entitlements.into_iter();
        for movements in block.movements {
            faults.extend(not_conserved(movements).map(|asset| Fault::NotConserved { asset }));
            let transaction = movements.receipt.map(|place| block.transactions[place as usize]);
            for supply in &movements.supplies {
                let (id, asset) = (supply.asset, supply.asset.0 as usize);
                // Roles may change within a block: those before it and those after it are good.
                let states = [assets.get(asset), after.assets().get(asset)];
                let entitled = entitlements.next().unwrap_or_default();
                let role = states
                    .into_iter()
                    .flatten()
                    .find_map(|asset| entitled.iter().find_map(|entitlement| entitlement.role_in(asset)));
                let change = SupplyChange {
                    height: block.header.height,
                    timestamp: block.header.timestamp,
                    transaction: transaction.map(|transaction| transaction.id()),
                    by: transaction.map(|transaction| transaction.payload().payer),
                    role: role.map(|(role, _)| role),
                    proposed_by: role.and_then(|(_, proposer)| proposer),
                    asset: id,
                    before: supply.before,
                    after: supply.after,
                };
                if change.role.is_none() {
                    faults.push(Fault::NoRole { asset: id, transaction: change.transaction });
                }
                if supply.after > supply.before {
                    faults.extend(beyond(id, supply.after, states, block));
                }
                self.changes.push(change);
            }
        }
        self.enter_reserves(block, &assets, after);
        faults
    }

    fn enter_reserves(&mut self, block: &Audited<'_>, before: &[Asset], after: &Ledger) {
        for (number, asset) in (0..).zip(after.assets()) {
            let known = before.get(number as usize).and_then(|asset| asset.controls.reserve);
            if let Some(attested) = asset.controls.reserve.filter(|attested| known != Some(*attested)) {
                self.reserves.push(ReserveChange {
                    height: block.header.height,
                    timestamp: block.header.timestamp,
                    asset: AssetId(number),
                    reserve: attested.reserve,
                    as_of: attested.as_of,
                    document: attested.document,
                    supply: asset.supply,
                });
            }
        }
    }
}

/// Whether a supply that has grown is more than the cap or the attested reserve allows. Both may change within the
/// block: the greatest that held in it counts.
fn beyond(id: AssetId, supply: Amount, states: [Option<&Asset>; 2], block: &Audited<'_>) -> Vec<Fault> {
    let states: Vec<&Asset> = states.into_iter().flatten().collect();
    let mut faults = Vec::new();
    let caps: Option<Vec<Amount>> = states.iter().map(|asset| asset.controls.supply_cap).collect();
    if let Some(cap) = caps.and_then(|caps| caps.into_iter().max()).filter(|cap| supply > *cap) {
        faults.push(Fault::BeyondCap { asset: id, supply, cap });
    }
    if states.iter().all(|asset| asset.holder(Role::Attestor).is_some()) {
        let held = states.iter().filter_map(|asset| asset.controls.reserve).map(|attested| attested.reserve);
        let instructions = block.transactions.iter().flat_map(|transaction| transaction.payload().instructions.iter());
        let within = instructions.filter_map(|instruction| match instruction {
            Instruction::Issuance(issuance) => match **issuance {
                Issuance::Attest { asset, reserve, .. } if asset == id => Some(reserve),
                _ => None,
            },
            _ => None,
        });
        let reserve = held.chain(within).max().unwrap_or_default();
        if supply > reserve {
            faults.push(Fault::BeyondReserve { asset: id, supply, reserve });
        }
    }
    faults
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
}
