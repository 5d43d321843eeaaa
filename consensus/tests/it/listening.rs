//! Listening before voting: a validator that does not know all its votes finds that out before it casts another.

use std::collections::BTreeSet;

use consensus::{Input, MAX_RECALLED, Message, Recipient, Recollection, Record};
use types::codec::{Bounded, decode};
use types::{Ballot, Evidence, ValidatorIndex, View, Vote};

use crate::cluster::{Cluster, Crash, Disk, Survival};
use crate::lab::{GENESIS, HEARTBEAT, Lab, NONCE, TIMEOUT, Turn, block, finalize, genesis, notarize, nullify};

/// How long a validator waits for the answers of all.
const LISTENING: u64 = 2_000;

/// A validator of four that has heard nobody.
fn listening(me: u16) -> Lab {
    Lab::listening(4, me, Vec::new(), genesis())
}

/// These validators know of no vote.
fn answered_by(lab: &mut Lab, peers: &[u16]) {
    for peer in peers {
        lab.hear_recollection(*peer, Vec::new());
    }
}

/// The answer that a validator gives to the question of another one.
fn answer(turn: &Turn, to: u16) -> Option<Recollection> {
    turn.durable.iter().find_map(|outgoing| match &outgoing.message {
        Message::Recollection(recollection) if outgoing.to == Recipient::One(ValidatorIndex(to)) => {
            Some(recollection.clone())
        }
        _ => None,
    })
}

fn ballots(recollection: &Recollection) -> Vec<Ballot> {
    recollection.votes.iter().map(|vote| vote.ballot).collect()
}

/// For whom there are questions in what left.
fn questions(turn: &Turn) -> Vec<Recipient> {
    let recalls = turn.sent.iter().filter(|outgoing| outgoing.message == Message::Recall { nonce: NONCE });
    recalls.map(|outgoing| outgoing.to).collect()
}

fn one(peer: u16) -> Recipient {
    Recipient::One(ValidatorIndex(peer))
}

#[test]
fn nothing_is_voted_before_the_others_have_answered() {
    let mut lab = listening(0);
    assert!(lab.hear_proposal(1, 0, GENESIS, 1).judged().is_empty());
    assert_eq!(lab.accept(1, 1).cast(), []);
    for peer in [1, 2] {
        assert!(lab.hear_recollection(peer, Vec::new()).judged().is_empty());
        assert!(lab.simplex.is_listening());
    }
    let turn = lab.hear_recollection(3, Vec::new());
    assert!(!lab.simplex.is_listening());
    assert_eq!(turn.judged().len(), 1, "the proposal was kept");
    assert_eq!(lab.accept(1, 1).cast(), [notarize(1, 1)]);
}

#[test]
fn nothing_is_proposed_before_the_others_have_answered() {
    let mut lab = listening(1);
    assert_eq!(lab.step(Input::Work { pending: true }).asked(), None);
    assert_eq!(lab.step(Input::Proposed { view: View(1), block: block(1) }).cast(), []);
    answered_by(&mut lab, &[2, 3]);
    assert_eq!(lab.hear_recollection(0, Vec::new()).asked(), Some((1, 0, GENESIS)));
}

#[test]
fn the_votes_that_became_due_while_listening_are_cast_at_its_end() {
    let mut lab = listening(0);
    assert_eq!(lab.hear_certificate(notarize(1, 1)).cast(), []);
    assert_eq!(lab.view(), 2, "it follows");
    assert_eq!(lab.wait(HEARTBEAT + TIMEOUT).cast(), []);
    answered_by(&mut lab, &[1, 2]);
    let turn = lab.hear_recollection(3, Vec::new());
    assert_eq!(turn.cast(), [finalize(1, 1), nullify(2)]);
    assert_eq!(turn.records.len(), 2);
}

#[test]
fn after_a_while_the_answers_of_those_that_can_be_up_are_enough() {
    for answers in 0..4 {
        let mut lab = listening(0);
        for peer in 1..=answers {
            lab.hear_recollection(peer, Vec::new());
        }
        assert_eq!(lab.simplex.is_listening(), answers < 3);
        let end = lab.now.plus_millis(LISTENING);
        while lab.now < end {
            assert_eq!(lab.simplex.is_listening(), answers < 3, "{answers} answers");
            let deadline = lab.simplex.next_deadline().unwrap();
            assert!(deadline > lab.now, "it does not spin");
            lab.now = deadline.min(end);
            lab.step(Input::Tick);
        }
        assert_eq!(lab.simplex.is_listening(), answers < 2, "{answers} answers");
        lab.wait(100 * LISTENING);
        assert_eq!(lab.simplex.is_listening(), answers < 2, "{answers} answers");
        if answers == 1 {
            let turn = lab.hear_recollection(2, Vec::new());
            assert_eq!(turn.cast(), [nullify(1)], "the next answer ends it");
        }
    }
}

#[test]
fn a_validator_counts_once_however_often_it_answers() {
    let mut lab = listening(0);
    for _ in 0..10 {
        lab.hear_recollection(1, Vec::new());
    }
    assert!(lab.simplex.is_listening());
    lab.wait(LISTENING);
    lab.hear_recollection(1, Vec::new());
    assert!(lab.simplex.is_listening());
}

#[test]
fn an_answer_to_an_earlier_life_does_not_count() {
    let mut lab = listening(0);
    for peer in 1..4 {
        let votes = Bounded::new(vec![lab.vote(0, nullify(1))]).unwrap();
        let old = Recollection { nonce: NONCE - 1, finalization: None, votes };
        assert_eq!(lab.hear(peer, Message::Recollection(old)).alarm(), None);
    }
    assert!(lab.simplex.is_listening());
}

#[test]
fn a_vote_that_is_not_in_the_journal_silences_before_any_vote() {
    for ballot in [notarize(1, 1), nullify(1), finalize(3, 3), notarize(200, 1)] {
        let mut lab = listening(0);
        let vote = lab.vote(0, ballot);
        assert_eq!(lab.hear_recollection(3, vec![vote]).alarm(), Some(ballot));
        answered_by(&mut lab, &[1, 2]);
        assert!(lab.simplex.is_silenced());
        assert_eq!(lab.wait(10 * LISTENING).cast(), []);
    }
}

#[test]
fn a_vote_that_was_settled_after_the_start_silences_too() {
    let mut lab = listening(0);
    let votes = Bounded::new(vec![lab.vote(0, notarize(3, 3))]).unwrap();
    let finalization = Some(lab.certificate(finalize(5, 5)).into_inner());
    let recollection = Recollection { nonce: NONCE, finalization: finalization.clone(), votes: Bounded::default() };
    let turn = lab.hear(1, Message::Recollection(recollection));
    assert_eq!((turn.finalized(), turn.is_behind()), (vec![finalize(5, 5)], true));
    let turn = lab.hear(2, Message::Recollection(Recollection { nonce: NONCE, finalization, votes }));
    assert_eq!(turn.alarm(), Some(notarize(3, 3)), "it is harmless now, but it was forgotten");
}

#[test]
fn what_is_in_the_journal_or_below_its_root_or_not_signed_does_not_silence() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(finalize(3, 3));
    lab.hear_certificate(notarize(4, 4));
    lab.wait(HEARTBEAT + TIMEOUT);
    let known = [nullify(2), notarize(3, 9), finalize(4, 4), nullify(5)].map(|ballot| lab.vote(0, ballot));
    let mut forged = [notarize(4, 4), nullify(6)].map(|ballot| lab.vote(0, ballot));
    forged.iter_mut().for_each(|vote| vote.signature.0[7] ^= 1);
    let foreign = lab.vote(2, nullify(7));
    let votes: Vec<Vote> = known.into_iter().chain(forged).chain([foreign]).collect();
    let mut lab = Lab::listening(4, 0, lab.journal, genesis());
    for peer in 1..4 {
        assert_eq!(lab.hear_recollection(peer, votes.clone()).alarm(), None);
    }
    assert!(!lab.simplex.is_listening() && !lab.simplex.is_silenced());
}

#[test]
fn a_late_answer_is_heard_after_the_listening() {
    let mut lab = listening(0);
    answered_by(&mut lab, &[1, 2]);
    lab.wait(LISTENING);
    assert!(!lab.simplex.is_listening());
    let turn = lab.step(Input::PeerUp { peer: ValidatorIndex(3) });
    assert_eq!(questions(&turn), [one(3)], "who has not answered is still asked");
    let votes = vec![lab.vote(0, nullify(1)), lab.vote(0, notarize(6, 6))];
    assert_eq!(lab.hear_recollection(3, votes).alarm(), Some(notarize(6, 6)));
}

#[test]
fn those_that_have_not_answered_are_asked_again() {
    let mut lab = listening(0);
    assert_eq!(questions(&lab.start), [Recipient::All]);
    lab.hear_recollection(2, Vec::new());
    assert_eq!(questions(&lab.wait(TIMEOUT - 1)), []);
    assert_eq!(questions(&lab.wait(1)), [one(1), one(3)]);
    assert_eq!(questions(&lab.step(Input::PeerUp { peer: ValidatorIndex(1) })), [one(1)]);
    assert_eq!(questions(&lab.step(Input::PeerUp { peer: ValidatorIndex(2) })), []);
    assert_eq!(questions(&lab.hear(3, Message::Recall { nonce: 9 })), [one(3)], "it may have missed the first one");
    assert_eq!(questions(&lab.hear(2, Message::Recall { nonce: 9 })), []);
}

#[test]
fn an_answer_has_all_votes_of_the_asker_that_are_known() {
    let mut lab = listening(0);
    lab.hear_certificate(finalize(2, 2));
    lab.hear_certificate(notarize(3, 3));
    lab.hear_proposal(6, 5, block(5), 6);
    lab.hear_vote(2, nullify(6));
    lab.hear_vote(2, nullify(7));
    lab.hear_vote(1, nullify(8));
    let evidence = Evidence { first: lab.vote(2, notarize(9, 1)), second: lab.vote(2, notarize(9, 2)) };
    lab.hear(1, Message::Evidence(evidence));
    let turn = lab.hear(2, Message::Recall { nonce: 77 });
    assert!(lab.simplex.is_listening(), "who listens answers too");
    let recollection = answer(&turn, 2).unwrap();
    assert_eq!(recollection.nonce, 77);
    assert_eq!(recollection.finalization.clone().map(|certificate| certificate.ballot), Some(finalize(2, 2)));
    let all = [notarize(9, 2), notarize(9, 1), nullify(7), nullify(6), notarize(6, 6), notarize(3, 3), finalize(2, 2)];
    assert_eq!(ballots(&recollection), all);
    assert!(recollection.votes.iter().all(|vote| vote.clone().verify(&lab.committee).is_some()));
}

#[test]
fn answers_are_bounded_and_a_flood_of_questions_gets_few() {
    let mut lab = Lab::new(0);
    for view in 1..=300 {
        lab.hear_vote(2, finalize(view + 1, 1));
        lab.hear_certificate(notarize(view, 1));
        lab.hear_certificate(nullify(view));
    }
    let recollection = answer(&lab.hear(2, Message::Recall { nonce: 1 }), 2).unwrap();
    assert_eq!(recollection.votes.len(), MAX_RECALLED);
    assert_eq!(recollection.votes[0].ballot.view(), View(301), "the latest views first");
    for nonce in 0..1_000 {
        assert!(lab.hear(2, Message::Recall { nonce }).durable.is_empty());
    }
    assert!(answer(&lab.hear(1, Message::Recall { nonce: 1 }), 1).is_some(), "each validator has its own limit");
    lab.now = lab.now.plus_millis(TIMEOUT);
    assert!(answer(&lab.hear(2, Message::Recall { nonce: 1 }), 2).is_some());
}

#[test]
fn of_one_key_that_is_started_twice_the_second_is_silenced_and_the_first_goes_on() {
    let (mut first, mut other) = (Lab::new(0), Lab::new(1));
    assert_eq!(first.wait(HEARTBEAT + TIMEOUT).cast(), [nullify(1)]);
    other.hear_vote(0, nullify(1));
    let mut second = Lab::listening(4, 0, Vec::new(), genesis());
    let recollection = answer(&other.hear(0, Message::Recall { nonce: NONCE }), 0).unwrap();
    let message = Message::Recollection(recollection);
    assert_eq!(second.hear(1, message.clone()).alarm(), Some(nullify(1)));
    assert_eq!(second.wait(LISTENING).cast(), []);
    assert_eq!(first.hear(1, message).alarm(), None, "it knows what it cast");
    first.hear_certificate(nullify(1));
    first.hear_proposal(2, 0, GENESIS, 2);
    assert_eq!(first.accept(2, 2).cast(), [notarize(2, 2)]);
}

#[test]
fn a_cluster_that_starts_at_once_votes_after_a_round_trip() {
    for size in [4, 7] {
        let mut cluster = Cluster::started(size, 21);
        cluster.work(true);
        assert!(!cluster.all_heard());
        assert!(cluster.run_to(20, Cluster::all_heard), "two delays of at most 9 ms");
        assert!(cluster.run_to(100, |cluster| cluster.height() >= 1));
        assert_eq!(cluster.skipped_views(), []);
    }
}

#[test]
fn with_one_of_four_down_a_cluster_starts_after_a_while_and_with_two_down_never() {
    let mut cluster = Cluster::new(4, 22);
    (0..2).for_each(|who| cluster.start(who));
    cluster.work(true);
    cluster.run_millis(60_000);
    assert!(cluster.simplex(0).is_listening() && cluster.simplex(1).is_listening());
    assert_eq!(cluster.shown_above(0, View(0)), []);
    cluster.start(2);
    let start = cluster.now;
    assert!(cluster.run_to(5_000, |cluster| cluster.finalized_by_all() > View(0)), "within 5 s of the third start");
    assert!(cluster.now >= start.plus_millis(LISTENING), "the third could not know that the fourth is down");
}

#[test]
fn losses_lengthen_the_listening_and_no_more() {
    for seed in 0..10 {
        let mut cluster = Cluster::started(4, seed);
        cluster.drop_percent = 40;
        assert!(cluster.run_to(10_000, Cluster::all_heard), "seed {seed}");
    }
}

#[test]
fn a_crash_while_listening_costs_nothing_but_time() {
    for step in 1..=20 {
        for survival in [Survival::Nothing, Survival::FirstRecord, Survival::Records, Survival::Messages] {
            let mut cluster = Cluster::started(4, 23);
            let victim = (step % 4) as usize;
            cluster.crash = Some(Crash { victim, step, survival, restart_after_millis: (step % 3) * 5 });
            cluster.work(true);
            assert!(cluster.run_to(2_000, |cluster| cluster.steps(victim) > step && cluster.all_heard()));
            let view = cluster.simplex(0).view();
            assert!(cluster.run_to(2_000, |cluster| cluster.finalized_by_all() >= view), "halt after step {step}");
        }
    }
}

/// The votes in a journal.
fn journaled(disk: &Disk, cluster: &Cluster) -> BTreeSet<Ballot> {
    let records = disk.journal.iter().map(|bytes| decode(bytes).unwrap());
    let votes = records.filter_map(|record| match record {
        Record::Voted(vote) => Some(vote.ballot),
        Record::Proposed(proposal) => Some(proposal.vote(&cluster.committee).ballot),
        Record::Certified(_) => None,
    });
    votes.collect()
}

const VICTIM: usize = 2;

/// Stops the victim, which comes back a little later with an older disk. It must be silenced if it showed votes that the
/// disk does not know, and only then; that it shows no contradicting vote is checked by the cluster all the time.
/// Returns if it was silenced.
fn come_back_with(cluster: &mut Cluster, disk: Disk) -> bool {
    cluster.stop(VICTIM);
    cluster.run_millis(30);
    let known = journaled(&disk, cluster);
    cluster.restore(VICTIM, disk);
    cluster.forgetful = Some(VICTIM);
    cluster.start(VICTIM);
    let shown = cluster.shown_above(VICTIM, cluster.simplex(VICTIM).root().view);
    let forgotten: Vec<&Ballot> = shown.iter().filter(|ballot| !known.contains(ballot)).collect();
    assert!(cluster.run_to(1_000, Cluster::all_heard));
    cluster.run_millis(200);
    assert_eq!(cluster.simplex(VICTIM).is_silenced(), !forgotten.is_empty(), "{forgotten:?}");
    if !forgotten.is_empty() {
        let later = cluster.shown_above(VICTIM, View(0));
        assert!(later.iter().all(|ballot| shown.contains(ballot) || ballot.view() <= shown[0].view()), "a new vote");
    }
    !forgotten.is_empty()
}

#[test]
fn a_disk_that_lost_any_number_of_steps_silences_if_it_lost_a_vote() {
    let (mut silenced, mut went_on) = (0, 0);
    for cut in 0..24 {
        for lost in [0, 1, 2, 3, 7, 30] {
            let mut cluster = Cluster::started(4, 24);
            cluster.work(true);
            cluster.run_to(1_000, |cluster| cluster.simplex(VICTIM).root().view > View(0));
            let cut = cluster.steps(VICTIM) + cut;
            cluster.run_to(1_000, |cluster| cluster.steps(VICTIM) >= cut);
            let disk = cluster.disk(VICTIM);
            cluster.run_to(1_000, |cluster| cluster.steps(VICTIM) >= cut + lost);
            match come_back_with(&mut cluster, disk) {
                true => silenced += 1,
                false => went_on += 1,
            }
        }
    }
    assert!(silenced > 60 && went_on >= 24, "{silenced} silenced, {went_on} not");
}

#[test]
fn a_home_restored_from_an_old_copy_does_not_vote() {
    for is_busy in [true, false] {
        for views in [1, 2, 5, 20] {
            let mut cluster = Cluster::started(4, 25);
            cluster.work(is_busy);
            cluster.run_to(60_000, |cluster| cluster.simplex(VICTIM).view() >= View(10));
            let disk = cluster.disk(VICTIM);
            let end = View(cluster.simplex(VICTIM).view().0 + views);
            cluster.run_to(60_000, |cluster| cluster.simplex(VICTIM).view() >= end);
            assert!(come_back_with(&mut cluster, disk), "{views} views");
        }
    }
}

#[test]
fn an_empty_disk_with_a_key_that_has_voted_does_not_vote_until_what_it_forgot_is_settled() {
    let mut cluster = Cluster::started(4, 26);
    cluster.work(true);
    cluster.run_millis(300);
    assert!(come_back_with(&mut cluster, Disk::empty()));
    let view = cluster.simplex(VICTIM).view();
    assert!(cluster.run_to(2_000, |cluster| cluster.finalized_by_all() >= view), "it follows");
    // The chain has gone on over the forgotten votes, and the validator has its finalization on disk.
    cluster.stop(VICTIM);
    cluster.forgetful = None;
    cluster.start(VICTIM);
    let root = cluster.simplex(VICTIM).root().view;
    assert!(cluster.run_to(1_000, |cluster| cluster.finalized_by_all().0 > root.0 + 4));
    assert!(!cluster.shown_above(VICTIM, root).is_empty(), "it votes again");
}

#[test]
fn an_honest_restart_goes_on_after_a_round_trip() {
    for millis in [40, 55, 71, 112] {
        let mut cluster = Cluster::started(4, 27);
        cluster.work(true);
        cluster.run_millis(millis);
        let (disk, view) = (cluster.disk(VICTIM), cluster.simplex(VICTIM).view());
        assert!(!come_back_with(&mut cluster, disk));
        assert!(!cluster.shown_above(VICTIM, view).is_empty(), "it votes");
    }
}
