//! The validators change by the approval of a quorum of them, and by nothing else.

use std::sync::Arc;

use types::codec::Text;
use types::{Epoch, Instruction, Member, MemberField, PublicKey, Timestamp, ValidatorChange, ValidatorSet};
use vm::{Council, Failure, Ledger, Outcome, PendingChange, Precheck};

use crate::bank::*;

const SECOND_VALIDATOR: u8 = VALIDATOR + 1;
const THIRD_VALIDATOR: u8 = VALIDATOR + 2;
const NEW: u8 = VALIDATOR + 3;
const START: u64 = SECOND as u64 * 1_000;

fn public(customer: u8) -> PublicKey {
    key(customer).public()
}

fn keys(ledger: &Ledger) -> Vec<PublicKey> {
    ledger.council().members().iter().map(|member| member.key).collect()
}

/// A block at `height` and so long after the start in which the customers approve the changes.
fn block(ledger: &mut Ledger, height: u64, millis: u64, payers: &[u8], approval: &Instruction) -> Vec<Option<Failure>> {
    let sign = |payer: &u8| signed(*payer, height, vec![approval.clone()]);
    let transactions: Vec<_> = payers.iter().map(sign).collect();
    let execution = finalize(ledger, context(height, START + millis), &transactions);
    assert_eq!(execution.next_validators, ledger.next_validators());
    assert_eq!(execution.next_validators, ledger.council().validators().hash());
    execution.receipts.iter().map(|receipt| receipt.failure().map(|(_, failure)| *failure)).collect()
}

fn approvals(council: &Council) -> Vec<PublicKey> {
    council.approvals().iter().map(|approval| approval.by).collect()
}

fn moved(customer: u8) -> Member {
    Member { address: Text::new("/moved").unwrap(), ..member(customer) }
}

#[test]
fn the_table() {
    let unknown = Failure::UnknownValidator { key: public(NEW) };
    let shared = |key: u8, with: u8, field| Failure::SharedEntry { key: public(key), with: public(with), field };
    let malformed = |field| Failure::MalformedValidator { key: public(NEW), field };
    let wrong_epoch = Failure::WrongEpoch { expected: Epoch(0), got: Epoch(1) };
    let blank = || Text::new(" ").unwrap();
    let named = |like: u8| Member { name: member(like).name, ..member(NEW) };
    let all = || VALIDATORS.map(remove).to_vec();
    let many: Vec<_> = (0..16).map(|number| add(NEW + number)).collect();
    #[rustfmt::skip]
    let table: Vec<(&str, u8, Instruction, Option<Failure>)> = vec![
        ("a stranger, wrong epoch",          ALICE,     approve(1, vec![]),                      Some(Failure::NotValidator)),
        ("no account, not a validator",      NEW,       approve(0, vec![add(NEW)]),              Some(Failure::NotValidator)),
        ("wrong epoch, nothing approved",    VALIDATOR, approve(1, vec![]),                      Some(wrong_epoch)),
        ("wrong epoch, unknown key",         VALIDATOR, approve(1, vec![remove(NEW)]),           Some(wrong_epoch)),
        ("nothing to withdraw",              VALIDATOR, approve(0, vec![]),                      Some(Failure::NothingApproved)),
        ("remove an unknown key",            VALIDATOR, approve(0, vec![remove(NEW)]),           Some(unknown)),
        ("replace an unknown key, by a bad", VALIDATOR, approve(0, vec![replace(NEW, named(BOB))]), Some(unknown)),
        ("remove twice",                     VALIDATOR, approve(0, vec![add(NEW), remove(NEW), remove(NEW)]), Some(unknown)),
        ("a bad one, then an unknown key",   VALIDATOR, approve(0, vec![add(BOB), remove(NEW)]), Some(shared(BOB, BOB, MemberField::Name))),
        ("blank name, shared address",       VALIDATOR, approve(0, vec![ValidatorChange::Add(Member { name: blank(), address: member(BOB).address, ..member(NEW) })]), Some(malformed(MemberField::Name))),
        ("blank peer id",                    VALIDATOR, approve(0, vec![ValidatorChange::Add(Member { peer_id: Text::new(" ").unwrap(), ..member(NEW) })]), Some(malformed(MemberField::PeerId))),
        ("control character in address",     VALIDATOR, approve(0, vec![replace(BOB, Member { address: Text::new("/a\n").unwrap(), ..member(NEW) })]), Some(malformed(MemberField::Address))),
        ("shared name",                      VALIDATOR, approve(0, vec![ValidatorChange::Add(named(BOB))]), Some(shared(NEW, BOB, MemberField::Name))),
        ("shared key",                       VALIDATOR, approve(0, vec![ValidatorChange::Add(Member { key: public(BOB), ..member(NEW) })]), Some(shared(BOB, BOB, MemberField::Key))),
        ("shared peer id",                   VALIDATOR, approve(0, vec![ValidatorChange::Add(Member { peer_id: member(BOB).peer_id, ..member(NEW) })]), Some(shared(NEW, BOB, MemberField::PeerId))),
        ("shared address",                   VALIDATOR, approve(0, vec![ValidatorChange::Add(Member { address: member(BOB).address, ..member(NEW) })]), Some(shared(NEW, BOB, MemberField::Address))),
        ("replace by another present one",   VALIDATOR, approve(0, vec![replace(VALIDATOR, member(BOB))]), Some(shared(BOB, BOB, MemberField::Name))),
        ("nobody left",                      VALIDATOR, approve(0, all()),                       Some(Failure::ValidatorCount { count: 0 })),
        ("the same entry",                   VALIDATOR, approve(0, vec![replace(BOB, member(BOB))]), Some(Failure::NothingChanges)),
        ("there and back",                   VALIDATOR, approve(0, vec![add(NEW), remove(NEW)]), Some(Failure::NothingChanges)),
        ("add",                              VALIDATOR, approve(0, vec![add(NEW)]),              None),
        ("add as many as go in one list",    VALIDATOR, approve(0, many),                        None),
        ("remove oneself",                   VALIDATOR, approve(0, vec![remove(VALIDATOR)]),     None),
        ("another key, the rest as it was",  VALIDATOR, approve(0, vec![replace(BOB, Member { key: public(NEW), ..member(BOB) })]), None),
        ("another address",                  BOB,       approve(0, vec![replace(BOB, moved(BOB))]), None),
        ("the name of one that leaves",      VALIDATOR, approve(0, vec![remove(BOB), ValidatorChange::Add(named(BOB))]), None),
        ("another order",                    VALIDATOR, approve(0, vec![remove(VALIDATOR), add(VALIDATOR)]), None),
    ];
    for (name, payer, instruction, expected) in table {
        let mut ledger = ledger();
        let before = ledger.council().clone();
        let transaction = signed(payer, 0, vec![instruction]);
        let refused = expected.map_or(Ok(()), |failure| Err(Precheck::WouldFail(failure)));
        assert_eq!(ledger.precheck(&transaction, now(1)), refused, "{name}: precheck");
        let execution = finalize(&mut ledger, now(1), &[transaction]);
        let outcome = match expected {
            None => Outcome::Succeeded,
            Some(failure) => Outcome::Failed { instruction: 0, failure },
        };
        assert_eq!(execution.receipts[0].outcome, outcome, "{name}");
        let linked: Vec<_> = execution.receipts[0].links.iter().map(|link| link.account).collect();
        let has_account = [ALICE, BOB].contains(&payer);
        assert_eq!(linked, if has_account { vec![address(payer)] } else { vec![] }, "{name}: links");
        assert_eq!(ledger.account_count(), 4, "{name}: no account comes into being");
        assert_eq!(ledger.council().members(), before.members(), "{name}: one approval changes nothing");
        assert_eq!(ledger.council() == &before, expected.is_some(), "{name}");
    }
}

#[test]
fn a_list_never_grows_beyond_the_largest_set() {
    let members: Vec<Member> = (0..60).map(|number| member(100 + number)).collect();
    let ledger = Ledger::genesis(PARAMETERS, members, vec![], vec![]).unwrap();
    let check = |count| {
        let changes = (0..count).map(|number| add(200 + number)).collect();
        ledger.precheck(&signed(100, 0, vec![approve(0, changes)]), now(1))
    };
    assert_eq!(check(4), Ok(()));
    assert_eq!(check(5), Err(Precheck::WouldFail(Failure::ValidatorCount { count: 65 })));
}

#[test]
fn a_quorum_of_distinct_members_decides_and_the_notice_passes() {
    let mut ledger = ledger();
    assert_eq!(ledger.council().quorum(), 3);
    let approval = approve(0, vec![add(NEW), remove(VALIDATOR)]);
    // One member that approves again and again, and somebody else, are one approval.
    let results = block(&mut ledger, 1, 0, &[VALIDATOR, ALICE, NEW], &approval);
    assert_eq!(results, [None, Some(Failure::NotValidator), Some(Failure::NotValidator)]);
    for height in 2..6 {
        assert_eq!(block(&mut ledger, height, height, &[VALIDATOR], &approval), [None]);
    }
    assert_eq!(block(&mut ledger, 6, 6, &[BOB], &approval), [None]);
    assert_eq!(approvals(ledger.council()), [VALIDATOR, BOB].map(public));
    assert_eq!(ledger.council().pending(), None);

    // The third decides in the same block in which the fourth comes too late.
    let effective = Timestamp(START + 500 + NOTICE_MILLIS);
    let results = block(&mut ledger, 7, 500, &[THIRD_VALIDATOR, SECOND_VALIDATOR], &approval);
    assert_eq!(results, [None, Some(Failure::ChangePending { effective })]);
    let pending = ledger.council().pending().unwrap();
    assert_eq!(pending.effective, effective);
    assert_eq!(approvals(ledger.council()), [VALIDATOR, BOB, THIRD_VALIDATOR].map(public));
    let old = ledger.council().validators();
    let withdrawal = block(&mut ledger, 8, 500 + NOTICE_MILLIS - 1, &[VALIDATOR], &approve(0, vec![]));
    assert_eq!(withdrawal, [Some(Failure::ChangePending { effective })]);
    assert_eq!((ledger.council().epoch(), ledger.next_validators()), (Epoch(0), old.hash()));

    // The transactions of the block that changes the set still see the old one.
    let late = block(&mut ledger, 9, 500 + NOTICE_MILLIS, &[VALIDATOR], &approval);
    assert_eq!(late, [Some(Failure::ChangePending { effective })]);
    let council = ledger.council();
    assert_eq!(keys(&ledger), [SECOND_VALIDATOR, THIRD_VALIDATOR, BOB, NEW].map(public));
    assert_eq!((council.epoch(), council.pending(), council.approvals().len()), (Epoch(1), None, 0));
    let expected = ValidatorSet::new([SECOND_VALIDATOR, THIRD_VALIDATOR, BOB, NEW].map(public).to_vec()).unwrap();
    assert_eq!(ledger.next_validators(), expected.hash());
    assert_eq!((council.committee(CHAIN).epoch, council.committee(CHAIN).validators), (Epoch(1), expected));

    // What was meant for the old set is not taken for the new one.
    let stale = block(&mut ledger, 10, 2_900, &[NEW], &approve(0, vec![add(VALIDATOR)]));
    assert_eq!(stale, [Some(Failure::WrongEpoch { expected: Epoch(1), got: Epoch(0) })]);

    // The removed one has no say, the new one has.
    let back = approve(1, vec![add(VALIDATOR)]);
    let results = block(&mut ledger, 11, 3_000, &[VALIDATOR, NEW], &back);
    assert_eq!(results, [Some(Failure::NotValidator), None]);
}

#[test]
fn different_lists_do_not_count_together() {
    let mut ledger = ledger();
    let (one, other) = (approve(0, vec![add(NEW), remove(BOB)]), approve(0, vec![remove(BOB), add(NEW)]));
    block(&mut ledger, 1, 1, &[VALIDATOR, SECOND_VALIDATOR], &one);
    block(&mut ledger, 2, 2, &[THIRD_VALIDATOR, BOB], &other);
    assert_eq!(ledger.council().pending(), None);
    // A member that changes its mind is taken from one list and counted for the other.
    block(&mut ledger, 3, 3, &[BOB], &one);
    assert!(ledger.council().pending().is_some());
    assert_eq!(approvals(ledger.council()), [VALIDATOR, SECOND_VALIDATOR, THIRD_VALIDATOR, BOB].map(public));
}

#[test]
fn what_was_withdrawn_does_not_count() {
    let mut ledger = ledger();
    let approval = approve(0, vec![remove(BOB)]);
    block(&mut ledger, 1, 1, &[VALIDATOR, SECOND_VALIDATOR], &approval);
    assert_eq!(block(&mut ledger, 2, 2, &[VALIDATOR], &approve(0, vec![])), [None]);
    assert_eq!(approvals(ledger.council()), [public(SECOND_VALIDATOR)]);
    block(&mut ledger, 3, 3, &[THIRD_VALIDATOR], &approval);
    assert_eq!(ledger.council().pending(), None);
    block(&mut ledger, 4, 4, &[BOB], &approval);
    assert!(ledger.council().pending().is_some());
}

#[test]
fn the_approval_of_a_removed_member_is_gone() {
    let mut ledger = ledger();
    let wish = approve(0, vec![add(NEW)]);
    block(&mut ledger, 1, 1, &[BOB, VALIDATOR], &wish);
    block(&mut ledger, 2, 2, &[VALIDATOR, SECOND_VALIDATOR, THIRD_VALIDATOR], &approve(0, vec![remove(BOB)]));
    assert_eq!(approvals(ledger.council())[0], public(BOB), "still open while the other change is pending");
    block(&mut ledger, 3, 2 + NOTICE_MILLIS, &[], &wish);
    assert_eq!((ledger.council().quorum(), ledger.council().approvals().len()), (3, 0));
    // Bob's wish and two others would have been enough.
    let wish = approve(1, vec![add(NEW)]);
    block(&mut ledger, 4, 4 + NOTICE_MILLIS, &[VALIDATOR, SECOND_VALIDATOR], &wish);
    assert_eq!(ledger.council().pending(), None);
    block(&mut ledger, 5, 5 + NOTICE_MILLIS, &[THIRD_VALIDATOR], &wish);
    assert!(ledger.council().pending().is_some());
}

#[test]
fn an_address_changes_without_a_new_epoch() {
    let mut ledger = ledger();
    let old = ledger.next_validators();
    block(&mut ledger, 1, 1, &VALIDATORS[..3], &approve(0, vec![replace(BOB, moved(BOB))]));
    block(&mut ledger, 2, 1 + NOTICE_MILLIS, &[], &approve(0, vec![]));
    assert_eq!(ledger.council().members()[3], moved(BOB));
    assert_eq!((ledger.council().epoch(), ledger.next_validators()), (Epoch(0), old));
    // What was approved for the old list does not apply to the new one.
    let again = block(&mut ledger, 3, 2 + NOTICE_MILLIS, &[BOB], &approve(0, vec![replace(BOB, moved(BOB))]));
    assert_eq!(again, [Some(Failure::NothingChanges)]);
}

#[test]
fn an_approval_in_a_transaction_that_fails_does_not_count() {
    let mut ledger = ledger();
    let approval = || approve(0, vec![remove(VALIDATOR)]);
    let decide = [VALIDATOR, SECOND_VALIDATOR].map(|payer| signed(payer, 0, vec![approval()]));
    finalize(&mut ledger, now(1), &decide);
    let before = ledger.council().clone();
    let failing = signed(BOB, 0, vec![approval(), transfer(WON, ALICE, 51)]);
    let without_account = signed(THIRD_VALIDATOR, 0, vec![approval(), transfer(WON, ALICE, 1)]);
    assert_eq!(ledger.precheck(&without_account, now(2)), Err(Precheck::UnknownAccount));
    let twice = signed(BOB, 1, vec![approval(), approval()]);
    assert_eq!(ledger.precheck(&twice, now(2)), Err(Precheck::WouldFail(Failure::SecondApproval)));
    let execution = finalize(&mut ledger, now(2), &[failing, without_account, twice]);
    assert_eq!(execution.receipts[2].failure(), Some((1, &Failure::SecondApproval)));
    let failed: Vec<_> = execution.receipts.iter().map(|receipt| receipt.failure().unwrap().0).collect();
    assert_eq!(failed, [1, 1, 1]);
    assert_eq!(execution.receipts[1].failure(), Some((1, &Failure::UnknownAccount)));
    assert!(execution.receipts[1].links.is_empty());
    assert_eq!(ledger.council(), &before);
    // Money and an approval go together.
    let both = signed(BOB, 2, vec![transfer(WON, ALICE, 50), approval()]);
    assert_eq!(finalize(&mut ledger, now(3), &[both]).receipts[0].links.len(), 2);
    assert!(ledger.council().pending().is_some());
}

#[test]
fn an_approval_on_one_fork_is_not_seen_on_another() {
    let mut ledger = ledger();
    let approval = approve(0, vec![remove(BOB)]);
    let by = |payer| signed(payer, 0, vec![approval.clone()]);
    let root = ledger.state_root();
    let left = Arc::new(run(&ledger, &[], now(1), &[by(VALIDATOR), by(SECOND_VALIDATOR)]).delta);
    let right = Arc::new(run(&ledger, &[], now(1), &[by(VALIDATOR)]).delta);
    assert_eq!((ledger.state_root(), ledger.council().approvals().len()), (root, 0), "executing changes nothing");

    // The third approval decides on the left only; the change takes effect only above it.
    let (old, later) = (ledger.next_validators(), context(3, START + 2 + NOTICE_MILLIS));
    let (left_path, right_path) = (std::slice::from_ref(&left), std::slice::from_ref(&right));
    let left_above = run(&ledger, left_path, context(2, START + 2), &[by(THIRD_VALIDATOR)]);
    let right_above = run(&ledger, right_path, context(2, START + 2), &[by(THIRD_VALIDATOR)]);
    assert_eq!((left_above.next_validators, right_above.next_validators), (old, old));
    let left_path = [left.clone(), Arc::new(left_above.delta)];
    let right_path = [right.clone(), Arc::new(right_above.delta)];
    let left_top = run(&ledger, &left_path, later, &[]);
    let right_top = run(&ledger, &right_path, later, &[]);
    let without_bob = ValidatorSet::new(VALIDATORS[..3].iter().map(|number| public(*number)).collect()).unwrap();
    assert_eq!((left_top.next_validators, right_top.next_validators), (without_bob.hash(), old));

    // The right one wins: what was approved on the left alone counts nowhere.
    right_path.into_iter().for_each(|delta| drop(ledger.apply(Arc::unwrap_or_clone(delta))));
    assert_eq!(approvals(ledger.council()), [VALIDATOR, THIRD_VALIDATOR].map(public));
    ledger.apply(right_top.delta);
    assert_eq!((ledger.council().pending(), ledger.council().epoch()), (None, Epoch(0)));
}

#[test]
fn a_snapshot_keeps_approvals_and_what_is_pending() {
    let mut ledger = ledger();
    let approval = approve(0, vec![add(NEW), remove(VALIDATOR)]);
    block(&mut ledger, 1, 1, &[BOB], &approve(0, vec![remove(BOB)]));
    block(&mut ledger, 2, 2, &[VALIDATOR, SECOND_VALIDATOR], &approval);
    for (height, payers) in [(3, &[][..]), (4, &[THIRD_VALIDATOR])] {
        block(&mut ledger, height, height, payers, &approval);
        let chunks: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
        let mut restored = Ledger::restore(chunks, ledger.state_root()).unwrap();
        assert_eq!(restored.council(), ledger.council());
        assert_eq!(restored.next_validators(), ledger.next_validators());
        // Both go on alike.
        let last = signed(THIRD_VALIDATOR, 9, vec![approval.clone()]);
        let steps = [(height + 1, height + 1, vec![last]), (height + 2, height + 1 + NOTICE_MILLIS, vec![])];
        let mut original = Ledger::restore(ledger.snapshot().chunks(), ledger.state_root()).unwrap();
        for (height, millis, transactions) in steps {
            let one = finalize(&mut restored, context(height, START + millis), &transactions);
            let other = finalize(&mut original, context(height, START + millis), &transactions);
            assert_eq!((one.state_root, one.next_validators), (other.state_root, other.next_validators));
        }
        assert_eq!(keys(&restored), [SECOND_VALIDATOR, THIRD_VALIDATOR, BOB, NEW].map(public));
    }
    assert!(
        matches!(ledger.council().pending(), Some(PendingChange { effective: Timestamp(t), .. }) if *t == START + 4 + NOTICE_MILLIS)
    );
    assert_eq!(ledger.council().approvals().len(), 4);
}
