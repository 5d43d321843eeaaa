//! Chains with nothing wrong.

use audit::{Auditor, Role, Signatures, Start, StartError};
use types::codec::{Bounded, decode, encode};
use types::{Block, Certificate, Epoch, Instruction, Member, ValidatorChange};

use crate::bank::*;

fn approve(epoch: u64, changes: Vec<ValidatorChange>) -> Instruction {
    Instruction::ApproveValidators { epoch: Epoch(epoch), changes: Bounded::new(changes).unwrap() }
}

/// A chain in whose fourth block another validator takes the place of the last one.
fn with_epochs() -> Chain {
    let mut chain = Chain::business();
    let by = Member::new("v9", validator(9).public(), "peer-9", "/9").unwrap();
    let change = vec![ValidatorChange::Replace { key: validator(3).public(), by }];
    let approvals = (0..3).map(|number| signed(&validator(number), 0, vec![approve(0, change.clone())])).collect();
    chain.block(approvals);
    while chain.committee.epoch == Epoch(0) {
        chain.block(vec![]);
    }
    chain.block(vec![pay(ALICE, 9, vec![transfer(BOB, 1)])]);
    chain.block(vec![pay(ISSUER, 9, vec![mint(ISSUER, 1_000)])]);
    chain
}

#[test]
fn nothing_is_found_in_a_good_chain() {
    let chain = Chain::business();
    let auditor = chain.audit();
    assert_eq!((auditor.findings(), auditor.stop(), auditor.uncertified()), (&[][..], None, 0));
    assert_eq!((auditor.ledger().state_root(), auditor.tip().1), (chain.ledger.state_root(), chain.tip.hash()));
    let progress = auditor.progress();
    assert_eq!((progress.blocks, progress.transactions, progress.signatures, progress.certificates), (3, 7, 7, 2));
    let changes: Vec<_> = auditor
        .books()
        .changes()
        .iter()
        .map(|change| (change.height.0, change.by, change.role, change.before.0, change.after.0))
        .collect();
    let (by, role) = (Some(address(ISSUER)), Some(Role::Issuer));
    assert_eq!(changes, [(1, by, role, 1_050, 1_550), (3, by, role, 1_550, 1_520)]);
}

#[test]
fn certificates_of_each_epoch_are_checked_under_its_validators() {
    let chain = with_epochs();
    assert_eq!(chain.handovers.len(), 1);
    let auditor = chain.audit();
    assert_eq!((kinds(auditor.findings()), auditor.stop()), (vec![], None));
    assert_eq!(auditor.ledger().state_root(), chain.ledger.state_root());
    // The same with the quorum's word on signatures.
    let mut auditor = Auditor::new(Start::genesis(&chain.genesis).unwrap());
    feed(&mut auditor, chain.genesis.hash(), &chain.entries, Signatures::OnCertificates);
    assert_eq!((kinds(auditor.findings()), auditor.progress().signatures), (vec![], 0));
    assert_eq!(auditor.ledger().state_root(), chain.ledger.state_root());
}

#[test]
fn the_former_validators_are_not_believed() {
    let mut chain = with_epochs();
    let entry = chain.entries.last_mut().unwrap();
    let certificate: Certificate = decode(entry.certificate.as_ref().unwrap()).unwrap();
    let former: Vec<_> = (0..4).map(validator).collect();
    entry.certificate = Some(encode(&certify(certificate.ballot, &chain.genesis.committee(), &former)));
    let auditor = chain.audit();
    assert_eq!(kinds(auditor.findings()), [(chain.tip.height.0, "certificate")]);
}

#[test]
fn blocks_without_a_certificate_are_not_executed() {
    let mut chain = Chain::business();
    let draft = chain.draft(vec![pay(ALICE, 7, vec![transfer(BOB, 1)])]);
    chain.put(draft, false);
    let auditor = chain.audit();
    assert_eq!((auditor.progress().blocks, auditor.uncertified()), (3, 1));
    assert_eq!(kinds(auditor.findings()), []);
}

#[test]
fn an_audit_starts_at_a_checkpoint_that_a_quorum_finalized() {
    let chain = with_epochs();
    let place = chain.entries.len() - 2;
    let block: Block = decode(&chain.entries[place].block).unwrap();
    let certificate: Certificate = decode(chain.entries[place].certificate.as_ref().unwrap()).unwrap();
    let mut before = Auditor::new(Start::genesis(&chain.genesis).unwrap());
    feed(&mut before, chain.genesis.hash(), &chain.entries[..=place], Signatures::Verified);
    let chunks: Vec<Vec<u8>> = before.ledger().snapshot().chunks().collect();
    let start = |handovers, certificate| {
        Start::checkpoint(&chain.genesis, handovers, block.header.clone(), certificate, chunks.clone())
    };
    let mut auditor = Auditor::new(start(&chain.handovers[..], certificate.clone()).unwrap());
    feed(&mut auditor, chain.genesis.hash(), &chain.entries[place + 1..], Signatures::Verified);
    assert_eq!((kinds(auditor.findings()), auditor.from()), (vec![], block.header.height.next()));
    assert_eq!(auditor.ledger().state_root(), chain.ledger.state_root());

    assert!(matches!(start(&[], certificate.clone()), Err(StartError::Epoch { .. })));
    let former: Vec<_> = (0..4).map(validator).collect();
    let forged = certify(certificate.ballot, &chain.genesis.committee(), &former);
    assert!(matches!(start(&chain.handovers[..], forged), Err(StartError::Certificate(_))));
    let mut handovers = chain.handovers.clone();
    handovers[0].header.height.0 += 1;
    assert!(matches!(start(&handovers, certificate.clone()), Err(StartError::Handover { .. })));
    let other: Certificate = decode(chain.entries[0].certificate.as_ref().unwrap()).unwrap();
    assert!(matches!(start(&chain.handovers[..], other), Err(StartError::OtherBlock(_))));
    let truncated = chunks[..chunks.len() - 1].to_vec();
    let start = Start::checkpoint(&chain.genesis, &chain.handovers, block.header.clone(), certificate, truncated);
    assert!(matches!(start, Err(StartError::Ledger(_))));
}
