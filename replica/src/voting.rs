//! Between consensus and the rest: inputs in, outputs carried out, votes wrapped so that none leaves before it is durable.

use consensus::{Output, Record};
use types::breakage::{Breakage, is_on};
use types::stage::Stage;
use types::{Ballot, View};

use crate::replica::Replica;
use crate::{Commit, Effect, Envelope, Message, Now, Recipient, Write};

impl Replica {
    /// Tells consensus whether there is something to order.
    pub(crate) fn tell_work(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let pending = self.dissemination.has_ready();
        if pending != self.told_work {
            self.told_work = pending;
            self.tell_consensus(now, consensus::Input::Work { pending }, effects);
        }
    }

    /// Gives consensus an input and does what it answers. A validator without a seat has no consensus.
    pub(crate) fn tell_consensus(&mut self, now: Now, input: consensus::Input, effects: &mut Vec<Effect>) {
        let Some(seat) = &mut self.seat else { return };
        let _stage = Stage::Consensus.enter();
        let mut outputs = Vec::new();
        seat.consensus.step(now.moment, input, &mut outputs);
        self.follow(now, outputs, effects);
    }

    /// Does what consensus wants done. An output may end the epoch: what follows it then has no meaning any more.
    pub(crate) fn follow(&mut self, now: Now, outputs: Vec<Output>, effects: &mut Vec<Effect>) {
        let epoch = self.committee.epoch;
        for output in outputs {
            if self.committee.epoch != epoch {
                return;
            }
            match output {
                Output::Persist(durable) => self.commit(durable, effects),
                Output::Send(outgoing) => effects.extend(self.envelope(outgoing).map(Effect::Send)),
                Output::Propose { view, parent, .. } => self.propose(view, parent),
                Output::Judge { proposal } => self.judge(proposal),
                Output::Notarized { .. } => {}
                Output::Nullified { view } => self.drop_view(view),
                Output::Finalized { certificate } => self.finalize_once_durable(certificate, now, effects),
                Output::Behind { peer } => {
                    if let Some(key) = self.committee.key(peer).copied() {
                        self.catch_up_from(key, now, effects);
                    }
                }
                Output::Evidence(evidence) => {
                    self.keep_evidence(&evidence);
                    effects.push(Effect::Evidence(evidence));
                }
                Output::KeyInUseElsewhere { .. } => effects.push(Effect::KeyInUseElsewhere),
            }
        }
    }

    /// Votes wait for the disk, and so do the blocks that they are for. Records that no message waits for are written
    /// in their turn and become durable with a later commit.
    fn commit(&mut self, durable: consensus::Durable, effects: &mut Vec<Effect>) {
        let given_up =
            |record: &&Record| matches!(record, Record::Voted(vote) if matches!(vote.ballot, Ballot::Nullify { .. }));
        self.views_given_up += durable.records().iter().filter(given_up).count() as u64;
        let writes = self.writes_of(durable.records());
        let is_vote = |record: &&Record| matches!(record, Record::Voted(_) | Record::Proposed(_));
        let mut votes = durable.records().iter().filter(is_vote).peekable();
        if !durable.needs_flush() && votes.peek().is_none() {
            effects.extend(writes.into_iter().map(Effect::Write));
            return;
        }
        self.commits += 1;
        self.undurable_votes.extend(votes.map(|vote| (vote.view(), self.commits)));
        // From here on the messages are in the keeping of `Commit`, which asks for the flush in its turn.
        let mut messages: Vec<Envelope> =
            durable.released().into_iter().filter_map(|outgoing| self.envelope(outgoing)).collect();
        if is_on(Breakage::VoteBeforePersist) {
            effects.extend(messages.drain(..).map(Effect::Send));
        }
        effects.push(Effect::Commit(Commit::new(self.commits, writes, messages)));
    }

    /// Records as writes, each after the block that it is about.
    fn writes_of(&mut self, records: &[Record]) -> Vec<Write> {
        let mut writes = Vec::with_capacity(records.len() + 1);
        for record in records {
            if let Some(hash) = record.block()
                && let Some(block) = self.chain.take_unwritten(&hash)
            {
                writes.push(Write::Proposal { hash, block });
            }
            writes.push(Write::Journal(record.clone()));
        }
        writes
    }

    /// Addresses a message of consensus; a proposal takes its block along.
    fn envelope(&self, outgoing: consensus::Outgoing) -> Option<Envelope> {
        let to = match outgoing.to {
            consensus::Recipient::All => Recipient::All,
            consensus::Recipient::One(index) => Recipient::One(*self.committee.key(index)?),
        };
        let message = match outgoing.message {
            consensus::Message::Propose(proposal) => {
                let block = self.unfinalized_block(&proposal.block)?.clone();
                Message::Proposal { proposal, block }
            }
            message => Message::Consensus { epoch: self.committee.epoch, message },
        };
        Some(Envelope { to, message })
    }

    /// A view was given up: its blocks are dropped. Should one have been notarized all the same and be built upon, it
    /// is fetched again. One that this validator has built on ahead stays until another is final.
    fn drop_view(&mut self, view: View) {
        self.judging.forget_proposal(view);
        let Some(seat) = &self.seat else { return };
        for hash in self.chain.candidates_of(view) {
            if !seat.consensus.is_notarized(view, &hash) && !self.chain.is_parent(&hash) {
                let batches = self.chain.discard(&hash);
                self.dissemination.exclude(&batches);
            }
        }
    }
}
