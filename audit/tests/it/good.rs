//! Chains with nothing wrong.

use audit::{Auditor, Signatures, Start, StartError};
use types::codec::{Bounded, decode, encode};
use types::{
    Action, Amount, Block, Certificate, Epoch, Hash, Instruction, Issuance, Member, Origin, Role, Timestamp,
    ValidatorChange,
};

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

fn issuance(issuance: Issuance) -> Vec<Instruction> {
    vec![Instruction::Issuance(Box::new(issuance))]
}

#[test]
fn mints_under_four_eyes_come_with_who_wanted_and_who_approved_them() {
    let mut chain = Chain::new();
    let attest = Issuance::Attest {
        asset: DOLLAR,
        reserve: Amount(800),
        as_of: Timestamp(SECOND * 1_000),
        document: Hash([3; 32]),
    };
    let propose = |amount| Issuance::Propose {
        asset: DOLLAR,
        action: Action::Mint { to: address(ALICE), amount: Amount(amount) },
        valid_seconds: 60,
    };
    let id = |transaction: &types::Transaction| transaction.payload.id(&chain.genesis.hash());
    let proposed = pay(ISSUER, 0, issuance(propose(500)));
    let approved = issuance(Issuance::Approve { proposal: Origin { transaction: id(&proposed), instruction: 0 } });
    let at_once = pay(ISSUER, 1, issuance(propose(200)));
    let approved_at_once =
        issuance(Issuance::Approve { proposal: Origin { transaction: id(&at_once), instruction: 0 } });
    let redeemed = pay(
        ALICE,
        0,
        issuance(Issuance::Redeem {
            asset: DOLLAR,
            amount: Amount(50),
            payout: types::codec::Text::new("acct").unwrap(),
        }),
    );
    let redemption = Origin { transaction: id(&redeemed), instruction: 0 };
    let bank_reference = types::codec::Text::new("wire-1").unwrap();
    chain.block(vec![pay(ATTESTOR, 0, issuance(attest)), proposed]);
    chain.block(vec![pay(APPROVER, 0, approved), at_once, pay(APPROVER, 1, approved_at_once)]);
    chain.block(vec![redeemed]);
    chain.block(vec![pay(ISSUER, 2, issuance(Issuance::PayOut { redemption, bank_reference }))]);
    chain.block(vec![pay(APPROVER, 2, issuance(Issuance::ConfirmPayOut { redemption }))]);
    let auditor = chain.audit();
    assert_eq!(kinds(auditor.findings()), []);
    let changes: Vec<_> = auditor
        .books()
        .changes()
        .iter()
        .map(|change| (change.height.0, change.by, change.role, change.proposed_by, change.before.0, change.after.0))
        .collect();
    let (by, role, issuer) = (Some(address(APPROVER)), Some(Role::Approver), Some(address(ISSUER)));
    assert_eq!(
        changes,
        [(2, by, role, issuer, 0, 500), (2, by, role, issuer, 500, 700), (5, by, role, issuer, 700, 650)]
    );
    let reserves = auditor.books().reserves();
    assert_eq!(reserves.len(), 1);
    assert_eq!((reserves[0].height.0, reserves[0].reserve, reserves[0].supply), (1, Amount(800), Amount(0)));
}
