//! The state machine: what a validator knows, and one `match` over what can happen to it.

use std::collections::BTreeMap;

use types::{Ballot, Certificate, Committee, Evidence, Hash, Moment, SecretKey, ValidatorIndex, Verified, View, Vote};

use crate::ballots::Ballots;
use crate::certificates::Certificates;
use crate::evidence::EvidenceLog;
use crate::helping::Link;
use crate::leading::Request;
use crate::output::Outbox;
use crate::pacing::{Entrance, Pacing};
use crate::record::Replay;
use crate::votes::Votes;
use crate::{Input, Message, Output, Proposal, Record, Root, Timing};

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
    /// A validator that starts, or starts again, after `root`, the last finalized block that its replica holds.
    ///
    /// `recovered` is the journal: any prefix, in order, of the records that were given out, without those below the
    /// [`Self::first_needed_view`] of the time when it was trimmed. If it holds a later finalization than `root`, that
    /// one counts, and the outputs say so. `me` and `secret` belong together.
    pub fn new(
        committee: Committee,
        me: ValidatorIndex,
        secret: SecretKey,
        timing: Timing,
        recovered: Vec<Record>,
        root: Root,
        now: Moment,
    ) -> (Simplex, Vec<Output>) {
        let mut replay = Replay::of(recovered, root, me, &committee);
        let view = replay.view();
        let proposed = replay.proposals.pop();
        let links = committee.indices().map(|_| Link::default()).collect();
        let mut simplex = Simplex {
            ballots: Ballots::new(me, secret),
            certificates: Certificates::new(replay.root),
            votes: Votes::default(),
            evidence: EvidenceLog::default(),
            pacing: Pacing::new(timing, now),
            now,
            view,
            proposals: BTreeMap::new(),
            judging: None,
            request: None,
            proposed,
            links,
            outbox: Outbox::default(),
            committee,
        };
        if replay.is_root_newer
            && let Some(certificate) = simplex.certificates.root().certificate.clone()
        {
            simplex.outbox.tell(Output::Finalized { certificate });
        }
        for certificate in replay.certificates {
            simplex.readopt(certificate);
        }
        simplex.resume(replay.votes);
        let mut outputs = Vec::new();
        simplex.outbox.drain_into(&mut outputs);
        (simplex, outputs)
    }

    /// Takes a certificate from the journal.
    fn readopt(&mut self, certificate: Verified<Certificate>) {
        if self.certificates.knows(&certificate.ballot) {
            return;
        }
        match certificate.ballot {
            Ballot::Notarize { view, block } => self.outbox.tell(Output::Notarized { view, block }),
            Ballot::Nullify { view } => self.outbox.tell(Output::Nullified { view }),
            Ballot::Finalize { .. } => return,
        }
        self.certificates.insert(certificate);
    }

    /// Goes on from the votes in the journal: they bind, they count, and what was left unsaid is said.
    fn resume(&mut self, votes: Vec<Verified<Vote>>) {
        for vote in &votes {
            self.ballots.remember(vote.clone());
        }
        for vote in votes {
            self.count_checked(vote);
        }
        let left = View(self.view.0 - 1);
        if left > self.certificates.root().view
            && let Some(block) = self.certificates.notarized_block(left)
        {
            self.cast(Ballot::Finalize { view: left, block });
        }
        if self.ballots.in_view(self.view).is_some_and(|cast| cast.nullify.is_some()) {
            self.pacing.give_up(self.now);
        }
        self.say_status(crate::Recipient::All);
        self.go_on();
    }

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
    fn go_on(&mut self) {
        self.propose_if_due();
        self.judge_if_ready();
    }

    /// When to give [`Input::Tick`], should nothing else arrive. May lie in the past.
    pub fn next_deadline(&self) -> Option<Moment> {
        let propose_at = self.next_parent().map(|_| self.pacing.propose_at());
        let repeat_at = self.is_unsettled().then(|| self.pacing.repeat_at());
        [propose_at, self.pacing.give_up_at(), repeat_at].into_iter().flatten().min()
    }

    /// Timers: patience with the view, and saying again what may have been lost.
    fn on_time(&mut self) {
        if self.pacing.give_up_at().is_some_and(|at| at <= self.now) {
            self.give_up();
        }
        if self.is_unsettled() && self.pacing.repeat_at() <= self.now {
            self.pacing.repeated(self.now);
            self.repeat(crate::Recipient::All);
        }
    }

    /// Gives up the view. Should the others be further, the status makes them help.
    pub(crate) fn give_up(&mut self) {
        self.pacing.give_up(self.now);
        self.say_status(crate::Recipient::All);
        self.cast(Ballot::Nullify { view: self.view });
    }

    /// True while something may have been lost that others wait for, or that we wait for.
    fn is_unsettled(&self) -> bool {
        self.pacing.has_given_up() || self.certificates.has_unfinalized()
    }

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
                    self.enter(view.next(), Entrance::Progress);
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
    fn on_caught_up(&mut self, finalization: Verified<Certificate>) {
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
            self.enter(finalized.next(), Entrance::Progress);
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
        self.request = None;
        self.votes.forget_before(self.first_remembered_view());
    }

    /// The first view whose votes are kept.
    fn first_remembered_view(&self) -> View {
        let finalized = self.certificates.root().view.0;
        View((finalized + 1).saturating_sub(REMEMBERED_VIEWS).max(self.view.0.saturating_sub(WINDOW)))
    }

    /// True if votes and proposals of `view` are kept.
    pub(crate) fn is_in_window(&self, view: View) -> bool {
        view >= self.first_remembered_view() && view.0 <= self.view.0 + WINDOW
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

    /// True once this validator has stopped voting because its key signs elsewhere too.
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

    /// How many votes are held. Bounded by the window of views, whatever anyone sends.
    pub fn votes_held(&self) -> usize {
        self.votes.len()
    }
}
