//! The rules of voting, each by the test that fails without it.

use consensus::{Input, Message, Record, Verdict};
use types::{Certificate, Hash, View};

use crate::lab::{GENESIS, HEARTBEAT, Lab, TIMEOUT, block, finalize, genesis, notarize, nullify};

/// Long enough for an idle validator to give up any view.
const LONG: u64 = HEARTBEAT + 10 * TIMEOUT;

#[test]
fn an_accepted_proposal_is_notarized() {
    let mut lab = Lab::new(0);
    let turn = lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(turn.judged().len(), 1);
    assert_eq!(turn.cast(), []);
    assert_eq!(lab.accept(1, 1).cast(), [notarize(1, 1)]);
}

#[test]
fn a_proposal_is_judged_only_if_the_leader_signed_or_sent_it() {
    let mut lab = Lab::new(0);
    let proposal = lab.proposal(1, 0, GENESIS, 1);
    let mut forged = proposal.clone();
    forged.signature.0[9] ^= 1;
    assert!(lab.hear(2, Message::Propose(forged)).judged().is_empty(), "validator 1 leads view 1");
    assert_eq!(lab.hear(2, Message::Propose(proposal)).judged().len(), 1);
}

#[test]
fn a_proposal_waits_until_its_parent_is_notarized_and_the_views_between_are_nullified() {
    let mut lab = Lab::new(0);
    assert!(lab.hear_proposal(3, 1, block(1), 3).judged().is_empty());
    assert!(lab.hear_certificate(nullify(2)).judged().is_empty(), "in view 3, but the parent is not notarized");
    assert_eq!(lab.view(), 3);
    assert_eq!(lab.hear_certificate(notarize(1, 1)).judged().len(), 1, "the certificate of a view that was left");

    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    lab.hear_certificate(notarize(2, 2));
    assert!(lab.hear_proposal(3, 1, block(1), 3).judged().is_empty(), "view 2 is not nullified");
    let turn = lab.hear_certificate(nullify(2));
    assert_eq!(turn.judged().len(), 1);
    let kept = Record::Certified(lab.certificate(nullify(2)).into_inner());
    assert_eq!(turn.records, [kept], "a nullification of a view that was left is kept, for parents need it");
}

#[test]
fn a_proposal_on_another_block_than_the_notarized_one_is_not_judged() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    assert!(lab.hear_proposal(2, 1, block(9), 2).judged().is_empty());
}

#[test]
fn a_proposal_past_the_finalized_block_is_not_judged() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(2, 2));
    assert!(lab.hear_proposal(3, 0, GENESIS, 3).judged().is_empty());
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(2, 2));
    assert_eq!(lab.hear_proposal(3, 2, block(2), 3).judged().len(), 1, "the finalized block counts as notarized");
}

#[test]
fn one_proposal_of_a_view_is_judged() {
    let mut lab = Lab::new(0);
    assert_eq!(lab.hear_proposal(1, 0, GENESIS, 1).judged().len(), 1);
    assert!(lab.hear_proposal(1, 0, GENESIS, 1).judged().is_empty());
    assert!(lab.hear_proposal(1, 0, GENESIS, 2).judged().is_empty());
    assert_eq!(lab.accept(1, 2).cast(), [], "a verdict on another block than the judged one");
}

#[test]
fn a_validator_notarizes_once_in_a_view() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(lab.accept(1, 1).cast(), [notarize(1, 1)]);
    assert_eq!(lab.accept(1, 1).cast(), []);
    assert_eq!(lab.hear_proposal(1, 0, GENESIS, 2).cast(), []);
    assert_eq!(lab.accept(1, 2).cast(), []);
}

#[test]
fn a_verdict_is_for_the_view_that_the_validator_is_in() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.hear_certificate(nullify(1));
    assert_eq!(lab.accept(1, 1).cast(), []);
}

#[test]
fn nothing_is_notarized_after_nullify() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(lab.wait(LONG).cast(), [nullify(1)]);
    assert_eq!(lab.accept(1, 1).cast(), []);
    let mut lab = Lab::new(0);
    assert_eq!(lab.wait(LONG).cast(), [nullify(1)]);
    assert!(lab.hear_proposal(1, 0, GENESIS, 1).judged().is_empty(), "it may not vote for it, so it need not judge it");
}

#[test]
fn a_view_may_be_nullified_after_it_was_notarized() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    assert_eq!(lab.wait(LONG).cast(), [nullify(1)]);
}

#[test]
fn a_rejected_proposal_is_nullified_at_once() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    let verdict = Input::Judged { view: View(1), block: block(1), verdict: Verdict::Reject };
    assert_eq!(lab.step(verdict).cast(), [nullify(1)]);
}

#[test]
fn a_quorum_of_notarize_votes_leads_to_the_next_view_and_a_finalize_vote() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    assert_eq!(lab.view(), 1, "two votes of four");
    let turn = lab.hear_vote(2, notarize(1, 1));
    assert_eq!(lab.view(), 2);
    assert_eq!(turn.cast(), [finalize(1, 1)]);
    assert!(lab.simplex.is_notarized(View(1), &block(1)));
}

#[test]
fn the_certificate_is_in_the_journal_ahead_of_the_finalize_vote_that_rests_on_it() {
    let mut lab = Lab::new(0);
    let turn = lab.hear_certificate(notarize(1, 1));
    let [Record::Certified(certificate), Record::Voted(vote)] = &turn.records[..] else { panic!("{turn:?}") };
    assert_eq!((certificate.ballot, vote.ballot), (notarize(1, 1), finalize(1, 1)));
}

#[test]
fn nothing_is_finalized_after_nullify() {
    let mut lab = Lab::new(0);
    lab.wait(LONG);
    let turn = lab.hear_certificate(notarize(1, 1));
    assert_eq!(lab.view(), 2);
    assert_eq!(turn.cast(), []);
}

#[test]
fn nothing_is_nullified_after_finalize() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    let votes = lab.journal.into_iter().filter(|record| matches!(record, Record::Voted(_))).collect();
    // Without the certificate the validator is in view 1 again; no journal looks like this, and still:
    let mut lab = Lab::start(4, 0, votes, genesis());
    assert_eq!(lab.view(), 1);
    assert_eq!(lab.wait(LONG).cast(), []);
    assert_eq!(lab.wait(LONG).cast(), [finalize(1, 1)], "what was said is said again, and no more");
}

#[test]
fn no_other_block_is_finalized_than_the_one_that_was_notarized() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    assert_eq!(lab.hear_certificate(notarize(1, 2)).cast(), []);
    assert_eq!(lab.view(), 2);
}

#[test]
fn a_quorum_of_nullify_votes_leads_to_the_next_view() {
    let mut lab = Lab::new(0);
    lab.hear_vote(1, nullify(1));
    lab.hear_vote(2, nullify(1));
    assert_eq!(lab.view(), 1);
    let turn = lab.hear_vote(3, nullify(1));
    assert_eq!(lab.view(), 2);
    assert_eq!(turn.cast(), []);
}

#[test]
fn a_quorum_of_finalize_votes_finalizes() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    assert_eq!(lab.hear_vote(1, finalize(1, 1)).finalized(), []);
    let turn = lab.hear_vote(2, finalize(1, 1));
    assert_eq!(turn.finalized(), [finalize(1, 1)]);
    assert_eq!((lab.simplex.root().view, lab.simplex.root().block), (View(1), block(1)));
    assert_eq!(lab.hear_vote(3, finalize(1, 1)).finalized(), [], "once");
}

#[test]
fn a_vote_leaves_only_with_its_record() {
    let mut lab = Lab::new(1);
    let work = lab.step(Input::Work { pending: true });
    assert!(work.asked().is_some());
    let turns = [
        lab.step(Input::Proposed { view: View(1), block: block(1) }),
        lab.hear_certificate(notarize(1, 1)),
        lab.wait(LONG),
    ];
    let cast: Vec<_> = turns.iter().flat_map(|turn| turn.cast()).collect();
    assert_eq!(cast, [notarize(1, 1), finalize(1, 1), nullify(2)]);
    for turn in &turns {
        assert!(turn.sent.iter().all(|outgoing| matches!(outgoing.message, Message::Status(_))), "{turn:?}");
        for ballot in turn.cast() {
            let is_recorded = turn.records.iter().any(|record| match record {
                Record::Voted(vote) => vote.ballot == ballot,
                Record::Proposed(proposal) => proposal.vote(&lab.committee).ballot == ballot,
                Record::Certified(_) => false,
            });
            assert!(is_recorded, "{ballot:?} left without its record");
        }
    }
}

#[test]
fn a_certificate_with_an_own_vote_waits_for_the_disk() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    lab.hear_vote(3, nullify(1));
    // The own notarize vote is part of the notarization that validator 3 is sent.
    let turn = lab.hear_vote(2, notarize(1, 1));
    assert_eq!(turn.help_for(3), [notarize(1, 1)]);
    assert!(turn.sent.is_empty());
}

#[test]
fn a_vote_counts_on_its_signers_link_only() {
    let mut lab = Lab::new(0);
    for signer in [1, 2, 3] {
        let vote = lab.vote(signer, nullify(1));
        lab.hear(if signer == 1 { 2 } else { 1 }, Message::Vote(vote));
    }
    assert_eq!(lab.view(), 1);
}

#[test]
fn votes_are_verified_before_they_count() {
    let mut lab = Lab::new(0);
    let mut forged = lab.vote(1, nullify(1));
    forged.signature.0[3] ^= 1;
    lab.hear(1, Message::Vote(forged));
    lab.hear_vote(2, nullify(1));
    lab.hear_vote(3, nullify(1));
    assert_eq!(lab.view(), 1);
    lab.hear_vote(1, nullify(1));
    assert_eq!(lab.view(), 2);
}

#[test]
fn certificates_are_verified_before_use() {
    let mut lab = Lab::new(0);
    for ballot in [notarize(1, 1), nullify(1), finalize(1, 1)] {
        let mut certificate = lab.certificate(ballot).into_inner();
        let mut signatures = certificate.signatures.into_vec();
        signatures[1].0[40] ^= 1;
        certificate.signatures = types::codec::Bounded::new(signatures).unwrap();
        let turn = lab.hear(1, Message::Certificate(certificate));
        assert!(turn.records.is_empty() && turn.others.is_empty());
    }
    assert_eq!(lab.view(), 1);
}

#[test]
fn a_validator_outside_the_committee_is_not_heard() {
    let mut lab = Lab::new(0);
    let certificate: Certificate = lab.certificate(nullify(1)).into_inner();
    for from in [0, 4, u16::MAX] {
        lab.hear(from, Message::Certificate(certificate.clone()));
        lab.step(Input::PeerUp { peer: types::ValidatorIndex(from) });
    }
    assert_eq!(lab.view(), 1);
}

#[test]
fn the_leader_proposes_on_the_latest_notarized_block_and_votes_by_it() {
    let mut lab = Lab::new(3);
    lab.hear_certificate(notarize(1, 1));
    let turn = lab.hear_certificate(nullify(2));
    assert_eq!(turn.asked(), Some((3, 1, block(1))));
    let turn = lab.step(Input::Proposed { view: View(3), block: block(3) });
    assert_eq!(turn.cast(), [notarize(3, 3)]);
    let [Record::Proposed(proposal)] = &turn.records[..] else { panic!("{turn:?}") };
    assert_eq!((proposal.parent_view, proposal.parent), (View(1), block(1)));
    let messages: Vec<&Message> = turn.durable.iter().map(|outgoing| &outgoing.message).collect();
    let [Message::Certificate(parent), Message::Certificate(between), Message::Propose(sent)] = messages[..] else {
        panic!("{turn:?}")
    };
    assert_eq!((parent.ballot, between.ballot), (notarize(1, 1), nullify(2)), "what justifies it goes ahead");
    assert_eq!(sent, proposal);
    // The proposal is one of the three votes.
    lab.hear_vote(1, notarize(3, 3));
    lab.hear_vote(2, notarize(3, 3));
    assert_eq!(lab.view(), 4);
}

#[test]
fn the_leader_proposes_once_and_only_in_its_view() {
    let mut lab = Lab::new(1);
    lab.step(Input::Work { pending: true });
    assert_eq!(lab.step(Input::Proposed { view: View(2), block: block(2) }).cast(), []);
    assert_eq!(lab.step(Input::Proposed { view: View(1), block: block(1) }).cast(), [notarize(1, 1)]);
    assert_eq!(lab.step(Input::Proposed { view: View(1), block: block(9) }).cast(), []);
    let mut other = Lab::new(0);
    assert_eq!(other.step(Input::Work { pending: true }).asked(), None);
    assert_eq!(other.step(Input::Proposed { view: View(1), block: block(1) }).cast(), []);
}

#[test]
fn a_busy_leader_proposes_ahead_on_the_block_that_it_voted_for() {
    let mut lab = Lab::new(2);
    lab.step(Input::Work { pending: true });
    assert_eq!(lab.hear_proposal(1, 0, GENESIS, 1).asked(), None, "not on a block that it has not executed");
    assert_eq!(lab.accept(1, 1).asked(), Some((2, 1, block(1))));
    assert_eq!(lab.view(), 1);
    let turn = lab.step(Input::Proposed { view: View(2), block: block(2) });
    assert_eq!(turn.cast(), [notarize(2, 2)]);
    let turn = lab.hear_vote(3, notarize(1, 1));
    assert_eq!((lab.view(), turn.cast(), turn.asked()), (2, vec![finalize(1, 1)], None), "and only once");
    lab.hear_vote(0, notarize(2, 2));
    lab.hear_vote(3, notarize(2, 2));
    assert_eq!(lab.view(), 3);
}

#[test]
fn an_idle_leader_waits_for_its_view() {
    let mut lab = Lab::new(2);
    lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(lab.accept(1, 1).asked(), None);
    assert_eq!(lab.step(Input::Work { pending: true }).asked(), Some((2, 1, block(1))), "until there is something");
}

#[test]
fn a_block_asked_for_ahead_serves_its_view_if_its_parent_was_notarized() {
    let mut lab = ahead();
    let turn = lab.hear_certificate(notarize(1, 1));
    assert_eq!((lab.view(), turn.asked()), (2, None), "it is being made");
    assert_eq!(lab.step(Input::Proposed { view: View(2), block: block(2) }).cast(), [notarize(2, 2)]);
    let mut lab = ahead();
    assert_eq!(lab.hear_certificate(nullify(1)).asked(), Some((2, 0, GENESIS)), "another one is needed");
}

#[test]
fn nothing_is_proposed_ahead_on_a_block_that_was_given_up() {
    let mut lab = ahead();
    assert_eq!(lab.wait(TIMEOUT).cast(), [nullify(1)]);
    assert_eq!(lab.step(Input::Proposed { view: View(2), block: block(2) }).cast(), []);
    assert_eq!(lab.hear_certificate(nullify(1)).asked(), Some((2, 0, GENESIS)));
    assert_eq!(lab.step(Input::Proposed { view: View(2), block: block(3) }).cast(), [notarize(2, 3)]);
}

#[test]
fn a_proposal_on_a_block_that_was_given_up_is_not_waited_for() {
    let mut leader = ahead();
    leader.step(Input::Proposed { view: View(2), block: block(2) });
    assert_eq!(leader.hear_certificate(nullify(1)).cast(), [nullify(2)]);
    let mut other = Lab::new(0);
    assert_eq!(other.hear_proposal(2, 1, block(1), 2).judged(), []);
    let turn = other.hear_certificate(nullify(1));
    assert_eq!((turn.judged(), turn.cast()), (vec![], vec![nullify(2)]));
    // It may turn out that enough others have notarized the parent: then it may be built upon, by those who did not give up.
    let mut late = Lab::new(3);
    late.hear_certificate(notarize(1, 1));
    late.hear_certificate(nullify(1));
    assert_eq!(late.hear_proposal(2, 1, block(1), 2).judged().len(), 1);
}

/// The leader of view 2, which has been asked for a block on that of view 1 before that is notarized.
fn ahead() -> Lab {
    let mut lab = Lab::new(2);
    lab.step(Input::Work { pending: true });
    lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(lab.accept(1, 1).asked(), Some((2, 1, block(1))));
    lab
}

#[test]
fn a_leader_that_lacks_certificates_waits_for_them() {
    let mut lab = Lab::new(3);
    assert_eq!(lab.hear_certificate(nullify(2)).asked(), None, "view 1 is open");
    assert_eq!(lab.view(), 3);
    assert_eq!(lab.hear_certificate(nullify(1)).asked(), Some((3, 0, GENESIS)));
}

#[test]
fn an_idle_leader_proposes_after_a_heartbeat_and_a_busy_one_at_once() {
    let mut idle = Lab::new(1);
    assert_eq!(idle.simplex.next_deadline(), Some(idle.now.plus_millis(HEARTBEAT)));
    assert_eq!(idle.wait(HEARTBEAT - 1).asked(), None);
    assert_eq!(idle.wait(1).asked(), Some((1, 0, GENESIS)));
    assert_eq!(idle.wait(1).asked(), None, "asked once");
    let mut busy = Lab::new(1);
    busy.wait(100);
    assert_eq!(busy.step(Input::Work { pending: true }).asked(), Some((1, 0, GENESIS)));
    let mut second = Lab::new(2);
    second.step(Input::Work { pending: true });
    assert_eq!(second.hear_certificate(notarize(1, 1)).asked(), Some((2, 1, block(1))));
}

/// Those who gave a view up do not vote for its finalization.
#[test]
fn a_block_that_no_quorum_can_finalize_is_followed_at_once() {
    let mut lab = Lab::new(2);
    lab.hear_vote(0, nullify(1));
    assert_eq!(lab.hear_certificate(notarize(1, 1)).asked(), None, "the other three may finalize it");
    assert_eq!(lab.hear_vote(3, nullify(1)).asked(), Some((2, 1, block(1))));
    let mut late = Lab::new(2);
    [0, 3].into_iter().for_each(|peer| drop(late.hear_vote(peer, nullify(1))));
    assert_eq!(late.hear_certificate(notarize(1, 1)).asked(), Some((2, 1, block(1))));
    let mut follower = Lab::new(3);
    [0, 1].into_iter().for_each(|peer| drop(follower.hear_vote(peer, nullify(1))));
    follower.hear_certificate(notarize(1, 1));
    assert_eq!(follower.wait(TIMEOUT).cast(), [nullify(2)], "a leader is not given a heartbeat more");
    let mut settled = Lab::new(2);
    [0, 3].into_iter().for_each(|peer| drop(settled.hear_vote(peer, nullify(1))));
    assert_eq!(settled.hear_certificate(finalize(1, 1)).asked(), None, "it is final");
}

#[test]
fn patience_is_short_from_the_moment_that_there_is_something_to_order() {
    let mut idle = Lab::new(0);
    assert_eq!(idle.wait(HEARTBEAT + TIMEOUT - 1).cast(), []);
    assert_eq!(idle.simplex.next_deadline(), Some(idle.now.plus_millis(1)));
    assert_eq!(idle.wait(1).cast(), [nullify(1)]);
    let mut busy = Lab::new(0);
    busy.wait(100);
    busy.step(Input::Work { pending: true });
    assert_eq!(busy.wait(TIMEOUT - 1).cast(), []);
    assert_eq!(busy.wait(1).cast(), [nullify(1)]);
}

#[test]
fn patience_doubles_while_views_fail_and_shrinks_back() {
    let mut lab = Lab::new(0);
    lab.step(Input::Work { pending: true });
    for (view, timeout) in [(1, TIMEOUT), (2, 2 * TIMEOUT), (3, 4 * TIMEOUT)] {
        assert_eq!(lab.wait(timeout - 1).cast(), [], "view {view}");
        assert_eq!(lab.wait(1).cast(), [nullify(view)]);
        lab.hear_certificate(nullify(view));
    }
    lab.hear_certificate(notarize(4, 4));
    assert_eq!(lab.simplex.timeout_millis(), 4 * TIMEOUT, "half");
    lab.hear_certificate(finalize(4, 4));
    assert_eq!(lab.simplex.timeout_millis(), TIMEOUT);
}

#[test]
fn patience_ends_by_a_tick_so_that_mail_is_read_first() {
    let mut lab = Lab::new(0);
    lab.now = lab.now.plus_millis(LONG);
    let turn = lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(turn.judged().len(), 1);
    assert_eq!(lab.accept(1, 1).cast(), [notarize(1, 1)]);
}

#[test]
fn one_validator_alone_is_a_quorum() {
    let mut lab = Lab::start(1, 0, Vec::new(), genesis());
    for view in 1..5 {
        assert_eq!(lab.wait(HEARTBEAT).asked().map(|asked| asked.0), Some(view));
        let turn = lab.step(Input::Proposed { view: View(view), block: block(view as u8) });
        assert_eq!(turn.finalized(), [finalize(view, view as u8)]);
    }
    assert_eq!(lab.simplex.parent(), Some((View(4), Hash([4; 32]))));
}
