//! The books: for each asset, all balances and the money in records together change by as much as the supply.

use types::{Amount, AssetId};

use crate::Asset;
use crate::state::delta::Changed;
use crate::state::overlay::Parent;
use crate::state::records::Money;

/// The first asset of which a block's balances and records change by another amount than its supply, if there is one.
/// Compares the changed accounts with what they were in the parent's state, so it does not rely on how they were
/// changed. `records` is the money in each changed record, before and after the block.
pub(crate) fn violation(
    parent: Parent<'_>,
    changed: &[Changed],
    records: impl Iterator<Item = (Money, Money)>,
    assets: &[Asset],
) -> Option<AssetId> {
    // For each asset what was held together, before and after; `None` once it cannot be counted.
    let mut sums = vec![(Some(Amount::ZERO), Some(Amount::ZERO)); assets.len()];
    let add = |sum: &mut Option<Amount>, amount| *sum = sum.and_then(|sum| sum.checked_add(amount));
    let existing = parent.commitments().account_count;
    for Changed { index, account } in changed {
        account.balances().for_each(|(asset, amount)| add(&mut sums[asset.0 as usize].1, amount));
        if *index < existing
            && let Some(before) = parent.account_at(*index, &account.address)
        {
            before.balances().for_each(|(asset, amount)| add(&mut sums[asset.0 as usize].0, amount));
        }
    }
    for (before, after) in records {
        before.into_iter().for_each(|(asset, amount)| add(&mut sums[asset.0 as usize].0, amount));
        after.into_iter().for_each(|(asset, amount)| add(&mut sums[asset.0 as usize].1, amount));
    }
    // Of an asset that the block creates there was nothing before.
    let before = parent.commitments().assets.iter().map(|asset| asset.supply).chain(std::iter::repeat(Amount::ZERO));
    let supplies = before.zip(assets.iter().map(|asset| asset.supply));
    let is_kept = |(held, supply): ((Option<Amount>, Option<Amount>), (Amount, Amount))| {
        let (Some(before), Some(after)) = held else { return false };
        match after.checked_sub(before) {
            Some(more) => supply.1.checked_sub(supply.0) == Some(more),
            None => supply.0.checked_sub(supply.1) == before.checked_sub(after),
        }
    };
    let violated = sums.into_iter().zip(supplies).position(|pair| !is_kept(pair));
    // Assets are at most MAX_ASSETS.
    violated.map(|place| AssetId(place as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AssetSpec, Ledger, Parameters};
    use types::codec::Text;
    use types::{Address, Member, PublicKey};

    const ALICE: Address = Address([1; 20]);

    fn ledger() -> Ledger {
        let asset = |symbol: &str| AssetSpec::new(Text::new(symbol).unwrap(), 0, ALICE);
        let balances = vec![(AssetId(0), Amount(100)), (AssetId(1), Amount(100))];
        let accounts = vec![(ALICE, balances.clone()), (Address([2; 20]), balances)];
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
        let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
        Ledger::genesis(parameters, members, vec![asset("KRW"), asset("USD")], accounts).unwrap()
    }

    /// The verdict after Alice's and a new account's balances of asset 1 were set and its supply changed from 200.
    fn verdict(alice: u128, new: u128, supply: u128) -> Option<AssetId> {
        verdict_with(alice, new, supply, &[])
    }

    /// The same where records held some of asset 1 before, and hold some after.
    fn verdict_with(alice: u128, new: u128, supply: u128, records: &[(Option<u128>, Option<u128>)]) -> Option<AssetId> {
        let ledger = ledger();
        let parent = Parent::new(&ledger, &[]).unwrap();
        let mut changed = Changed { index: 0, account: ledger.account(&ALICE).unwrap().clone() };
        changed.account.set_balance(AssetId(1), Amount(alice));
        let mut created = Changed { index: 2, account: crate::Account::new(Address([3; 20])) };
        created.account.set_balance(AssetId(1), Amount(new));
        let mut assets = ledger.assets().to_vec();
        assets[1].supply = Amount(supply);
        let money = |amount: Option<u128>| amount.map(|amount| (AssetId(1), Amount(amount)));
        let records = records.iter().map(|(before, after)| (money(*before), money(*after)));
        violation(parent, &[changed, created], records, &assets)
    }

    #[test]
    fn balances_change_by_as_much_as_the_supply() {
        assert_eq!(verdict(60, 40, 200), None, "a transfer");
        assert_eq!(verdict(100, 50, 250), None, "a mint");
        assert_eq!(verdict(30, 0, 130), None, "a burn");
        assert_eq!(verdict(0, u128::MAX, u128::MAX), Some(AssetId(1)));
        for wrong in [(60, 41, 200), (60, 39, 200), (100, 0, 201), (100, 0, 199), (30, 0, 200), (100, 50, 150)] {
            assert_eq!(verdict(wrong.0, wrong.1, wrong.2), Some(AssetId(1)), "{wrong:?}");
        }
        assert_eq!(verdict(u128::MAX, u128::MAX, 199), Some(AssetId(1)), "sums that wrap around are wrong");
    }

    #[test]
    fn an_asset_that_the_block_creates_counts() {
        let ledger = ledger();
        let parent = Parent::new(&ledger, &[]).unwrap();
        let verdict = |held, supply| {
            let mut assets = ledger.assets().to_vec();
            assets.push(Asset { supply: Amount(supply), ..assets[0].clone() });
            let mut created = Changed { index: 2, account: crate::Account::new(Address([3; 20])) };
            created.account.set_balance(AssetId(2), Amount(held));
            violation(parent, &[created], std::iter::empty(), &assets)
        };
        assert_eq!((verdict(7, 7), verdict(0, 0)), (None, None));
        assert_eq!((verdict(8, 7), verdict(0, 7)), (Some(AssetId(2)), Some(AssetId(2))));
    }

    #[test]
    fn money_in_records_counts() {
        assert_eq!(verdict_with(60, 0, 200, &[(None, Some(40))]), None, "40 of Alice's go into a record");
        assert_eq!(verdict_with(130, 0, 200, &[(Some(40), Some(10))]), None, "30 come out, 10 stay");
        assert_eq!(verdict_with(130, 0, 230, &[(Some(7), Some(2)), (None, Some(5))]), None, "from one to another");
        assert_eq!(verdict_with(100, 0, 160, &[(Some(40), None)]), None, "burnt where it is");
        let wrong = [
            (60, 200, (None, Some(41))),
            (60, 200, (None, Some(39))),
            (60, 200, (None, None)),
            (130, 200, (Some(40), Some(11))),
            (100, 200, (Some(40), None)),
            (100, 200, (None, Some(u128::MAX))),
            (100, 199, (Some(u128::MAX), Some(u128::MAX))),
        ];
        for (alice, supply, records) in wrong {
            assert_eq!(verdict_with(alice, 0, supply, &[records]), Some(AssetId(1)), "{alice} {supply} {records:?}");
        }
    }
}
