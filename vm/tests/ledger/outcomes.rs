//! What became of a transaction whose deadline has passed, shown by closed seconds; accounts and receipts, shown by paths.

use std::sync::Arc;

use types::codec::{Bounded, decode, encode};
use types::{Deadline, Hash, Timestamp, TransactionId};
use vm::{
    AccountProof, ClosedSecond, Finding, IdPage, Ledger, OutcomeProof, ProofError, ReceiptPointer, ReceiptProof,
    SecondProof,
};

use crate::bank::*;

/// What a node keeps of closed seconds.
#[derive(Default)]
pub(crate) struct Archive(Vec<ClosedSecond>);

impl Archive {
    pub(crate) fn keep(&mut self, closed: Vec<ClosedSecond>) {
        self.0.extend(closed);
    }

    fn second(&self, ledger: &Ledger, second: &ClosedSecond) -> SecondProof {
        let siblings = ledger.closed_seconds().siblings(second.place).unwrap();
        let nodes = siblings.iter().map(|at| self.0[at.last_leaf as usize].nodes[at.level as usize]);
        SecondProof { leaf: second.leaf, place: second.place, siblings: Bounded::new(nodes.collect()).unwrap() }
    }

    fn page(&self, ledger: &Ledger, second: &ClosedSecond, place: u32) -> Finding {
        let page = second.ids.page(place).unwrap();
        self.second(ledger, second).on_page(second.ids.leaves().to_vec(), place, page).unwrap()
    }

    pub(crate) fn prove(&self, ledger: &Ledger, id: &TransactionId) -> OutcomeProof {
        let next = self.0.iter().find(|second| id.deadline() <= second.leaf.second);
        let finding = match next {
            Some(second) if second.leaf.second == id.deadline() => self.page(ledger, second, second.ids.place_of(id)),
            Some(next) => Finding::NoSuchSecond { next: self.second(ledger, next) },
            None => Finding::AfterTheLast,
        };
        OutcomeProof { finding, closed: ledger.closed_seconds().clone(), opening: ledger.opening() }
    }
}

fn pages(second: &ClosedSecond) -> Vec<IdPage> {
    (0..).map_while(|place| second.ids.page(place)).collect()
}

fn ids(second: &ClosedSecond) -> Vec<TransactionId> {
    pages(second).iter().flat_map(|page| page.ids().to_vec()).map(|(id, _)| id).collect()
}

/// An id of a second that no transaction has: the other bytes are all `byte`.
fn id(second: u32, byte: u8) -> TransactionId {
    let mut id = [byte; 32];
    id[..4].copy_from_slice(&second.to_be_bytes());
    TransactionId(id)
}

const END: u64 = (SECOND as u64 + 50) * 1_000;

/// A ledger in which seconds closed with 1, 41, 81, ... ids, two seconds apart, and its archive. The last has passed.
fn closed(seconds: u32) -> (Ledger, Archive) {
    let (mut ledger, mut archive) = (ledger(), Archive::default());
    let pay = |salt| sign(ALICE, SECOND + 2 * (salt % seconds), u64::from(salt), vec![transfer(WON, BOB, 1)]);
    let pays = (0..seconds * 8 * 40).filter(|salt| salt / seconds <= 40 * (salt % seconds));
    let block = authorize(pays.map(pay).collect());
    let execution = run(&ledger, &[], context(1, u64::from(SECOND) * 1_000), &block);
    archive.keep(ledger.apply(execution.delta).seconds);
    let execution = run(&ledger, &[], context(2, END), &[]);
    archive.keep(ledger.apply(execution.delta).seconds);
    assert_eq!(ledger.closed_seconds().count(), seconds);
    let counts = archive.0.iter().map(|second| pages(second).iter().map(|page| page.ids().len()).sum::<usize>());
    assert!(counts.eq((0..seconds as usize).map(|place| 1 + 40 * place)));
    (ledger, archive)
}

fn verdict(ledger: &Ledger, proof: &OutcomeProof, id: &TransactionId) -> Result<Option<ReceiptPointer>, ProofError> {
    proof.verify(id, &ledger.state_root(), Timestamp(END))
}

#[test]
fn every_id_is_shown_as_executed_or_not() {
    let (ledger, archive) = closed(7);
    for second in &archive.0 {
        for (id, at) in pages(second).iter().flat_map(IdPage::ids) {
            let proof = archive.prove(&ledger, id);
            assert_eq!(verdict(&ledger, &proof, id), Ok(Some(*at)));
            assert_eq!(decode::<OutcomeProof>(&encode(&proof)), Ok(proof));
        }
    }
    for second in SECOND - 2..SECOND + 16 {
        for byte in [0, 1, 64, 128, 200, 255] {
            let id = id(second, byte);
            let proof = archive.prove(&ledger, &id);
            assert_eq!(verdict(&ledger, &proof, &id), Ok(None), "second {second}");
            assert_eq!(decode::<OutcomeProof>(&encode(&proof)), Ok(proof));
        }
    }
}

/// Everything that could be put together about an id from pages and seconds that are all real.
fn attempts(ledger: &Ledger, archive: &Archive, id: &TransactionId) -> Vec<Finding> {
    let mut attempts = vec![Finding::AfterTheLast];
    for second in &archive.0 {
        let shown = || archive.second(ledger, second);
        attempts.push(Finding::NoSuchSecond { next: shown() });
        attempts.extend((0..second.ids.leaves().len() as u32).map(|place| archive.page(ledger, second, place)));
    }
    attempts.push(archive.prove(ledger, id).finding);
    attempts
}

#[test]
fn no_two_answers_can_be_shown_of_one_id() {
    let (ledger, archive) = closed(5);
    let executed: Vec<TransactionId> = archive.0.iter().flat_map(ids).collect();
    let others = (SECOND - 1..SECOND + 11).flat_map(|second| [1, 255].map(|byte| id(second, byte)));
    let ids: Vec<(TransactionId, bool)> =
        executed.into_iter().map(|id| (id, true)).chain(others.map(|id| (id, false))).collect();
    for (id, is_executed) in ids {
        let attempts = attempts(&ledger, &archive, &id);
        let base = archive.prove(&ledger, &id);
        let shown: Vec<bool> = attempts
            .into_iter()
            .filter_map(|finding| verdict(&ledger, &OutcomeProof { finding, ..base.clone() }, &id).ok())
            .map(|at| at.is_some())
            .collect();
        assert!(!shown.is_empty() && shown.iter().all(|shown| *shown == is_executed), "{id}: {shown:?}");
    }
}

/// A page as it would be with other ids, or after another one.
fn forged(previous: Option<TransactionId>, ids: &[(TransactionId, ReceiptPointer)]) -> IdPage {
    decode(&encode(&(previous, ids))).unwrap()
}

#[test]
fn a_page_that_was_not_closed_shows_nothing() {
    let (ledger, archive) = closed(5);
    for second in &archive.0[1..] {
        for (place, page) in pages(second).iter().enumerate() {
            let previous =
                place.checked_sub(1).and_then(|before| second.ids.page(before as u32).unwrap().last().copied());
            assert_eq!(forged(previous, page.ids()), *page, "otherwise this test forges nothing");
            let show = |id: &TransactionId, page: IdPage, leaves: Option<Vec<Hash>>| {
                let leaves = leaves.unwrap_or_else(|| second.ids.leaves().to_vec());
                let finding = archive.second(&ledger, second).on_page(leaves, place as u32, page).unwrap();
                verdict(&ledger, &OutcomeProof { finding, ..archive.prove(&ledger, id) }, id)
            };
            let refused = |id: &TransactionId, page: IdPage| {
                // Whether the path is that of the real page or one made for the forged page.
                let mut leaves = second.ids.leaves().to_vec();
                leaves[place] = page.leaf();
                for leaves in [None, Some(leaves)] {
                    assert_eq!(show(id, page.clone(), leaves), Err(ProofError::Page(id.deadline())));
                }
            };
            for taken in 0..page.ids().len() {
                let mut ids = page.ids().to_vec();
                let (id, at) = ids.remove(taken);
                assert_eq!(show(&id, page.clone(), None), Ok(Some(at)));
                refused(&id, forged(previous, &ids));
                refused(&id, forged(Some(id), &page.ids()[taken + 1..]));
            }
            let other = id(second.leaf.second.0, 77);
            let at = ReceiptPointer { height: types::Height(1), index: 0 };
            let mut ids = vec![(other, at)];
            ids.extend(page.ids().iter().skip(1));
            ids.sort_unstable();
            refused(&other, forged(previous, &ids));
        }
    }
}

#[test]
fn a_page_shows_nothing_of_ids_of_other_pages() {
    let (ledger, archive) = closed(5);
    for second in &archive.0 {
        let unknown = [0, 40, 80, 120, 160, 200, 255].map(|byte| id(second.leaf.second.0, byte));
        for id in ids(second).into_iter().chain(unknown) {
            for place in 0..second.ids.leaves().len() as u32 {
                let proof =
                    OutcomeProof { finding: archive.page(&ledger, second, place), ..archive.prove(&ledger, &id) };
                let shown = verdict(&ledger, &proof, &id);
                let is_its_page = place == second.ids.place_of(&id);
                assert_eq!(shown.is_ok(), is_its_page, "{id} on page {place}: {shown:?}");
                assert!(is_its_page || shown == Err(ProofError::OtherPage));
            }
        }
    }
}

#[test]
fn a_second_that_has_not_passed_proves_nothing() {
    let (ledger, archive) = closed(3);
    let (ahead, passed) = (id(SECOND + 50, 1), id(SECOND + 49, 1));
    let proof = archive.prove(&ledger, &ahead);
    assert_eq!(verdict(&ledger, &proof, &ahead), Err(ProofError::NotPassed(Deadline(SECOND + 50))));
    assert_eq!(verdict(&ledger, &proof, &passed), Ok(None));
    let genesis = crate::bank::ledger();
    let empty = Archive::default().prove(&genesis, &passed);
    assert_eq!(empty.verify(&passed, &genesis.state_root(), Timestamp(END)), Ok(None), "nothing was ever closed");
}

#[test]
fn parts_of_another_state_are_refused() {
    let (ledger, archive) = closed(3);
    let id = id(SECOND, 1);
    let good = archive.prove(&ledger, &id);
    let mut other = good.clone();
    other.opening.executed_total += 1;
    assert_eq!(verdict(&ledger, &other, &id), Err(ProofError::Opening));
    let younger = closed(2);
    let other = OutcomeProof { closed: younger.0.closed_seconds().clone(), ..good };
    assert_eq!(verdict(&ledger, &other, &id), Err(ProofError::ClosedSeconds));
}

#[test]
fn a_second_closes_alike_on_unfinalized_blocks_and_after_a_restore() {
    let second = u64::from(SECOND) * 1_000;
    let pay = |salt| until(SECOND, ALICE, salt, vec![transfer(WON, BOB, 1)]);
    let blocks: [&[u64]; 3] = [&[1, 2], &[3], &[]];
    let times = [second, second + 1, second + 1_000];
    let close = |lag: usize, restarts: bool| {
        let (mut ledger, mut archive, mut pending) = (ledger(), Archive::default(), Vec::new());
        for ((salts, time), height) in blocks.iter().zip(times).zip(1..) {
            let block: Vec<_> = salts.iter().map(|salt| pay(*salt)).collect();
            let execution = run(&ledger, &pending, context(height, time), &block);
            pending.push(Arc::new(execution.delta));
            if pending.len() > lag {
                archive.keep(ledger.apply(Arc::unwrap_or_clone(pending.remove(0))).seconds);
            }
            if restarts {
                ledger = Ledger::restore(ledger.snapshot().chunks(), ledger.state_root()).unwrap();
            }
        }
        for delta in pending {
            archive.keep(ledger.apply(Arc::unwrap_or_clone(delta)).seconds);
        }
        (ledger.state_root(), archive.0)
    };
    let expected = close(0, false);
    assert_eq!(expected.1[0].ids.page(0).unwrap().ids().len(), 3);
    for lag in 0..=3 {
        assert!(close(lag, false) == expected && close(lag, true) == expected, "folded in {lag} blocks late");
    }
}

#[test]
fn accounts_and_receipts_are_shown_by_their_paths() {
    let mut ledger = ledger();
    let block: Vec<_> =
        (0..5).map(|salt| signed(ALICE, salt, vec![transfer(WON, STRANGER + salt as u8, 10)])).collect();
    let execution = finalize(&mut ledger, now(1), &block);
    for place in 0..5u32 {
        let proof = ReceiptProof::new(&execution.receipts, place).unwrap();
        assert_eq!(proof.verify(&execution.receipts_root), Ok(()));
        assert_eq!(proof.verify(&Hash::ZERO), Err(ProofError::Receipt));
        assert_eq!(decode::<ReceiptProof>(&encode(&proof)), Ok(proof.clone()));
        let other = execution.receipts[(place as usize + 1) % 5].clone();
        assert!(ReceiptProof { receipt: other, ..proof.clone() }.verify(&execution.receipts_root).is_err());
        assert!(ReceiptProof { count: 6, ..proof }.verify(&execution.receipts_root).is_err());
    }
    assert_eq!(ReceiptProof::new(&execution.receipts, 5), None);

    let root = ledger.state_root();
    for customer in [ALICE, BOB, ISSUER, STRANGER, STRANGER + 4] {
        let proof = ledger.prove_account(&address(customer)).unwrap();
        assert_eq!(proof.verify(&root), Ok(()));
        assert_eq!(proof.account.balance(WON).0, balance(&ledger, customer, WON));
        assert_eq!(decode::<AccountProof>(&encode(&proof)), Ok(proof.clone()));
        let richer = ledger.account(&address(ALICE)).unwrap().clone();
        let lie = AccountProof { account: richer, ..proof.clone() };
        assert_eq!(lie.verify(&root), if customer == ALICE { Ok(()) } else { Err(ProofError::Account) });
        let mut lie = proof;
        lie.opening.account_count += 1;
        assert_eq!(lie.verify(&root), Err(ProofError::Opening));
    }
    assert_eq!(ledger.prove_account(&address(STRANGER + 9)), None);
}

#[test]
fn a_checkpoint_without_its_closed_seconds_is_refused() {
    let (ledger, _) = closed(3);
    let chunks = |ledger: &Ledger| ledger.snapshot().chunks().collect::<Vec<_>>();
    assert!(Ledger::restore(chunks(&ledger), ledger.state_root()).is_ok());
    let mut header = chunks(&ledger)[0].clone();
    // The accumulator is the last thing in the header: its last byte is one of a peak.
    *header.last_mut().unwrap() ^= 1;
    let forged = [vec![header], chunks(&ledger)[1..].to_vec()].concat();
    assert!(matches!(Ledger::restore(forged, ledger.state_root()), Err(vm::RestoreError::StateRoot { .. })));
}
