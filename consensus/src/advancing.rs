//! From votes to certificates, from certificates to later views, and our own votes on the way.

use types::{Ballot, Certificate, Verified, View, Vote};

use crate::pacing::Entrance;
use crate::{Output, Simplex};

impl Simplex {
    /// Votes, if the voting rules allow it: the vote goes to disk, then to all, and counts.
    pub(crate) fn cast(&mut self, ballot: Ballot) {
        if let Some(vote) = self.ballots.sign(ballot, &self.committee) {
            self.outbox.cast(&vote);
            self.count_checked(vote);
        }
    }

    /// Counts a vote that came on its signer's link.
    pub(crate) fn count(&mut self, vote: Vote) {
        let ballot = vote.ballot;
        let evidence = self.votes.add(vote, &self.committee);
        self.note(evidence);
        self.certify(&ballot);
    }

    /// Counts a vote whose signature was checked.
    pub(crate) fn count_checked(&mut self, vote: Verified<Vote>) {
        let ballot = vote.ballot;
        let evidence = self.votes.add_checked(vote, &self.committee);
        self.note(evidence);
        self.certify(&ballot);
    }

    /// Makes a certificate of the votes for `ballot` once they are a quorum.
    fn certify(&mut self, ballot: &Ballot) {
        if !self.certificates.knows(ballot)
            && let Some(certificate) = self.votes.certificate(ballot, &self.committee)
        {
            self.adopt(certificate);
        }
    }

    /// Acts on a certificate: it goes to disk, it moves this validator to the view after it, and a notarization that
    /// does so is answered with a finalize vote.
    pub(crate) fn adopt(&mut self, certificate: Verified<Certificate>) {
        let ballot = certificate.ballot;
        if self.certificates.knows(&ballot) {
            return;
        }
        self.outbox.record(&certificate);
        match ballot {
            Ballot::Notarize { view, block } => {
                self.certificates.insert(certificate);
                self.outbox.tell(Output::Notarized { view, block });
                if view >= self.view {
                    self.enter(view.next(), if view == self.view { Entrance::Progress } else { Entrance::Leap });
                    self.help_nullifiers(view);
                    self.cast(Ballot::Finalize { view, block });
                }
            }
            Ballot::Nullify { view } => {
                self.certificates.insert(certificate);
                self.outbox.tell(Output::Nullified { view });
                if view >= self.view {
                    self.enter(view.next(), Entrance::Failure);
                }
            }
            Ballot::Finalize { view, .. } => {
                self.move_root(certificate.clone());
                self.outbox.tell(Output::Finalized { certificate });
                self.leave_finalized(view);
            }
        }
    }

    /// The replica imported blocks up to a finalized one.
    pub(crate) fn on_caught_up(&mut self, finalization: Verified<Certificate>) {
        let view = finalization.ballot.view();
        let is_finalization = matches!(finalization.ballot, Ballot::Finalize { .. });
        if is_finalization && !self.certificates.knows(&finalization.ballot) {
            self.outbox.record(&finalization);
            self.move_root(finalization);
            self.leave_finalized(view);
        }
    }

    /// Drops everything up to the finalized view.
    fn move_root(&mut self, finalization: Verified<Certificate>) {
        let finalized = finalization.ballot.view();
        self.certificates.insert(finalization);
        self.ballots.forget_up_to(finalized);
        self.votes.forget_before(self.first_remembered_view());
        self.pacing.finalized();
    }

    /// Enters the view after a finalized one, unless it was left before.
    fn leave_finalized(&mut self, finalized: View) {
        if finalized >= self.view {
            self.enter(finalized.next(), Entrance::Leap);
            self.help_nullifiers(finalized);
        }
    }

    /// Enters a later view.
    fn enter(&mut self, view: View, entrance: Entrance) {
        self.view = view;
        self.pacing.enter(self.now, entrance);
        while self.proposals.first_key_value().is_some_and(|(earlier, _)| *earlier < view) {
            self.proposals.pop_first();
        }
        self.judging = None;
        self.keep_request();
        self.votes.forget_before(self.first_remembered_view());
    }
}
