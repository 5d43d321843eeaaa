//! Each instruction with each failure. Where a row breaks several rules, the failure is that of the earliest one.

use types::{Amount, Instruction};
use vm::{Failure, Outcome, Precheck};

use crate::bank::*;

fn overdraft(asset: types::AssetId, balance: u128, needed: u128) -> Failure {
    Failure::Overdraft { asset, balance: Amount(balance), needed: Amount(needed) }
}

#[test]
fn the_table() {
    const MAX: u128 = u128::MAX;
    let unknown = Failure::UnknownAsset { asset: NO_ASSET };
    let not_issuer = Failure::NotIssuer { asset: WON };
    let full = Failure::SupplyOverflow { asset: WON };
    #[rustfmt::skip]
    let table: Vec<(&str, u8, Instruction, Option<Failure>)> = vec![
        ("mint, no account, no asset",        STRANGER, mint(NO_ASSET, BOB, 0),       Some(Failure::UnknownAccount)),
        ("mint, no asset, zero",              ISSUER,   mint(NO_ASSET, BOB, 0),       Some(unknown)),
        ("mint, not the issuer, zero",        ALICE,    mint(WON, BOB, 0),            Some(not_issuer)),
        ("mint, not the issuer, too much",    ALICE,    mint(WON, BOB, MAX),          Some(not_issuer)),
        ("mint, another asset's issuer",      DOLLAR_ISSUER, mint(WON, BOB, 1),       Some(not_issuer)),
        ("mint, one too much",                ISSUER,   mint(WON, BOB, MAX - 1_249),  Some(full)),
        ("mint, as much as can be",           ISSUER,   mint(WON, BOB, MAX - 1_250),  None),
        ("mint to oneself",                   ISSUER,   mint(WON, ISSUER, 1),         None),
        ("mint to a new account",             ISSUER,   mint(WON, STRANGER, 1),       None),
        ("mint by an issuer without money",   DOLLAR_ISSUER, mint(DOLLAR, BOB, 1),    None),
        ("burn, no account, no asset",        STRANGER, burn(NO_ASSET, 0),            Some(Failure::UnknownAccount)),
        ("burn, no asset, zero",              ISSUER,   burn(NO_ASSET, 0),            Some(unknown)),
        ("burn, not the issuer, zero",        ALICE,    burn(WON, 0),                 Some(not_issuer)),
        ("burn, not the issuer, overdraft",   ALICE,    burn(WON, MAX),               Some(not_issuer)),
        ("burn, one too much",                ISSUER,   burn(WON, 201),               Some(overdraft(WON, 200, 201))),
        ("burn, all",                         ISSUER,   burn(WON, 200),               None),
        ("transfer, no account, no asset",    STRANGER, transfer(NO_ASSET, BOB, 0),   Some(Failure::UnknownAccount)),
        ("transfer, no asset, zero",          ALICE,    transfer(NO_ASSET, BOB, 0),   Some(unknown)),
        ("transfer, zero, holds none",        BOB,      transfer(DOLLAR, ALICE, 0),   Some(Failure::ZeroAmount)),
        ("transfer, holds none",              BOB,      transfer(DOLLAR, ALICE, 1),   Some(overdraft(DOLLAR, 0, 1))),
        ("transfer, one too much",            ALICE,    transfer(WON, BOB, 1_001),    Some(overdraft(WON, 1_000, 1_001))),
        ("transfer, the most there is",       ALICE,    transfer(WON, BOB, MAX),      Some(overdraft(WON, 1_000, MAX))),
        ("transfer to oneself, one too much", ALICE,    transfer(WON, ALICE, 1_001),  Some(overdraft(WON, 1_000, 1_001))),
        ("transfer, all",                     ALICE,    transfer(WON, BOB, 1_000),    None),
        ("transfer to a new account",         ALICE,    transfer(WON, STRANGER, 1),   None),
        ("transfer to oneself, all",          ALICE,    transfer(WON, ALICE, 1_000),  None),
    ];
    for (name, payer, instruction, expected) in table {
        let mut ledger = ledger();
        let supply = ledger.asset(WON).unwrap().supply;
        let transaction = signed(payer, 0, vec![instruction]);

        let precheck = ledger.precheck(&transaction, now(1));
        let refused = match expected {
            None => Ok(()),
            Some(Failure::UnknownAccount) => Err(Precheck::UnknownAccount),
            Some(failure) => Err(Precheck::WouldFail(failure)),
        };
        assert_eq!(precheck, refused, "{name}: precheck");

        let execution = finalize(&mut ledger, now(1), &[transaction]);
        let outcome = match expected {
            None => Outcome::Succeeded,
            Some(failure) => Outcome::Failed { instruction: 0, failure },
        };
        assert_eq!(execution.receipts[0].outcome, outcome, "{name}");
        if expected.is_some() {
            let balances: Vec<u128> = [ALICE, BOB, ISSUER].map(|customer| balance(&ledger, customer, WON)).to_vec();
            assert_eq!(balances, [1_000, 50, 200], "{name}: has an effect");
            assert_eq!(ledger.asset(WON).unwrap().supply, supply, "{name}: has an effect");
            assert_eq!(ledger.account_count(), 4, "{name}: has an effect");
        }
        assert_eq!(ledger.held(WON), ledger.asset(WON).unwrap().supply, "{name}");
        assert_eq!(ledger.held(DOLLAR), ledger.asset(DOLLAR).unwrap().supply, "{name}");
    }
}

#[test]
fn a_transfer_to_oneself_changes_no_balance() {
    let mut ledger = ledger();
    finalize(&mut ledger, now(1), &[signed(ALICE, 0, vec![transfer(WON, ALICE, 1_000)])]);
    assert_eq!(balance(&ledger, ALICE, WON), 1_000);
}

#[test]
fn a_precheck_adds_up_the_instructions() {
    let ledger = ledger();
    let check = |instructions| ledger.precheck(&signed(ALICE, 0, instructions), now(1));
    let both = |won, dollars| vec![transfer(WON, BOB, won), transfer(DOLLAR, BOB, dollars), transfer(WON, BOB, 1)];
    assert_eq!(check(both(999, 5)), Ok(()));
    assert_eq!(check(both(1_000, 5)), Err(Precheck::WouldFail(overdraft(WON, 0, 1))));
    assert_eq!(check(both(999, 6)), Err(Precheck::WouldFail(overdraft(DOLLAR, 5, 6))));
    let dollars = |again| vec![transfer(WON, BOB, 1), transfer(DOLLAR, BOB, 3), transfer(DOLLAR, BOB, again)];
    assert_eq!(check(dollars(2)), Ok(()));
    assert_eq!(check(dollars(3)), Err(Precheck::WouldFail(overdraft(DOLLAR, 2, 3))));
    assert_eq!(check(vec![transfer(WON, ALICE, 1_000), transfer(WON, BOB, 1_000)]), Ok(()));

    let issuer = |instructions| ledger.precheck(&signed(ISSUER, 0, instructions), now(1));
    assert_eq!(issuer(vec![mint(WON, ISSUER, 10), transfer(WON, BOB, 210)]), Ok(()));
    let minted_elsewhere = issuer(vec![mint(WON, BOB, 10), transfer(WON, BOB, 210)]);
    assert_eq!(minted_elsewhere, Err(Precheck::WouldFail(overdraft(WON, 200, 210))));
    let burnt = issuer(vec![burn(WON, 150), transfer(WON, BOB, 51)]);
    assert_eq!(burnt, Err(Precheck::WouldFail(overdraft(WON, 50, 51))));
}
