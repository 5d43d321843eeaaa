//! The books after each single transaction, not only after each block.
//!
//! The ledger commits to its state at the end of a block, so what it held in between is told from what it says each
//! transaction has moved ([`vm::execute_traced`]): starting from what was held before the block, those movements must add up
//! to the supply after each of them, and be what the same transaction has changed in the model, of which all balances and
//! records are added up again after each. That the ledger says of its movements what it has done with its balances is seen
//! at the end of the block, where its state root is the model's. This is sound for every transaction, and costs less than
//! executing each block again for each of its beginnings.

use types::{Amount, AssetId};
use vm::Movements;

use crate::model::state::State;

/// Panics where the books do not add up after a transaction, or ledger and model moved something else. `states` are the
/// model's after each transaction that has a receipt, `moved` is what the ledger says.
pub(crate) fn check(before: &State, states: &[State], moved: &[Movements]) {
    let mut expected = Vec::new();
    let mut last = before;
    for (state, receipt) in states.iter().zip(0..) {
        state.expect_books();
        expected.push(state.moved_since(last, receipt));
        last = state;
    }
    expected.retain(|movements| !movements.is_empty());
    assert_eq!(moved, expected);

    // For each asset what is held and its supply; of one that the block creates there was nothing.
    let mut books: Vec<(u128, u128)> = vec![(0, 0); last.assets.len()];
    for (asset, number) in before.assets.iter().zip(0..) {
        books[number as usize] = (before.held(AssetId(number)), asset.supply.0);
    }
    for movements in moved {
        let accounts = movements.accounts.iter().map(|moved| (moved.asset, moved.before, moved.after));
        let records = movements.records.iter().map(|moved| (moved.asset, moved.before, moved.after));
        let changes: Vec<(AssetId, Amount, Amount)> = accounts.chain(records).collect();
        for (asset, before, _) in &changes {
            let held = &mut books[asset.0 as usize].0;
            *held = held.checked_sub(before.0).expect("no more leaves than is held");
        }
        for (asset, _, after) in &changes {
            let held = &mut books[asset.0 as usize].0;
            *held = held.checked_add(after.0).expect("no more is held than can be counted");
        }
        for supply in &movements.supplies {
            assert_eq!(books[supply.asset.0 as usize].1, supply.before.0);
            books[supply.asset.0 as usize].1 = supply.after.0;
        }
        for ((held, supply), asset) in books.iter().zip(&last.assets) {
            assert_eq!(held, supply, "the ledger's books of {} after receipt {:?}", &*asset.symbol, movements.receipt);
        }
    }
}
