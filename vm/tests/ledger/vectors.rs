//! Pinned bytes and roots: whoever changes a format changes `vectors/ledger.txt` with it, in the open.

use std::fmt::Write;

use types::codec::{decode, encode};
use types::{Amount, Deadline, Instruction};
use vm::{Account, Asset, Receipt};

use crate::bank::*;

const PINNED: &str = include_str!("../../vectors/ledger.txt");

fn vectors() -> String {
    let mut text = String::from(
        "# A ledger's bytes and roots. A difference here is a change of format: the chain's, the store's or the checkpoint's.\n",
    );
    let mut line = |name: &str, bytes: &[u8]| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "{name}: {digits}").unwrap();
    };
    let mut ledger = ledger();
    line("genesis state root", &ledger.state_root().0);
    for asset in ledger.assets() {
        line(&format!("asset {}", &*asset.symbol), &encode(asset));
        assert_eq!(decode::<Asset>(&encode(asset)).as_ref(), Ok(asset));
    }
    let blocks = [
        vec![
            signed(ISSUER, 0, vec![mint(WON, ALICE, 1 << 70)]),
            signed(ALICE, 1, vec![transfer(WON, BOB, 250), transfer(DOLLAR, STRANGER, 5), transfer(WON, STRANGER, 1)]),
            signed(BOB, 2, vec![transfer(WON, ALICE, 1), transfer(WON, ALICE, 300)]),
        ],
        vec![],
        vec![
            until(SECOND + 9, ISSUER, 3, vec![burn(WON, 200)]),
            signed(STRANGER + 1, 4, vec![transfer(WON, ALICE, 1)]),
            signed(ALICE, 5, vec![transfer(NO_ASSET, ALICE, 1)]),
            signed(ALICE, 6, vec![transfer(WON, ALICE, 0)]),
            signed(ALICE, 7, vec![burn(WON, 1)]),
            signed(ISSUER, 8, vec![mint(WON, BOB, u128::MAX)]),
        ],
        VALIDATORS
            .map(|payer| signed(payer, 9, vec![approve(0, vec![add(VALIDATOR + 3), remove(VALIDATOR)])]))
            .into_iter()
            .collect(),
        vec![
            signed(ISSUER, 10, [BOB, ALICE, STRANGER].map(|at| register(at, shop("Shop", 2))).to_vec()),
            signed(ALICE, 10, vec![close(ALICE)]),
            signed(ISSUER, 11, vec![register(BOB, shop("Shop", 2))]),
            signed(ISSUER, 12, vec![close(STRANGER + 1)]),
            signed(ISSUER, 13, vec![update(BOB, shop("", 2))]),
        ],
        vec![signed(ISSUER, 14, vec![update(BOB, shop("Bob's", 1)), close(ALICE)])],
    ];
    for (block, height) in blocks.iter().zip(1..) {
        let execution = finalize(&mut ledger, now(height), block);
        for (receipt, index) in execution.receipts.iter().zip(0..) {
            line(&format!("block {height} receipt {index}"), &encode(receipt));
            assert_eq!(decode::<Receipt>(&encode(receipt)).as_ref(), Ok(receipt));
        }
        line(&format!("block {height} receipts root"), &execution.receipts_root.0);
        line(&format!("block {height} state root"), &execution.state_root.0);
    }
    for (name, customer) in [("issuer", ISSUER), ("alice", ALICE), ("bob", BOB), ("stranger", STRANGER)] {
        let account = ledger.account(&address(customer)).unwrap();
        line(&format!("account {name}"), &encode(account));
        assert_eq!(decode::<Account>(&encode(account)).as_ref(), Ok(account));
    }
    for instruction in [register(BOB, shop("Shop", 1)), update(BOB, shop("Shop", 1)), close(BOB)] {
        line("instruction of the registry", &encode(&instruction));
        assert_eq!(decode::<Instruction>(&encode(&instruction)), Ok(instruction));
    }
    for (chunk, number) in ledger.snapshot().chunks().zip(0..) {
        line(&format!("checkpoint chunk {number}"), &chunk);
    }
    let execution = run(&ledger, &[], context(7, (u64::from(SECOND) + 10) * 1_000), &[]);
    line("state root once a second has closed", &execution.state_root.0);
    let closed = ledger.apply(execution.delta).seconds;
    assert_eq!(closed.iter().map(|closed| closed.leaf.second).collect::<Vec<_>>(), [Deadline(SECOND + 9)]);
    line("page of ids of the closed second", &encode(&closed[0].ids.page(0).unwrap()));
    line("leaf of the closed second", &encode(&closed[0].leaf));
    line("hash of that leaf", &closed[0].leaf.hash().0);
    line("closed seconds", &encode(ledger.closed_seconds()));
    line("parts of the state root", &encode(&ledger.opening()));
    line("account proof", &encode(&ledger.prove_account(&address(ALICE)).unwrap()));
    assert_eq!(ledger.asset(WON).unwrap().supply, Amount((1 << 70) + 1_050));
    text
}

#[test]
fn bytes_and_roots_are_the_pinned_ones() {
    let now = vectors();
    let made = concat!(env!("CARGO_TARGET_TMPDIR"), "/ledger.txt");
    std::fs::write(made, &now).unwrap();
    for (pinned, now) in PINNED.lines().zip(now.lines()) {
        assert_eq!(pinned, now, "a format has changed; if it was meant to, {made} becomes vectors/ledger.txt");
    }
    assert_eq!(PINNED.len(), now.len(), "{made} is to become vectors/ledger.txt");
}
