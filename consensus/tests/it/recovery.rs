//! Starting again: a validator never contradicts what it has shown, wherever it crashed.

use consensus::{Input, Record, Root};
use types::{Epoch, View};

use crate::cluster::{Cluster, Crash, Survival};
use crate::lab::{GENESIS, HEARTBEAT, Lab, TIMEOUT, block, finalize, genesis, notarize, nullify};

const LONG: u64 = HEARTBEAT + 10 * TIMEOUT;

#[test]
fn after_a_restart_a_validator_is_bound_by_its_votes() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    let mut lab = lab.restart(genesis());
    assert!(lab.hear_proposal(1, 0, GENESIS, 2).judged().is_empty(), "notarized");
    assert_eq!(lab.wait(LONG).cast(), [nullify(1)]);
    let mut lab = lab.restart(genesis());
    assert_eq!(lab.hear_certificate(notarize(1, 1)).cast(), [], "nullified");
    assert_eq!(lab.view(), 2);
}

#[test]
fn after_a_restart_the_votes_are_repeated_and_counted() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    lab.wait(LONG);
    let mut lab = lab.restart(genesis());
    let turn = lab.wait(TIMEOUT);
    assert_eq!(turn.cast(), [notarize(1, 1), nullify(1)]);
    assert!(turn.records.is_empty());
    lab.hear_vote(1, nullify(1));
    lab.hear_vote(2, nullify(1));
    assert_eq!(lab.view(), 2);
}

#[test]
fn after_a_restart_a_leader_repeats_its_proposal_and_makes_no_other() {
    let mut lab = Lab::new(1);
    lab.step(Input::Work { pending: true });
    lab.step(Input::Proposed { view: View(1), block: block(1) });
    let mut lab = lab.restart(genesis());
    assert_eq!(lab.step(Input::Work { pending: true }).asked(), None);
    assert_eq!(lab.wait(LONG).cast(), [nullify(1)]);
    assert_eq!(lab.wait(LONG).cast(), [notarize(1, 1), nullify(1)]);
}

#[test]
fn after_a_restart_a_leader_that_proposed_ahead_is_in_the_view_that_it_had_not_left() {
    let mut lab = Lab::new(2);
    lab.step(Input::Work { pending: true });
    lab.hear_proposal(1, 0, GENESIS, 1);
    lab.accept(1, 1);
    lab.step(Input::Proposed { view: View(2), block: block(2) });
    let mut lab = lab.restart(genesis());
    assert_eq!(lab.view(), 1);
    lab.step(Input::Work { pending: true });
    assert_eq!(lab.wait(TIMEOUT).cast(), [nullify(1)]);
    assert_eq!(lab.wait(TIMEOUT).cast(), [notarize(1, 1), notarize(2, 2), nullify(1)], "both are repeated");
    let turn = lab.hear_certificate(notarize(1, 1));
    assert_eq!((lab.view(), turn.asked()), (2, None), "there is no second proposal");
    let mut lab = lab.restart(genesis());
    assert_eq!(lab.wait(LONG).cast(), [nullify(2)]);
    assert_eq!(lab.wait(LONG).cast(), [notarize(2, 2), nullify(2)]);
}

#[test]
fn certificates_are_recovered_and_the_finalize_vote_that_was_due_is_cast() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(nullify(1));
    let turn = lab.hear_certificate(notarize(2, 2));
    assert_eq!(turn.cast(), [finalize(2, 2)]);
    // The crash left the certificate and not the vote.
    lab.journal.pop();
    let lab = lab.restart(genesis());
    assert_eq!(lab.view(), 3);
    assert_eq!(lab.start.cast(), [finalize(2, 2)]);
    assert_eq!(lab.simplex.parent(), Some((View(2), block(2))));
}

#[test]
fn a_finalization_in_the_journal_outruns_the_replicas_root() {
    let mut lab = Lab::new(0);
    lab.hear_certificate(notarize(1, 1));
    lab.hear_certificate(finalize(4, 4));
    let needed = lab.simplex.first_needed_view();
    lab.journal.retain(|record| record.view() >= needed);
    let lab = lab.restart(genesis());
    assert_eq!((lab.view(), lab.simplex.root().view), (5, View(4)));
    assert_eq!(lab.start.finalized(), [finalize(4, 4)], "so that the replica fetches what it has not stored");
    let root = Root { view: View(9), block: block(9), certificate: Some(lab.certificate(finalize(9, 9))) };
    let lab = lab.restart(root);
    assert_eq!((lab.view(), lab.simplex.root().view), (10, View(9)));
    assert_eq!(lab.start.finalized(), []);
}

#[test]
fn records_of_another_epoch_or_validator_bind_nothing() {
    let mut lab = Lab::new(0);
    lab.wait(LONG);
    let stranger = lab.vote(3, nullify(7));
    let mut journal = lab.journal;
    journal.push(Record::Voted(stranger));
    assert_eq!(Lab::start(4, 0, journal.clone(), genesis()).view(), 1);
    let mut old = lab.committee;
    old.epoch = Epoch(9);
    let vote = types::Vote::sign(notarize(50, 1), types::ValidatorIndex(0), &lab.secrets[0], &old);
    journal.push(Record::Voted(vote.into_inner()));
    assert_eq!(Lab::start(4, 0, journal, genesis()).view(), 1);
}

/// The victim crashes in its n-th step, for every n, in every way that a crash can treat the records and messages of
/// that step; it comes back, and the cluster must have no contradiction (checked with every message) and go on. In half
/// of the runs another validator is down all the time, so that nothing goes on without the victim.
#[test]
fn a_crash_at_any_step_leads_to_no_contradiction_and_no_halt() {
    let steps = {
        let mut cluster = Cluster::started(4, 11);
        assert!(cluster.run_to(100, Cluster::all_heard));
        let before = cluster.steps(0);
        cluster.work(true);
        cluster.run_millis(120);
        cluster.steps(0) - before
    };
    assert!(steps > 60, "{steps}");
    for step in 1..=60 {
        for survival in [Survival::Nothing, Survival::FirstRecord, Survival::Records, Survival::Messages] {
            let mut cluster = Cluster::started(4, 11);
            let victim = (step % 4) as usize;
            assert!(cluster.run_to(100, Cluster::all_heard));
            let at = cluster.steps(victim) + step;
            cluster.crash = Some(Crash { victim, step: at, survival, restart_after_millis: (step % 7) * 40 });
            cluster.work(true);
            if step % 2 == 0 {
                cluster.stop((victim + 1) % 4);
            }
            if step % 3 == 0 {
                cluster.drop_percent = 15;
            }
            let is_over = cluster.run_to(20_000, |cluster| cluster.steps(victim) > at);
            assert!(is_over, "no restart after step {step}");
            cluster.drop_percent = 0;
            let view = (0..4).filter(|who| cluster.is_up(*who)).map(|who| cluster.simplex(who).view()).max().unwrap();
            let goes_on = cluster.run_to(20_000, |cluster| cluster.finalized_by_all() >= view);
            assert!(goes_on, "halt after a crash in step {step}, {survival:?}");
        }
    }
}

#[test]
fn a_replica_that_lost_its_last_blocks_does_not_lead_consensus_back() {
    let mut cluster = Cluster::started(4, 12);
    cluster.work(true);
    cluster.run_millis(500);
    let root = cluster.simplex(2).root().view;
    cluster.stop(2);
    cluster.lose_blocks(2);
    cluster.start(2);
    assert!(cluster.simplex(2).root().view >= root);
    cluster.run_millis(500);
    assert!(cluster.finalized_by_all() > root);
}

#[test]
fn all_validators_restart_at_once() {
    for millis in [20, 33, 47, 111] {
        let mut cluster = Cluster::started(4, 13);
        cluster.work(true);
        cluster.run_millis(millis);
        let height = cluster.height();
        (0..4).for_each(|who| cluster.stop(who));
        cluster.run_millis(50);
        (0..4).for_each(|who| cluster.start(who));
        let reached = cluster.run_to(10_000, |cluster| cluster.height() > height + 3);
        assert!(reached, "after {millis} ms");
    }
}
