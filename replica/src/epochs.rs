//! Epochs: a committee's time. The ledger says who is in the next one; the last block of an epoch is the first whose
//! header names other validators than those that vote on it.
//!
//! Nothing of the epoch is built on its last block. The leaders after it propose the same block again until it is
//! final, so that it is final under its own name, whichever view finalizes it; the next committee builds on it. Every
//! validator therefore starts the epoch from the same block, and the certificate that ends it is a [`Handover`].
//!
//! A validator that is not in the next committee stays, without a seat, until that committee has finalized a block.
//!
//! What was spread in the epoch and not ordered starts anew: each validator takes its own transactions, and those of
//! validators that have left, into new batches. Copies are skipped when they are executed.

use std::sync::Arc;

use consensus::{Record, Root, Simplex, Start, Timing};
use types::breakage::{Breakage, is_on};
use types::{Certificate, Committee, Evidence, Handover, Header, Member, ValidatorIndex, Verified};
use vm::Council;

use crate::dissemination::Dissemination;
use crate::finality::Finalizations;
use crate::judging::Judging;
use crate::replica::Replica;
use crate::{Effect, Now, Write};

/// The most pairs of contradicting votes that are kept over all epochs.
const MAX_EVIDENCE: usize = 256;

/// A place in the committee.
pub(crate) struct Seat {
    pub(crate) me: ValidatorIndex,
    pub(crate) consensus: Simplex,
}

impl Replica {
    /// True for a block that ends the present epoch.
    pub(crate) fn is_last_of_epoch(&self, header: &Header) -> bool {
        header.epoch == self.committee.epoch && header.next_validators != self.validators
    }

    /// The tip was the last block of its epoch, and `certificate` finalizes it.
    pub(crate) fn hand_over(&mut self, certificate: &Verified<Certificate>, now: Now, effects: &mut Vec<Effect>) {
        let validators = self.chain.ledger().council().validators();
        let header = self.chain.tip().clone();
        let handover =
            Handover { header, certificate: Certificate::clone(certificate), validators: validators.clone() };
        effects.push(Effect::Write(Write::Handover(handover)));
        let committee = Arc::new(self.committee.next(validators));
        let left = std::mem::replace(&mut self.committee, committee.clone());
        self.validators = committee.validators.hash();
        let carried = self.dissemination.carry_over(&committee, &left, effects);
        self.dissemination =
            Dissemination::new(committee, &self.key, self.limits.clone(), self.parameters.max_valid_seconds, now.time);
        self.judging = Judging::default();
        self.finalizations = Finalizations::default();
        self.undurable_votes.clear();
        self.proposing = None;
        self.told_work = false;
        self.seat = None;
        if self.is_started {
            self.take_seat(Vec::new(), None, now, effects);
        }
        let was_in_it = left.index_of(&self.key).is_some();
        self.was_member |= was_in_it;
        if self.seat.is_some() {
            carried.into_iter().for_each(|(transaction, bytes)| self.dissemination.add(transaction, bytes));
        }
    }

    /// Starts consensus of the present epoch if this validator is in its committee.
    pub(crate) fn take_seat(
        &mut self,
        journal: Vec<Record>,
        certificate: Option<Verified<Certificate>>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        self.is_started = true;
        let Some(me) = self.committee.index_of(&self.key) else { return };
        let timing = Timing {
            heartbeat_millis: self.parameters.heartbeat_millis,
            timeout_millis: self.parameters.timeout_millis,
            max_timeout_millis: self.parameters.max_timeout_millis,
        };
        let root = Root { view: self.chain.tip().view, block: self.chain.tip_hash(), certificate };
        let committee = Committee::clone(&self.committee);
        let start = Start { at: now.moment, nonce: now.time.0 };
        let (consensus, outputs) = Simplex::new(committee, me, self.secret.clone(), timing, journal, root, start);
        self.seat = Some(Seat { me, consensus });
        self.follow(now, outputs, effects);
    }

    /// A validator that was removed, and that no decided change brings back, has nothing more to do once the next
    /// committee has finalized a block: by then a quorum knows how the epoch before has ended. Earlier, those who left may
    /// be the only ones who can prove it.
    pub(crate) fn leave_if_removed(&mut self, effects: &mut Vec<Effect>) {
        let is_out = self.is_started && self.was_member && self.seat.is_none();
        let is_succeeded = self.chain.tip().epoch == self.committee.epoch || is_on(Breakage::LeavesAtOnce);
        if !is_out || !is_succeeded {
            return;
        }
        let council = self.chain.ledger().council();
        let returns = council.pending().is_some_and(|pending| pending.members.iter().any(|next| next.key == self.key));
        if !returns {
            self.was_member = false;
            effects.push(Effect::Removed { epoch: self.committee.epoch, height: self.chain.tip().height });
        }
    }

    /// Says who is in the committee, who will be and who has just left, when that has changed.
    pub(crate) fn tell_of_members(&mut self, effects: &mut Vec<Effect>) {
        let council = self.chain.ledger().council();
        if self.told_council.as_ref() == Some(council) {
            return;
        }
        if let Some(before) = self.told_council.as_ref().filter(|before| before.epoch() != council.epoch()) {
            let stays = |member: &Member| council.members().iter().any(|present| present.key == member.key);
            self.former = before.members().iter().filter(|member| !stays(member)).cloned().collect();
        }
        self.told_council = Some(council.clone());
        effects.push(Effect::Members { council: Box::new(council.clone()), former: self.former.clone() });
    }

    /// Who left the committee with the last change, as far as this validator has seen it.
    pub fn former_members(&self) -> &[Member] {
        &self.former
    }

    /// The ledger's view of the validators.
    pub fn council(&self) -> &Council {
        self.chain.ledger().council()
    }

    /// True while this validator has a part in consensus.
    pub fn has_seat(&self) -> bool {
        self.seat.is_some()
    }

    pub(crate) fn keep_evidence(&mut self, evidence: &Evidence) {
        if self.evidence.len() < MAX_EVIDENCE {
            self.evidence.push(evidence.clone());
        }
    }
}
