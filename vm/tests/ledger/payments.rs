//! Orders, holds, refunds, addresses for orders, and a custodian's batches.

use types::codec::{Bounded, Text};
use types::{
    Address, Amount, AuthorizedTransaction, CustodialPayment, Instruction, MAX_BATCH_PAYMENTS, Merchant, OrderId,
    Payment, SettlementRule,
};
use vm::{BlockContext, Failure, Ledger, Order, PaymentFailure, Record, RecordKey};

use crate::bank::*;

const PROCESSOR: u8 = 10;
const TREASURY: u8 = 11;
const CUSTODIAN: u8 = ALICE;

fn order(name: &str) -> OrderId {
    Text::new(name).unwrap()
}

fn pay(payment: Payment) -> Instruction {
    Instruction::Payment(Box::new(payment))
}

fn charge(name: &str, amount: u128) -> Instruction {
    pay(Payment::Charge { merchant: address(BOB), order: order(name), asset: WON, amount: Amount(amount) })
}

fn hold(name: &str, amount: u128, valid_seconds: u32) -> Instruction {
    let (merchant, order, amount) = (address(BOB), order(name), Amount(amount));
    pay(Payment::Hold { merchant, order, asset: WON, amount, valid_seconds })
}

fn capture(name: &str, amount: u128, release_rest: bool) -> Instruction {
    pay(Payment::Capture { order: order(name), amount: Amount(amount), release_rest })
}

fn void(name: &str) -> Instruction {
    pay(Payment::Void { order: order(name) })
}

fn expire(name: &str) -> Instruction {
    pay(Payment::Expire { merchant: address(BOB), order: order(name) })
}

fn refund(name: &str, amount: u128) -> Instruction {
    pay(Payment::Refund { order: order(name), amount: Amount(amount) })
}

/// Bob's shop: 1.5 % for the processor, 10 % VAT in the price.
fn bobs() -> Merchant {
    let rule = SettlementRule {
        processor: address(PROCESSOR),
        fee_points: 150,
        treasury: address(TREASURY),
        vat_points: 1_000,
    };
    Merchant { settlement: Some(rule), ..shop("Bob's", 1) }
}

/// A ledger with Bob's shop, whose blocks are numbered.
struct Till {
    ledger: Ledger,
    height: u64,
}

impl Till {
    fn new() -> Till {
        let mut till = Till { ledger: ledger(), height: 0 };
        assert_eq!(till.run(ISSUER, vec![register(BOB, bobs())]), Ok(()));
        till
    }

    fn run(&mut self, payer: u8, instructions: Vec<Instruction>) -> Result<(), Failure> {
        self.run_at(0, payer, instructions)
    }

    /// Runs one transaction in the next block, `seconds` later than the others.
    fn run_at(&mut self, seconds: u32, payer: u8, instructions: Vec<Instruction>) -> Result<(), Failure> {
        self.height += 1;
        let block = BlockContext {
            timestamp: now(self.height).timestamp.plus_millis(u64::from(seconds) * 1_000),
            ..now(self.height)
        };
        let transaction: AuthorizedTransaction = until(SOON + seconds, payer, self.height, instructions);
        let execution = finalize(&mut self.ledger, block, &[transaction]);
        execution.receipts[0].failure().map_or(Ok(()), |(_, failure)| Err(*failure))
    }

    fn won(&self, customers: [u8; 4]) -> [u128; 4] {
        customers.map(|customer| balance(&self.ledger, customer, WON))
    }

    fn order(&self, name: &str) -> Order {
        match self.ledger.record(&RecordKey::Order(address(BOB), order(name))) {
            Some(Record::Order(order)) => Order::clone(order),
            other => panic!("{other:?}"),
        }
    }
}

const PARTIES: [u8; 4] = [ALICE, BOB, PROCESSOR, TREASURY];

#[test]
fn a_charge_is_split_and_a_refund_reverses_it() {
    let mut till = Till::new();
    assert_eq!(till.run(ALICE, vec![charge("1", 990)]), Ok(()));
    assert_eq!(till.won(PARTIES), [10, 50 + 886, 14, 90]);
    let Order { customer, held, paid, refunded, fee, vat, origin, .. } = till.order("1");
    assert_eq!((customer, held, paid, refunded), (address(ALICE), Amount(0), Amount(990), Amount(0)));
    assert_eq!((fee, vat, origin.instruction), (Amount(14), Amount(90), 0));

    assert_eq!(till.run(BOB, vec![refund("1", 330)]), Ok(()));
    // 660 are split into 591, 9 and 60.
    assert_eq!(till.won(PARTIES), [340, 50 + 591, 9, 60]);
    assert_eq!(
        till.run(BOB, vec![refund("1", 661)]),
        Err(PaymentFailure::AbovePaid { left: Amount(660), wanted: Amount(661) }.into())
    );
    assert_eq!(till.run(BOB, vec![refund("1", 660)]), Ok(()));
    assert_eq!(till.won(PARTIES), [1_000, 50, 0, 0]);
    assert_eq!(till.run(ALICE, vec![charge("1", 1)]), Err(PaymentFailure::OrderExists.into()), "for ever");
}

#[test]
fn one_by_one_gives_what_all_at_once_does() {
    let mut till = Till::new();
    assert_eq!(till.run(ALICE, vec![hold("1", 500, 60)]), Ok(()));
    assert_eq!(till.won(PARTIES), [500, 50, 0, 0]);
    for unit in 1..=500 {
        assert_eq!(till.run(BOB, vec![capture("1", 1, false)]), Ok(()));
        let [_, bob, fee, vat] = till.won(PARTIES);
        assert_eq!(bob - 50 + fee + vat, unit);
        // A share that had to wait is a unit late.
        assert!(fee.abs_diff(unit * 150 / 10_000) <= 1 && vat.abs_diff(unit * 1_000 / 11_000) <= 1, "{unit}");
    }
    assert_eq!(till.won(PARTIES), [500, 50 + 448, 7, 45]);
    for _ in 0..500 {
        assert_eq!(till.run(BOB, vec![refund("1", 1)]), Ok(()));
    }
    assert_eq!(till.won(PARTIES), [1_000, 50, 0, 0]);
}

#[test]
fn a_hold_is_captured_in_part_and_the_rest_goes_back() {
    let mut till = Till::new();
    assert_eq!(till.run(ALICE, vec![hold("1", 600, 60)]), Ok(()));
    let above = PaymentFailure::AboveHeld { held: Amount(600), wanted: Amount(601) };
    assert_eq!(till.run(BOB, vec![capture("1", 601, true)]), Err(above.into()));
    assert_eq!(till.run(BOB, vec![capture("1", 0, true)]), Err(Failure::ZeroAmount));
    assert_eq!(till.run(BOB, vec![capture("1", 110, true)]), Ok(()));
    assert_eq!(till.won(PARTIES), [890, 50 + 99, 1, 10]);
    assert_eq!(till.run(BOB, vec![capture("1", 1, true)]), Err(PaymentFailure::NothingHeld.into()), "captured twice");
    assert_eq!(till.run(BOB, vec![void("1")]), Err(PaymentFailure::NothingHeld.into()));
}

#[test]
fn only_the_merchant_voids_and_anybody_expires() {
    let mut till = Till::new();
    assert_eq!(till.run(ALICE, vec![hold("1", 600, 5), hold("2", 100, 5), hold("3", 50, 5)]), Ok(()));
    assert_eq!(till.run(ALICE, vec![void("1")]), Err(PaymentFailure::UnknownOrder.into()), "the actor's own orders");
    assert_eq!(till.run(BOB, vec![void("1")]), Ok(()));
    assert_eq!(till.won(PARTIES), [850, 50, 0, 0]);
    let early = till.run(ALICE, vec![expire("2")]);
    assert!(matches!(early, Err(Failure::Payment(PaymentFailure::HoldNotExpired { .. }))), "{early:?}");
    let late = till.run_at(6, BOB, vec![capture("2", 100, true)]);
    assert!(matches!(late, Err(Failure::Payment(PaymentFailure::HoldExpired { .. }))), "{late:?}");
    assert_eq!(till.run_at(6, ISSUER, vec![expire("2"), expire("3")]), Ok(()));
    assert_eq!(till.won(PARTIES), [1_000, 50, 0, 0]);
}

#[test]
fn each_bad_order_has_its_failure() {
    let mut till = Till::new();
    let stranger = pay(Payment::Charge { merchant: address(ISSUER), order: order("1"), asset: WON, amount: Amount(1) });
    let failures = [
        (ALICE, stranger, PaymentFailure::NotMerchant { merchant: address(ISSUER) }),
        (ALICE, charge("", 1), PaymentFailure::BadOrder),
        (ALICE, charge("a\nb", 1), PaymentFailure::BadOrder),
        (ALICE, hold("1", 1, 0), PaymentFailure::HoldTime { got: 0 }),
        (ALICE, hold("1", 1, 2_592_001), PaymentFailure::HoldTime { got: 2_592_001 }),
        (BOB, capture("1", 1, true), PaymentFailure::UnknownOrder),
        (BOB, refund("1", 1), PaymentFailure::UnknownOrder),
        (ALICE, expire("1"), PaymentFailure::UnknownOrder),
        (ALICE, pay(Payment::Batch { asset: WON, payments: Bounded::default() }), PaymentFailure::EmptyBatch),
    ];
    for (payer, instruction, failure) in failures {
        assert_eq!(till.run(payer, vec![instruction]), Err(failure.into()));
    }
    assert_eq!(till.run(ALICE, vec![charge("1", 0)]), Err(Failure::ZeroAmount));
    assert_eq!(till.run(ISSUER, vec![update(BOB, Merchant { is_active: false, ..bobs() })]), Ok(()));
    let suspended = PaymentFailure::NotMerchant { merchant: address(BOB) };
    assert_eq!(till.run(ALICE, vec![charge("1", 1)]), Err(suspended.into()));
    assert_eq!(till.won(PARTIES), [1_000, 50, 0, 0]);
}

#[test]
fn a_share_that_was_spent_is_asked_for_by_name() {
    let mut till = Till::new();
    assert_eq!(till.run(ALICE, vec![charge("1", 990)]), Ok(()));
    assert_eq!(till.run(PROCESSOR, vec![transfer(WON, TREASURY, 14)]), Ok(()));
    let missing = PaymentFailure::ShareMissing { account: address(PROCESSOR), asset: WON, share: Amount(14) };
    assert_eq!(till.run(BOB, vec![refund("1", 990)]), Err(missing.into()));
    assert_eq!(till.won(PARTIES), [10, 936, 0, 104], "nothing has moved");
}

#[test]
fn a_transfer_to_an_orders_address_pays_the_order() {
    let mut till = Till::new();
    let open = |amount| pay(Payment::OpenOrder { order: order("7"), asset: WON, amount: Amount(amount) });
    assert_eq!(till.run(BOB, vec![open(700)]), Ok(()));
    let to = Address::of_order(&address(BOB), &order("7"));
    let transfer = |amount| Instruction::Transfer {
        asset: WON,
        to,
        amount: Amount(amount),
        memo: Text::default(),
        reference: Text::default(),
    };
    let expected = PaymentFailure::OrderAmount { asset: WON, amount: Amount(700) };
    assert_eq!(till.run(ALICE, vec![transfer(699)]), Err(expected.into()));
    let minted = till.run(ISSUER, vec![Instruction::Mint { asset: WON, to, amount: Amount(700) }]);
    assert_eq!(minted, Err(vm::Refusal::OrderAddress { account: to }.into()), "it would be lost");
    assert_eq!(till.run(ALICE, vec![transfer(700)]), Ok(()));
    assert_eq!(till.won(PARTIES), [300, 50 + 627, 10, 63]);
    assert_eq!(till.order("7").customer, address(ALICE));
    assert_eq!(till.run(ALICE, vec![transfer(700)]), Err(PaymentFailure::OrderExists.into()), "paid once");
    assert_eq!(till.run(BOB, vec![open(700)]), Err(PaymentFailure::OrderExists.into()));
}

fn custodial(payments: impl IntoIterator<Item = (u64, Address, u128)>) -> Instruction {
    let payment =
        |(customer, to, amount)| CustodialPayment { customer, to, amount: Amount(amount), reference: Text::default() };
    let payments = Bounded::new(payments.into_iter().map(payment).collect()).unwrap();
    pay(Payment::Batch { asset: WON, payments })
}

fn customer(number: u64) -> Address {
    Address::of_customer(&address(CUSTODIAN), number)
}

#[test]
fn a_custodian_pays_for_its_customers_all_or_nothing() {
    let mut till = Till::new();
    let fund = |number| Instruction::Transfer {
        asset: WON,
        to: customer(number),
        amount: Amount(1),
        memo: Text::default(),
        reference: Text::default(),
    };
    assert_eq!(till.run(CUSTODIAN, (0..1_000).map(fund).collect()), Ok(()));
    let shop = |payments: u64| custodial((0..payments).map(|number| (number, address(BOB), 1)));
    assert_eq!(MAX_BATCH_PAYMENTS, 1_000);
    assert_eq!(till.run(BOB, vec![shop(1)]), Err(PaymentFailure::UnknownCustomer { customer: 0 }.into()), "not Bob's");
    let unknown = PaymentFailure::UnknownCustomer { customer: 1_000 };
    let with_unknown = custodial([(0, address(BOB), 1), (1_000, address(BOB), 1)]);
    assert_eq!(till.run(CUSTODIAN, vec![with_unknown]), Err(unknown.into()));
    assert_eq!(till.won(PARTIES), [0, 50, 0, 0]);
    assert_eq!(till.run(CUSTODIAN, vec![shop(1_000)]), Ok(()));
    assert_eq!(till.won(PARTIES), [0, 1_050, 0, 0]);
    let overdraft = Failure::Overdraft { asset: WON, balance: Amount(0), needed: Amount(1) };
    assert_eq!(till.run(CUSTODIAN, vec![shop(1_000)]), Err(overdraft));
}

#[test]
fn a_batch_of_the_most_payments_has_a_link_for_each_account() {
    let mut till = Till::new();
    let fund = |number| (number, address(BOB), 1);
    assert_eq!(
        till.run(CUSTODIAN, vec![custodial([fund(0)])]),
        Err(PaymentFailure::UnknownCustomer { customer: 0 }.into())
    );
    let transfers = (0..1_000).map(|number| Instruction::Transfer {
        asset: WON,
        to: customer(number),
        amount: Amount(1),
        memo: Text::default(),
        reference: Text::default(),
    });
    assert_eq!(till.run(CUSTODIAN, transfers.collect()), Ok(()));
    let to_each_other = custodial((0..1_000).map(|number| (number, customer(1_000 + number), 1)));
    let transaction = signed(CUSTODIAN, 99, vec![to_each_other]);
    let execution = finalize(&mut till.ledger, now(50), &[transaction]);
    assert_eq!(execution.receipts[0].failure(), None);
    assert_eq!(execution.receipts[0].links.len(), 2_001);
}

/// Otherwise a stranger's one won would pay the order that another customer has come for.
#[test]
fn an_order_that_was_opened_is_paid_with_what_is_awaited_on_every_way() {
    let mut till = Till::new();
    let open = pay(Payment::OpenOrder { order: order("7"), asset: WON, amount: Amount(100) });
    till.run(BOB, vec![open]).unwrap();
    let awaited = Err(PaymentFailure::OrderAmount { asset: WON, amount: Amount(100) }.into());
    assert_eq!(till.run(ALICE, vec![charge("7", 1)]), awaited);
    assert_eq!(till.run(ALICE, vec![hold("7", 101, 60)]), awaited);
    assert_eq!(till.run(ALICE, vec![charge("7", 100)]), Ok(()));
}

/// Otherwise anybody could use up a shop's names by holding money for them.
#[test]
fn a_name_for_which_nothing_was_paid_is_free_again() {
    let mut till = Till::new();
    till.run(ALICE, vec![hold("7", 1, 60)]).unwrap();
    assert_eq!(till.run(ALICE, vec![charge("7", 9)]), Err(PaymentFailure::OrderExists.into()));
    till.run(BOB, vec![void("7")]).unwrap();
    till.run(ALICE, vec![hold("7", 100, 60)]).unwrap();
    // Once a part was taken it is used up, whatever becomes of the rest.
    till.run(BOB, vec![capture("7", 10, false), void("7")]).unwrap();
    assert_eq!(till.run(ALICE, vec![charge("7", 9)]), Err(PaymentFailure::OrderExists.into()));
}

#[test]
fn a_suspended_merchant_takes_nothing_and_gives_back() {
    let mut till = Till::new();
    till.run(ALICE, vec![charge("1", 100), hold("2", 100, 60)]).unwrap();
    till.run(ISSUER, vec![update(BOB, Merchant { is_active: false, ..bobs() })]).unwrap();
    let suspended = Err(PaymentFailure::NotMerchant { merchant: address(BOB) }.into());
    assert_eq!(till.run(BOB, vec![capture("2", 100, true)]), suspended);
    assert_eq!(till.run(BOB, vec![void("2"), refund("1", 100)]), Ok(()));
}
