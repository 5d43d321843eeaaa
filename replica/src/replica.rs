//! The replica: one `match` that hands every input to its room, and the loop that lets the rooms go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use genesis::Parameters;
use types::breakage::{Breakage, is_on};
use types::stage::Stage;
use types::{
    Committee, Evidence, Hash, Header, Member, Moment, PublicKey, Refusal, SecretKey, TransactionId, ValidatorIndex,
    View,
};
use vm::{BlockContext, Council, Ledger};

use crate::catch_up::CatchUp;
use crate::chain::{Chain, Divergence};
use crate::dissemination::Dissemination;
use crate::epochs::Seat;
use crate::finality::Finalizations;
use crate::job::JobResult;
use crate::judging::Judging;
use crate::pace::Pace;
use crate::proposing::Request;
use crate::{Effect, Envelope, Input, Job, Limits, Message, Now, Recipient, SubmitError, admission};

/// How many others are remembered as connected: more than a committee and the next one have.
const MAX_CONNECTED: usize = 256;

/// Submissions whose signatures are being verified.
#[derive(Default)]
struct Verifying {
    transactions: usize,
    bytes: usize,
    /// By ticket: how many, of how many bytes.
    tickets: BTreeMap<u64, (usize, usize)>,
}

/// One validator's state.
pub struct Replica {
    pub(crate) committee: Arc<Committee>,
    /// The hash of its validators, which headers name.
    pub(crate) validators: Hash,
    pub(crate) key: PublicKey,
    pub(crate) secret: SecretKey,
    pub(crate) parameters: Parameters,
    pub(crate) limits: Limits,
    /// The part in consensus. Without one the validator only follows the chain.
    pub(crate) seat: Option<Seat>,
    /// True once it has been in a committee, until it leaves.
    pub(crate) was_member: bool,
    /// False while stored blocks are executed again.
    pub(crate) is_started: bool,
    pub(crate) chain: Chain,
    pub(crate) dissemination: Dissemination,
    pub(crate) judging: Judging,
    pub(crate) proposing: Option<Request>,
    pub(crate) finalizations: Finalizations,
    pub(crate) catch_up: CatchUp,
    /// Whose links have come up.
    pub(crate) connected: BTreeSet<PublicKey>,
    /// When the latest block was made or adopted here.
    pub(crate) last_block: Moment,
    pub(crate) pace: Pace,
    /// Commits given out.
    pub(crate) commits: u64,
    /// The commits that carry own votes and are not durable, by the view of the vote.
    pub(crate) undurable_votes: BTreeMap<View, u64>,
    /// What is under verification for clients.
    verifying: Verifying,
    /// What consensus was last told about work.
    pub(crate) told_work: bool,
    /// What the shell was last told about the members.
    pub(crate) told_council: Option<Council>,
    /// Who left the committee with the last change.
    pub(crate) former: Vec<Member>,
    pub(crate) views_given_up: u64,
    pub(crate) trimmed: View,
    pub(crate) bytes_since_checkpoint: u64,
    pub(crate) is_checkpoint_due: bool,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) divergence: Option<Divergence>,
}

/// What the shell shows of a replica.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The epoch.
    pub epoch: types::Epoch,
    /// True for a validator of the epoch; false for one that only follows the chain.
    pub has_seat: bool,
    /// True while a validator that has just started asks the others for its own votes, and casts none.
    pub is_listening: bool,
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
    /// Views that this validator has given up since it started.
    pub views_given_up: u64,
    /// How long it waits for a view at present, in milliseconds.
    pub timeout_millis: u64,
}

impl Verifying {
    fn start(&mut self, ticket: u64, transactions: usize, bytes: usize) {
        self.transactions += transactions;
        self.bytes += bytes;
        self.tickets.insert(ticket, (transactions, bytes));
    }

    fn done(&mut self, ticket: u64) {
        if let Some((transactions, bytes)) = self.tickets.remove(&ticket) {
            self.transactions -= transactions;
            self.bytes -= bytes;
        }
    }
}

/// A turn that was settled. Its end is the shell's to tell: by that a validator's blocks are no greater than what it executes in time.
#[must_use = "without the time that executing takes, blocks stay small"]
pub struct Settled<'replica> {
    pace: &'replica mut Pace,
}

impl Settled<'_> {
    /// [`Replica::settle`] returned at this moment.
    pub fn at(self, moment: Moment) {
        self.pace.end(moment);
    }
}

impl Replica {
    /// A validator without a seat yet.
    pub(crate) fn assemble(
        committee: Committee,
        secret: SecretKey,
        parameters: Parameters,
        limits: Limits,
        chain: Chain,
        now: Now,
    ) -> Self {
        let committee = Arc::new(committee);
        let key = secret.public();
        let dissemination =
            Dissemination::new(committee.clone(), &key, limits.clone(), parameters.max_valid_seconds, now.time);
        Self {
            validators: committee.validators.hash(),
            committee,
            key,
            secret,
            parameters,
            limits,
            seat: None,
            was_member: false,
            is_started: false,
            chain,
            dissemination,
            judging: Judging::default(),
            proposing: None,
            finalizations: Finalizations::default(),
            catch_up: CatchUp::default(),
            connected: BTreeSet::new(),
            last_block: now.moment,
            pace: Pace::default(),
            commits: 0,
            undurable_votes: BTreeMap::new(),
            verifying: Verifying::default(),
            told_work: false,
            told_council: None,
            former: Vec::new(),
            views_given_up: 0,
            trimmed: View(0),
            bytes_since_checkpoint: 0,
            is_checkpoint_due: false,
            evidence: Vec::new(),
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
            Input::Submit { ticket, transactions } => {
                let _stage = Stage::Admission.enter();
                self.submit(ticket, transactions, effects);
            }
            Input::Durable { commit } => self.durable(commit, now, effects),
            Input::Verified(JobResult::Submission { ticket, verdicts }) => {
                let _stage = Stage::Admission.enter();
                self.verifying.done(ticket);
                let results = verdicts.into_iter().map(|verdict| self.admit(verdict, now)).collect();
                effects.push(Effect::Reply { ticket, results });
            }
            Input::Verified(JobResult::Batch { epoch, from, digest, result }) if epoch == self.committee.epoch => {
                let _stage = Stage::Dissemination.enter();
                let finalized = self.chain.tip().timestamp;
                self.dissemination.verified(from, digest, result, now, finalized, effects);
            }
            // For a committee that has handed over.
            Input::Verified(JobResult::Batch { .. }) => {}
            Input::Message { from, message } if from != self.key => self.receive(from, *message, now, effects),
            Input::Message { .. } => {}
            Input::PeerUp(peer) => {
                if self.connected.len() < MAX_CONNECTED {
                    self.connected.insert(peer);
                }
                if let Some(index) = self.committee.index_of(&peer)
                    && self.seat.is_some()
                {
                    self.dissemination.peer_up(index, effects);
                    self.tell_consensus(now, consensus::Input::PeerUp { peer: index }, effects);
                }
            }
        }
    }

    /// Ends a turn: what many inputs made possible is done once. Cheap when there is nothing to do.
    pub fn settle(&mut self, now: Now, effects: &mut Vec<Effect>) -> Settled<'_> {
        self.pace.begin(now.moment);
        if self.divergence.is_none() {
            self.go_on(now, effects);
        }
        Settled { pace: &mut self.pace }
    }

    /// Does what has become possible.
    pub(crate) fn go_on(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let stage = Stage::Dissemination.enter();
        self.dissemination.send_due_batches(now, effects);
        self.dissemination.send_acknowledgements(effects);
        self.dissemination.retry(now, effects);
        drop(stage);
        let _stage = Stage::Consensus.enter();
        self.tell_work(now, effects);
        if self.consensus_deadline().is_some_and(|deadline| deadline <= now.moment) {
            self.tell_consensus(now, consensus::Input::Tick, effects);
        }
        self.judge_waiting(now, effects);
        self.finalize_waiting(now, effects);
        self.propose_if_due(now, effects);
        self.retry_catch_up(now, effects);
        self.tell_work(now, effects);
        // What was told may have made this validator's block due.
        self.propose_if_due(now, effects);
    }

    /// When [`Self::settle`] has something to do though nothing arrives.
    pub fn next_deadline(&self, now: Now) -> Option<Moment> {
        if is_on(Breakage::BusyWakeUps) {
            return Some(now.moment);
        }
        [
            self.consensus_deadline(),
            self.dissemination.next_deadline(),
            self.judging.next_deadline(now),
            self.proposing_deadline(now),
            self.catch_up_deadline(),
            self.finalizations.since().map(|since| self.patience_from(since)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn consensus_deadline(&self) -> Option<Moment> {
        self.seat.as_ref().and_then(|seat| seat.consensus.next_deadline())
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

    /// Pairs of contradicting votes seen since the start.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// The validators of the present epoch.
    pub fn committee(&self) -> &Committee {
        &self.committee
    }

    /// This validator's key.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    fn submit(&mut self, ticket: u64, transactions: Vec<Vec<u8>>, effects: &mut Vec<Effect>) {
        if self.seat.is_none() {
            let results = transactions.iter().map(|_| Err(SubmitError::NotAValidator)).collect();
            effects.push(Effect::Reply { ticket, results });
            return;
        }
        let bytes = transactions.iter().map(Vec::len).sum();
        let is_busy = self.dissemination.is_full()
            || self.verifying.transactions + transactions.len() > self.limits.verifying_transactions
            || self.verifying.bytes + bytes > self.limits.verifying_bytes;
        if is_busy {
            let results = transactions.iter().map(|_| Err(SubmitError::Busy)).collect();
            effects.push(Effect::Reply { ticket, results });
            return;
        }
        self.verifying.start(ticket, transactions.len(), bytes);
        effects.push(Effect::Verify(Job::Submission { ticket, transactions }));
    }

    /// Admits a transaction. One that is known already is admitted again without effect: re-sending is safe.
    fn admit(
        &mut self,
        verdict: Result<(types::AuthorizedTransaction, Vec<u8>), Refusal>,
        now: Now,
    ) -> Result<TransactionId, SubmitError> {
        let (transaction, bytes) = verdict?;
        if self.seat.is_none() {
            return Err(SubmitError::NotAValidator);
        }
        let id = transaction.id();
        if self.dissemination.carries(&id) {
            return Ok(id);
        }
        let tip = self.chain.tip();
        let next = BlockContext { height: tip.height.next(), timestamp: now.time.max(tip.timestamp) };
        admission::check(self.chain.ledger(), &transaction, next)?;
        self.dissemination.add(transaction, bytes);
        Ok(id)
    }

    fn receive(&mut self, from: PublicKey, message: Message, now: Now, effects: &mut Vec<Effect>) {
        let _stage = Stage::Dissemination.enter();
        match message {
            Message::FetchBlocks(height) => effects.push(Effect::ServeBlocks { to: from, from: height }),
            Message::FetchCheckpoint => effects.push(Effect::ServeCheckpoint { to: from }),
            Message::FetchHandovers { from: epoch } => effects.push(Effect::ServeHandovers { to: from, from: epoch }),
            Message::FetchPart { height, index } => effects.push(Effect::ServePart { to: from, height, index }),
            // Nobody was asked: state sync is over before there is a replica.
            Message::CheckpointOffer(_) | Message::Handovers(_) | Message::Part { .. } => {}
            Message::Blocks(blocks) => self.import_answer(from, blocks, now, effects),
            Message::Tip(height) => self.hear_of_tip(from, height, now, effects),
            Message::FetchBlock(hash) => self.serve_block(from, &hash, effects),
            Message::Consensus { epoch, .. } if epoch != self.committee.epoch => {
                self.hear_of_epoch(from, epoch, now, effects);
            }
            Message::Proposal { block, .. } if block.header.epoch != self.committee.epoch => {
                self.hear_of_epoch(from, block.header.epoch, now, effects);
            }
            Message::Block(block) => {
                let hash = block.header.hash();
                if self.judging.wants(&hash) {
                    self.judging.keep(hash, block);
                }
            }
            Message::Consensus { .. }
            | Message::Proposal { .. }
            | Message::Acknowledge(_)
            | Message::Batch(_)
            | Message::FetchBatches(_) => {
                if let (Some(index), Some(_)) = (self.committee.index_of(&from), &self.seat) {
                    self.receive_from_member(index, message, now, effects);
                }
            }
        }
    }

    /// What only the members of the present committee say to each other.
    fn receive_from_member(&mut self, from: ValidatorIndex, message: Message, now: Now, effects: &mut Vec<Effect>) {
        match message {
            Message::Consensus { message, .. } => {
                self.tell_consensus(now, consensus::Input::Message { from, message }, effects);
            }
            Message::Proposal { proposal, block } => {
                let hash = block.header.hash();
                let is_leaders = from == self.committee.leader(proposal.view) && self.is_open(proposal.view);
                let is_needed = self.judging.wants(&hash) || !self.judging.has_body_of(proposal.view);
                // The last block of an epoch is proposed again in later views.
                let is_its_view = proposal.view == block.header.view
                    || (proposal.block == proposal.parent && proposal.view > block.header.view);
                if is_leaders && is_needed && hash == proposal.block && is_its_view {
                    self.judging.keep(hash, block);
                }
                let message = consensus::Message::Propose(proposal);
                self.tell_consensus(now, consensus::Input::Message { from, message }, effects);
            }
            Message::Acknowledge(batches) => self.dissemination.acknowledged(from, &batches),
            Message::Batch(bytes) => self.dissemination.received(from, bytes.into_vec(), effects),
            Message::FetchBatches(digests) => self.dissemination.serve(from, &digests, effects),
            // Handled above: anybody may say these.
            _ => {}
        }
    }

    /// True for a view whose blocks are worth keeping.
    fn is_open(&self, view: View) -> bool {
        let present = self.seat.as_ref().map_or(View(0), |seat| seat.consensus.view());
        view > self.chain.tip().view && view.0 <= present.0 + consensus::WINDOW
    }

    /// Sends one message to one validator of the committee, unless that is this one.
    pub(crate) fn send_to(&self, index: ValidatorIndex, message: Message, effects: &mut Vec<Effect>) {
        if let Some(key) = self.committee.key(index).filter(|key| **key != self.key) {
            effects.push(Effect::Send(Envelope { to: Recipient::One(*key), message }));
        }
    }

    /// Some other validator of the committee: whom to ask when nobody in particular is known to have something.
    pub(crate) fn any_other_validator(&self) -> ValidatorIndex {
        let me = self.seat.as_ref().map_or(0, |seat| seat.me.position());
        ValidatorIndex(((me + 1) % self.committee.size()) as u16)
    }
}
