//! Planted faults: each has its own finding. In some the bytes were altered after the fact; in others a whole quorum has
//! signed what the rules forbid.

use audit::Fault;
use types::codec::{decode, encode};
use types::{Amount, Batch, Block, Certificate, CertificateError, Hash, Instruction, Transaction, ValidatorIndex};
use vm::{Failure, Outcome, receipts_root};

use crate::bank::*;

/// Changes the transactions of a batch that is in the chain.
fn alter(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Transaction>)) {
    let before: Batch = decode(bytes).unwrap();
    let mut transactions: Vec<Transaction> = before.transactions.iter().map(|bytes| decode(bytes).unwrap()).collect();
    change(&mut transactions);
    *bytes = batch(before.number, &transactions);
}

/// Makes a transfer one won more, under the old signature.
fn raise(transaction: &mut Transaction) {
    let mut instructions = transaction.payload.instructions.to_vec();
    let Instruction::Transfer { amount, .. } = &mut instructions[0] else { panic!("a transfer") };
    *amount = Amount(amount.0 + 1);
    transaction.payload.instructions = types::codec::Bounded::new(instructions).unwrap();
}

#[test]
fn a_changed_amount_is_found() {
    let mut chain = Chain::business();
    alter(&mut chain.entries[0].batches[1], |transactions| raise(&mut transactions[0]));
    let auditor = chain.audit();
    assert_eq!(kinds(auditor.findings()), [(1, "batch_digest"), (1, "unauthorized")]);
    assert_eq!(auditor.stop().map(|stop| stop.height.0), Some(1));
}

#[test]
fn a_changed_amount_is_found_though_a_quorum_signs_for_it() {
    let mut chain = Chain::new();
    let mut raised = pay(ALICE, 0, vec![transfer(BOB, 10)]);
    raise(&mut raised);
    let id = raised.payload.id(&chain.genesis.hash());
    chain.block(vec![raised]);
    chain.block(vec![pay(BOB, 0, vec![transfer(ALICE, 61)])]);
    let auditor = chain.audit();
    let [finding] = auditor.findings() else { panic!("{:?}", auditor.findings()) };
    assert!(matches!(&finding.fault, Fault::Unauthorized { id: of, .. } if *of == id), "{finding}");
    assert_eq!(auditor.progress().blocks, 2, "the audit goes on: what follows rests on it");
}

#[test]
fn a_removed_transaction_is_found() {
    let mut chain = Chain::business();
    alter(&mut chain.entries[0].batches[1], |transactions| drop(transactions.remove(0)));
    assert_eq!(kinds(chain.audit().findings()), [(1, "batch_digest")]);
    let mut chain = Chain::business();
    chain.entries[0].batches.pop();
    assert_eq!(kinds(chain.audit().findings()), [(1, "batch_count")]);
    // A quorum hides a payment from the batches and leaves its effect.
    let mut chain = Chain::new();
    let mut draft = chain.draft(vec![pay(ALICE, 0, vec![transfer(BOB, 10)]), pay(ALICE, 1, vec![transfer(BOB, 11)])]);
    draft.batches.pop();
    draft.header.batches = {
        let digests = draft.batches.iter().map(|bytes| Batch::digest(bytes)).collect();
        Block::batches_hash(&types::codec::Bounded::new(digests).unwrap())
    };
    chain.put(draft, true);
    assert_eq!(kinds(chain.audit().findings()), [(1, "receipts_root"), (1, "state_root")]);
}

#[test]
fn a_forged_certificate_is_found_and_the_audit_goes_on() {
    let forged = |change: &dyn Fn(&Chain, Certificate) -> Certificate| {
        let mut chain = Chain::business();
        let certificate = decode(chain.entries[0].certificate.as_ref().unwrap()).unwrap();
        chain.entries[0].certificate = Some(encode(&change(&chain, certificate)));
        let auditor = chain.audit();
        assert_eq!((auditor.progress().blocks, auditor.stop()), (3, None));
        let [finding] = auditor.findings() else { panic!("{:?}", auditor.findings()) };
        assert_eq!(finding.height.0, 1);
        finding.fault.clone()
    };
    let flipped = forged(&|_, mut certificate| {
        let mut signatures = certificate.signatures.into_vec();
        signatures[1].0[9] ^= 1;
        certificate.signatures = types::codec::Bounded::new(signatures).unwrap();
        certificate
    });
    assert_eq!(flipped, Fault::Certificate(CertificateError::Signature(ValidatorIndex(1))));
    let lonely = forged(&|_, mut certificate| {
        certificate.signers.remove(ValidatorIndex(0));
        certificate.signatures = types::codec::Bounded::new(certificate.signatures[1..].to_vec()).unwrap();
        certificate
    });
    assert_eq!(lonely, Fault::Certificate(CertificateError::NoQuorum { signers: 2, quorum: 3 }));
    let strangers = forged(&|chain, certificate| {
        let strangers: Vec<_> = (50..54).map(key).collect();
        certify(certificate.ballot, &chain.committee, &strangers)
    });
    assert_eq!(strangers, Fault::Certificate(CertificateError::Signature(ValidatorIndex(0))));
    let others = forged(&|chain, _| decode(chain.entries[2].certificate.as_ref().unwrap()).unwrap());
    assert_eq!(others, Fault::OtherBlock);
    let notarization = forged(&|chain, certificate| {
        let types::Ballot::Finalize { view, block } = certificate.ballot else { panic!("a finalization") };
        certify(types::Ballot::Notarize { view, block }, &chain.committee, &chain.seats)
    });
    assert_eq!(notarization, Fault::OtherBlock);
}

#[test]
fn wrong_roots_are_found_though_a_quorum_signs_them() {
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut chain = Chain::new();
        let mut draft = chain.draft(vec![pay(ALICE, 0, vec![transfer(BOB, 10)])]);
        change(&mut draft);
        chain.put(draft, true);
        let auditor = chain.audit();
        (kinds(auditor.findings()), auditor.stop().is_some())
    };
    assert_eq!(with(&|_| {}), (vec![], false));
    assert_eq!(with(&|draft| draft.header.state_root = Hash([1; 32])), (vec![(1, "state_root")], true));
    let receipts = with(&|draft| draft.header.receipts_root = Hash([1; 32]));
    assert_eq!(receipts, (vec![(1, "receipts_root")], false));
}

#[test]
fn a_mint_by_a_stranger_is_found_though_a_quorum_calls_it_good() {
    let mut chain = Chain::business();
    let minted = pay(STRANGER, 5, vec![mint(STRANGER, 1_000_000)]);
    let id = minted.payload.id(&chain.genesis.hash());
    let mut draft = chain.draft(vec![minted]);
    draft.receipts[0].outcome = Outcome::Succeeded;
    draft.header.receipts_root = receipts_root(&draft.receipts);
    draft.header.state_root = Hash([1; 32]);
    chain.put(draft, true);
    let auditor = chain.audit();
    assert_eq!(kinds(auditor.findings()), [(4, "outcome"), (4, "receipts_root"), (4, "state_root")]);
    let ours = Outcome::Failed { instruction: 0, failure: Failure::NotIssuer { asset: WON } };
    let expected = Fault::Outcome { id, ours: Box::new(ours), theirs: Box::new(Outcome::Succeeded) };
    assert_eq!(auditor.findings()[0].fault, expected);
    assert_eq!(auditor.stop().map(|stop| stop.height.0), Some(4));
}

#[test]
fn another_order_is_found() {
    let mut chain = Chain::business();
    chain.entries.swap(0, 1);
    assert_eq!(kinds(chain.audit().findings()), [(1, "height"), (1, "parent")]);
    let mut chain = Chain::business();
    chain.entries.remove(1);
    assert_eq!(kinds(chain.audit().findings()), [(2, "height"), (2, "parent")]);
    let mut chain = Chain::business();
    alter(&mut chain.entries[0].batches[1], |transactions| transactions.swap(0, 1));
    assert_eq!(kinds(chain.audit().findings()), [(1, "batch_digest")]);
    let mut chain = Chain::business();
    chain.entries[0].batches.swap(0, 1);
    assert_eq!(kinds(chain.audit().findings()), [(1, "batch_digest"), (1, "batch_digest")]);
    let mut chain = Chain::business();
    let mut block: Block = decode(&chain.entries[0].block).unwrap();
    let mut digests = block.batches.to_vec();
    digests.swap(0, 1);
    block.batches = types::codec::Bounded::new(digests).unwrap();
    chain.entries[0].block = encode(&block);
    chain.entries[0].batches.swap(0, 1);
    assert_eq!(kinds(chain.audit().findings()), [(1, "batch_list")]);
}

#[test]
fn a_header_that_breaks_a_rule_is_found_though_a_quorum_signs_it() {
    let with = |change: &dyn Fn(&mut Draft, &Chain)| {
        let mut chain = Chain::business();
        let mut draft = chain.draft(vec![]);
        change(&mut draft, &chain);
        chain.put(draft, true);
        kinds(chain.audit().findings()).into_iter().map(|(_, kind)| kind).collect::<Vec<_>>()
    };
    assert_eq!(with(&|draft, _| draft.header.proposer.0 = (draft.header.proposer.0 + 1) % 4), ["proposer"]);
    let same_view = with(&|draft, chain| {
        draft.header.view = chain.tip.view;
        draft.header.proposer = chain.tip.proposer;
    });
    assert_eq!(same_view, ["view"]);
    // Block time is part of the state only where seconds close, and none does here.
    assert_eq!(with(&|draft, chain| draft.header.timestamp = chain.tip.timestamp), ["time"]);
    assert_eq!(with(&|draft, _| draft.header.epoch.0 = 1), ["epoch"]);
    assert_eq!(with(&|draft, _| draft.header.parent = Hash([1; 32])), ["parent"]);
    assert_eq!(with(&|draft, _| draft.header.height.0 += 1), ["height"]);
    assert_eq!(with(&|draft, _| draft.header.batches = Hash([1; 32])), ["batch_list"]);
    // Whoever names other validators than the ledger does so in the last block of an epoch.
    let mut chain = Chain::business();
    let mut draft = chain.draft(vec![]);
    draft.header.next_validators = Hash([1; 32]);
    chain.put(draft, true);
    assert_eq!(kinds(chain.audit().findings()), [(4, "next_validators")]);
}

#[test]
fn altered_records_of_the_source_are_found() {
    let mut chain = Chain::business();
    let mut receipts: Vec<vm::Receipt> =
        decode::<types::codec::List<vm::Receipt>>(chain.entries[1].receipts.as_ref().unwrap()).unwrap().into_vec();
    receipts[1].outcome = Outcome::Succeeded;
    chain.entries[1].receipts = Some(encode(&receipts));
    let auditor = chain.audit();
    assert_eq!(auditor.findings()[0].fault, Fault::StoredReceipts { expected: 2, place: 1 });
    assert_eq!((kinds(auditor.findings()), auditor.progress().blocks), (vec![(2, "stored_receipts")], 3));

    let mut chain = Chain::business();
    chain.entries[1].block.pop();
    assert_eq!(kinds(chain.audit().findings()), [(2, "malformed")]);
    let mut chain = Chain::business();
    chain.entries[1].receipts = None;
    assert_eq!(kinds(chain.audit().findings()), []);
}
