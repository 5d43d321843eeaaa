//! A snapshot restores to the same state, and nothing else does.

use types::Hash;
use types::codec::CodecError;
use vm::{AssetSpec, Ledger, RecordKey, RestoreError};

use crate::bank::*;

/// A ledger with some history: accounts in several pages, remembered ids in three seconds, some of several blocks, and
/// merchants of whom some have left.
fn grown() -> Ledger {
    let mut ledger = ledger();
    for height in 1..=4 {
        let pay = |number: u8| {
            let valid_until = SOON + u32::from(number % 3);
            let to = STRANGER + number + (height as u8 - 1) * 30;
            sign(ALICE, valid_until, height, vec![transfer(WON, to, 1), transfer(DOLLAR, to, u128::from(number == 0))])
        };
        let mut block: Vec<_> = (0..30).map(pay).collect();
        let merchants: Vec<u8> = (0..4).map(|number| 150 + 10 * height as u8 + number).collect();
        let registered = merchants.iter().map(|merchant| register(*merchant, shop("Shop", 1))).collect();
        block.push(sign(ISSUER, SOON, height, registered));
        block.push(sign(ISSUER, SOON, height, vec![close(merchants[2])]));
        finalize(&mut ledger, now(height), &authorize(block));
    }
    finalize(&mut ledger, now(5), &[signed(ISSUER, 5, vec![close(160), close(171)])]);
    assert!(ledger.account_count() > 4 && ledger.executed_total() == 129);
    assert_eq!(ledger.records(..).count(), 10);
    ledger
}

#[test]
fn a_restored_ledger_goes_on_as_the_other() {
    let mut ledger = grown();
    let chunks: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
    assert_eq!(chunks.len(), 4, "header, accounts, records, ids");
    let mut restored = Ledger::restore(chunks, ledger.state_root()).unwrap();
    assert_eq!(restored.account_count(), ledger.account_count());
    assert_eq!(restored.executed_total(), ledger.executed_total());
    assert_eq!((restored.assets(), restored.parameters()), (ledger.assets(), ledger.parameters()));
    assert_eq!(restored.account(&address(ALICE)), ledger.account(&address(ALICE)));
    assert!(restored.records(..).eq(ledger.records(..)));

    // Old ids are remembered, new ones execute, seconds close with the same lists, and new merchants get the slots of
    // those that have left.
    let block = authorize(vec![
        sign(ALICE, SOON, 1, vec![transfer(WON, STRANGER, 1), transfer(DOLLAR, STRANGER, 1)]),
        sign(ALICE, SOON, 9, vec![transfer(WON, STRANGER, 1)]),
        sign(ISSUER, SOON, 30, (240..245).map(|merchant| register(merchant, shop("New", 1))).collect()),
    ]);
    for millis in [SECOND, SOON + 1, SOON + 3].map(|second| u64::from(second) * 1_000) {
        let expected = run(&ledger, &[], context(5, millis), &block);
        let execution = run(&restored, &[], context(5, millis), &block);
        assert_eq!((execution.state_root, execution.skipped), (expected.state_root, expected.skipped));
        assert_eq!(execution.receipts, expected.receipts);
        assert_eq!(restored.apply(execution.delta), ledger.apply(expected.delta));
    }
}

#[test]
fn a_snapshot_does_not_see_later_blocks() {
    let mut ledger = grown();
    let root = ledger.state_root();
    let snapshot = ledger.snapshot();
    finalize(&mut ledger, now(6), &[signed(BOB, 0, vec![transfer(WON, ALICE, 1)])]);
    finalize(&mut ledger, now(7), &[signed(ISSUER, 6, vec![close(170), register(240, shop("New", 1))])]);
    let writer = std::thread::scope(|scope| scope.spawn(|| snapshot.chunks().collect::<Vec<_>>()).join().unwrap());
    assert_eq!(snapshot.state_root(), root);
    assert_eq!(Ledger::restore(writer, root).unwrap().state_root(), root);
}

#[test]
fn what_is_not_the_expected_state_is_refused() {
    let ledger = grown();
    let root = ledger.state_root();
    let chunks: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
    let refused = |chunks: Vec<Vec<u8>>| Ledger::restore(chunks, root).map(|ledger| ledger.state_root()).unwrap_err();
    let part = |places: &[usize]| places.iter().map(|place| chunks[*place].clone()).collect::<Vec<_>>();

    let other = Ledger::restore(chunks.clone(), Hash::ZERO).map(|ledger| ledger.state_root());
    assert_eq!(other, Err(RestoreError::StateRoot { expected: Hash::ZERO, got: root }));
    assert_eq!(refused(vec![]), RestoreError::Empty);
    assert_eq!(refused(part(&[1, 2, 3])), RestoreError::OutOfPlace(0));
    assert_eq!(refused(part(&[0, 3, 1, 2])), RestoreError::OutOfPlace(2));
    assert_eq!(refused(part(&[0, 2, 1, 3])), RestoreError::OutOfPlace(2));
    assert_eq!(refused(part(&[0, 1, 3, 2])), RestoreError::OutOfPlace(3));
    assert_eq!(refused(part(&[0, 0, 1, 2, 3])), RestoreError::OutOfPlace(1));
    for missing in 1..4 {
        let others: Vec<usize> = (0..4).filter(|place| *place != missing).collect();
        assert!(matches!(refused(part(&others)), RestoreError::StateRoot { .. }), "without chunk {missing}");
    }
    assert!(matches!(refused(part(&[0, 1, 2, 3, 3])), RestoreError::StateRoot { .. }));
    assert!(matches!(refused(part(&[0, 1, 1, 2, 3])), RestoreError::DuplicateAccount(_)));
    assert!(matches!(refused(part(&[0, 1, 2, 2, 3])), RestoreError::DuplicateRecord(RecordKey::Merchant(_))));
    // A list of one slot, an empty one.
    let with_one_more: Vec<Vec<u8>> = part(&[0, 1, 2]).into_iter().chain([vec![2, 1, 0]]).chain(part(&[3])).collect();
    assert!(matches!(refused(with_one_more), RestoreError::StateRoot { .. }), "an empty slot counts");
    // A list of 65,537 slots, all empty.
    let long = [&[2, 252, 1, 0, 1, 0][..], &[0; 65_537]].concat();
    let damaged = refused(part(&[0, 1]).into_iter().chain([long]).collect());
    let what = "65537 values, at most 65536".to_owned();
    assert_eq!(damaged, RestoreError::Damaged { chunk: 2, source: CodecError::TooLong { what } });

    let mut later = chunks.clone();
    later[0][1] = 1;
    assert_eq!(refused(later), RestoreError::Format(1));
    let mut cut = chunks.clone();
    cut[1].pop();
    assert!(matches!(refused(cut), RestoreError::Damaged { chunk: 1, .. }));
    for chunk in 0..chunks.len() {
        for place in 0..chunks[chunk].len() {
            let mut altered = chunks.clone();
            altered[chunk][place] ^= 1;
            assert!(Ledger::restore(altered, root).is_err(), "byte {place} of chunk {chunk} does not matter");
        }
    }
}

#[test]
fn chunks_are_about_a_megabyte() {
    let account = |number: u32| {
        let mut address = [0; 20];
        address[..4].copy_from_slice(&number.to_le_bytes());
        (types::Address(address), vec![(WON, types::Amount(u128::from(number) << 64))])
    };
    let won = AssetSpec::new(types::codec::Text::new("KRW").unwrap(), 0, address(ISSUER));
    let accounts = (0..60_000).map(account).chain([(address(ALICE), vec![(WON, types::Amount(10))])]);
    let ledger = Ledger::genesis(PARAMETERS, vec![member(VALIDATOR)], vec![won], accounts.collect()).unwrap();
    let chunks: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
    assert!(chunks.len() > 3);
    assert!(chunks.iter().all(|chunk| chunk.len() < 1_100_000));
    let restored = Ledger::restore(chunks, ledger.state_root()).unwrap();
    assert_eq!(restored.account_count(), 60_002);

    let block = [signed(ALICE, 0, vec![transfer(WON, BOB, 1)]), signed(BOB, 0, vec![transfer(WON, ISSUER, 1)])];
    let [one, other] = [&ledger, &restored].map(|ledger| run(ledger, &[], now(1), &block));
    assert!(one.receipts.iter().all(|receipt| receipt.failure().is_none()));
    assert_eq!((one.state_root, one.receipts), (other.state_root, other.receipts));
}
