//! Saying things again, helping those who missed something, and being helped.

use consensus::{Input, Message, Recipient, Record, Status, WINDOW};
use types::{ValidatorIndex, View};

use crate::lab::{GENESIS, HEARTBEAT, Lab, TIMEOUT, Turn, block, finalize, notarize, nullify};

fn status(view: u64, finalized: u64) -> Message {
    Message::Status(Status { view: View(view), finalized: View(finalized) })
}

fn statuses(turn: &Turn, to: Recipient) -> Vec<Message> {
    turn.sent.iter().filter(|outgoing| outgoing.to == to).map(|outgoing| outgoing.message.clone()).collect()
}

const PEER: Recipient = Recipient::One(ValidatorIndex(2));

#[test]
fn who_is_stuck_repeats_its_votes_and_its_status_every_timeout_and_writes_nothing() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    lab.step(Input::Work { pending: true });
    lab.hear_proposal(2, 1, block(1), 2);
    lab.accept(2, 2);
    let turn = lab.wait(TIMEOUT);
    assert_eq!(turn.cast(), [nullify(2)]);
    assert_eq!(statuses(&turn, Recipient::All), [status(2, 0)]);
    for _ in 0..3 {
        let early = lab.wait(TIMEOUT - 1);
        assert!(early.cast().is_empty() && early.sent.is_empty());
        assert_eq!(lab.simplex.next_deadline(), Some(lab.now.plus_millis(1)));
        let turn = lab.wait(1);
        assert_eq!(turn.cast(), [notarize(2, 2), finalize(1, 1), nullify(2)]);
        assert!(turn.records.is_empty());
        assert_eq!(statuses(&turn, Recipient::All), [status(2, 0)]);
    }
}

#[test]
fn a_leader_that_is_stuck_repeats_its_proposal_with_its_justification() {
    let mut lab = Lab::new(2);
    lab.step(Input::Work { pending: true });
    lab.hear_certificate(notarize(1, 1));
    lab.step(Input::Proposed { view: View(2), block: block(2) });
    lab.wait(TIMEOUT);
    let turn = lab.wait(TIMEOUT);
    assert_eq!(turn.cast(), [notarize(2, 2), finalize(1, 1), nullify(2)]);
    assert!(matches!(&turn.durable[0].message, Message::Certificate(sent) if sent.ballot == notarize(1, 1)));
    assert!(matches!(&turn.durable[1].message, Message::Propose(sent) if sent.block == block(2)));
}

#[test]
fn lost_finalize_votes_are_repeated_though_the_view_is_not_given_up() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    let turn = lab.wait(TIMEOUT);
    assert_eq!(turn.cast(), [finalize(1, 1)]);
    assert_eq!(statuses(&turn, Recipient::All), [status(2, 0)]);
    lab.hear_certificate(finalize(1, 1));
    assert!(lab.wait(TIMEOUT).durable.is_empty(), "what is final need not be said again");
}

#[test]
fn a_validator_that_is_behind_gets_the_certificates_that_it_lacks() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(3, 3));
    lab.hear_certificate(nullify(4));
    lab.hear_certificate(notarize(5, 5));
    let all = [finalize(3, 3), nullify(4), notarize(5, 5)];
    assert_eq!(lab.hear(2, status(2, 1)).help_for(2), all);
    assert_eq!(lab.hear(1, status(5, 3)).help_for(1), all[2..]);
    assert_eq!(lab.hear(3, status(6, 3)).help_for(3), []);
}

#[test]
fn the_same_question_is_not_answered_all_the_time() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(3, 3));
    assert_eq!(lab.hear(2, status(2, 1)).help_for(2).len(), 1);
    for _ in 0..100 {
        assert_eq!(lab.hear(2, status(2, 1)).help_for(2).len(), 0);
    }
    assert_eq!(lab.hear(1, status(2, 1)).help_for(1).len(), 1, "each validator has its own limit");
    lab.now = lab.now.plus_millis(TIMEOUT);
    assert_eq!(lab.hear(2, status(2, 1)).help_for(2).len(), 1);
}

#[test]
fn an_answer_is_bounded_and_says_that_there_is_more() {
    let mut lab = Lab::new(0);
    for view in 1..=100 {
        lab.hear_certificate(nullify(view));
    }
    let turn = lab.hear(2, status(1, 0));
    assert_eq!(turn.help_for(2).len(), 64);
    assert_eq!(turn.durable.last().unwrap().message, status(101, 0));
    let turn = lab.hear(2, status(65, 0));
    assert_eq!(turn.help_for(2).len(), 36, "who has come further is answered at once");
    assert!(matches!(turn.durable.last().unwrap().message, Message::Certificate(_)));
}

#[test]
fn who_is_shown_to_be_behind_says_so_to_be_helped() {
    let mut lab = Lab::new(0);
    assert_eq!(statuses(&lab.hear(2, status(9, 7)), PEER), [status(1, 0)]);
    assert_eq!(statuses(&lab.hear(2, status(9, 7)), PEER), [], "not all the time");
    assert_eq!(lab.view(), 1, "a status proves nothing");
}

#[test]
fn who_gives_up_a_view_that_others_left_is_helped() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    assert_eq!(lab.hear_vote(2, nullify(1)).help_for(2), [notarize(1, 1)]);
    let mut lab = Lab::new(0);
    lab.hear_vote(2, nullify(1));
    assert_eq!(lab.hear_certificate(notarize(1, 1)).help_for(2), [notarize(1, 1)], "also if it gave up before");
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(500, 5));
    assert_eq!(lab.hear_vote(2, nullify(1)).help_for(2), [finalize(500, 5)], "however long ago");
}

#[test]
fn a_leader_that_proposes_in_a_nullified_view_is_helped() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(nullify(1));
    assert_eq!(lab.hear_proposal(1, 0, GENESIS, 1).help_for(1), [nullify(1)]);
}

#[test]
fn a_peer_whose_link_comes_up_is_told_what_it_may_lack() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    let turn = lab.step(Input::PeerUp { peer: ValidatorIndex(2) });
    let [outgoing] = &turn.durable[..] else { panic!("{turn:?}") };
    assert!(outgoing.to == PEER && matches!(&outgoing.message, Message::Vote(vote) if vote.ballot == finalize(1, 1)));
    assert_eq!(statuses(&turn, PEER), [status(2, 0)]);
}

#[test]
fn a_later_certificate_leads_to_the_view_after_it() {
    let mut lab = Lab::new(0);
    assert_eq!(lab.hear_certificate(notarize(40, 4)).cast(), [finalize(40, 4)]);
    assert_eq!(lab.view(), 41);
    lab.hear_certificate(nullify(1000));
    assert_eq!(lab.view(), 1001);
    assert_eq!(statuses(&lab.wait(HEARTBEAT + TIMEOUT), Recipient::All), [status(1, 0)], "it lacks those before");
}

#[test]
fn a_finalization_from_beyond_sends_the_replica_to_fetch_blocks() {
    let mut lab = Lab::new(0);
    assert!(!lab.hear_certificate(finalize(1, 1)).is_behind(), "the present view: the block is on its way");
    let turn = lab.hear_certificate(finalize(9, 9));
    assert!(turn.is_behind());
    assert_eq!(turn.finalized(), [finalize(9, 9)]);
    assert_eq!(lab.view(), 10);
    assert!(!lab.hear_certificate(finalize(9, 9)).is_behind(), "known");
}

#[test]
fn imported_blocks_move_the_root() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    lab.hear_certificate(nullify(4));
    let finalization = lab.certificate(finalize(9, 9));
    let turn = lab.step(Input::CaughtUp { finalization: finalization.clone() });
    assert_eq!((lab.view(), lab.simplex.root().view), (10, View(9)));
    assert_eq!(turn.records, [Record::Certified(finalization.clone().into_inner())]);
    assert_eq!(turn.finalized(), [], "the replica knows");
    assert!(lab.step(Input::CaughtUp { finalization }).records.is_empty());
    let notarization = lab.certificate(notarize(20, 2));
    lab.step(Input::CaughtUp { finalization: notarization });
    assert_eq!(lab.simplex.root().view, View(9), "a notarization finalizes nothing");
    assert_eq!(lab.simplex.first_needed_view(), View(9));
}

#[test]
fn nothing_that_a_peer_sends_makes_memory_grow() {
    let mut lab = Lab::new(0);
    let flood = |lab: &mut Lab, views: std::ops::Range<u64>| {
        for view in views {
            for number in 0..3 {
                lab.hear_vote(3, notarize(view, number));
                lab.hear_vote(3, finalize(view, number));
                lab.hear_proposal(view / 4 * 4 + 3, 0, GENESIS, number);
            }
            lab.hear_vote(3, nullify(view));
        }
    };
    flood(&mut lab, 0..3 * WINDOW);
    let held = lab.simplex.votes_held();
    assert!(held as u64 <= 3 * (WINDOW + 2), "{held} votes held");
    flood(&mut lab, u64::MAX - 9..u64::MAX);
    assert_eq!(lab.simplex.votes_held(), held, "views of a far future");
    lab.hear_certificate(finalize(1000, 1));
    assert_eq!(lab.simplex.votes_held(), 0, "views of the past");
    flood(&mut lab, 0..900);
    assert_eq!(lab.simplex.votes_held(), 0);
}
