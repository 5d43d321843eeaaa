//! Leading a view: when to ask for a block, and what goes out with it.

use types::{Ballot, Hash, View};

use crate::{Message, Output, Proposal, Recipient, Simplex};

/// The most certificates that go ahead of a proposal. Whoever lacks more asks for them.
const MAX_JUSTIFICATION: usize = 64;

/// A block that the leader has asked its replica for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    view: View,
    parent_view: View,
    parent: Hash,
}

impl Simplex {
    /// The parent for a block that this validator, as leader of the view, has not asked for yet.
    pub(crate) fn next_parent(&self) -> Option<(View, Hash)> {
        // Any block will do for the question if the vote is still free.
        let ballot = Ballot::Notarize { view: self.view, block: Hash::ZERO };
        let may_propose = self.leader() == self.ballots.me() && self.request.is_none() && self.ballots.allows(&ballot);
        may_propose.then(|| self.parent()).flatten()
    }

    pub(crate) fn propose_if_due(&mut self) {
        if self.pacing.is_proposal_due(self.now)
            && let Some((parent_view, parent)) = self.next_parent()
        {
            let view = self.view;
            self.request = Some(Request { view, parent_view, parent });
            self.outbox.tell(Output::Propose { view, parent_view, parent });
        }
    }

    /// The block is there: its proposal is a notarize vote, and goes to disk like one.
    pub(crate) fn on_proposed(&mut self, view: View, block: Hash) {
        let Some(request) = self.request.filter(|request| request.view == view) else { return };
        let Some(vote) = self.ballots.sign(Ballot::Notarize { view, block }, &self.committee) else { return };
        let proposal = Proposal::new(&vote, block, request.parent_view, request.parent);
        self.outbox.record_proposal(&proposal);
        self.send_proposal(&proposal, Recipient::All);
        self.proposed = Some(proposal);
        self.count_checked(vote);
    }

    /// Sends a proposal of our own after the certificates that justify it, so that whoever hears it can enter the view
    /// and vote, whatever it missed.
    pub(crate) fn send_proposal(&mut self, proposal: &Proposal, to: Recipient) {
        let Proposal { view, parent_view, .. } = *proposal;
        for certificate in self.certificates.justification(view, parent_view, MAX_JUSTIFICATION) {
            self.outbox.send_when_durable(to, Message::Certificate(certificate));
        }
        self.outbox.send_when_durable(to, Message::Propose(proposal.clone()));
    }
}
