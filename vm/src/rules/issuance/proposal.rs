//! Proposals and their approval.

use bincode::{Decode, Encode};
use types::{Action, Address, AssetId, MAX_PROPOSAL_SECONDS, Origin, Role, Timestamp};

use super::IssuanceFailure;
use super::action::{check, take};
use crate::rules::turn::Turn;
use crate::{Failure, Record, RecordKey};

/// What waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// The asset.
    pub asset: AssetId,
    /// What is to be done.
    pub action: Action,
    /// Who has proposed it.
    pub proposer: Address,
    /// The last moment in which it can be approved.
    pub until: Timestamp,
}

pub(super) fn propose(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    action: &Action,
    valid_seconds: u32,
) -> Result<(), Failure> {
    turn.expect_role(asset, action.proposer())?;
    if !(1..=MAX_PROPOSAL_SECONDS).contains(&valid_seconds) {
        return Err(IssuanceFailure::ProposalTime { got: valid_seconds }.into());
    }
    check(turn, asset, action)?;
    if turn.overlay.asset(asset)?.holder(Role::Approver).is_none() {
        return take(turn, asset, action);
    }
    let until = turn.now().plus_millis(u64::from(valid_seconds) * 1_000);
    let proposal = Proposal { asset, action: action.clone(), proposer: turn.actor, until };
    turn.overlay.put_record(RecordKey::Proposal(turn.origin), Record::Proposal(Box::new(proposal)));
    Ok(())
}

pub(super) fn approve(turn: &mut Turn<'_, '_>, origin: Origin) -> Result<(), Failure> {
    let Proposal { asset, action, proposer, until } = find(turn, origin)?;
    turn.expect_role(asset, Role::Approver)?;
    if until < turn.now() {
        return Err(IssuanceFailure::ProposalExpired { until }.into());
    }
    // Who has lost a role meanwhile has lost what was proposed under it.
    let role = action.proposer();
    if turn.overlay.asset(asset)?.holder(role) != Some(proposer) {
        return Err(Failure::WithoutRole { asset, role });
    }
    turn.overlay.remove_record(RecordKey::Proposal(origin));
    check(turn, asset, &action)?;
    take(turn, asset, &action)
}

pub(super) fn dismiss(turn: &mut Turn<'_, '_>, origin: Origin) -> Result<(), Failure> {
    let Proposal { asset, proposer, until, .. } = find(turn, origin)?;
    let is_theirs = turn.actor == proposer || turn.overlay.asset(asset)?.holder(Role::Approver) == Some(turn.actor);
    if !is_theirs && turn.now() <= until {
        return Err(IssuanceFailure::NotYours { until }.into());
    }
    turn.overlay.remove_record(RecordKey::Proposal(origin));
    Ok(())
}

fn find(turn: &Turn<'_, '_>, proposal: Origin) -> Result<Proposal, Failure> {
    match turn.overlay.record(&RecordKey::Proposal(proposal)) {
        Some(Record::Proposal(found)) => Ok(Proposal::clone(found)),
        _ => Err(IssuanceFailure::UnknownProposal { proposal }.into()),
    }
}
