//! The state machine: what a validator knows, and one `match` over what can happen to it.

use std::collections::BTreeMap;

use types::breakage::{Breakage, is_on};
use types::{Ballot, Committee, Evidence, Hash, Moment, ValidatorIndex, View};

use crate::ballots::Ballots;
use crate::certificates::Certificates;
use crate::evidence::EvidenceLog;
use crate::helping::Link;
use crate::leading::Request;
use crate::listening::Listening;
use crate::output::Outbox;
use crate::pacing::Pacing;
use crate::votes::Votes;
use crate::{Input, Message, Output, Proposal, Recipient, Root};

/// How many views ahead of its own a validator keeps votes and proposals.
pub const WINDOW: u64 = 64;

/// How many finalized views a validator keeps votes of, to notice late contradictions.
const REMEMBERED_VIEWS: u64 = 8;

/// One validator's part in the consensus of one committee.
pub struct Simplex {
    pub(crate) committee: Committee,
    pub(crate) ballots: Ballots,
    pub(crate) certificates: Certificates,
    pub(crate) votes: Votes,
    pub(crate) evidence: EvidenceLog,
    pub(crate) pacing: Pacing,
    pub(crate) listening: Listening,
    pub(crate) now: Moment,
    pub(crate) view: View,
    /// The first proposal seen of the present and of later views.
    pub(crate) proposals: BTreeMap<View, Proposal>,
    /// The view whose proposal was given out to be judged.
    pub(crate) judging: Option<View>,
    /// The block that this leader has asked for.
    pub(crate) request: Option<Request>,
    /// What this leader proposed last.
    pub(crate) proposed: Option<Proposal>,
    pub(crate) links: Vec<Link>,
    pub(crate) outbox: Outbox,
}

impl Simplex {
    /// Takes one input at `now`, which never goes back, and appends what is to be done to `out`.
    pub fn step(&mut self, now: Moment, input: Input, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        match input {
            Input::Tick => self.on_time(),
            Input::Message { from, message } if self.is_other(from) => match message {
                Message::Propose(proposal) => self.on_proposal(from, proposal),
                Message::Vote(vote) => self.on_vote(from, vote),
                Message::Certificate(certificate) => self.on_certificate(from, certificate),
                Message::Status(status) => self.on_status(from, status),
                Message::Evidence(evidence) => self.on_evidence(evidence),
                Message::Recall { nonce } => self.on_recall(from, nonce),
                Message::Recollection(recollection) => self.on_recollection(from, recollection),
            },
            Input::Message { .. } => {}
            Input::Proposed { view, block } => self.on_proposed(view, block),
            Input::Judged { view, block, verdict } => self.on_judged(view, block, verdict),
            Input::Work { pending } => self.pacing.work(self.now, pending),
            Input::CaughtUp { finalization } => self.on_caught_up(finalization),
            Input::PeerUp { peer } if self.is_other(peer) => self.on_peer_up(peer),
            Input::PeerUp { .. } => {}
        }
        self.go_on();
        self.outbox.drain_into(out);
    }

    /// Does what has become possible: lead, or judge the leader's proposal.
    pub(crate) fn go_on(&mut self) {
        self.propose_if_due();
        self.judge_if_ready();
    }

    /// When to give [`Input::Tick`], should nothing else arrive. May lie in the past.
    pub fn next_deadline(&self) -> Option<Moment> {
        let propose_at = self.next_request().map(|_| self.pacing.propose_at());
        let repeat_at = self.is_unsettled().then(|| self.pacing.repeat_at());
        let listen_at = self.is_listening().then(|| self.listening.deadline(self.now));
        [propose_at, self.pacing.give_up_at(), repeat_at, listen_at].into_iter().flatten().min()
    }

    /// Timers: the answers of others, patience with the view, and saying again what may have been lost.
    fn on_time(&mut self) {
        self.listen_on();
        if self.pacing.give_up_at().is_some_and(|at| at <= self.now) {
            self.give_up();
        }
        if self.is_unsettled() && self.pacing.repeat_at() <= self.now {
            self.pacing.repeated(self.now);
            self.repeat(Recipient::All);
        }
    }

    /// Gives up the view. Should the others be further, the status makes them help.
    pub(crate) fn give_up(&mut self) {
        self.pacing.give_up(self.now);
        self.say_status(Recipient::All);
        self.cast(Ballot::Nullify { view: self.view });
    }

    /// True while something may have been lost that others wait for, or that we wait for.
    fn is_unsettled(&self) -> bool {
        self.pacing.has_given_up() || self.certificates.has_unfinalized()
    }

    /// The first view whose votes are kept.
    pub(crate) fn first_remembered_view(&self) -> View {
        let finalized = self.certificates.root().view.0;
        View((finalized + 1).saturating_sub(REMEMBERED_VIEWS).max(self.view.0.saturating_sub(WINDOW)))
    }

    /// True if votes and proposals of `view` are kept.
    pub(crate) fn is_in_window(&self, view: View) -> bool {
        let is_near = view.0 <= self.view.0 + WINDOW || is_on(Breakage::VotesUnbounded);
        view >= self.first_remembered_view() && is_near
    }

    /// True for another member of the committee.
    fn is_other(&self, index: ValidatorIndex) -> bool {
        index != self.ballots.me() && index.position() < self.committee.size()
    }

    /// The view that this validator is in.
    pub fn view(&self) -> View {
        self.view
    }

    /// The leader of that view.
    pub fn leader(&self) -> ValidatorIndex {
        self.committee.leader(self.view)
    }

    /// The last finalized block.
    pub fn root(&self) -> &Root {
        self.certificates.root()
    }

    /// The block that the next proposal extends, with its view; `None` where certificates are missing.
    pub fn parent(&self) -> Option<(View, Hash)> {
        self.certificates.parent_for(self.view)
    }

    /// True if `block` is known to be notarized in `view`, or is the last finalized one.
    pub fn is_notarized(&self, view: View, block: &Hash) -> bool {
        self.certificates.notarized_block(view).as_ref() == Some(block)
    }

    /// True once this validator has stopped voting because its key signed what it does not know.
    pub fn is_silenced(&self) -> bool {
        self.ballots.is_silenced()
    }

    /// Pairs of contradicting votes seen since the start, a few for each validator.
    pub fn evidence(&self) -> &[Evidence] {
        self.evidence.all()
    }

    /// Journal records of earlier views are not needed for recovery, once the records given out so far are durable. The
    /// view is the last finalized one: its finalization stays in the journal, so that a replica which has not stored the
    /// block yet is not led back to views that were voted in and forgotten.
    pub fn first_needed_view(&self) -> View {
        self.certificates.root().view
    }

    /// The present patience with a leader, in milliseconds.
    pub fn timeout_millis(&self) -> u64 {
        self.pacing.timeout_millis()
    }

    /// How many views ahead of its own this validator holds votes: at most [`WINDOW`].
    pub fn views_ahead(&self) -> u64 {
        self.votes.latest_view().map_or(0, |latest| latest.0.saturating_sub(self.view.0))
    }

    /// How many votes are held. Bounded by the window of views, whatever anyone sends.
    pub fn votes_held(&self) -> usize {
        self.votes.len()
    }
}
