use proof::{Claim, Fact, FileError, FinalityError, Invalid, Proof, ProofFile, Statement};
use types::codec::Bounded;
use types::{Address, Amount, Committee, Epoch, Hash, Height};
use vm::{Finding, OutcomeProof, ProofError};

use crate::chain::*;

fn fact(proof: &Proof) -> Result<Fact, Invalid> {
    proof.verify(&genesis()).map(|proven| proven.fact)
}

/// Payments of several seconds through three epochs; the last block comes when all deadlines have passed.
fn chain() -> Chain {
    let mut chain = Chain::new();
    chain.block(START, vec![pay(1, START + 5), pay(2, START + 5), pay(3, START + 9)], false);
    chain.block(START + 1, vec![pay(4, START + 5), pay(5, START + 20)], true);
    chain.block(START + 6, vec![pay(6, START + 9)], false);
    chain.block(START + 10, vec![], true);
    chain.block(START + 30, vec![pay(7, START + 80)], false);
    chain
}

#[test]
fn receipts_balances_and_absences_are_proven_through_epochs() {
    let chain = chain();
    for (height, index, above, salt) in [(1, 0, 0, 1), (1, 2, 1, 3), (2, 1, 0, 5), (3, 0, 1, 6), (5, 0, 0, 7)] {
        let proof = chain.receipt(Height(height), index, above);
        let Ok(Fact::Executed { id: found, index: place, accounts, .. }) = fact(&proof) else { panic!("{height}") };
        assert!((found.0 != [0; 32]) && place == index && accounts[1] == payee(salt));
    }
    let payer = Address::of(&payer().public());
    let held = |account, amount| Ok(Fact::Held { account, asset: WON, amount: Amount(amount) });
    assert_eq!(fact(&chain.balance(payer)), held(payer, 930));
    assert_eq!(fact(&chain.balance(payee(2))), held(payee(2), 10));
    // In a second that has others, in one that has none, and after the last one that closed.
    for valid_until in [START + 5, START + 7, START + 9, START + 25] {
        let id = id(&pay(99, valid_until));
        assert_eq!(fact(&chain.not_executed(id)), Ok(Fact::NeverExecuted { id }));
    }
}

#[test]
fn what_was_executed_cannot_be_proven_not_to_be() {
    let chain = chain();
    for (salt, valid_until) in [(1, START + 5), (2, START + 5), (4, START + 5), (6, START + 9), (5, START + 20)] {
        let id = id(&pay(salt, valid_until));
        assert!(matches!(fact(&chain.not_executed(id)), Err(Invalid::WasExecuted(_))), "{salt}");
        // Nor by what is true of others.
        for other in [pay(99, valid_until), pay(99, START + 7), pay(99, START + 25)] {
            let Claim::NotExecuted { proof, .. } = chain.not_executed(crate::chain::id(&other)).claim else { panic!() };
            let claim = Claim::NotExecuted { id, proof };
            let lie = Proof { claim, finality: chain.finality(Height(5), 0) };
            let refused = fact(&lie);
            // Where the other would be on the same page, that page shows this one.
            assert!(matches!(refused, Err(Invalid::NotShown(_) | Invalid::WasExecuted(_))), "{salt}: {refused:?}");
        }
    }
    let open = id(&pay(7, START + 80));
    let refused = fact(&chain.not_executed(open));
    assert_eq!(refused, Err(Invalid::NotShown(ProofError::NotPassed(open.deadline()))), "its deadline is ahead");
}

#[test]
fn a_state_says_nothing_of_another_block() {
    let chain = chain();
    let balance = Proof { finality: chain.finality(Height(4), 0), ..chain.balance(payee(7)) };
    assert_eq!(fact(&balance), Err(Invalid::NotShown(ProofError::Opening)));
    let receipt = Proof { finality: chain.finality(Height(1), 0), ..chain.receipt(Height(2), 0, 0) };
    assert_eq!(fact(&receipt), Err(Invalid::NotShown(ProofError::Receipt)));
    let Claim::NotExecuted { id, proof } = chain.not_executed(id(&pay(99, START + 7))).claim else { panic!() };
    let claim = Claim::NotExecuted { id, proof: Box::new(OutcomeProof { finding: Finding::AfterTheLast, ..*proof }) };
    let lie = Proof { finality: chain.finality(Height(5), 0), claim };
    assert_eq!(fact(&lie), Err(Invalid::NotShown(ProofError::OtherSecond(id.deadline()))));
}

#[test]
fn trust_is_not_lost_or_gained_on_the_way() {
    let chain = chain();
    let good = chain.receipt(Height(5), 0, 0);
    let refused = |change: &dyn Fn(&mut Proof)| {
        let mut proof = good.clone();
        change(&mut proof);
        match proof.verify(&genesis()) {
            Err(Invalid::NotFinal(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let handovers = good.finality.handovers.to_vec();
    let with = |list: &[usize]| Bounded::new(list.iter().map(|place| handovers[*place].clone()).collect()).unwrap();
    assert_eq!(
        refused(&|proof| proof.finality.handovers = with(&[0])),
        FinalityError::Epoch { expected: Epoch(1), found: Epoch(2) }
    );
    assert!(matches!(refused(&|proof| proof.finality.handovers = with(&[1, 0])), FinalityError::Handover(_)));
    assert!(matches!(refused(&|proof| proof.finality.handovers = with(&[0, 1, 1])), FinalityError::Handover(_)));
    assert_eq!(refused(&|proof| proof.finality.headers = Bounded::default()), FinalityError::NoBlock);
    let other = chain.finality(Height(4), 0).certificate;
    assert_eq!(refused(&|proof| proof.finality.certificate = other.clone()), FinalityError::OtherBlock(Height(5)));

    // A chain of headers that skips one.
    let mut skipping = chain.receipt(Height(1), 0, 1);
    skipping.finality.headers =
        Bounded::new(vec![skipping.finality.headers[0].clone(), good.finality.headers[0].clone()]).unwrap();
    assert_eq!(skipping.verify(&genesis()), Err(FinalityError::Parent(Height(1)).into()));

    // Somebody else's validators, and another chain.
    let strangers = Committee { validators: handovers[0].validators.clone(), ..genesis() };
    assert!(matches!(chain.receipt(Height(1), 0, 0).verify(&strangers), Err(Invalid::NotFinal(_))));
    let fork = Committee { chain: Hash([8; 32]), ..genesis() };
    assert!(matches!(chain.receipt(Height(1), 0, 0).verify(&fork), Err(Invalid::NotFinal(_))));
    let file = ProofFile::parse(&text(&good)).unwrap();
    assert!(matches!(file.verify(&fork), Err(FileError::OtherChain { .. })));
}

#[test]
fn a_file_says_what_it_proves() {
    let chain = chain();
    let file = ProofFile::parse(&text(&chain.balance(payee(2)))).unwrap();
    assert!(matches!(file.proves, Statement::Balance { amount: Amount(10), height: Height(5), .. }));
    assert_eq!(file.verify(&genesis()).map(|proven| proven.height), Ok(Height(5)));
    let file = ProofFile::parse(&text(&chain.not_executed(id(&pay(99, START + 7))))).unwrap();
    assert!(matches!(file.proves, Statement::NotExecuted { height: Height(5), .. }));
    let failed = {
        let mut chain = Chain::new();
        let spends = (1..=101).map(|salt| pay(salt, START + 5)).collect();
        let height = chain.block(START, spends, false);
        chain.receipt(height, 100, 0)
    };
    let file = ProofFile::parse(&text(&failed)).unwrap();
    assert!(matches!(&file.proves, Statement::Executed { succeeded: false, failure: Some(_), index: 100, .. }));
    assert!(file.verify(&genesis()).is_ok());
}
