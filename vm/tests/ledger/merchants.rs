//! The registry of merchants: who changes it, each failure, and how it is read.

use types::codec::{Bounded, Text};
use types::{Instruction, Merchant, MerchantField};
use vm::{Failure, Ledger, Outcome, Precheck, Record, RecordKey};

use crate::bank::*;

fn key(customer: u8) -> RecordKey {
    RecordKey::Merchant(address(customer))
}

fn entry(ledger: &Ledger, customer: u8) -> Option<&Merchant> {
    match ledger.record(&key(customer))? {
        Record::Merchant(merchant) => Some(merchant),
        other => panic!("{other:?}"),
    }
}

/// A ledger with Bob's shop in the registry.
fn with_bob() -> Ledger {
    let mut ledger = ledger();
    finalize(&mut ledger, now(1), &[signed(ISSUER, 0, vec![register(BOB, shop("Bob's", 2))])]);
    ledger
}

#[test]
fn each_failure_in_its_order() {
    let merchant = address(BOB);
    let exists = Failure::MerchantExists { merchant };
    let unknown = Failure::UnknownMerchant { merchant: address(STRANGER) };
    let malformed = |field| Some(Failure::MalformedMerchant { merchant, field });
    let bad_number = || Merchant { business_number: Text::new("1248100999").unwrap(), ..shop("", 1) };
    let twice = || {
        let till = Text::new("till").unwrap();
        Merchant { terminals: Bounded::new(vec![till.clone(), till]).unwrap(), ..shop("Bob's", 0) }
    };
    let not_registrar = Failure::NotRegistrar;
    #[rustfmt::skip]
    let table: Vec<(&str, u8, Instruction, Option<Failure>)> = vec![
        ("register, a stranger, exists",      STRANGER, register(BOB, bad_number()),        Some(not_registrar)),
        ("register, another asset's issuer",  DOLLAR_ISSUER, register(STRANGER, shop("S", 1)), Some(not_registrar)),
        ("register oneself",                  ALICE,    register(ALICE, shop("A", 1)),      Some(not_registrar)),
        ("register, exists, malformed",       ISSUER,   register(BOB, bad_number()),        Some(exists)),
        ("register",                          ISSUER,   register(ALICE, shop("A", 64)),     None),
        ("register, has no account",          ISSUER,   register(STRANGER, shop("S", 0)),   None),
        ("update by the merchant, malformed", BOB,      update(BOB, bad_number()),          Some(not_registrar)),
        ("update, not registered, malformed", ISSUER,   update(STRANGER, bad_number()),     Some(unknown)),
        ("update, bad number, no name",       ISSUER,   update(BOB, bad_number()),          malformed(MerchantField::BusinessNumber)),
        ("update, no name",                   ISSUER,   update(BOB, shop("", 1)),           malformed(MerchantField::Name)),
        ("update, a terminal twice",          ISSUER,   update(BOB, twice()),               malformed(MerchantField::Terminals)),
        ("update",                            ISSUER,   update(BOB, shop("Bob & sons", 3)), None),
        ("update, to the same",               ISSUER,   update(BOB, shop("Bob's", 2)),      None),
        ("close by the merchant",             BOB,      close(BOB),                         Some(not_registrar)),
        ("close, not registered",             ISSUER,   close(STRANGER),                    Some(unknown)),
        ("close",                             ISSUER,   close(BOB),                         None),
    ];
    for (name, payer, instruction, expected) in table {
        let mut ledger = with_bob();
        let transaction = signed(payer, 7, vec![instruction.clone()]);
        let refused = expected.map_or(Ok(()), |failure| Err(Precheck::WouldFail(failure)));
        assert_eq!(ledger.precheck(&transaction, now(2)), refused, "{name}: precheck");

        let execution = finalize(&mut ledger, now(2), &[transaction]);
        let outcome = expected.map_or(Outcome::Succeeded, |failure| Outcome::Failed { instruction: 0, failure });
        assert_eq!(execution.receipts[0].outcome, outcome, "{name}");
        let (merchant, after) = match (&instruction, expected) {
            (_, Some(_)) => (address(BOB), Some(shop("Bob's", 2))),
            (Instruction::CloseMerchant { merchant }, None) => (*merchant, None),
            (Instruction::RegisterMerchant { merchant, entry }, None)
            | (Instruction::UpdateMerchant { merchant, entry }, None) => (*merchant, Some(*entry.clone())),
            (other, None) => panic!("{other:?} is none of the registry's"),
        };
        let record = ledger.record(&RecordKey::Merchant(merchant)).cloned();
        assert_eq!(record, after.map(Record::Merchant), "{name}: has another effect");
        assert_eq!(ledger.account_count(), 4, "{name}: opens an account");
    }
}

#[test]
fn a_transaction_that_fails_later_registers_nobody() {
    let mut ledger = with_bob();
    let instructions = vec![
        close(BOB),
        register(BOB, shop("Another Bob", 1)),
        update(BOB, shop("Bob again", 1)),
        register(ALICE, shop("Alice's", 1)),
        burn(WON, 201),
    ];
    let overdraft = Failure::Overdraft { asset: WON, balance: types::Amount(200), needed: types::Amount(201) };
    let transaction = signed(ISSUER, 1, instructions);
    let refused = Err(Precheck::WouldFail(overdraft));
    assert_eq!(ledger.precheck(&transaction, now(2)), refused, "sees its own changes of the registry");
    let execution = finalize(&mut ledger, now(2), &[transaction]);
    assert_eq!(execution.receipts[0].failure(), Some((4, &overdraft)));
    assert_eq!((entry(&ledger, BOB), entry(&ledger, ALICE)), (Some(&shop("Bob's", 2)), None));
}

#[test]
fn without_assets_there_is_no_registrar() {
    let ledger = Ledger::genesis(PARAMETERS, vec![member(VALIDATOR)], vec![], vec![(address(ALICE), vec![])]).unwrap();
    let execution = run(&ledger, &[], now(1), &[signed(ALICE, 0, vec![register(BOB, shop("Bob's", 1))])]);
    assert_eq!(execution.receipts[0].failure(), Some((0, &Failure::NotRegistrar)));
}

#[test]
fn a_precheck_follows_the_instructions() {
    let ledger = with_bob();
    let check = |instructions| ledger.precheck(&signed(ISSUER, 1, instructions), now(2));
    let unknown = |customer| Err(Precheck::WouldFail(Failure::UnknownMerchant { merchant: address(customer) }));
    assert_eq!(check(vec![register(ALICE, shop("A", 1)), close(ALICE)]), Ok(()));
    assert_eq!(check(vec![close(BOB), close(BOB)]), unknown(BOB));
    assert_eq!(check(vec![register(ALICE, shop("A", 1)), close(STRANGER)]), unknown(STRANGER));
    let exists = Err(Precheck::WouldFail(Failure::MerchantExists { merchant: address(ALICE) }));
    assert_eq!(check(vec![register(ALICE, shop("A", 1)), register(ALICE, shop("A", 1))]), exists);
}

#[test]
fn merchants_are_read_in_the_order_of_their_addresses() {
    let mut ledger = ledger();
    let merchants: Vec<u8> = (30..60).collect();
    for (chunk, height) in merchants.chunks(7).zip(1..) {
        let block: Vec<_> = chunk.iter().map(|customer| register(*customer, shop("Shop", 1))).collect();
        finalize(&mut ledger, now(height), &[signed(ISSUER, height, block)]);
    }
    let mut expected: Vec<RecordKey> = merchants.iter().map(|customer| key(*customer)).collect();
    expected.sort();
    let read: Vec<RecordKey> = ledger.records(..).map(|(key, _)| key.clone()).collect();
    assert_eq!(read, expected);
    let some: Vec<RecordKey> = ledger.records(expected[2].clone()..).map(|(key, _)| key.clone()).take(3).collect();
    assert_eq!(some, expected[2..5]);
}
