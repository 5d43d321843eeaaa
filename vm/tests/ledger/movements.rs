//! What execution says it has moved is what the balances say.

use types::codec::Text;
use types::{Action, Amount, AssetId};
use vm::{Movements, SupplyMovement, TrialBalance, execute_traced};

use crate::bank::*;
use crate::instructions::propose;

fn accounts(movements: &Movements) -> Vec<(u8, AssetId, u128, u128)> {
    let customer = |account| (0..STRANGER + 2).find(|number| address(*number) == account).unwrap();
    let moved = movements.accounts.iter();
    let mut list: Vec<_> =
        moved.map(|moved| (customer(moved.account), moved.asset, moved.before.0, moved.after.0)).collect();
    list.sort_unstable();
    list
}

#[test]
fn each_transaction_moves_what_its_balances_say() {
    let mut ledger = ledger();
    let block = [
        signed(ALICE, 0, vec![transfer(WON, BOB, 100), transfer(WON, STRANGER, 5)]),
        signed(ALICE, 1, vec![transfer(WON, BOB, 10), transfer(WON, STRANGER, 99_999)]),
        signed(ALICE, 2, vec![transfer(WON, ALICE, 1)]),
        signed(ISSUER, 0, vec![mint(WON, STRANGER, 7), burn(WON, 200)]),
        signed(BOB, 0, vec![transfer(WON, ALICE, 3), transfer(WON, ALICE, 4)]),
    ];
    let plain = run(&ledger, &[], now(1), &block);
    let (execution, movements) = execute_traced(&ledger, &[], now(1), &block).unwrap();
    assert_eq!((execution.state_root, &execution.receipts), (plain.state_root, &plain.receipts));
    let receipts: Vec<_> = movements.iter().map(|movements| movements.receipt).collect();
    assert_eq!(receipts, [Some(0), Some(3), Some(4)], "the second fails, the third changes nothing");
    assert_eq!(accounts(&movements[0]), [(ALICE, WON, 1_000, 895), (BOB, WON, 50, 150), (STRANGER, WON, 0, 5)]);
    assert_eq!(accounts(&movements[1]), [(ISSUER, WON, 200, 0), (STRANGER, WON, 5, 12)]);
    let supply = SupplyMovement { asset: WON, before: Amount(1_250), after: Amount(1_057) };
    assert_eq!(movements[1].supplies, [supply]);
    assert_eq!(accounts(&movements[2]), [(ALICE, WON, 895, 902), (BOB, WON, 150, 143)]);

    ledger.apply(execution.delta);
    let trial = ledger.trial_balances();
    let won = TrialBalance {
        asset: WON,
        issuer: Amount::ZERO,
        others: Amount(1_057),
        holders: 3,
        records: Vec::new(),
        supply: Amount(1_057),
    };
    assert_eq!(trial[0], won);
    assert!(trial.iter().all(|asset| asset.balances() && asset.held() == ledger.held(asset.asset)));
    assert!(!TrialBalance { others: Amount(1_056), ..won }.balances());
}

/// An asset that a failing transaction has created and minted is none: nothing of it has moved.
#[test]
fn an_asset_that_was_taken_back_has_not_moved() {
    let ledger = ledger();
    let created = Action::CreateAsset { symbol: Text::new("EUR").unwrap(), decimals: 2, issuer: address(ISSUER) };
    let euro = AssetId(2);
    let fails = vec![propose(WON, created, 60), mint(euro, ISSUER, 5), transfer(euro, BOB, 6)];
    let block = [signed(ISSUER, 0, fails), signed(ALICE, 0, vec![transfer(WON, BOB, 1)])];
    let (execution, movements) = execute_traced(&ledger, &[], now(1), &block).unwrap();
    assert_eq!(execution.receipts[0].failure().map(|(number, _)| number), Some(2));
    assert_eq!(movements.iter().map(|movements| movements.receipt).collect::<Vec<_>>(), [Some(1)]);
}
