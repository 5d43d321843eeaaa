//! Leading a view: when to ask for a block, and what goes out with it.
//!
//! A leader does not wait for its view where it need not: once it has notarized a block that the next one may follow, it
//! proposes on top of it while the votes for it are on their way. See the crate's documentation.

use types::{Ballot, Hash, View};

use crate::{Message, Output, Proposal, Recipient, Simplex};

/// The most certificates that go ahead of a proposal. Whoever lacks more asks for them.
const MAX_JUSTIFICATION: usize = 64;

/// A block that the leader asks its replica for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    view: View,
    parent_view: View,
    parent: Hash,
}

impl Simplex {
    /// The block that this validator is to propose in its view, and has not asked for yet.
    pub(crate) fn next_request(&self) -> Option<Request> {
        let view = self.view;
        let (parent_view, parent) = self.may_lead(view).then(|| self.parent()).flatten()?;
        Some(Request { view, parent_view, parent })
    }

    /// The block that it may propose in the next view already: on the one that it has notarized in this view.
    fn request_ahead(&self) -> Option<Request> {
        let view = self.view.next();
        let parent = self.notarized_here().filter(|_| self.may_lead(view))?;
        Some(Request { view, parent_view: self.view, parent })
    }

    /// The block that this validator voted for in its view, unless it has given that up.
    fn notarized_here(&self) -> Option<Hash> {
        let cast = self.ballots.in_view(self.view).filter(|cast| cast.nullify.is_none())?;
        cast.notarize.as_ref()?.ballot.block()
    }

    /// True if this validator leads `view`, has asked for no block of it, and its vote in it is free.
    fn may_lead(&self, view: View) -> bool {
        // Any block will do for the question if the vote is still free.
        let ballot = Ballot::Notarize { view, block: Hash::ZERO };
        let is_asked = self.request.is_some_and(|request| request.view == view);
        self.committee.leader(view) == self.ballots.me() && !is_asked && self.ballots.allows(&ballot)
    }

    pub(crate) fn propose_if_due(&mut self) {
        if self.is_previous_doubted() {
            self.pacing.hurry(self.now);
        }
        let due = self.next_request().filter(|_| self.pacing.is_proposal_due(self.now));
        // An idle leader does not hurry.
        let ahead = || self.request_ahead().filter(|_| self.pacing.is_work_pending());
        if let Some(request) = due.or_else(ahead) {
            let Request { view, parent_view, parent } = request;
            self.request = Some(request);
            self.outbox.tell(Output::Propose { view, parent_view, parent });
        }
    }

    /// True if the view before was notarized though so many had given it up that those who had not are no quorum. They alone vote for
    /// its finalization, so it takes a block after it.
    fn is_previous_doubted(&self) -> bool {
        let previous = View(self.view.0.saturating_sub(1));
        let spare = self.committee.size() - self.committee.quorum();
        previous > self.certificates.root().view
            && self.certificates.notarized_block(previous).is_some()
            && self.votes.nullifiers(previous).len() > spare
    }

    /// True if a block on this parent may still be proposed.
    fn stands(&self, request: &Request) -> bool {
        match request.view == self.view {
            true => self.certificates.justify(request.view, request.parent_view, request.parent),
            false => request.view == self.view.next() && self.notarized_here() == Some(request.parent),
        }
    }

    /// In a view that was just entered: what was asked for ahead of it counts if it turned out well.
    pub(crate) fn keep_request(&mut self) {
        let view = self.view;
        self.request = self.request.filter(|request| request.view == view && self.stands(request));
    }

    /// The block is there: its proposal is a notarize vote, and goes to disk like one.
    pub(crate) fn on_proposed(&mut self, view: View, block: Hash) {
        let Some(request) = self.request.filter(|request| request.view == view) else { return };
        if !self.stands(&request) {
            self.request = None;
            return;
        }
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
