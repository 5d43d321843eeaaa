//! Saying things again, and helping those who missed something.

use types::breakage::{Breakage, is_on};
use types::{Moment, ValidatorIndex, View};

use crate::message::Status;
use crate::{Message, Proposal, Recipient, Simplex};

/// The most certificates in an answer. Whoever needs more asks again.
const MAX_ANSWER: usize = 64;

/// How many of our latest finalize votes are repeated: the latest one that becomes a quorum finalizes all before it.
const REPEATED_FINALIZE_VOTES: usize = 8;

/// A validator that asks again from the same view is answered again after this time.
const ANSWER_INTERVAL_MILLIS: u64 = 10;

/// What a validator was told lately.
#[derive(Debug, Default)]
pub(crate) struct Link {
    answered: Option<Turn>,
    asked: Option<Turn>,
    recalled: Option<Moment>,
}

impl Link {
    /// True if it is time to tell the validator again what we know of it, which is then noted.
    pub(crate) fn take_recall(&mut self, now: Moment) -> bool {
        let is_due = self.recalled.is_none_or(|last| now >= last.plus_millis(ANSWER_INTERVAL_MILLIS));
        if is_due {
            self.recalled = Some(now);
        }
        is_due
    }
}

/// When something was said, and about which view.
#[derive(Debug, Clone, Copy)]
struct Turn {
    view: View,
    at: Moment,
}

impl Turn {
    /// True if it is time to say it again, which is then noted: about a later view at once, else after a while.
    fn take(turn: &mut Option<Turn>, view: View, now: Moment) -> bool {
        let is_due = turn.is_none_or(|last| view > last.view || now >= last.at.plus_millis(ANSWER_INTERVAL_MILLIS));
        if is_due {
            *turn = Some(Turn { view, at: now });
        }
        is_due
    }
}

impl Simplex {
    /// A validator says how far it is: help it, or ask it for help, or both.
    pub(crate) fn on_status(&mut self, from: ValidatorIndex, status: Status) {
        let finalized = self.certificates.root().view;
        if status.finalized < finalized || status.view < self.view {
            self.help(from, status);
        }
        let is_ahead = status.finalized > finalized || status.view > self.view;
        if is_ahead && Turn::take(&mut self.links[from.position()].asked, self.view, self.now) {
            self.say_status(Recipient::One(from));
        }
    }

    /// Sends a validator the certificates that it lacks; if they are too many, our status after them makes it ask on.
    fn help(&mut self, peer: ValidatorIndex, status: Status) {
        let (certificates, more) = self.certificates.lacking(status.finalized, status.view, self.view, MAX_ANSWER);
        if certificates.is_empty()
            || is_on(Breakage::NeverHelps)
            || !Turn::take(&mut self.links[peer.position()].answered, status.view, self.now)
        {
            return;
        }
        for certificate in certificates {
            self.outbox.send_when_durable(Recipient::One(peer), Message::Certificate(certificate));
        }
        if more {
            let message = Message::Status(self.status());
            self.outbox.send_when_durable(Recipient::One(peer), message);
        }
    }

    /// Helps a validator that shows itself to be in a view that we left.
    pub(crate) fn help_in_view(&mut self, peer: ValidatorIndex, view: View) {
        let finalized = View(view.0.saturating_sub(1)).min(self.certificates.root().view);
        self.help(peer, Status { view, finalized });
    }

    /// Helps those who gave up `view` over the doubt whether the others went on.
    pub(crate) fn help_nullifiers(&mut self, view: View) {
        for peer in self.votes.nullifiers(view) {
            if peer != self.ballots.me() {
                self.help_in_view(peer, view);
            }
        }
    }

    /// A link came up: whatever we said before may not have arrived.
    pub(crate) fn on_peer_up(&mut self, peer: ValidatorIndex) {
        self.repeat(Recipient::One(peer));
        self.ask_if_unanswered(peer);
    }

    /// Says again what is not certified, and how far we are. Nothing here is new, so nothing is journaled.
    pub(crate) fn repeat(&mut self, to: Recipient) {
        if is_on(Breakage::NeverRepeats) {
            return;
        }
        let cast = self.ballots.in_view(self.view);
        let notarize = cast.and_then(|cast| cast.notarize.clone());
        let nullify = cast.and_then(|cast| cast.nullify.clone());
        let finalized = self.certificates.root().view;
        let finalize: Vec<_> = self.ballots.finalize_votes(finalized, REPEATED_FINALIZE_VOTES).cloned().collect();
        let proposal = self.proposed.clone().filter(|proposal| proposal.view >= self.view);
        // A proposal of this view is the vote; one that was made ahead is another.
        let is_said_by = |proposal: &Proposal| notarize.as_ref().is_some_and(|vote| vote.ballot == proposal.ballot());
        let is_said = proposal.as_ref().is_some_and(is_said_by);
        if let Some(vote) = notarize.filter(|_| !is_said) {
            self.outbox.send_when_durable(to, Message::Vote(vote.into_inner()));
        }
        if let Some(proposal) = proposal {
            self.send_proposal(&proposal, to);
        }
        for vote in finalize.into_iter().chain(nullify) {
            self.outbox.send_when_durable(to, Message::Vote(vote.into_inner()));
        }
        self.say_status(to);
    }

    pub(crate) fn say_status(&mut self, to: Recipient) {
        let status = self.status();
        self.outbox.send_unsigned(to, Message::Status(status));
    }

    fn status(&self) -> Status {
        Status { view: self.certificates.first_open_view(), finalized: self.certificates.root().view }
    }
}
