//! Statements tie, and say so when they do not.

use audit::{Auditor, Counterparty, Period, Signatures, Start, Statement, StatementBuilder, StatementError};
use types::codec::{Bounded, Text};
use types::{Amount, Instruction, Timestamp};

use crate::bank::*;

pub(crate) fn statement(chain: &Chain, account: u8, period: Period) -> Result<Statement, StatementError> {
    let start = Start::genesis(&chain.genesis).unwrap();
    let mut builder = StatementBuilder::new(address(account), period, start.height(), start.ledger());
    let mut auditor = Auditor::new(start);
    for entry in &chain.entries {
        let prepared = entry.prepare(&chain.genesis.hash(), Signatures::OnCertificates).unwrap();
        assert!(auditor.take(Ok(prepared), &mut |block, ledger| builder.observe(block, ledger)));
    }
    builder.finish(chain.genesis.hash(), auditor.ledger())
}

pub(crate) fn all() -> Period {
    Period::default()
}

/// The time of a block.
pub(crate) fn at(height: u64) -> Timestamp {
    Timestamp(SECOND * 1_000 + 700 * height)
}

#[test]
fn opening_and_movements_make_closing() {
    let chain = Chain::business();
    let bob = statement(&chain, BOB, all()).unwrap();
    let [won] = &bob.totals[..] else { panic!("{:?}", bob.totals) };
    let sums = (won.opening.0, won.credits.0, won.debits.0, won.closing.0);
    assert_eq!(sums, (50, 103, 53, 100), "the payment of 9,999 failed and moved nothing");
    let lines: Vec<_> =
        bob.lines.iter().map(|line| (line.height.0, line.index, line.credit.0, line.debit.0, line.balance.0)).collect();
    let expected =
        [(1, Some(1), 100, 0, 150), (1, Some(2), 3, 0, 153), (2, Some(0), 0, 20, 133), (3, Some(0), 0, 33, 100)];
    assert_eq!(lines, expected);
    assert_eq!(bob.lines[1].counterparties, [Counterparty::Account(address(ALICE))]);
    assert_eq!(
        (&bob.lines[1].memos[..], &bob.lines[1].references[..]),
        (&["coffee".to_owned()][..], &["order-3".to_owned()][..])
    );
    let issuer = statement(&chain, ISSUER, all()).unwrap();
    assert_eq!(issuer.lines[1].counterparties, [Counterparty::Supply]);
    let alice = statement(&chain, ALICE, all()).unwrap();
    assert_eq!(alice.lines[0].counterparties, [Counterparty::Supply]);
    assert_eq!(alice.lines[2].counterparties.len(), 2, "one payment to two");
    let nobody = statement(&chain, 77, all()).unwrap();
    assert!(nobody.totals.is_empty() && nobody.lines.is_empty());
}

#[test]
fn a_period_opens_with_what_came_before() {
    let chain = Chain::business();
    let period = |from: Option<u64>, to: Option<u64>| Period { from: from.map(at), to: to.map(at) };
    let sums = |period| {
        let bob = statement(&chain, BOB, period).unwrap();
        (bob.totals[0].opening.0, bob.lines.len(), bob.totals[0].closing.0, bob.height.0)
    };
    assert_eq!(sums(period(Some(2), None)), (153, 2, 100, 3));
    assert_eq!(sums(period(None, Some(2))), (50, 2, 153, 1));
    assert_eq!(sums(period(Some(2), Some(3))), (153, 1, 133, 2));
    assert_eq!(sums(period(Some(9), None)), (100, 0, 100, 3));
    assert_eq!(sums(period(None, Some(1))), (50, 0, 50, 0));
}

#[test]
fn a_statement_with_a_movement_removed_does_not_tie() {
    let bob = statement(&Chain::business(), BOB, all()).unwrap();
    for place in 0..bob.lines.len() {
        let mut altered = bob.clone();
        let removed = altered.lines.remove(place);
        altered.totals[0].credits.0 -= removed.credit.0;
        altered.totals[0].debits.0 -= removed.debit.0;
        let error = altered.check().unwrap_err();
        match place == bob.lines.len() - 1 {
            true => assert!(matches!(error, StatementError::Closing { .. }), "{error}"),
            false => assert!(matches!(error, StatementError::Line { .. }), "{error}"),
        }
    }
    let mut altered = bob.clone();
    altered.lines[0].credit.0 += 1;
    assert!(matches!(altered.check(), Err(StatementError::Line { .. })));
    let mut altered = bob.clone();
    altered.totals[0].debits = Amount(1);
    assert_eq!(altered.check(), Err(StatementError::Totals(WON)));
    let mut altered = bob;
    altered.totals.clear();
    assert_eq!(altered.check(), Err(StatementError::NoTotals(WON)));
}

#[test]
fn a_movement_that_was_not_seen_shows() {
    let chain = Chain::business();
    let start = Start::genesis(&chain.genesis).unwrap();
    let mut builder = StatementBuilder::new(address(BOB), all(), start.height(), start.ledger());
    let mut auditor = Auditor::new(start);
    for entry in &chain.entries {
        let prepared = entry.prepare(&chain.genesis.hash(), Signatures::OnCertificates).unwrap();
        let mut observe = |block: &audit::Audited<'_>, ledger: &vm::Ledger| {
            let movements = if block.header.height.0 == 2 { &[][..] } else { block.movements };
            let seen = audit::Audited { movements, transactions: block.transactions.clone(), ..*block };
            builder.observe(&seen, ledger);
        };
        auditor.take(Ok(prepared), &mut observe);
    }
    let error = builder.finish(chain.genesis.hash(), auditor.ledger()).unwrap_err();
    assert!(matches!(error, StatementError::Line { .. }), "{error}");
}

#[test]
fn a_merchants_statement_begins_with_its_entry_and_reads_back_as_csv() {
    let mut chain = Chain::new();
    let entry = types::Merchant {
        business_number: Text::new("1248100998").unwrap(),
        name: Text::new("Café \"Bob\", Seoul").unwrap(),
        category: 5_814,
        region: 11,
        is_active: true,
        settlement: None,
        terminals: Bounded::default(),
    };
    chain.block(vec![pay(
        ISSUER,
        0,
        vec![Instruction::RegisterMerchant { merchant: address(BOB), entry: Box::new(entry) }],
    )]);
    let formula = Instruction::Transfer {
        asset: WON,
        to: address(BOB),
        amount: Amount(4_500 / 10),
        memo: Text::new("=HYPERLINK(\"x\")").unwrap(),
        reference: Text::default(),
    };
    chain.block(vec![pay(ALICE, 0, vec![formula])]);
    let bob = statement(&chain, BOB, all()).unwrap();
    assert_eq!(bob.merchant.as_ref().map(|merchant| merchant.business_number.as_str()), Some("1248100998"));
    let csv = bob.to_csv();
    let rows: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 6, "{csv}");
    assert!(rows.iter().all(|row| row.matches(',').count() >= 14), "{csv}");
    assert!(rows[1].starts_with(&format!("account,,2,,,,,{},", address(BOB))), "{csv}");
    assert!(rows[2].ends_with(",\"Café \"\"Bob\"\", Seoul\",1248100998,,"), "{csv}");
    assert_eq!(rows[3], "opening,,,,,0,KRW,,,,50,,,,");
    assert!(rows[4].ends_with(",450,,500,\"'=HYPERLINK(\"\"x\"\")\",,,"), "{csv}");
    assert_eq!(rows[5], "closing,,2,,,0,KRW,,450,0,500,,,,");
}
