//! An account's history can be walked back from receipt to receipt.

use std::collections::BTreeMap;

use types::{Address, Height};
use vm::{Receipt, ReceiptPointer};

use crate::bank::*;

#[test]
fn receipts_link_back_through_the_history_of_each_account() {
    let mut ledger = ledger();
    let blocks = [
        vec![signed(ALICE, 0, vec![transfer(WON, BOB, 1)]), signed(BOB, 0, vec![transfer(WON, STRANGER, 1)])],
        vec![signed(ALICE, 1, vec![transfer(WON, ALICE, 1)])],
        vec![
            signed(ALICE, 2, vec![transfer(WON, BOB, 9_999)]),
            signed(ALICE, 3, vec![transfer(WON, BOB, 1), transfer(WON, STRANGER, 1), transfer(WON, BOB, 1)]),
        ],
    ];
    let mut receipts: BTreeMap<ReceiptPointer, Receipt> = BTreeMap::new();
    for (block, height) in blocks.iter().zip(1..) {
        let execution = finalize(&mut ledger, now(height), block);
        for (receipt, index) in execution.receipts.into_iter().zip(0..) {
            assert_eq!(ledger.executed(&receipt.id), Some(ReceiptPointer { height: Height(height), index }));
            receipts.insert(ReceiptPointer { height: Height(height), index }, receipt);
        }
    }
    let walk = |customer: u8| {
        let account: Address = address(customer);
        let mut at = ledger.account(&account).unwrap().latest;
        let mut history = Vec::new();
        while let Some(pointer) = at {
            history.push((pointer.height.0, pointer.index));
            let links: Vec<_> = receipts[&pointer].links.iter().filter(|link| link.account == account).collect();
            assert_eq!(links.len(), 1, "each account is linked once");
            at = links[0].previous;
        }
        history
    };
    assert_eq!(walk(ALICE), [(3, 1), (3, 0), (2, 0), (1, 0)]);
    assert_eq!(walk(BOB), [(3, 1), (1, 1), (1, 0)], "a failed transaction touches only its payer");
    assert_eq!(walk(STRANGER), [(3, 1), (1, 1)]);
    assert_eq!(walk(ISSUER), []);
    let order: Vec<Address> =
        receipts[&ReceiptPointer { height: Height(3), index: 1 }].links.iter().map(|link| link.account).collect();
    assert_eq!(order, [ALICE, BOB, STRANGER].map(address));
}
