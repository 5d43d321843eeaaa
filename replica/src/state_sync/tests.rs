//! State sync against honest peers and liars, on virtual time: the shell is a list of effects, the disk a map.

#![allow(clippy::unwrap_used)]

mod lab;
mod resuming;

use lab::{Chain, Lab, Role, chain, height_of_adopted};
use types::Height;

use super::*;

#[test]
fn honest_peers_give_their_newest_checkpoint() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(20), Role::Honest(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert!(lab.liars.is_empty());
    assert!(lab.most_in_memory <= SyncLimits::default().parts_in_memory);
}

#[test]
fn one_newer_checkpoint_does_not_count_against_two_that_agree() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(10), Role::Honest(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
}

#[test]
fn different_checkpoints_are_taken_after_a_while() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(20), Role::Silent]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert!(lab.now >= Moment(0).plus_millis(SyncLimits::default().agreement_millis));
}

#[test]
fn whoever_sends_a_wrong_part_is_not_asked_again() {
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::WrongParts(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert!(matches!(lab.liars[..], [(2, Lie::Part { .. })]), "{:?}", lab.liars);
    assert_eq!(lab.asked_after_lie, 0);
}

#[test]
fn a_wrong_list_of_parts_costs_a_download_and_no_more() {
    // The liar's block is newer, and final; nobody else has its checkpoint, and no two others agree.
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Silent, Role::WrongList(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert_eq!(lab.liars, [(2, Lie::Ledger(Height(20)))]);
    assert_eq!(lab.restores, 2);
    assert_eq!(lab.asked_after_lie, 0);
}

#[test]
fn a_wrong_list_is_not_even_fetched_where_others_agree() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(10), Role::WrongList(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert_eq!(lab.restores, 1);
}

#[test]
fn a_forged_certificate_is_a_lie() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(10), Role::ForgedCertificate(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert!(matches!(lab.liars[..], [(2, Lie::Manifest(ManifestError::Certificate { .. }))]), "{:?}", lab.liars);
}

#[test]
fn a_certificate_of_another_block_is_a_lie() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(10), Role::OtherCertificate(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert!(matches!(lab.liars[..], [(2, Lie::Manifest(ManifestError::OtherBlock(_)))]), "{:?}", lab.liars);
}

#[test]
fn trust_goes_through_handovers() {
    // Blocks from height 30 on are of epoch 2, whose validators genesis does not know.
    let mut lab = Lab::new(chain(), [Role::Honest(30), Role::Honest(30), Role::Honest(10)]);
    let outcome = lab.run();
    assert_eq!(height_of_adopted(&outcome), 30);
    let SyncOutcome::Adopt { handovers, .. } = outcome else { unreachable!("adopted") };
    assert_eq!(handovers.len(), 2);
}

#[test]
fn a_forged_handover_is_a_lie() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(10), Role::ForgedHandover(30)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert!(matches!(lab.liars[..], [(2, Lie::Handover(_))]), "{:?}", lab.liars);
}

#[test]
fn a_checkpoint_without_handovers_is_not_waited_for() {
    let roles = [Role::Empty, Role::Empty, Role::WithoutHandovers(30)];
    assert_eq!(Lab::new(chain(), roles).run(), SyncOutcome::CatchUp(CatchUpReason::NothingToGain));
    let roles = [Role::Empty, Role::Empty, Role::SilentAboutHandovers(30)];
    assert_eq!(Lab::new(chain(), roles).run(), SyncOutcome::CatchUp(CatchUpReason::NothingToGain));
}

#[test]
fn a_silent_peer_does_not_hold_it_up() {
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::Silent]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::OffersAndKeepsParts(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert!(lab.now < Moment(0).plus_millis(30_000), "{:?}", lab.now);
}

#[test]
fn a_peer_that_offers_the_newest_and_sends_nothing_delays_and_does_not_prevent() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Silent, Role::OffersAndKeepsParts(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 10);
}

#[test]
fn floods_are_not_looked_at() {
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::Flooder]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert!(lab.most_in_memory <= SyncLimits::default().parts_in_memory);
    assert!(lab.liars.is_empty(), "what was not asked for is not even judged: {:?}", lab.liars);
}

#[test]
fn lost_messages_are_asked_for_again() {
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::Honest(20)]);
    lab.lose_every = 3;
    assert_eq!(height_of_adopted(&lab.run()), 20);
}

#[test]
fn a_replaced_checkpoint_is_noticed_and_what_both_have_stays() {
    let roles = [Role::Replaces(10, 20), Role::Replaces(10, 20), Role::Replaces(10, 20)];
    let mut lab = Lab::new(chain(), roles);
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert_eq!(lab.begun, [10, 20]);
    assert!(lab.now < Moment(0).plus_millis(3_000), "it is told at once, not at the next refresh: {:?}", lab.now);
    let parts = chain().checkpoint(20).manifest.parts.len();
    assert!(lab.kept_at_last_begin > 0, "nothing was kept of {parts} parts");
    assert_eq!(lab.stored_since_last_begin, parts - lab.kept_at_last_begin);
}

#[test]
fn it_goes_on_while_one_peer_still_has_the_checkpoint() {
    let roles = [Role::Replaces(10, 20), Role::Replaces(10, 20), Role::Honest(10)];
    let mut lab = Lab::new(chain(), roles);
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert_eq!(lab.begun, [10]);
}

#[test]
fn a_young_chain_is_executed_from_genesis() {
    let nothing = SyncOutcome::CatchUp(CatchUpReason::NothingToGain);
    assert_eq!(Lab::new(chain(), [Role::Empty, Role::Empty, Role::Empty]).run(), nothing);
    // Not far enough ahead.
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Honest(10), Role::Empty]);
    lab.limits.worth_height = Height(11);
    assert_eq!(lab.run(), nothing);
    let mut lab = Lab::new(chain(), [Role::Empty, Role::Empty, Role::Silent]);
    assert_eq!(lab.run(), nothing);
    assert!(lab.now < Moment(0).plus_millis(3_000));
}

#[test]
fn f_peers_that_say_nothing_do_not_decide() {
    let mut lab = Lab::new(chain(), [Role::Empty, Role::Honest(20), Role::Honest(20)]);
    assert_eq!(height_of_adopted(&lab.run()), 20);
}

#[test]
fn without_any_peer_it_gives_up() {
    let mut lab = Lab::new(chain(), [Role::Silent, Role::Silent, Role::Silent]);
    assert_eq!(lab.run(), SyncOutcome::CatchUp(CatchUpReason::NoOffer));
    let alone = Chain::alone();
    assert_eq!(Lab::new(&alone, []).run(), SyncOutcome::CatchUp(CatchUpReason::Alone));
}

#[test]
fn a_damaged_part_on_disk_is_fetched_again() {
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::Honest(20)]);
    lab.damage_before_restore = true;
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert_eq!(lab.restores, 2);
}

#[test]
fn asks_only_while_there_is_something_to_ask() {
    let mut lab = Lab::new(chain(), [Role::Honest(20), Role::Honest(20), Role::Honest(20)]);
    lab.run();
    let parts = chain().checkpoint(20).manifest.parts.len();
    assert!(lab.sent <= parts + 20, "{} messages for {parts} parts", lab.sent);
}
