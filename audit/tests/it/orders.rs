//! Orders for tests, and statements that name them.

use audit::{Line, Statement};
use types::codec::{Bounded, Text};
use types::{Address, Amount, Instruction, Merchant, OrderId, Payment, SettlementRule};

use crate::bank::*;
use crate::statements::{all, statement};

pub(crate) const PROCESSOR: u8 = 7;
pub(crate) const TREASURY: u8 = 8;

pub(crate) fn name(text: &str) -> OrderId {
    Text::new(text).unwrap()
}

fn payment(payment: Payment) -> Instruction {
    Instruction::Payment(Box::new(payment))
}

pub(crate) fn charge_at(merchant: u8, order: &str, amount: u128) -> Instruction {
    payment(Payment::Charge { merchant: address(merchant), order: name(order), asset: WON, amount: Amount(amount) })
}

/// Bob's order is charged.
pub(crate) fn charge(order: &str, amount: u128) -> Instruction {
    charge_at(BOB, order, amount)
}

/// Money is set aside for Bob's order.
pub(crate) fn hold(order: &str, amount: u128, valid_seconds: u32) -> Instruction {
    let (merchant, order) = (address(BOB), name(order));
    payment(Payment::Hold { merchant, order, asset: WON, amount: Amount(amount), valid_seconds })
}

pub(crate) fn capture(order: &str, amount: u128, release_rest: bool) -> Instruction {
    payment(Payment::Capture { order: name(order), amount: Amount(amount), release_rest })
}

pub(crate) fn void(order: &str) -> Instruction {
    payment(Payment::Void { order: name(order) })
}

pub(crate) fn expire(order: &str) -> Instruction {
    payment(Payment::Expire { merchant: address(BOB), order: name(order) })
}

pub(crate) fn refund(order: &str, amount: u128) -> Instruction {
    payment(Payment::Refund { order: name(order), amount: Amount(amount) })
}

pub(crate) fn open(order: &str, amount: u128) -> Instruction {
    payment(Payment::OpenOrder { order: name(order), asset: WON, amount: Amount(amount) })
}

/// A transfer to the address of Bob's order.
pub(crate) fn transfer_to(order: &str, amount: u128) -> Instruction {
    Instruction::Transfer {
        asset: WON,
        to: Address::of_order(&address(BOB), &name(order)),
        amount: Amount(amount),
        memo: Text::new("tea").unwrap(),
        reference: Text::new("r-9").unwrap(),
    }
}

/// Bob's orders are split with 1.5 % and a VAT of 10 %.
pub(crate) fn register(merchant: u8, is_split: bool) -> Instruction {
    let settlement = is_split.then(|| SettlementRule {
        processor: address(PROCESSOR),
        fee_points: 150,
        treasury: address(TREASURY),
        vat_points: 1_000,
    });
    let entry = Merchant {
        business_number: Text::new("1248100998").unwrap(),
        name: Text::new("Café Bob").unwrap(),
        category: 5_814,
        region: 11,
        is_active: true,
        settlement,
        terminals: Bounded::default(),
    };
    Instruction::RegisterMerchant { merchant: address(merchant), entry: Box::new(entry) }
}

/// Bob is a merchant and Alice has 101,000.
pub(crate) fn town() -> Chain {
    let mut chain = Chain::new();
    chain.block(vec![pay(ISSUER, 0, vec![register(BOB, true)]), pay(ISSUER, 1, vec![mint(ALICE, 100_000)])]);
    chain
}

/// A day of Bob's in blocks 2 to 4, with all kinds of steps.
pub(crate) fn day() -> Chain {
    let mut chain = town();
    chain.block(vec![
        pay(ALICE, 0, vec![charge("c-1", 11_000)]),
        pay(ALICE, 1, vec![hold("h-1", 6_000, 60)]),
        pay(ALICE, 2, vec![hold("h-2", 2_000, 60)]),
        pay(ALICE, 3, vec![hold("h-3", 500, 1)]),
        pay(BOB, 0, vec![open("a-1", 3_300)]),
    ]);
    chain.block(vec![
        pay(BOB, 1, vec![capture("h-1", 4_000, false)]),
        pay(BOB, 2, vec![refund("c-1", 3_000)]),
        pay(BOB, 3, vec![void("h-2")]),
        pay(ALICE, 4, vec![transfer_to("a-1", 3_300)]),
    ]);
    chain.block(vec![
        pay(STRANGER, 0, vec![expire("h-3")]),
        pay(BOB, 4, vec![capture("h-1", 1_500, true)]),
        pay(ALICE, 5, vec![transfer(BOB, 7)]),
        pay(ALICE, 6, vec![hold("=h-4", 700, 60)]),
        pay(ALICE, 7, vec![charge("c-1", 11_000)]),
    ]);
    assert!(chain.entries.iter().all(|entry| entry.receipts.is_some()));
    chain
}

/// Orders, what came in, what went out and how many references of each line.
fn named(statement: &Statement) -> Vec<(String, u128, u128)> {
    let orders = |line: &Line| line.orders.iter().map(|named| named.order.to_string()).collect::<Vec<_>>().join(" ");
    statement.lines.iter().map(|line| (orders(line), line.credit.0, line.debit.0)).collect()
}

fn lines(expected: &[(&str, u128, u128)]) -> Vec<(String, u128, u128)> {
    expected.iter().map(|(orders, credit, debit)| ((*orders).to_owned(), *credit, *debit)).collect()
}

#[test]
fn each_side_of_an_order_is_told_which_it_was() {
    let chain = day();
    let bob = statement(&chain, BOB, all()).unwrap();
    assert_eq!(
        named(&bob),
        lines(&[
            ("c-1", 9_835, 0),
            ("h-1", 3_577, 0),
            ("c-1", 0, 2_682),
            ("a-1", 2_951, 0),
            ("h-1", 1_341, 0),
            ("", 7, 0)
        ])
    );
    assert!(bob.lines.iter().flat_map(|line| &line.orders).all(|named| named.merchant == address(BOB)));
    let by_address = &bob.lines[3];
    assert_eq!((&by_address.memos[..], &by_address.references[..]), (&["tea".to_owned()][..], &["r-9".to_owned()][..]));
    let alice = statement(&chain, ALICE, all()).unwrap();
    assert_eq!(
        named(&alice),
        lines(&[
            ("", 100_000, 0),
            ("c-1", 0, 11_000),
            ("h-1", 0, 6_000),
            ("h-2", 0, 2_000),
            ("h-3", 0, 500),
            ("c-1", 3_000, 0),
            ("h-2", 2_000, 0),
            ("a-1", 0, 3_300),
            ("h-3", 500, 0),
            ("h-1", 500, 0),
            ("", 0, 7),
            ("=h-4", 0, 700),
        ]),
        "an expiry that a stranger sent too, and nothing of the second charge, which failed"
    );
    let fees = [("c-1", 165, 0), ("h-1", 60, 0), ("c-1", 0, 45), ("a-1", 49, 0), ("h-1", 22, 0)];
    assert_eq!(named(&statement(&chain, PROCESSOR, all()).unwrap()), lines(&fees));
    let csv = alice.to_csv();
    let row = csv.lines().find(|row| row.contains("h-4")).unwrap();
    assert!(row.ends_with(&format!(",,700,{},,,'=h-4,{}", 83_493, address(BOB))), "{row}");
}

#[test]
fn a_period_that_begins_after_the_hold_still_says_whose_it_was() {
    let from = audit::Period { from: Some(crate::statements::at(3)), to: None };
    let alice = statement(&day(), ALICE, from).unwrap();
    assert_eq!(named(&alice)[1], ("h-2".to_owned(), 2_000, 0));
}

#[test]
fn one_customers_money_is_not_named_for_anothers() {
    let mut chain = town();
    chain.block(vec![
        pay(ALICE, 0, vec![transfer(STRANGER, 1_000), hold("one", 100, 60)]),
        pay(STRANGER, 0, vec![hold("two", 200, 60)]),
        // Paid before it was an address of an order: this is money of an address without a key.
        pay(STRANGER, 1, vec![transfer_to("late", 5)]),
        pay(BOB, 0, vec![open("late", 9)]),
        pay(STRANGER, 2, vec![transfer_to("late", 9)]),
    ]);
    chain.block(vec![pay(BOB, 1, vec![void("one"), void("two")])]);
    let strangers = [("", 1_000, 0), ("two", 0, 200), ("", 0, 5), ("late", 0, 9), ("two", 200, 0)];
    assert_eq!(named(&statement(&chain, STRANGER, all()).unwrap()), lines(&strangers));
    assert_eq!(named(&statement(&chain, ALICE, all()).unwrap()).last(), Some(&("one".to_owned(), 100, 0)));
}
