//! Clusters: agreement always, progress whenever a quorum can talk.

use consensus::{Message, Proposal};
use proptest::prelude::*;
use types::{Ballot, View};

use crate::cluster::{Cluster, Dice};
use crate::lab::{GENESIS, HEARTBEAT, MAX_TIMEOUT};

/// Runs until every validator that is up has a block final that nobody has yet.
fn goes_on(cluster: &mut Cluster, millis: u64) -> bool {
    let before = (0..cluster.committee.size())
        .filter(|who| cluster.is_up(*who))
        .map(|who| cluster.simplex(who).view())
        .max()
        .unwrap();
    cluster.run_to(millis, |cluster| cluster.finalized_by_all() >= before)
}

#[test]
fn an_idle_chain_makes_about_one_block_a_heartbeat() {
    for size in [4, 7] {
        let mut cluster = Cluster::started(size, 1);
        cluster.run_millis(60 * HEARTBEAT);
        assert!((55..=60).contains(&cluster.height()), "{} blocks", cluster.height());
        assert_eq!(cluster.skipped_views(), []);
        let per_block = cluster.messages / cluster.height() as u64 / u64::from(size) / u64::from(size - 1);
        assert!(per_block <= 3, "{per_block} messages a link and block");
    }
}

#[test]
fn a_busy_chain_makes_a_block_in_less_than_two_delays_and_skips_none() {
    for size in [4, 7] {
        let mut cluster = Cluster::started(size, 2);
        cluster.delay = 9_000..10_000;
        cluster.work(true);
        cluster.run_millis(5_000);
        assert!(cluster.height() >= 5_000 / 16, "{} blocks in 5 s at 10 ms one way", cluster.height());
        assert_eq!(cluster.skipped_views(), []);
    }
}

#[test]
fn a_silent_leader_is_skipped() {
    let mut cluster = Cluster::started(4, 3);
    assert!(cluster.run_to(100, Cluster::all_heard));
    cluster.stop(2);
    cluster.work(true);
    cluster.run_millis(30_000);
    let skipped = cluster.skipped_views();
    assert!(skipped.len() >= 10 && skipped.iter().all(|view| view % 4 == 2), "{skipped:?}");
    assert!(cluster.height() >= 3 * skipped.len());
}

#[test]
fn with_two_of_four_down_nothing_is_final_and_it_goes_on_by_itself_when_one_returns() {
    let mut cluster = Cluster::started(4, 4);
    cluster.work(true);
    cluster.run_millis(2_000);
    cluster.stop(0);
    cluster.run_millis(1_000);
    cluster.stop(1);
    cluster.run_millis(100);
    let height = cluster.height();
    cluster.run_millis(60_000);
    assert_eq!(cluster.height(), height);
    cluster.start(0);
    assert!(goes_on(&mut cluster, 2 * MAX_TIMEOUT));
    cluster.start(1);
    assert!(goes_on(&mut cluster, 2 * MAX_TIMEOUT));
    cluster.run_millis(10_000);
    assert!(cluster.height() > height + 100);
}

#[test]
fn a_partition_that_heals_costs_no_more_than_a_few_timeouts() {
    for (size, group) in [(4, &[0, 0, 1, 1][..]), (4, &[0, 1, 2, 3]), (7, &[0, 0, 0, 0, 1, 1, 1])] {
        let mut cluster = Cluster::started(size, 5);
        cluster.work(true);
        cluster.run_millis(1_000);
        cluster.partition(group);
        cluster.run_millis(100);
        let height = cluster.height();
        cluster.run_millis(20_000);
        assert_eq!(cluster.height(), height, "no group is a quorum");
        cluster.heal();
        assert!(goes_on(&mut cluster, 2 * MAX_TIMEOUT), "{group:?}");
    }
}

#[test]
fn a_quorum_goes_on_without_the_rest_which_catches_up_afterwards() {
    let mut cluster = Cluster::started(7, 6);
    cluster.work(true);
    cluster.partition(&[0, 0, 0, 0, 0, 1, 1]);
    cluster.run_millis(20_000);
    assert_eq!(cluster.finalized(6), []);
    assert!(cluster.height() > 60, "two leaders in a row are silent: each round of seven views waits twice");
    cluster.heal();
    assert!(goes_on(&mut cluster, 1_000));
    assert!(cluster.finalized(6).len() < 100, "by certificates and not by history");
}

#[test]
fn a_late_joiner_catches_up_by_certificates() {
    let mut cluster = Cluster::new(4, 7);
    (0..3).for_each(|who| cluster.start(who));
    cluster.work(true);
    cluster.run_millis(30_000);
    cluster.start(3);
    assert!(cluster.run_to(100, |cluster| cluster.simplex(3).root().view.0 + 4 >= cluster.simplex(0).root().view.0));
    assert!(goes_on(&mut cluster, 2_000));
}

#[test]
fn lost_finalize_votes_are_made_up_for_without_another_block() {
    let mut cluster = Cluster::started(4, 8);
    let mut dice = Dice::new(8);
    // All finalize votes of view 1 are lost at first; idle, so the next block is a heartbeat away.
    let mut lost = 0;
    cluster.loss = Box::new(move |_, _, message| {
        let is_finalize = matches!(message, Message::Vote(vote) if matches!(vote.ballot, Ballot::Finalize { .. }));
        lost += u64::from(is_finalize);
        is_finalize && (lost <= 12 || dice.below(3) == 0)
    });
    assert!(cluster.run_to(2 * HEARTBEAT, |cluster| cluster.finalized_by_all() >= View(1)));
    assert_eq!(cluster.simplex(0).view(), View(2));
}

#[test]
fn an_equivocating_leader_gets_at_most_one_block_notarized_and_leaves_evidence() {
    for split in 1..3 {
        let mut cluster = Cluster::new(4, 9);
        cluster.puppet = Some(1);
        [0, 2, 3].into_iter().for_each(|who| cluster.start(who));
        let (genesis, first) = (View(0), View(1));
        let blocks = [1, 2].map(|number| cluster.make_block(number, genesis, GENESIS));
        for (place, to) in [0, 2, 3].into_iter().enumerate() {
            let block = blocks[usize::from(place >= split)];
            let vote = cluster.sign(1, Ballot::Notarize { view: first, block });
            let proposal =
                Proposal { view: first, parent_view: genesis, parent: GENESIS, block, signature: vote.signature };
            cluster.deliver(1, to, &Message::Propose(proposal));
        }
        assert!(goes_on(&mut cluster, 20_000));
        cluster.run_millis(1_000);
        let notarized = |block| [0, 2, 3].into_iter().any(|who| cluster.simplex(who).is_notarized(first, &block));
        assert!(!(notarized(blocks[0]) && notarized(blocks[1])));
        let witnesses = [0, 2, 3].into_iter().filter(|who| !cluster.simplex(*who).evidence().is_empty()).count();
        assert!(witnesses >= 1, "split {split}");
        assert!(cluster.mail.iter().any(|message| matches!(message, Message::Evidence(_))), "the culprit is told");
    }
}

#[test]
fn a_voter_that_favours_one_validator_does_not_stop_the_others() {
    // Validator 1 votes for everything, but only validator 0 hears it; validator 3 is down. So only validator 0 ever
    // sees quorums by itself, and the others live on its certificates.
    let mut cluster = Cluster::new(4, 10);
    (0..3).for_each(|who| cluster.start(who));
    assert!(cluster.run_to(3_000, Cluster::all_heard), "with one down, the listening has an end");
    cluster.loss = Box::new(|from, to, _| from == 1 && to == 2);
    cluster.work(true);
    let reached = cluster.run_to(60_000, |cluster| cluster.height() >= 20 && cluster.finalized_by_all() >= View(20));
    assert!(reached, "{} blocks", cluster.height());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Losses, jumps of delay, partitions and restarts in any order never make two validators disagree (the cluster
    /// checks that with every message and every block), and the chain goes on once the network is good again.
    #[test]
    fn agreement_holds_whatever_the_network_does(seed in any::<u64>(), is_seven in any::<bool>()) {
        let size = if is_seven { 7 } else { 4 };
        let mut cluster = Cluster::started(size, seed);
        let mut dice = Dice::new(seed ^ 0x5eed);
        cluster.work(true);
        for _ in 0..12 {
            let who = dice.below(u64::from(size)) as usize;
            match dice.below(6) {
                0 => cluster.drop_percent = dice.below(40),
                1 => cluster.delay = 1_000..2_000 + dice.below(600_000),
                2 => {
                    let group: Vec<usize> = (0..size).map(|_| dice.below(2) as usize).collect();
                    cluster.partition(&group);
                }
                3 => cluster.heal(),
                4 => cluster.stop(who),
                _ if cluster.is_up(who) => cluster.work(dice.below(2) == 0),
                _ => cluster.start(who),
            }
            cluster.run_millis(dice.below(1_500));
        }
        cluster.drop_percent = 0;
        cluster.delay = 1_000..9_000;
        cluster.heal();
        cluster.work(true);
        for who in 0..usize::from(size) {
            if !cluster.is_up(who) {
                cluster.start(who);
            }
        }
        prop_assert!(goes_on(&mut cluster, 4 * MAX_TIMEOUT), "stuck");
        for who in 0..usize::from(size) {
            prop_assert!(cluster.finalized(who).windows(2).all(|pair| pair[0].0 <= pair[1].0));
        }
    }
}
