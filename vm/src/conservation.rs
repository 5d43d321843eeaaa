//! The books: for each asset, all balances together change by as much as the supply.

use types::{Amount, AssetId};

use crate::Asset;
use crate::delta::Changed;
use crate::overlay::Parent;

/// The first asset of which a block's balances change by another amount than its supply, if there is one. Compares the
/// changed accounts with what they were in the parent's state, so it does not rely on how they were changed.
pub(crate) fn violation(parent: Parent<'_>, changed: &[Changed], assets: &[Asset]) -> Option<AssetId> {
    // For each asset what the changed accounts held together, before and after; `None` once it cannot be counted.
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
    let supplies = parent.commitments().assets.iter().zip(assets).map(|(before, after)| (before.supply, after.supply));
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
        let asset = |symbol: &str| AssetSpec { symbol: Text::new(symbol).unwrap(), decimals: 0, issuer: ALICE };
        let balances = vec![(AssetId(0), Amount(100)), (AssetId(1), Amount(100))];
        let accounts = vec![(ALICE, balances.clone()), (Address([2; 20]), balances)];
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000 };
        let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
        Ledger::genesis(parameters, members, vec![asset("KRW"), asset("USD")], accounts).unwrap()
    }

    /// The verdict after Alice's and a new account's balances of asset 1 were set and its supply changed from 200.
    fn verdict(alice: u128, new: u128, supply: u128) -> Option<AssetId> {
        let ledger = ledger();
        let parent = Parent::new(&ledger, &[]).unwrap();
        let mut changed = Changed { index: 0, account: ledger.account(&ALICE).unwrap().clone() };
        changed.account.set_balance(AssetId(1), Amount(alice));
        let mut created = Changed { index: 2, account: crate::Account::new(Address([3; 20])) };
        created.account.set_balance(AssetId(1), Amount(new));
        let mut assets = ledger.assets().to_vec();
        assets[1].supply = Amount(supply);
        violation(parent, &[changed, created], &assets)
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
}
