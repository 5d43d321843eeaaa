//! Faults of others that are noticed and shown, and a key that is live in two places.

use consensus::{Input, Message, Recipient};
use types::{Evidence, ValidatorIndex, View};

use crate::lab::{GENESIS, HEARTBEAT, Lab, TIMEOUT, block, finalize, genesis, notarize, nullify};

#[test]
fn contradicting_votes_are_evidence_and_their_signer_is_told() {
    let pairs = [
        (notarize(1, 1), notarize(1, 2)),
        (nullify(1), finalize(1, 1)),
        (finalize(1, 1), nullify(1)),
        (finalize(1, 1), finalize(1, 2)),
    ];
    for (first, second) in pairs {
        let mut lab = Lab::new(0);
        assert_eq!(lab.hear_vote(2, first).evidence(), 0);
        let turn = lab.hear_vote(2, second);
        assert_eq!(turn.evidence(), 1, "{first:?} and {second:?}");
        let evidence = Evidence { first: lab.vote(2, first), second: lab.vote(2, second) };
        assert!(lab.simplex.evidence().contains(&evidence));
        let told = &turn.durable[0];
        assert_eq!(told.to, Recipient::One(ValidatorIndex(2)));
        assert_eq!(told.message, Message::Evidence(evidence));
    }
}

#[test]
fn votes_that_do_not_contradict_are_no_evidence() {
    let mut lab = Lab::new(0);
    for ballot in [notarize(1, 1), nullify(1), notarize(2, 2), finalize(2, 2)] {
        assert_eq!(lab.hear_vote(2, ballot).evidence(), 0);
    }
}

#[test]
fn a_vote_that_its_signer_did_not_sign_is_no_evidence() {
    let mut lab = Lab::new(0);
    lab.hear_vote(2, notarize(1, 1));
    let mut forged = lab.vote(2, notarize(1, 2));
    forged.signature.0[8] ^= 1;
    assert_eq!(lab.hear(3, Message::Vote(forged.clone())).evidence(), 0);
    let pair = Evidence { first: lab.vote(2, notarize(1, 1)), second: forged };
    assert_eq!(lab.hear(3, Message::Evidence(pair)).evidence(), 0);
}

#[test]
fn evidence_from_another_validator_is_kept_and_bounded() {
    let mut lab = Lab::new(0);
    for view in 1..20 {
        let evidence = Evidence { first: lab.vote(2, notarize(view, 1)), second: lab.vote(2, notarize(view, 2)) };
        lab.hear(1, Message::Evidence(evidence));
    }
    assert_eq!(lab.simplex.evidence().len(), 4);
}

#[test]
fn a_leader_that_tells_two_stories_is_found_out_by_the_votes() {
    // Validator 1 leads view 1 and proposes block 1 to us and block 2 to validator 2.
    let mut lab = Lab::new(0);
    let mut other = Lab::new(2);
    lab.hear_proposal(1, 0, GENESIS, 1);
    other.hear_proposal(1, 0, GENESIS, 2);
    let turn = lab.hear_vote(2, notarize(1, 2));
    let shown = &turn.durable[0];
    assert_eq!(shown.to, Recipient::One(ValidatorIndex(2)));
    assert_eq!(shown.message, Message::Vote(lab.vote(1, notarize(1, 1))));
    assert_eq!(other.hear(0, shown.message.clone()).evidence(), 1);
    assert!(lab.hear_vote(2, notarize(1, 2)).durable.is_empty(), "shown once");
}

/// After this, a validator does not vote any more.
fn assert_silent(mut lab: Lab) {
    assert!(lab.simplex.is_silenced());
    lab.hear_certificate(notarize(5, 5));
    lab.hear_proposal(6, 5, block(5), 6);
    assert_eq!(lab.accept(6, 6).cast(), []);
    assert_eq!(lab.wait(HEARTBEAT + TIMEOUT).cast(), []);
    lab.hear_certificate(nullify(6));
    lab.step(Input::Work { pending: true });
    assert_eq!(lab.hear_certificate(nullify(7)).asked(), None, "it does not lead");
    assert_eq!(lab.hear_certificate(finalize(8, 8)).finalized(), [finalize(8, 8)], "but it follows");
}

#[test]
fn a_vote_in_our_name_that_we_did_not_cast_silences_us() {
    let mut lab = Lab::new(0);
    let vote = lab.vote(0, nullify(2));
    assert_eq!(lab.hear(3, Message::Vote(vote)).alarm(), Some(nullify(2)));
    assert_silent(lab);
}

#[test]
fn our_signature_in_a_certificate_that_we_did_not_vote_for_silences_us() {
    let mut lab = Lab::new(0);
    let votes: Vec<_> = [0, 1, 2].map(|signer| lab.sign(signer, notarize(1, 1))).into();
    let certificate = types::Certificate::assemble(&votes, &lab.committee).unwrap().into_inner();
    let turn = lab.hear(3, Message::Certificate(certificate));
    assert_eq!(turn.alarm(), Some(notarize(1, 1)));
    assert_eq!(turn.cast(), []);
    assert_silent(lab);
}

#[test]
fn evidence_against_our_key_and_a_proposal_in_our_name_silence_us() {
    let mut lab = Lab::new(0);
    let first = lab.wait(HEARTBEAT + TIMEOUT).cast();
    assert_eq!(first, [nullify(1)]);
    let evidence = Evidence { first: lab.vote(0, nullify(1)), second: lab.vote(0, finalize(1, 1)) };
    assert_eq!(lab.hear(3, Message::Evidence(evidence)).alarm(), Some(finalize(1, 1)));
    assert_silent(lab);

    let mut lab = Lab::new(0);
    let proposal = lab.proposal(4, 0, GENESIS, 9);
    assert_eq!(lab.hear(3, Message::Propose(proposal)).alarm(), Some(notarize(4, 9)));
    assert_silent(lab);
}

#[test]
fn what_we_cast_or_did_not_sign_or_cannot_know_does_not_silence_us() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(3, 3));
    lab.wait(HEARTBEAT + TIMEOUT);
    let mut forged = lab.vote(0, nullify(5));
    forged.signature.0[1] ^= 1;
    for vote in [lab.vote(0, nullify(4)), forged, lab.vote(0, nullify(2))] {
        assert_eq!(lab.hear(3, Message::Vote(vote)).alarm(), None);
    }
    let mut lab = lab.restart(genesis());
    let vote = lab.vote(0, nullify(4));
    assert_eq!(lab.hear(3, Message::Vote(vote)).alarm(), None, "what we cast before the restart is known");
    assert_eq!(lab.simplex.root().view, View(3));
}
