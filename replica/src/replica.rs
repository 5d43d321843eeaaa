//! The replica: one `match` that hands every input to its room, and the loop that lets the rooms go on.

use std::collections::BTreeMap;

use consensus::{Output, Record, Simplex};
use genesis::Parameters;
use types::breakage::{Breakage, is_on};
use types::{
    Ballot, Certificate, Committee, Evidence, Hash, Header, Height, Moment, Refusal, TransactionId, ValidatorIndex,
    Verified, View,
};
use vm::Ledger;

use crate::catch_up::CatchUp;
use crate::chain::{Chain, Divergence, Folded};
use crate::dissemination::Dissemination;
use crate::effect::{Commit, FinalizedWrite};
use crate::job::JobResult;
use crate::judging::Judging;
use crate::proposing::Request;
use crate::{Effect, Envelope, Input, Job, Limits, Message, Now, Recipient, SubmitError, Write, admission};

/// About how many bytes an account takes in a checkpoint.
const ACCOUNT_BYTES: u64 = 64;

/// One validator's state.
pub struct Replica {
    pub(crate) committee: Committee,
    pub(crate) me: ValidatorIndex,
    pub(crate) parameters: Parameters,
    pub(crate) limits: Limits,
    pub(crate) consensus: Simplex,
    pub(crate) chain: Chain,
    pub(crate) dissemination: Dissemination,
    pub(crate) judging: Judging,
    pub(crate) proposing: Option<Request>,
    pub(crate) catch_up: Option<CatchUp>,
    /// When the latest block was made or adopted here.
    pub(crate) last_block: Moment,
    /// Commits given out, and up to which one they are durable.
    commits: u64,
    durable: u64,
    /// The commits that carry own votes and are not durable, by the view of the vote.
    undurable_votes: BTreeMap<View, u64>,
    /// Finalizations that may rest on an own vote that is not durable yet, by view.
    undurable_finalizations: BTreeMap<View, Verified<Certificate>>,
    /// A finalization whose block is not executed here yet, and since when.
    waiting_finalization: Option<(Verified<Certificate>, Moment)>,
    /// How often a waiting finalization has led to catching up.
    catch_ups: usize,
    /// Transactions under verification for clients.
    verifying: usize,
    /// What consensus was last told about work.
    told_work: bool,
    trimmed: View,
    bytes_since_checkpoint: u64,
    blocks_since_checkpoint: u64,
    divergence: Option<Divergence>,
}

/// What the shell shows of a replica.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The consensus view.
    pub view: View,
    /// The latest finalized header.
    pub tip: Header,
    /// Its hash.
    pub tip_hash: Hash,
    /// True while finalized blocks are being fetched.
    pub is_catching_up: bool,
    /// True once the validator has stopped voting because its key signs elsewhere too.
    pub is_silenced: bool,
    /// Transactions that wait here or are in batches that are not final.
    pub pending: usize,
    /// Pairs of contradicting votes seen.
    pub evidence: usize,
}

impl Replica {
    #[expect(clippy::too_many_arguments, reason = "the rooms of a replica, put together at one place only")]
    pub(crate) fn assemble(
        committee: Committee,
        me: ValidatorIndex,
        parameters: Parameters,
        limits: Limits,
        consensus: Simplex,
        chain: Chain,
        dissemination: Dissemination,
        now: Now,
    ) -> Self {
        Self {
            committee,
            me,
            parameters,
            limits,
            consensus,
            chain,
            dissemination,
            judging: Judging::default(),
            proposing: None,
            catch_up: None,
            last_block: now.moment,
            commits: 0,
            durable: 0,
            undurable_votes: BTreeMap::new(),
            undurable_finalizations: BTreeMap::new(),
            waiting_finalization: None,
            catch_ups: 0,
            verifying: 0,
            told_work: false,
            trimmed: View(0),
            bytes_since_checkpoint: 0,
            blocks_since_checkpoint: 0,
            divergence: None,
        }
    }

    /// Takes one input. The shell calls [`Self::settle`] after the inputs of a turn.
    pub fn step(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) {
        if self.divergence.is_some() {
            return;
        }
        match input {
            Input::Tick => {}
            Input::Submit { ticket, transactions } => self.submit(ticket, transactions, effects),
            Input::Durable { commit } => {
                self.durable = self.durable.max(commit);
                self.undurable_votes.retain(|_, number| *number > commit);
                // The latest one that rests on nothing undurable finalizes all before it.
                let undurable = self.undurable_votes.keys().next().copied().unwrap_or(View(u64::MAX));
                let waiting = self.undurable_finalizations.split_off(&undurable);
                let durable = std::mem::replace(&mut self.undurable_finalizations, waiting);
                if let Some((_, certificate)) = durable.into_iter().next_back() {
                    self.finalize_or_wait(certificate, now, effects);
                }
            }
            Input::Verified(JobResult::Submission { ticket, verdicts }) => {
                self.verifying -= verdicts.len();
                let results = verdicts.into_iter().map(|verdict| self.admit(verdict, now)).collect();
                effects.push(Effect::Reply { ticket, results });
            }
            Input::Verified(JobResult::Batch { from, digest, result }) => {
                let finalized = self.chain.tip().timestamp;
                self.dissemination.verified(from, digest, result, now, finalized, effects);
            }
            Input::Verified(JobResult::Acknowledgement { signer, verified }) => {
                self.dissemination.acknowledged(signer, verified.as_ref());
            }
            Input::Message { from, message } if from != self.me && from.position() < self.committee.size() => {
                self.receive(from, *message, now, effects);
            }
            Input::Message { .. } => {}
            Input::PeerUp(peer) => {
                self.dissemination.peer_up(peer, effects);
                self.tell_consensus(now, consensus::Input::PeerUp { peer }, effects);
            }
        }
    }

    /// Ends a turn: what many inputs made possible is done once. Cheap when there is nothing to do.
    pub fn settle(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.divergence.is_some() {
            return;
        }
        self.dissemination.send_due_batches(now, effects);
        self.dissemination.send_acknowledgements(effects);
        self.dissemination.retry(now, effects);
        self.tell_work(now, effects);
        if self.consensus.next_deadline().is_some_and(|deadline| deadline <= now.moment) {
            self.tell_consensus(now, consensus::Input::Tick, effects);
        }
        self.judge_waiting(now, effects);
        self.finalize_waiting(now, effects);
        self.propose_if_due(now, effects);
        self.retry_catch_up(now, effects);
        self.tell_work(now, effects);
    }

    /// When [`Self::settle`] has something to do though nothing arrives.
    pub fn next_deadline(&self, now: Now) -> Option<Moment> {
        if is_on(Breakage::BusyWakeUps) {
            return Some(now.moment);
        }
        [
            self.consensus.next_deadline(),
            self.dissemination.next_deadline(),
            self.judging.next_deadline(now),
            self.proposing_deadline(now),
            self.catch_up_deadline(),
            self.waiting_finalization.as_ref().map(|(_, since)| self.patience_from(*since)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The ledger after the latest finalized block.
    pub fn ledger(&self) -> &Ledger {
        self.chain.ledger()
    }

    /// The latest finalized block.
    pub fn tip(&self) -> &Header {
        self.chain.tip()
    }

    /// True if the transaction was admitted here or is in a batch here, and is not final.
    pub fn is_pending(&self, id: &TransactionId) -> bool {
        self.dissemination.knows(id)
    }

    /// Pairs of contradicting votes seen.
    pub fn evidence(&self) -> &[Evidence] {
        self.consensus.evidence()
    }

    /// The validators.
    pub fn committee(&self) -> &Committee {
        &self.committee
    }

    /// This validator.
    pub fn index(&self) -> ValidatorIndex {
        self.me
    }

    fn submit(&mut self, ticket: u64, transactions: Vec<Vec<u8>>, effects: &mut Vec<Effect>) {
        let is_busy =
            self.dissemination.is_full() || self.verifying + transactions.len() > self.limits.verifying_transactions;
        if is_busy {
            let results = transactions.iter().map(|_| Err(SubmitError::Busy)).collect();
            effects.push(Effect::Reply { ticket, results });
            return;
        }
        self.verifying += transactions.len();
        effects.push(Effect::Verify(Job::Submission { ticket, transactions }));
    }

    /// Admits a transaction. One that is known already is admitted again without effect: re-sending is safe.
    fn admit(
        &mut self,
        verdict: Result<(types::AuthorizedTransaction, Vec<u8>), Refusal>,
        now: Now,
    ) -> Result<TransactionId, SubmitError> {
        let (transaction, bytes) = verdict?;
        let id = transaction.id();
        if self.dissemination.carries(&id) {
            return Ok(id);
        }
        let time = now.time.max(self.chain.tip().timestamp);
        admission::check(self.chain.ledger(), &transaction, time)?;
        self.dissemination.add(transaction, bytes);
        Ok(id)
    }

    fn receive(&mut self, from: ValidatorIndex, message: Message, now: Now, effects: &mut Vec<Effect>) {
        match message {
            Message::Consensus(message) => {
                self.tell_consensus(now, consensus::Input::Message { from, message }, effects);
            }
            Message::Proposal { proposal, block } => {
                let hash = block.header.hash();
                let is_leaders = from == self.committee.leader(proposal.view) && self.is_open(proposal.view);
                let is_needed = self.judging.wants(&hash) || !self.judging.has_body_of(proposal.view);
                if is_leaders && is_needed && hash == proposal.block && proposal.view == block.header.view {
                    self.judging.keep(hash, block);
                }
                let message = consensus::Message::Propose(proposal);
                self.tell_consensus(now, consensus::Input::Message { from, message }, effects);
            }
            Message::Acknowledge(acknowledgement) => {
                self.dissemination.acknowledgement(from, acknowledgement, effects);
            }
            Message::Batch(bytes) => self.dissemination.received(from, bytes.into_vec(), effects),
            Message::FetchBatches(digests) => self.dissemination.serve(from, &digests, effects),
            Message::FetchBlock(hash) => self.serve_block(from, &hash, effects),
            Message::Block(block) => {
                let hash = block.header.hash();
                if self.judging.wants(&hash) {
                    self.judging.keep(hash, block);
                }
            }
            Message::FetchBlocks(height) => effects.push(Effect::ServeBlocks { to: from, from: height }),
            Message::Blocks(blocks) => self.import_answer(from, blocks, now, effects),
        }
    }

    /// True for a view whose blocks are worth keeping.
    fn is_open(&self, view: View) -> bool {
        view > self.chain.tip().view && view.0 <= self.consensus.view().0 + consensus::WINDOW
    }

    /// Tells consensus whether there is something to order.
    fn tell_work(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let pending = self.dissemination.has_ready();
        if pending != self.told_work {
            self.told_work = pending;
            self.tell_consensus(now, consensus::Input::Work { pending }, effects);
        }
    }

    /// Gives consensus an input and does what it answers.
    pub(crate) fn tell_consensus(&mut self, now: Now, input: consensus::Input, effects: &mut Vec<Effect>) {
        let mut outputs = Vec::new();
        self.consensus.step(now.moment, input, &mut outputs);
        self.follow(now, outputs, effects);
    }

    /// Does what consensus wants done.
    pub(crate) fn follow(&mut self, now: Now, outputs: Vec<Output>, effects: &mut Vec<Effect>) {
        for output in outputs {
            match output {
                Output::Persist(durable) => self.commit(durable, effects),
                Output::Send(outgoing) => effects.extend(self.envelope(outgoing).map(Effect::Send)),
                Output::Propose { view, parent, .. } => self.propose(view, parent),
                Output::Judge { proposal } => self.judge(proposal),
                Output::Notarized { .. } => {}
                Output::Nullified { view } => self.drop_view(view),
                Output::Finalized { certificate } => self.finalize_once_durable(certificate, now, effects),
                Output::Behind { peer } => self.catch_up_from(peer, now, effects),
                Output::Evidence(evidence) => effects.push(Effect::Evidence(evidence)),
                Output::KeyInUseElsewhere { .. } => effects.push(Effect::KeyInUseElsewhere),
            }
        }
    }

    /// Votes wait for the disk, and so do the blocks that they are for. Records that no message waits for are written
    /// in their turn and become durable with a later commit.
    fn commit(&mut self, durable: consensus::Durable, effects: &mut Vec<Effect>) {
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
            consensus::Recipient::One(index) => Recipient::One(index),
        };
        let message = match outgoing.message {
            consensus::Message::Propose(proposal) => {
                let block = self.unfinalized_block(&proposal.block)?.clone();
                Message::Proposal { proposal, block }
            }
            other => Message::Consensus(other),
        };
        Some(Envelope { to, message })
    }

    /// A view was given up: its blocks are dropped. Should one have been notarized all the same and be built upon, it
    /// is fetched again.
    fn drop_view(&mut self, view: View) {
        for hash in self.chain.candidates_of(view) {
            if !self.consensus.is_notarized(view, &hash) && !self.chain.is_parent(&hash) {
                let batches = self.chain.discard(&hash);
                self.dissemination.exclude(&batches);
            }
        }
    }

    /// The block of the finalization that waits for its execution here.
    pub(crate) fn pending_finalization(&self) -> Option<Hash> {
        self.waiting_finalization.as_ref().and_then(|(certificate, _)| certificate.ballot.block())
    }

    fn patience_from(&self, since: Moment) -> Moment {
        since.plus_millis(self.limits.fetch_after_millis * 4)
    }

    /// Our own vote may be one of those that make the finalization. Until it is on disk a crash could take it back, so
    /// until then nobody may see the outcome.
    fn finalize_once_durable(&mut self, certificate: Verified<Certificate>, now: Now, effects: &mut Vec<Effect>) {
        let is_undurable = self.undurable_votes.range(..=certificate.ballot.view()).next().is_some();
        if is_undurable && !is_on(Breakage::FinalityBeforePersist) {
            self.undurable_finalizations.insert(certificate.ballot.view(), certificate);
            return;
        }
        self.finalize_or_wait(certificate, now, effects);
    }

    fn finalize_or_wait(&mut self, certificate: Verified<Certificate>, now: Now, effects: &mut Vec<Effect>) {
        if certificate.ballot.view() <= self.chain.tip().view || self.finalize(&certificate, effects) {
            return;
        }
        let since = self.waiting_finalization.as_ref().map_or(now.moment, |(_, since)| *since);
        self.waiting_finalization = Some((certificate, since));
    }

    /// Finalizes what was certified before it was executed; after a while it catches up instead.
    fn finalize_waiting(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some((certificate, since)) = self.waiting_finalization.take() else { return };
        if certificate.ballot.view() <= self.chain.tip().view || self.finalize(&certificate, effects) {
            return;
        }
        if self.patience_from(since) > now.moment {
            self.waiting_finalization = Some((certificate, since));
            return;
        }
        // Another signer each time: one that answers with nothing, or with lies, must not be asked for ever.
        let signers: Vec<ValidatorIndex> = certificate.signers.iter().filter(|&signer| signer != self.me).collect();
        let signer = signers.get(self.catch_ups % signers.len().max(1)).copied().unwrap_or(self.me);
        self.catch_ups += 1;
        self.waiting_finalization = Some((certificate, now.moment));
        self.catch_up_from(signer, now, effects);
    }

    /// Makes the certificate's block final; false if it is not executed here.
    pub(crate) fn finalize(&mut self, certificate: &Verified<Certificate>, effects: &mut Vec<Effect>) -> bool {
        let Ballot::Finalize { block, .. } = certificate.ballot else { return false };
        if !self.chain.contains(&block) {
            return false;
        }
        let Some((folded, lost)) = self.chain.finalize(&block) else { return false };
        let last = folded.len().saturating_sub(1);
        for (place, folded) in folded.into_iter().enumerate() {
            let certificate = (place == last).then(|| certificate.clone());
            self.record_finalized(folded, certificate, effects);
        }
        self.dissemination.exclude(&lost);
        self.judging.forget_up_to(self.chain.tip().view);
        self.trim_journal(effects);
        self.checkpoint_if_due(effects);
        true
    }

    fn record_finalized(
        &mut self,
        folded: Folded,
        certificate: Option<Verified<Certificate>>,
        effects: &mut Vec<Effect>,
    ) {
        let Folded { block, batches, closed } = folded;
        let new = self.dissemination.order(&batches);
        self.dissemination.expire(block.block.header.timestamp, effects);
        self.bytes_since_checkpoint += batches.iter().map(|batch| batch.bytes().len() as u64).sum::<u64>();
        self.blocks_since_checkpoint += 1;
        let batches = new.iter().map(|batch| (batch.digest(), batch.bytes().clone())).collect();
        // First: a block that survives a crash must not have closed a second whose list did not.
        for (second, ids) in closed {
            effects.push(Effect::Write(Write::ClosedSecond { second, ids }));
        }
        effects.push(Effect::Write(Write::Finalized(FinalizedWrite { block: block.clone(), certificate, batches })));
        effects.push(Effect::Finalized(block));
    }

    fn trim_journal(&mut self, effects: &mut Vec<Effect>) {
        // What was voted for above the tip is not stored as finalized yet, whatever consensus knows.
        let needed = match is_on(Breakage::JournalTrimmedTooFar) {
            true => View(self.consensus.view().0 + 2),
            false => self.consensus.first_needed_view().min(self.chain.tip().view),
        };
        if needed.0 >= self.trimmed.0 + self.limits.trim_after_views {
            self.trimmed = needed;
            effects.push(Effect::Write(Write::TrimJournal(needed)));
        }
    }

    /// A checkpoint is due when replaying would take longer than writing it is worth. The tip has its own certificate
    /// here, which is what makes the checkpoint believable.
    fn checkpoint_if_due(&mut self, effects: &mut Vec<Effect>) {
        let size = self.chain.ledger().account_count() as u64 * ACCOUNT_BYTES;
        let is_due = self.bytes_since_checkpoint >= self.limits.checkpoint_bytes.max(size)
            || self.blocks_since_checkpoint >= self.limits.checkpoint_blocks;
        if is_due {
            self.bytes_since_checkpoint = 0;
            self.blocks_since_checkpoint = 0;
            effects.push(self.checkpoint());
        }
    }

    /// The ledger as it is, for the disk.
    pub(crate) fn checkpoint(&self) -> Effect {
        let height = Height(self.chain.tip().height.0 + u64::from(is_on(Breakage::CheckpointMisnamed)));
        Effect::Checkpoint { height, snapshot: self.chain.ledger().snapshot() }
    }

    /// A quorum's outcome is not ours.
    pub(crate) fn diverged(&mut self, divergence: Divergence, effects: &mut Vec<Effect>) {
        effects.push(Effect::Diverged(divergence.clone()));
        self.divergence = Some(divergence);
    }

    /// `index`, or the next validator if that is this one.
    pub(crate) fn other_validator(&self, index: ValidatorIndex) -> ValidatorIndex {
        if index != self.me {
            return index;
        }
        ValidatorIndex(((index.position() + 1) % self.committee.size()) as u16)
    }
}
