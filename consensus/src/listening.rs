//! Listening before voting: a validator that starts asks the others which votes of its key they hold.

use types::breakage::{Breakage, is_on};
use types::codec::Bounded;
use types::{Ballot, Moment, Signers, ValidatorIndex, View};

use crate::message::Recollection;
use crate::{MAX_RECALLED, Message, Recipient, Simplex, Timing};

/// The beginning of a validator's life, from a start of its process to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The time by the clock of the timers.
    pub at: Moment,
    /// A number that no earlier life of this validator had, as the civil time in milliseconds: answers to an earlier
    /// life do not know what that cast afterwards, so they do not count in this one.
    pub nonce: u64,
}

/// The least time after which fewer answers will do: links need some time to come up, and a restarted validator shall
/// vote within 5 s even if others are down.
const MIN_LISTENING_MILLIS: u64 = 2_000;

/// Who was asked, and who has answered.
#[derive(Debug)]
pub(crate) struct Listening {
    nonce: u64,
    answered: Signers,
    /// From then on, fewer answers will do.
    until: Moment,
    ask_at: Moment,
    ask_every_millis: u64,
}

impl Listening {
    pub(crate) fn new(start: Start, timing: &Timing) -> Self {
        // A question is repeated after a timeout. Let there be time for one that was lost.
        let millis = MIN_LISTENING_MILLIS.max(timing.timeout_millis.saturating_mul(2));
        Self {
            nonce: start.nonce,
            answered: Signers::default(),
            until: start.at.plus_millis(millis),
            ask_at: start.at.plus_millis(timing.timeout_millis),
            ask_every_millis: timing.timeout_millis,
        }
    }

    /// When to ask again, or to do with fewer answers.
    pub(crate) fn deadline(&self, now: Moment) -> Moment {
        if now < self.until { self.ask_at.min(self.until) } else { self.ask_at }
    }
}

impl Simplex {
    /// Asks which votes of our key `to` holds.
    pub(crate) fn ask(&mut self, to: Recipient) {
        self.outbox.send_unsigned(to, Message::Recall { nonce: self.listening.nonce });
    }

    /// Asks a validator that has not answered yet. That goes on after the listening, for a late answer is heard as well.
    pub(crate) fn ask_if_unanswered(&mut self, peer: ValidatorIndex) {
        if !self.listening.answered.contains(peer) {
            self.ask(Recipient::One(peer));
        }
    }

    /// A validator that started asks what we know of it. Who asks may have started later than we asked, so it is asked
    /// in turn.
    pub(crate) fn on_recall(&mut self, from: ValidatorIndex, nonce: u64) {
        if !self.links[from.position()].take_recall(self.now) {
            return;
        }
        let finalization = self.certificates.root().certificate.clone().map(types::Verified::into_inner);
        let votes = self.votes_of(from);
        let recollection = Recollection { nonce, finalization, votes };
        self.outbox.send_when_durable(Recipient::One(from), Message::Recollection(recollection));
        self.ask_if_unanswered(from);
    }

    /// All votes of a validator that are here, be it as votes, in certificates or in evidence: those of the latest
    /// views, should they be too many.
    fn votes_of(&self, signer: ValidatorIndex) -> Bounded<types::Vote, MAX_RECALLED> {
        let evidence = self.evidence.all().iter().flat_map(|evidence| [&evidence.first, &evidence.second]);
        let held = self.votes.of(signer).chain(evidence.filter(|vote| vote.signer == signer)).cloned();
        // A signature in a certificate was checked, that of a vote may not have been, so the former come last.
        let mut votes: Vec<_> = held.chain(self.certificates.votes_of(signer)).collect();
        votes.reverse();
        votes.sort_by_key(|vote| std::cmp::Reverse((vote.ballot.view(), vote.ballot)));
        votes.dedup_by_key(|vote| vote.ballot);
        votes.truncate(MAX_RECALLED);
        Bounded::new(votes).unwrap_or_default()
    }

    /// What another validator knows of us: if we do not, our history is not whole. Each one counts once.
    pub(crate) fn on_recollection(&mut self, from: ValidatorIndex, recollection: Recollection) {
        let Recollection { nonce, finalization, votes } = recollection;
        if nonce != self.listening.nonce || !self.listening.answered.insert(from) {
            return;
        }
        self.check_own_votes(votes.into_vec());
        if let Some(finalization) = finalization {
            self.on_certificate(from, finalization);
        }
        self.vote_if_heard();
    }

    /// Timers: asks again, or does with fewer answers.
    pub(crate) fn listen_on(&mut self) {
        self.vote_if_heard();
        if self.is_listening() && self.listening.ask_at <= self.now {
            self.listening.ask_at = self.now.plus_millis(self.listening.ask_every_millis);
            let me = self.ballots.me();
            for peer in self.committee.indices().filter(|peer| *peer != me) {
                self.ask_if_unanswered(peer);
            }
        }
    }

    /// Ends the listening once enough of the others have answered, and casts the votes that are due.
    pub(crate) fn vote_if_heard(&mut self) {
        let is_heard = self.listening.answered.count() >= self.answers_needed() || is_on(Breakage::VotesUnasked);
        if !self.is_listening() || !is_heard {
            return;
        }
        let finalized = self.certificates.root().view;
        self.ballots.begin_voting(finalized);
        let left = View(self.view.0 - 1);
        if left > finalized
            && let Some(block) = self.certificates.notarized_block(left)
        {
            self.cast(Ballot::Finalize { view: left, block });
        }
        if self.pacing.has_given_up() {
            self.cast(Ballot::Nullify { view: self.view });
        }
    }

    /// A quorum of others, or all if they are no more; after a while, all but those that may be down.
    fn answers_needed(&self) -> usize {
        let (others, quorum) = (self.committee.size() - 1, self.committee.quorum());
        match self.now < self.listening.until {
            true => quorum.min(others),
            false => quorum - 1,
        }
    }

    /// True from the start until enough others have said which votes of this validator they hold. It votes afterwards.
    pub fn is_listening(&self) -> bool {
        self.ballots.is_listening()
    }
}
