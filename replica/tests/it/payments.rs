//! A whole validator set on virtual time: payments become final, and nothing is lost when validators are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::cluster::{Cluster, address, payer};
use replica::{Limits, Message, SubmitError};
use types::codec::Bounded;
use types::{Address, AssetId, Ballot, BatchDigest, Block, Hash, Refusal, TransactionId, ValidatorIndex, View, Vote};
use vm::{Failure, Precheck};

#[test]
fn a_payment_becomes_final_everywhere_within_a_few_message_delays() {
    let mut cluster = Cluster::new(4);
    cluster.run(100);
    let id = cluster.pay(2);
    let start = cluster.now_millis();
    cluster.run_until(200, "the payment", |cluster| cluster.all_have_final(&id));
    let took = cluster.now_millis() - start;
    // Batch, proposal, notarize, finalize: four delays of 1 ms, two flushes of 0.5 ms, some pacing.
    assert!(took <= 20, "took {took} ms");
    let ledger = cluster.replica(0).ledger();
    assert_eq!(ledger.account(&Address([7; 20])).unwrap().balance(AssetId(0)).0, 1);
    assert_eq!(ledger.account(&address(&payer())).unwrap().balance(AssetId(0)).0, 999_999);
}

#[test]
fn an_idle_chain_makes_about_one_block_a_heartbeat() {
    let mut cluster = Cluster::new(4);
    cluster.run(10_000);
    let height = cluster.height(0);
    assert!((8..=12).contains(&height), "{height} blocks in 10 s");
}

#[test]
fn the_same_bytes_at_every_validator_execute_once() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    let (id, bytes) = cluster.transfer(5, 60);
    for index in 0..4 {
        cluster.submit(index, bytes.clone());
        cluster.submit(index, bytes.clone());
    }
    cluster.run_until(500, "the payment", |cluster| cluster.all_have_final(&id));
    cluster.run(500);
    assert!(cluster.replies(0).iter().all(|reply| *reply == Ok(id)), "sending again is safe");
    let ledger = cluster.replica(0).ledger();
    assert_eq!(ledger.account(&Address([7; 20])).unwrap().balance(AssetId(0)).0, 5);
    cluster.submit(1, bytes);
    cluster.run(50);
    let last = cluster.replies(1).last().unwrap();
    assert!(matches!(last, Err(SubmitError::Precheck(Precheck::AlreadyExecuted(_)))), "{last:?}");
}

#[test]
fn each_fault_is_refused_with_its_own_error() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    let (_, good) = cluster.transfer(1, 60);
    let mut trailing = good.clone();
    trailing.push(0);
    let mut forged = good.clone();
    // A byte of the signature; after it comes the mark that nobody sponsors.
    let place = forged.len() - 10;
    forged[place] ^= 1;
    let (_, overdraft) = cluster.transfer(2_000_000, 60);
    let (_, far) = cluster.transfer(1, 10_000);
    let (_, late) = cluster.transfer(1, 0);
    cluster.run(2_500);
    for bytes in [good[..good.len() - 1].to_vec(), trailing, vec![0; 200_000], forged, overdraft, far, late] {
        cluster.submit(0, bytes);
        cluster.run(20);
    }
    let replies = cluster.replies(0);
    assert!(matches!(replies[0], Err(SubmitError::Refused(Refusal::Malformed(_)))), "{:?}", replies[0]);
    assert!(matches!(replies[1], Err(SubmitError::Refused(Refusal::Malformed(_)))), "{:?}", replies[1]);
    assert!(matches!(replies[2], Err(SubmitError::Refused(Refusal::Malformed(_)))), "{:?}", replies[2]);
    assert!(matches!(replies[3], Err(SubmitError::Refused(Refusal::BadSignature))), "{:?}", replies[3]);
    let overdraft = &replies[4];
    assert!(
        matches!(overdraft, Err(SubmitError::Precheck(Precheck::WouldFail(Failure::Overdraft { .. })))),
        "{overdraft:?}"
    );
    assert!(matches!(replies[5], Err(SubmitError::Precheck(Precheck::DeadlineTooFar { .. }))), "{:?}", replies[5]);
    assert!(matches!(replies[6], Err(SubmitError::Precheck(Precheck::Expired { .. }))), "{:?}", replies[6]);
}

#[test]
fn one_validator_down_costs_time_but_no_payment() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    cluster.crash(3);
    for _ in 0..20 {
        let id = cluster.pay(0);
        cluster.run_until(3_000, "a payment without validator 3", |cluster| cluster.all_have_final(&id));
    }
    cluster.start(3);
    let id = cluster.pay(1);
    cluster.run_until(3_000, "catching up", |cluster| cluster.all_have_final(&id));
    cluster.run(5_000);
    assert!(cluster.height(3) + 1 >= cluster.height(0));
}

#[test]
fn views_that_are_given_up_are_counted() {
    let mut cluster = Cluster::new(4);
    let id = cluster.pay(0);
    cluster.run_until(1_000, "a payment", |cluster| cluster.all_have_final(&id));
    let given_up = |cluster: &Cluster| cluster.replica(0).summary().views_given_up;
    assert_eq!(given_up(&cluster), 0);
    cluster.crash(2);
    cluster.crash(3);
    cluster.run(5_000);
    assert_eq!(given_up(&cluster), 1, "it goes on only where a quorum gives up");
    cluster.start(3);
    cluster.run(10_000);
    assert!(given_up(&cluster) > 1, "the views of validator 2");
}

#[test]
fn two_validators_down_stop_the_chain_and_it_goes_on_by_itself() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    cluster.crash(2);
    cluster.crash(3);
    cluster.run(100);
    let height = cluster.height(0);
    let id = cluster.pay(0);
    cluster.run(5_000);
    assert_eq!(cluster.height(0), height, "finalized without a quorum");
    cluster.start(2);
    cluster.run_until(10_000, "the payment after one returned", |cluster| cluster.all_have_final(&id));
}

#[test]
fn all_validators_crash_and_keep_every_final_payment() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    let mut ids = Vec::new();
    for round in 0..10 {
        for index in 0..4 {
            ids.push(cluster.pay(index));
        }
        // Crashes hit a different instant in each round.
        cluster.run(3 + round);
        let known: Vec<_> = ids.iter().filter(|id| (0..4).any(|index| cluster.has_final(index, id))).copied().collect();
        (0..4).for_each(|index| cluster.crash(index));
        cluster.run(1);
        (0..4).for_each(|index| cluster.start(index));
        cluster.run_until(20_000, "final payments after the crash", |cluster| {
            known.iter().all(|id| cluster.all_have_final(id))
        });
    }
    let id = cluster.pay(0);
    cluster.run_until(10_000, "a payment after ten crashes", |cluster| cluster.all_have_final(&id));
}

#[test]
fn a_batch_that_one_validator_never_gets_is_fetched() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    // Validator 0 withholds its batches from validator 3.
    cluster.tamper = Box::new(|from, to, message| match message {
        Message::Batch(_) if (from, to) == (0, 3) => None,
        message => Some(message),
    });
    let id = cluster.pay(0);
    cluster.run_until(3_000, "the payment", |cluster| cluster.all_have_final(&id));
}

#[test]
fn a_block_with_a_false_root_gets_no_vote() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    // Validator 1 lies about the outcome of every block that it proposes.
    cluster.tamper = Box::new(|from, _, message| match message {
        Message::Proposal { proposal, mut block } if from == 1 => {
            block.header.state_root.0[0] ^= 1;
            Some(Message::Proposal { proposal, block })
        }
        message => Some(message),
    });
    for _ in 0..5 {
        let id = cluster.pay(0);
        cluster.run_until(5_000, "the payment", |cluster| cluster.all_have_final(&id));
    }
}

#[test]
fn a_partition_heals() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    for (a, b) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
        cluster.cut(a, b);
    }
    let id = cluster.pay(0);
    cluster.run(5_000);
    assert!(!cluster.has_final(0, &id), "final without a quorum");
    cluster.heal();
    cluster.run_until(10_000, "the payment after the partition", |cluster| cluster.all_have_final(&id));
}

#[test]
fn a_payment_that_cannot_be_ordered_in_time_expires() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    cluster.crash(2);
    cluster.crash(3);
    let id = cluster.pay_in_long_batch(0, 2);
    cluster.run(5_000);
    cluster.start(2);
    cluster.start(3);
    cluster.run(10_000);
    assert!(cluster.height(0) > 5);
    assert!((0..4).all(|index| !cluster.has_final(index, &id)), "executed after its deadline");
    assert!(!cluster.replica(0).is_pending(&id));
}

/// A leader that holds a short batch orders it; who lacks it fetches it. What a quorum executed in time is final, however late.
#[test]
fn a_short_batch_needs_no_acknowledgement() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    cluster.tamper = Box::new(|_, _, message| match message {
        Message::Acknowledge(_) => None,
        message => Some(message),
    });
    let id = cluster.pay(0);
    cluster.run_until(200, "a payment without acknowledgements", |cluster| cluster.all_have_final(&id));
    let long = cluster.pay_in_long_batch(0, 60);
    cluster.run(2_000);
    assert!(!cluster.has_final(0, &long), "a long batch was ordered though nobody is known to hold it");
    cluster.tamper = Box::new(|_, _, message| Some(message));
    cluster.run_until(2_000, "the long batch, sent again", |cluster| cluster.all_have_final(&long));
}

/// The link is down when the batch is sent, and nobody else can order it: it is sent again.
#[test]
fn a_short_batch_that_was_lost_is_sent_again() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    // The creator's own proposals are lost as well.
    cluster.tamper = Box::new(|from, _, message| match message {
        Message::Batch(_) | Message::Proposal { .. } if from == 0 => None,
        message => Some(message),
    });
    let id = cluster.pay(0);
    cluster.run(300);
    assert!((1..4).all(|index| !cluster.has_final(index, &id)));
    cluster.tamper = Box::new(|from, _, message| match message {
        Message::Proposal { .. } if from == 0 => None,
        message => Some(message),
    });
    cluster.run_until(3_000, "the payment in another's block", |cluster| cluster.has_final(1, &id));
}

#[test]
fn a_busy_validator_says_so() {
    let mut cluster = Cluster::with_limits(4, Limits { unordered_bytes: 0, ..Limits::default() });
    cluster.run(50);
    cluster.pay(0);
    cluster.crash(1);
    cluster.crash(2);
    cluster.run(20);
    cluster.pay(0);
    cluster.run(20);
    assert_eq!(cluster.replies(0).last(), Some(&Err(SubmitError::Busy)));
}

/// Who has seen that executing takes long makes blocks that take less of their view.
#[test]
fn blocks_are_no_greater_than_what_executes_in_time() {
    let most_in_a_block = |turn_millis| {
        let mut cluster = Cluster::new(4);
        cluster.turn_millis = turn_millis;
        cluster.run(50);
        let mut measured = 0;
        for _ in 0..2 {
            measured = cluster.height(0);
            let last: Vec<TransactionId> = (0..4).map(|index| cluster.pay_at_once(index, 500, 60)).collect();
            let all_are_final = |cluster: &Cluster| last.iter().all(|id| cluster.all_have_final(id));
            cluster.run_until(3_000, "payments of all", all_are_final);
        }
        cluster.most_in_a_block(0, measured)
    };
    // A third of the timeout is 133 ms. A batch of a wave's four takes 10 of them, or more than there are.
    let (fast, slow) = (most_in_a_block(10), most_in_a_block(5_000));
    assert!(fast > 1_000, "{fast}");
    assert_eq!(slow, 500, "a batch at a time");
}

/// However short transactions are: what others must execute before they can vote bounds a batch.
#[test]
fn own_batches_are_no_heavier_than_they_may_be() {
    let most_in_a_block = |batch_weight| {
        // A block of one batch, whatever that weighs.
        let limits = Limits { batch_weight, block_weight: 1, ..Limits::default() };
        let mut cluster = Cluster::with_limits(4, limits);
        cluster.run(50);
        let last = cluster.pay_at_once(0, 500, 60);
        cluster.run_until(5_000, "the payments", |cluster| cluster.all_have_final(&last));
        cluster.most_in_a_block(0, 0)
    };
    assert_eq!(most_in_a_block(1 << 20), 500);
    let parted = most_in_a_block(20_000);
    assert!((50..100).contains(&parted), "{parted} in a batch");
}

/// A leader that fills its blocks without measure finds no quorum for them.
#[test]
fn a_block_that_takes_too_long_gets_no_vote() {
    let is_final = |block_weight| {
        let mut cluster = Cluster::with_limits(4, Limits { block_weight, ..Limits::default() });
        cluster.run(50);
        // The first shows that executing takes no time here.
        let first = cluster.submit_heavy(0, 10);
        cluster.run_until(3_000, "what fits", |cluster| cluster.all_have_final(&first));
        let last = cluster.submit_heavy(0, 110);
        cluster.run(1_000);
        cluster.all_have_final(&last)
    };
    assert!(is_final(Limits::default().block_weight), "two blocks");
    assert!(!is_final(usize::MAX), "one of eleven million");
}

/// Leaders propose their blocks as `change` has changed them, if it returns true, and stand by them. Returns what they proposed.
fn leaders_change(
    cluster: &mut Cluster,
    mut change: impl FnMut(usize, &mut Vec<BatchDigest>) -> bool + 'static,
) -> Rc<RefCell<BTreeMap<(usize, View), Hash>>> {
    let (secrets, committee) = (cluster.secrets.clone(), cluster.replica(0).committee().clone());
    let made = Rc::new(RefCell::new(BTreeMap::new()));
    let changed = made.clone();
    cluster.tamper = Box::new(move |from, _, message| {
        let sign = |ballot| Vote::sign(ballot, ValidatorIndex(from as u16), &secrets[from], &committee).into_inner();
        let mut changed = changed.borrow_mut();
        match message {
            Message::Proposal { proposal, mut block } => {
                let mut batches = block.batches.to_vec();
                if !change(from, &mut batches) {
                    return Some(Message::Proposal { proposal, block });
                }
                block.batches = Bounded::new(batches).unwrap();
                block.header.batches = Block::batches_hash(&block.batches);
                let (view, hash) = (proposal.view, block.header.hash());
                changed.insert((from, view), hash);
                let signature = sign(Ballot::Notarize { view, block: hash }).signature;
                let proposal = consensus::Proposal { block: hash, signature, ..proposal };
                Some(Message::Proposal { proposal, block })
            }
            Message::Consensus { epoch, message: consensus::Message::Vote(vote) } => {
                let view = vote.ballot.view();
                let vote = match (vote.ballot, changed.get(&(from, view))) {
                    (Ballot::Finalize { .. }, Some(&block)) => sign(Ballot::Finalize { view, block }),
                    _ => vote,
                };
                Some(Message::Consensus { epoch, message: consensus::Message::Vote(vote) })
            }
            message => Some(message),
        }
    });
    made
}

/// Ids that are remembered are most of a checkpoint where there are few accounts.
#[test]
fn a_checkpoint_is_due_once_as_many_bytes_have_come_as_it_has() {
    let mut cluster = Cluster::with_limits(4, Limits { checkpoint_bytes: 1, ..Limits::default() });
    for _ in 0..40 {
        let id = cluster.pay_in_long_batch(0, 60);
        cluster.run_until(3_000, "the payments", |cluster| cluster.all_have_final(&id));
    }
    let made = cluster.checkpoints(0);
    // The first batches are longer than all ids before them; in the end it takes eight.
    assert!((8..20).contains(&made), "{made} checkpoints");
}

/// It would execute as if the batch were named once: only looking at the names tells.
#[test]
fn a_block_that_names_a_batch_twice_gets_no_vote() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    let made = leaders_change(&mut cluster, |_, batches| {
        batches.extend(batches.first().copied());
        !batches.is_empty()
    });
    let ids: Vec<TransactionId> = (0..4).map(|index| cluster.pay(index)).collect();
    cluster.run(3_000);
    assert!(made.borrow().len() > 4);
    assert!(made.borrow().values().all(|hash| (0..4).all(|index| !cluster.has_final_block(index, hash))));
    cluster.tamper = Box::new(|_, _, message| Some(message));
    cluster.run_until(3_000, "the payments", |cluster| ids.iter().all(|id| cluster.all_have_final(id)));
}

/// What was refused once is not asked for again, and a block that names it is judged at once.
#[test]
fn a_block_that_names_a_refused_batch_is_not_waited_for() {
    let mut cluster = Cluster::new(4);
    cluster.run(50);
    // Epoch and creator, and then nothing that could be signed.
    let none = cluster.plant_batch(0, vec![0; 100]);
    let made = leaders_change(&mut cluster, move |from, batches| {
        batches.push(none);
        from == 0
    });
    let started = cluster.now_millis();
    for _ in 0..40 {
        let id = cluster.pay(1);
        cluster.run_until(2_000, "the payment", |cluster| cluster.has_final(1, &id));
    }
    let took = cluster.now_millis() - started;
    assert!(made.borrow().len() > 5, "{} blocks", made.borrow().len());
    assert!(took < 1_000, "{took} ms, so its views were given up");
}
