//! Crashes at every effect: what is on disk is not fetched again, and the end is the same.

use super::*;

const HONEST: [Role; 3] = [Role::Honest(20), Role::Honest(20), Role::Honest(20)];

#[test]
fn goes_on_after_a_crash_at_any_point() {
    let parts = chain().checkpoint(20).manifest.parts.len();
    let mut crashes = 0;
    loop {
        let mut lab = Lab::new(chain(), HONEST);
        lab.crash_after = crashes;
        if let Some(outcome) = lab.run_until_crash() {
            assert_eq!(height_of_adopted(&outcome), 20);
            break;
        }
        let before = lab.disk.len();
        let had_begun = lab.chosen.is_some();
        (lab.crash_after, lab.stored_since_last_begin) = (usize::MAX, 0);
        assert_eq!(height_of_adopted(&lab.run()), 20, "crash at {crashes}");
        assert_eq!(lab.stored_since_last_begin, parts - before, "crash at {crashes}");
        assert_eq!(lab.begun, [20], "crash at {crashes}, begun {had_begun}");
        crashes += 1;
    }
    assert!(crashes > parts, "{crashes} points");
}

#[test]
fn a_whole_checkpoint_on_disk_needs_no_peer() {
    let mut lab = Lab::new(chain(), [Role::Silent, Role::Silent, Role::Silent]);
    let stored = chain().checkpoint(20);
    lab.disk = stored.parts.iter().map(|part| (part_hash(part), part.clone())).collect();
    lab.chosen = Some((stored.manifest.clone(), Vec::new()));
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert_eq!(lab.now, Moment(0));
}

#[test]
fn a_chosen_checkpoint_that_is_not_final_is_not_gone_on_with() {
    let mut lab = Lab::new(chain(), HONEST);
    let mut forged = chain().checkpoint(10).manifest.clone();
    forged.block.header.state_root = Hash([1; 32]);
    lab.chosen = Some((forged, Vec::new()));
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert_eq!(lab.begun, [20]);
}

#[test]
fn a_list_that_was_refused_is_not_fetched_from_the_next_peer() {
    let mut lab = Lab::new(chain(), [Role::Honest(10), Role::Silent, Role::WrongList(20)]);
    let (mut wrong, parts) = (chain().checkpoint(20).manifest.clone(), &chain().checkpoint(10).parts);
    wrong.parts = chain().checkpoint(10).manifest.parts.clone();
    lab.disk = parts.iter().map(|part| (part_hash(part), part.clone())).collect();
    lab.chosen = Some((wrong, Vec::new()));
    assert_eq!(height_of_adopted(&lab.run()), 10);
    assert_eq!(lab.liars, [(2, Lie::Ledger(Height(20)))]);
    assert_eq!((lab.restores, &lab.begun[..]), (2, &[10][..]));
}

#[test]
fn a_checkpoint_that_nobody_has_any_more_gives_way() {
    let mut lab = Lab::new(chain(), HONEST);
    let old = chain().checkpoint(10);
    lab.disk = old.parts.iter().take(3).map(|part| (part_hash(part), part.clone())).collect();
    lab.chosen = Some((old.manifest.clone(), Vec::new()));
    assert_eq!(height_of_adopted(&lab.run()), 20);
    assert!(lab.kept_at_last_begin > 0);
}
