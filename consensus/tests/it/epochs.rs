//! Where epochs meet: a start from a root without a certificate, and a last block that is proposed again.

use consensus::{Input, Message, Record, Root, Status};
use types::View;

use crate::cluster::Cluster;
use crate::lab::{GENESIS, Lab, TIMEOUT, block, finalize, genesis, notarize, nullify};

/// The last block of an epoch is of view 17; the next epoch knows it without a certificate of its own.
fn last_of_the_epoch_before() -> Root {
    Root { view: View(17), block: block(9), certificate: None }
}

#[test]
fn an_epoch_starts_after_a_root_that_has_no_certificate() {
    let mut lab = Lab::start(4, 0, Vec::new(), last_of_the_epoch_before());
    assert_eq!(lab.view(), 18);
    let status = Message::Status(Status { view: View(18), finalized: View(17) });
    assert!(lab.start.sent.iter().any(|outgoing| outgoing.message == status));
    for earlier in [nullify(17), nullify(3)] {
        assert!(lab.hear_certificate(earlier).records.is_empty(), "the views of the epoch before are settled");
    }
    assert_eq!(lab.hear_proposal(18, 17, block(9), 1).judged().len(), 1);
    assert_eq!(lab.accept(18, 1).cast(), [notarize(18, 1)]);
    assert_eq!(lab.hear_vote(2, notarize(18, 1)).cast(), []);
    assert_eq!(lab.hear_vote(3, notarize(18, 1)).cast(), [finalize(18, 1)]);
    lab.hear_vote(2, finalize(18, 1));
    assert_eq!(lab.hear_vote(3, finalize(18, 1)).finalized(), [finalize(18, 1)]);
    let lab = lab.restart(last_of_the_epoch_before());
    assert_eq!((lab.view(), lab.simplex.root().block), (19, block(1)));
}

#[test]
fn the_first_leader_of_an_epoch_builds_on_the_last_block_of_the_one_before() {
    let mut lab = Lab::start(4, 2, Vec::new(), last_of_the_epoch_before());
    assert_eq!(lab.step(Input::Work { pending: true }).asked(), Some((18, 17, block(9))));
    let turn = lab.step(Input::Proposed { view: View(18), block: block(1) });
    assert_eq!(turn.cast(), [notarize(18, 1)]);
    assert_eq!(turn.durable.len(), 1, "the root needs no justification");
    let turn = lab.hear(3, Message::Status(Status { view: View(1), finalized: View(0) }));
    assert_eq!(turn.help_for(3), [], "there is no certificate that would help");
}

#[test]
fn a_block_that_is_its_own_parent_is_notarized_and_finalized_again() {
    let mut lab = Lab::new(0);
    lab.hear_proposal(1, 0, GENESIS, 1);
    assert_eq!(lab.accept(1, 1).cast(), [notarize(1, 1)]);
    assert_eq!(lab.hear_certificate(notarize(1, 1)).cast(), [finalize(1, 1)]);
    assert_eq!(lab.hear_proposal(2, 1, block(1), 1).judged().len(), 1);
    assert_eq!(lab.accept(1, 1).cast(), [], "a verdict on the block in the view before");
    assert_eq!(lab.accept(2, 1).cast(), [notarize(2, 1)]);
    assert_eq!(lab.hear_certificate(notarize(2, 1)).cast(), [finalize(2, 1)]);
    assert!(lab.simplex.is_notarized(View(1), &block(1)) && lab.simplex.is_notarized(View(2), &block(1)));
    lab.hear_certificate(nullify(3));
    assert_eq!(lab.simplex.parent(), Some((View(2), block(1))));

    // Neither the journal nor the first finalization confuses the two.
    let mut lab = lab.restart(genesis());
    assert_eq!((lab.view(), lab.simplex.parent()), (4, Some((View(2), block(1)))));
    assert_eq!(lab.hear_certificate(finalize(1, 1)).finalized(), [finalize(1, 1)]);
    assert!(lab.simplex.is_notarized(View(2), &block(1)), "the later view is not final");
    assert_eq!(lab.wait(TIMEOUT).cast(), [finalize(2, 1)], "so its vote is still repeated");
    assert_eq!(lab.hear_certificate(finalize(2, 1)).finalized(), [finalize(2, 1)]);
    assert_eq!((lab.simplex.root().view, lab.simplex.root().block), (View(2), block(1)));
    assert_eq!(lab.hear_certificate(nullify(4)).records.len(), 1);
    assert_eq!(lab.hear_proposal(5, 2, block(1), 1).judged().len(), 1, "and so on");
    assert_eq!(lab.accept(5, 1).cast(), [notarize(5, 1)]);
}

#[test]
fn a_leader_proposes_the_parent_again() {
    let mut lab = Lab::new(2);
    lab.step(Input::Work { pending: true });
    assert_eq!(lab.hear_certificate(notarize(1, 1)).asked(), Some((2, 1, block(1))));
    let turn = lab.step(Input::Proposed { view: View(2), block: block(1) });
    assert_eq!(turn.cast(), [notarize(2, 1)]);
    let [Record::Proposed(proposal)] = &turn.records[..] else { panic!("{turn:?}") };
    assert_eq!((proposal.parent, proposal.block), (block(1), block(1)));
    let lab = lab.restart(genesis());
    assert_eq!(lab.view(), 2);
    assert_eq!(lab.start.asked(), None, "it is bound by its proposal");
}

#[test]
fn a_cluster_finalizes_its_last_block_in_view_after_view() {
    for drop_percent in [0, 20] {
        let mut cluster = Cluster::started(4, 31);
        cluster.last_height = Some(5);
        cluster.drop_percent = drop_percent;
        cluster.work(true);
        assert!(cluster.run_to(60_000, |cluster| cluster.finalized_by_all() >= View(25)));
        let last = cluster.simplex(0).root().block;
        for who in 0..4 {
            assert_eq!(cluster.simplex(who).root().block, last);
            assert!(cluster.finalized(who).iter().filter(|(_, block)| *block == last).count() > 2);
        }
    }
}
