//! The validator set changes while payments go on.

use crate::cluster::{Cluster, NOTICE};
use replica::{Limits, Message, SubmitError};
use std::collections::BTreeMap;
use types::codec::Bounded;
use types::{Ballot, Block, Hash, TransactionId, ValidatorChange, ValidatorIndex, View, Vote};

fn all_have(cluster: &Cluster, machines: &[usize], ids: &[TransactionId]) -> bool {
    machines.iter().all(|&index| ids.iter().all(|id| cluster.has_final(index, id)))
}

/// Pays at each machine every 20 ms until every machine is in the epoch.
fn pay_until_epoch(cluster: &mut Cluster, payers: &[usize], machines: &[usize], epoch: u64) -> Vec<TransactionId> {
    let mut ids = Vec::new();
    for _ in 0..500 {
        ids.extend(payers.iter().map(|&index| cluster.pay(index)));
        cluster.run(20);
        if machines.iter().all(|&index| cluster.epoch(index) == epoch) {
            return ids;
        }
    }
    panic!("epoch {epoch} did not begin");
}

#[test]
fn a_validator_joins_and_one_leaves_under_load_and_nothing_is_lost() {
    let mut cluster = Cluster::with_candidates(4, 1, Limits::default());
    cluster.run(50);
    cluster.start(4);
    cluster.run(1_500);
    assert!(!cluster.replica(4).has_seat());
    assert!(cluster.height(4) > 0, "a candidate follows the chain");
    cluster.pay(4);
    cluster.run(10);
    assert_eq!(cluster.replies(4).last(), Some(&Err(SubmitError::NotAValidator)));

    let newcomer = cluster.member(4);
    cluster.approve(&[0, 2, 3], &[ValidatorChange::Add(newcomer)]);
    let ids = pay_until_epoch(&mut cluster, &[0, 1, 2, 3], &[0, 1, 2, 3, 4], 1);
    assert!(ids.len() as u64 * 5 > NOTICE, "the notice was kept");
    assert!(cluster.replica(4).has_seat());
    let id = cluster.pay(4);
    cluster.run_until(5_000, "payments over the boundary", |cluster| {
        all_have(cluster, &[0, 1, 2, 3, 4], &ids) && cluster.all_have_final(&id)
    });

    let leaver = cluster.member(1);
    cluster.approve(&[0, 1, 2, 4], &[ValidatorChange::Remove(leaver.key)]);
    let ids = pay_until_epoch(&mut cluster, &[0, 2, 3, 4], &[0, 1, 2, 3, 4], 2);
    assert!(!cluster.replica(1).has_seat());
    cluster.run_until(5_000, "a removed validator stops by itself", |cluster| cluster.is_removed(1));
    cluster.crash(1);
    cluster.run_until(5_000, "payments over the boundary", |cluster| all_have(cluster, &[0, 2, 3, 4], &ids));
    // With four of four left, one may be down again.
    cluster.crash(4);
    let id = cluster.pay(0);
    cluster.run_until(5_000, "a payment with one down", |cluster| all_have(cluster, &[0, 2, 3], &[id]));
    let roots: Vec<_> = [0, 2, 3].map(|index| cluster.replica(index).ledger().council().validators()).to_vec();
    assert!(roots.iter().all(|set| *set == roots[0]) && roots[0].keys().len() == 4);
}

#[test]
fn what_was_spread_and_not_ordered_is_carried_over_the_boundary() {
    let mut cluster = Cluster::new(5);
    cluster.run(50);
    let leaver = cluster.member(1);
    cluster.approve(&[0, 1, 2, 3], &[ValidatorChange::Remove(leaver.key)]);
    cluster.run(200);
    // Without acknowledgements no long batch is ordered in this epoch any more.
    cluster.tamper = Box::new(|_, _, message| match message {
        Message::Acknowledge(_) => None,
        message => Some(message),
    });
    let ids = [cluster.pay_in_long_batch(0, 60), cluster.pay_in_long_batch(1, 60)];
    cluster.run_until(10_000, "the next epoch", |cluster| [0, 2, 3, 4].iter().all(|&index| cluster.epoch(index) == 1));
    assert!(!cluster.has_final(0, &ids[0]) && !cluster.has_final(0, &ids[1]));
    cluster.tamper = Box::new(|_, _, message| Some(message));
    cluster.run_until(1_000, "a payment of a validator that stays", |cluster| cluster.has_final(0, &ids[0]));
    cluster.run_until(1_000, "a payment of the one that has left", |cluster| cluster.has_final(0, &ids[1]));
}

/// Found by simulation: those who left took the only proof with them of how their epoch had ended.
#[test]
fn who_is_removed_stays_until_the_next_committee_has_finalized_a_block() {
    let mut cluster = Cluster::with_candidates(4, 3, Limits::default());
    cluster.run(50);
    (4..7).for_each(|index| cluster.start(index));
    cluster.run(1_000);
    let replace = |old: usize| ValidatorChange::Replace { key: cluster.member(old).key, by: cluster.member(old + 4) };
    let changes: Vec<ValidatorChange> = (0..3).map(replace).collect();
    cluster.approve(&[0, 1, 2], &changes);
    cluster.run(200);
    // Nothing that is final reaches those who will go on: only the three that leave see their epoch end.
    cluster.tamper = Box::new(|_, to, message| {
        let tells_of_finality = match &message {
            Message::Consensus { message: consensus::Message::Vote(vote), .. } => is_finalize(&vote.ballot),
            Message::Consensus { message: consensus::Message::Certificate(one), .. } => is_finalize(&one.ballot),
            Message::Blocks(_) | Message::Tip(_) => true,
            _ => false,
        };
        (to < 3 || !tells_of_finality).then_some(message)
    });
    cluster.run_until(20_000, "the end of the epoch", |cluster| (0..3).all(|index| cluster.epoch(index) == 1));
    cluster.run(5_000);
    assert!((3..7).all(|index| cluster.epoch(index) == 0), "nobody else knows");
    assert!((0..3).all(|index| !cluster.is_removed(index)), "so they stay");
    cluster.tamper = Box::new(|_, _, message| Some(message));
    cluster.run_until(10_000, "the next epoch", |cluster| (3..7).all(|index| cluster.epoch(index) == 1));
    let id = cluster.pay(4);
    cluster.run_until(5_000, "a payment in the next epoch", |cluster| all_have(cluster, &[3, 4, 5, 6], &[id]));
    cluster.run_until(5_000, "those who left stop", |cluster| (0..3).all(|index| cluster.is_removed(index)));
}

fn is_finalize(ballot: &Ballot) -> bool {
    matches!(ballot, Ballot::Finalize { .. })
}

#[test]
fn every_key_can_change_at_once_with_a_crash_of_all_at_the_boundary() {
    for crash_after in [0, 1, 2, 3, 5, 8, 13] {
        let mut cluster = Cluster::with_candidates(4, 4, Limits::default());
        cluster.run(50);
        (4..8).for_each(|index| cluster.start(index));
        let replace =
            |old: usize| ValidatorChange::Replace { key: cluster.member(old).key, by: cluster.member(old + 4) };
        let changes: Vec<ValidatorChange> = (0..4).map(replace).collect();
        cluster.approve(&[0, 1, 2], &changes);
        cluster.run(NOTICE - 100);
        cluster.run_until(20_000, "the last block", |cluster| (0..8).any(|index| cluster.epoch(index) == 1));
        cluster.run(crash_after);
        (0..8).for_each(|index| cluster.crash(index));
        cluster.run(5);
        (0..8).for_each(|index| cluster.start(index));
        cluster.run_until(20_000, "the next epoch", |cluster| (4..8).all(|index| cluster.epoch(index) == 1));
        let id = cluster.pay(4);
        cluster.run_until(5_000, "a payment in the next epoch", |cluster| all_have(cluster, &[4, 5, 6, 7], &[id]));
        cluster.run_until(5_000, "the old ones leave", |cluster| (0..4).all(|index| cluster.is_removed(index)));
    }
}

#[test]
fn the_last_block_is_proposed_again_until_it_is_final() {
    let mut cluster = Cluster::with_candidates(4, 1, Limits::default());
    cluster.run(50);
    let newcomer = cluster.member(4);
    cluster.approve(&[0, 1, 2], &[ValidatorChange::Add(newcomer)]);
    cluster.run(200);
    // The finalize votes for three views at the boundary are lost, so the blocks of these views are only notarized.
    let mut first = None;
    cluster.tamper = Box::new(move |_, _, message| match &message {
        Message::Consensus { message: consensus::Message::Vote(vote), .. } => {
            let view = vote.ballot.view().0;
            let is_finalize = matches!(vote.ballot, types::Ballot::Finalize { .. });
            let first = *first.get_or_insert(view);
            (!is_finalize || view > first + 12).then_some(message)
        }
        _ => Some(message),
    });
    cluster.start(4);
    cluster.run_until(60_000, "the next epoch", |cluster| (0..5).all(|index| cluster.epoch(index) == 1));
    cluster.tamper = Box::new(|_, _, message| Some(message));
    let id = cluster.pay(4);
    cluster.run_until(5_000, "a payment", |cluster| cluster.all_have_final(&id));
}

/// Leaders go on after the last block, while one validator alone knows that it is final. Were their blocks voted for, the
/// others would finalize another block at the height at which that one begins the next epoch.
#[test]
fn nobody_votes_for_a_block_after_the_last_one() {
    let mut cluster = Cluster::with_candidates(4, 1, Limits::default());
    cluster.run(50);
    let newcomer = cluster.member(4);
    cluster.approve(&[0, 1, 2], &[ValidatorChange::Add(newcomer)]);
    cluster.run(200);
    let (secrets, committee) = (cluster.secrets.clone(), cluster.replica(0).committee().clone());
    let mut children: BTreeMap<View, (usize, Hash)> = BTreeMap::new();
    cluster.tamper = Box::new(move |from, to, message| {
        let sign = |ballot| Vote::sign(ballot, ValidatorIndex(from as u16), &secrets[from], &committee).into_inner();
        match message {
            Message::Proposal { proposal, block } if proposal.block == proposal.parent => {
                let child = child_of(&block, proposal.view, ValidatorIndex(from as u16));
                let hash = child.header.hash();
                children.insert(proposal.view, (from, hash));
                let signature = sign(Ballot::Notarize { view: proposal.view, block: hash }).signature;
                let proposal = consensus::Proposal { block: hash, signature, ..proposal };
                Some(Message::Proposal { proposal, block: child })
            }
            Message::Consensus { epoch, message: consensus::Message::Vote(vote) } => {
                let view = vote.ballot.view();
                let child = children.get(&view).filter(|(leader, _)| *leader == from);
                let vote = match child {
                    Some((_, block)) => sign(Ballot::Finalize { view, block: *block }),
                    None => vote,
                };
                let is_lost = is_finalize(&vote.ballot) && to != 0 && !children.contains_key(&view);
                (!is_lost).then_some(Message::Consensus { epoch, message: consensus::Message::Vote(vote) })
            }
            Message::Consensus { message: consensus::Message::Certificate(ref one), .. }
                if is_finalize(&one.ballot) && from == 0 =>
            {
                None
            }
            Message::Blocks(_) if from == 0 => None,
            message => Some(message),
        }
    });
    cluster.start(4);
    cluster.run_until(20_000, "the end of the epoch in one place", |cluster| cluster.epoch(0) == 1);
    cluster.run(3_000);
    cluster.tamper = Box::new(|_, _, message| Some(message));
    cluster.run_until(20_000, "the next epoch", |cluster| (0..5).all(|index| cluster.epoch(index) == 1));
    let id = cluster.pay(4);
    cluster.run_until(5_000, "a payment", |cluster| cluster.all_have_final(&id));
}

/// An empty block on top of another one.
fn child_of(parent: &Block, view: View, proposer: ValidatorIndex) -> Block {
    let (mut header, batches) = (parent.header.clone(), Bounded::default());
    header.parent = parent.header.hash();
    header.height = parent.header.height.next();
    header.timestamp = parent.header.timestamp.plus_millis(1);
    (header.view, header.proposer) = (view, proposer);
    (header.batches, header.receipts_root) = (Block::batches_hash(&batches), Hash::ZERO);
    Block { header, batches }
}

#[test]
fn a_validator_that_slept_through_two_epochs_catches_up() {
    let mut cluster = Cluster::with_candidates(4, 2, Limits::default());
    cluster.run(50);
    cluster.crash(3);
    for (epoch, index) in [(1, 4), (2, 5)] {
        cluster.start(index);
        let newcomer = cluster.member(index);
        cluster.approve(&[0, 1, 2], &[ValidatorChange::Add(newcomer)]);
        if epoch == 2 {
            let newcomer = cluster.member(index);
            cluster.approve(&[4], &[ValidatorChange::Add(newcomer)]);
        }
        cluster.run_until(20_000, "the epoch", |cluster| cluster.epoch(0) == epoch && cluster.epoch(index) == epoch);
    }
    cluster.start(3);
    cluster.run_until(10_000, "the sleeper", |cluster| cluster.epoch(3) == 2);
    let id = cluster.pay(3);
    cluster.run_until(5_000, "a payment", |cluster| cluster.all_have_final(&id));
}
