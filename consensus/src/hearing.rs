//! Hearing others: proposals, votes, certificates, evidence.

use types::{Ballot, Certificate, Evidence, Hash, ValidatorIndex, View, Vote};

use crate::certificates::vote_in;
use crate::{Message, Output, Proposal, Recipient, Simplex, Verdict};

impl Simplex {
    /// A proposal counts as the leader's vote. The first one of a view that is not over is held until it can be judged.
    pub(crate) fn on_proposal(&mut self, from: ValidatorIndex, proposal: Proposal) {
        let vote = proposal.vote(&self.committee);
        let (leader, view) = (vote.signer, proposal.view);
        if leader == self.ballots.me() {
            return self.on_own_vote(vote);
        }
        if !self.is_in_window(view) {
            return;
        }
        if from == leader {
            self.count(vote);
        } else if let Some(vote) = vote.verify(&self.committee) {
            self.count_checked(vote);
        } else {
            return;
        }
        if view >= self.view {
            self.proposals.entry(view).or_insert(proposal);
        } else if self.certificates.knows(&Ballot::Nullify { view }) && from == leader {
            self.help_in_view(from, view);
        }
    }

    /// Gives the view's proposal out to be judged: once, while this validator may vote for it, and when its parent is
    /// notarized and every view between is nullified. One that was made ahead, on a block that was given up, is not
    /// waited for.
    pub(crate) fn judge_if_ready(&mut self) {
        let view = self.view;
        if self.judging == Some(view) {
            return;
        }
        let own = self.proposed.as_ref().filter(|proposed| proposed.view == view);
        let Some(proposal) = self.proposals.get(&view).or(own) else { return };
        let (parent_view, parent) = (proposal.parent_view, proposal.parent);
        if self.certificates.justify(view, parent_view, parent) {
            if self.ballots.allows(&proposal.ballot()) {
                self.judging = Some(view);
                self.outbox.tell(Output::Judge { proposal: proposal.clone() });
            }
        } else if self.certificates.gave_up(parent_view, parent) && !self.pacing.has_given_up() {
            self.give_up();
        }
    }

    /// The replica's verdict: vote for the block, or stop waiting for another one.
    pub(crate) fn on_judged(&mut self, view: View, block: Hash, verdict: Verdict) {
        let is_judged = self.judging == Some(view) && self.proposals.get(&view).is_some_and(|held| held.block == block);
        if !is_judged {
            return;
        }
        match verdict {
            Verdict::Accept => self.cast(Ballot::Notarize { view, block }),
            Verdict::Reject if !self.pacing.has_given_up() => self.give_up(),
            Verdict::Reject => {}
        }
    }

    /// A vote counts on its signer's link. On another link it can only be evidence.
    pub(crate) fn on_vote(&mut self, from: ValidatorIndex, vote: Vote) {
        let (signer, view) = (vote.signer, vote.ballot.view());
        if signer == self.ballots.me() {
            return self.on_own_vote(vote);
        }
        if !self.is_in_window(view) {
            if from == signer && view < self.view && matches!(vote.ballot, Ballot::Nullify { .. }) {
                self.help_in_view(from, view);
            }
            return;
        }
        if signer != from {
            let evidence = self.votes.relayed(vote, &self.committee);
            return self.note(evidence);
        }
        match vote.ballot {
            Ballot::Nullify { .. } if view < self.view => self.help_in_view(from, view),
            Ballot::Notarize { block, .. } => self.show_other_proposal(from, view, block),
            Ballot::Nullify { .. } | Ballot::Finalize { .. } => {}
        }
        self.count(vote);
    }

    /// A vote for another block than the leader's: the leader told its voter something else than us. Seeing our
    /// version, the voter has evidence.
    fn show_other_proposal(&mut self, voter: ValidatorIndex, view: View, block: Hash) {
        let leader = self.committee.leader(view);
        if leader != voter
            && let Some(vote) = self.votes.other_vote_of(leader, view, block, voter)
        {
            self.outbox.send_when_durable(Recipient::One(voter), Message::Vote(vote));
        }
    }

    /// A certificate from anyone is as good as its signatures.
    pub(crate) fn on_certificate(&mut self, from: ValidatorIndex, certificate: Certificate) {
        if let Some(vote) = vote_in(&certificate, self.ballots.me()) {
            self.on_own_vote(vote);
        }
        if self.certificates.knows(&certificate.ballot) {
            return;
        }
        let Ok(certificate) = certificate.verify(&self.committee) else { return };
        let Ballot::Finalize { view, .. } = certificate.ballot else { return self.adopt(certificate) };
        let is_behind = view > self.view;
        self.adopt(certificate);
        if is_behind {
            self.outbox.tell(Output::Behind { peer: from });
        }
    }

    /// Contradicting votes: of our own key, or of another validator's.
    pub(crate) fn on_evidence(&mut self, evidence: Evidence) {
        let Evidence { first, second } = evidence;
        if first.signer != second.signer || !first.ballot.contradicts(&second.ballot) {
            return;
        }
        if first.signer == self.ballots.me() {
            self.on_own_vote(first);
            self.on_own_vote(second);
        } else if self.evidence.has_room(first.signer)
            && let Some(first) = first.verify(&self.committee)
            && let Some(second) = second.verify(&self.committee)
        {
            self.note(Evidence::of(&first, &second));
        }
    }

    /// Keeps evidence, and shows it to the validator that it is against: should its key be live in two places, the
    /// honest one learns of it.
    pub(crate) fn note(&mut self, evidence: Option<Evidence>) {
        let Some(evidence) = evidence else { return };
        if self.evidence.add(evidence.clone()) {
            let signer = evidence.first.signer;
            self.outbox.send_when_durable(Recipient::One(signer), Message::Evidence(evidence.clone()));
            self.outbox.tell(Output::Evidence(evidence));
        }
    }

    /// A vote in our name.
    fn on_own_vote(&mut self, vote: Vote) {
        self.check_own_votes(vec![vote]);
    }

    /// Votes in our name. All that we cast above a settled view is known: if one is not among them and is signed, we
    /// forgot it, or somebody else has our key.
    pub(crate) fn check_own_votes(&mut self, mut votes: Vec<Vote>) {
        votes.retain(|vote| vote.signer == self.ballots.me() && !self.ballots.may_have_cast(&vote.ballot));
        if votes.is_empty() || self.ballots.is_silenced() {
            return;
        }
        if let Some(vote) = Vote::verify_many(votes, &self.committee).into_iter().next()
            && self.ballots.silence()
        {
            self.outbox.tell(Output::KeyInUseElsewhere { vote: vote.into_inner() });
        }
    }
}
