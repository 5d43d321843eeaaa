//! Replicas on virtual time: a queue of events instead of machines, a list of writes instead of a disk.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use consensus::Record;
use genesis::{Asset, ChainSpec, Genesis, Parameters, Validator};
use replica::{
    CertifiedBlock, Effect, Envelope, Input, Limits, Message, Now, PROMPT_BATCH_BYTES, Recipient, Recovered, Replica,
    SubmitError, Write,
};
use types::codec::{Blob, Bounded, Text, decode, encode};
use types::{
    Address, Amount, AssetId, Batch, BatchDigest, Block, ChainTag, Deadline, Handover, Hash, Height, Instruction,
    MAX_INSTRUCTIONS, Member, Moment, Payload, SecretKey, Timestamp, Transaction, TransactionId, ValidatorChange,
};

/// Virtual time starts here, in milliseconds since the Unix epoch.
const START: u64 = 1_800_000_000_000;

/// One way between two validators, in microseconds.
const DELAY: u64 = 1_000;

/// So many wake-ups without any other event are a replica that asks to be woken and then does nothing.
const MAX_WAKES: usize = 1_000;

/// From the decision on a change of the validators to its effect, in milliseconds.
pub(crate) const NOTICE: u64 = 2_000;

/// A flush, in microseconds.
const FLUSH: u64 = 500;

/// What survives a crash.
#[derive(Default, Clone)]
struct Disk {
    batches: BTreeMap<BatchDigest, Vec<u8>>,
    proposals: BTreeMap<Hash, Block>,
    journal: Vec<Record>,
    blocks: BTreeMap<Height, CertifiedBlock>,
    handovers: Vec<Handover>,
}

impl Disk {
    fn put(&mut self, write: &Write) {
        match write {
            Write::Batch { digest, bytes } => drop(self.batches.insert(*digest, bytes.to_vec())),
            Write::ForgetBatch(digest) => drop(self.batches.remove(digest)),
            Write::Proposal { hash, block } => drop(self.proposals.insert(*hash, block.clone())),
            Write::Journal(record) => self.journal.push(record.clone()),
            Write::TrimJournal(view) => {
                self.journal.retain(|record| record.view() >= *view);
                self.proposals.retain(|_, block| block.header.view >= *view);
            }
            Write::ClosedSecond(_) => {}
            Write::Handover(handover) => self.handovers.push(handover.clone()),
            Write::Finalized(finalized) => {
                for (digest, bytes) in &finalized.batches {
                    self.batches.insert(*digest, bytes.to_vec());
                }
                let block = finalized.block.block.clone();
                let batch = |digest: &BatchDigest| Blob::new(self.batches[digest].clone()).unwrap();
                let batches = Bounded::new(block.batches.iter().map(batch).collect()).unwrap();
                let certificate = finalized.certificate.clone().map(types::Verified::into_inner);
                self.blocks.insert(block.header.height, CertifiedBlock { block, certificate, batches });
            }
        }
    }

    fn recovered(&self) -> Recovered {
        let ordered: BTreeSet<BatchDigest> =
            self.blocks.values().flat_map(|block| block.block.batches.iter().copied()).collect();
        let unordered = self.batches.iter().filter(|(digest, _)| !ordered.contains(*digest));
        Recovered {
            checkpoint: None,
            handovers: self.handovers.clone(),
            blocks: Box::new(self.blocks.values().cloned().map(Ok).collect::<Vec<_>>().into_iter()),
            proposals: self.proposals.values().cloned().collect(),
            journal: self.journal.clone(),
            batches: unordered.map(|(_, bytes)| bytes.clone()).collect(),
        }
    }
}

struct Machine {
    replica: Option<Replica>,
    durable: Disk,
    /// With everything written, flushed or not.
    written: Disk,
    /// Counts starts, so that nothing of an earlier life arrives in a later one.
    life: u64,
    finalized: BTreeMap<Height, (Hash, Vec<TransactionId>)>,
    replies: Vec<Result<TransactionId, SubmitError>>,
    wake: Option<Moment>,
    checkpoints: usize,
    is_removed: bool,
}

enum Event {
    Input(Input),
    /// A flush ends: what was written up to then is durable, and the messages leave.
    Flushed(Box<Disk>, u64, Vec<Envelope>),
    Wake,
}

/// The cluster.
pub(crate) struct Cluster {
    pub(crate) genesis: Genesis,
    pub(crate) secrets: Vec<SecretKey>,
    limits: Limits,
    validators: Vec<Machine>,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, (usize, u64, Event)>,
    next_event: u64,
    now: u64,
    cut: BTreeSet<(usize, usize)>,
    /// Sees every message; what it returns is delivered.
    pub(crate) tamper: Box<dyn FnMut(usize, usize, Message) -> Option<Message>>,
    salt: u64,
    /// Wake-ups since anything else happened.
    wakes: usize,
    /// How long replicas are told that their turns took, in milliseconds.
    pub(crate) turn_millis: u64,
}

/// The payer of every test.
pub(crate) fn payer() -> SecretKey {
    SecretKey::from_seed([99; 32])
}

pub(crate) fn address(secret: &SecretKey) -> Address {
    Address::of(&secret.public())
}

impl Cluster {
    pub(crate) fn new(size: usize) -> Self {
        Self::with_limits(size, Limits::default())
    }

    pub(crate) fn with_limits(size: usize, limits: Limits) -> Self {
        Self::with_candidates(size, 0, limits)
    }

    /// A cluster with machines that are not in the committee of genesis and are not started.
    pub(crate) fn with_candidates(size: usize, candidates: usize, limits: Limits) -> Self {
        let machines = size + candidates;
        let secrets: Vec<SecretKey> = (0..machines).map(|index| SecretKey::from_seed([index as u8 + 1; 32])).collect();
        let validator = |(index, secret): (usize, &SecretKey)| Validator {
            name: format!("validator-{index}"),
            key: secret.public(),
            peer_id: format!("peer-{index}"),
            address: format!("/ip4/127.0.0.1/tcp/{}", 9000 + index),
        };
        let rich = BTreeMap::from([("KRW".to_owned(), Amount(1_000_000))]);
        let spec = ChainSpec {
            chain_id: "test".to_owned(),
            timestamp: Timestamp(START),
            parameters: Parameters { validator_notice_millis: NOTICE, ..Parameters::default() },
            validators: secrets.iter().enumerate().take(size).map(validator).collect(),
            assets: vec![Asset::new("KRW", 0, address(&payer()))],
            accounts: vec![genesis::Account { address: address(&payer()), balances: rich }],
        };
        let genesis = spec.genesis().unwrap();
        let mut cluster = Self {
            genesis,
            secrets,
            limits,
            validators: Vec::new(),
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            next_event: 0,
            now: 0,
            cut: BTreeSet::new(),
            tamper: Box::new(|_, _, message| Some(message)),
            salt: 0,
            wakes: 0,
            turn_millis: 0,
        };
        for _ in 0..machines {
            cluster.validators.push(Machine {
                replica: None,
                durable: Disk::default(),
                written: Disk::default(),
                life: 0,
                finalized: BTreeMap::new(),
                replies: Vec::new(),
                wake: None,
                checkpoints: 0,
                is_removed: false,
            });
        }
        (0..size).for_each(|index| cluster.start(index));
        cluster
    }

    fn time(&self) -> Now {
        Now { moment: Moment(self.now), time: Timestamp(START + 1 + self.now / 1000) }
    }

    pub(crate) fn start(&mut self, index: usize) {
        let now = self.time();
        let validator = &mut self.validators[index];
        validator.written = validator.durable.clone();
        let recovered = validator.durable.recovered();
        let secret = self.secrets[index].clone();
        let (replica, effects) = Replica::new(&self.genesis, secret, self.limits.clone(), recovered, now).unwrap();
        validator.replica = Some(replica);
        self.carry_out(index, effects);
        for other in 0..self.validators.len() {
            if other != index && self.validators[other].replica.is_some() {
                self.connect(index, other);
            }
        }
    }

    /// The link between two validators comes up.
    fn connect(&mut self, a: usize, b: usize) {
        self.schedule(DELAY, a, Event::Input(Input::PeerUp(self.secrets[b].public())));
        self.schedule(DELAY, b, Event::Input(Input::PeerUp(self.secrets[a].public())));
    }

    /// Everything that was not flushed is lost.
    pub(crate) fn crash(&mut self, index: usize) {
        let validator = &mut self.validators[index];
        validator.replica = None;
        validator.life += 1;
        validator.wake = None;
    }

    pub(crate) fn cut(&mut self, a: usize, b: usize) {
        self.cut.extend([(a, b), (b, a)]);
    }

    pub(crate) fn heal(&mut self) {
        let pairs = std::mem::take(&mut self.cut);
        pairs.into_iter().filter(|(a, b)| a < b).for_each(|(a, b)| self.connect(a, b));
    }

    fn schedule(&mut self, after: u64, index: usize, event: Event) {
        let number = self.next_event;
        self.next_event += 1;
        self.queue.push(Reverse((self.now + after, number)));
        self.events.insert(number, (index, self.validators[index].life, event));
    }

    fn carry_out(&mut self, index: usize, effects: Vec<Effect>) {
        let chain = self.genesis.hash();
        for effect in effects {
            match effect {
                Effect::Send(envelope) => self.send(index, envelope),
                Effect::Write(write) => self.validators[index].written.put(&write),
                Effect::Commit(commit) => {
                    let validator = &mut self.validators[index];
                    commit.writes().iter().for_each(|write| validator.written.put(write));
                    let disk = Box::new(validator.written.clone());
                    let flushed = Event::Flushed(disk, commit.number(), commit.after_flush());
                    self.schedule(FLUSH, index, flushed);
                }
                Effect::Verify(job) => {
                    self.schedule(100, index, Event::Input(Input::Verified(job.run(&chain))));
                }
                Effect::Reply { results, .. } => self.validators[index].replies.extend(results),
                Effect::Finalized(block) => {
                    let ids = block.receipts.iter().map(|receipt| receipt.id).collect();
                    self.validators[index].finalized.insert(block.block.header.height, (block.hash, ids));
                }
                Effect::ServeBlocks { to, from } => {
                    let blocks: Vec<CertifiedBlock> =
                        self.validators[index].written.blocks.range(from..).take(50).map(|(_, b)| b.clone()).collect();
                    let message = Message::Blocks(Bounded::new(blocks).unwrap());
                    self.send(index, Envelope { to: Recipient::One(to), message });
                }
                Effect::ServeBatches { to, digests } => {
                    for digest in digests {
                        if let Some(bytes) = self.validators[index].written.batches.get(&digest) {
                            let message = Message::Batch(Blob::new(bytes.clone()).unwrap());
                            self.send(index, Envelope { to: Recipient::One(to), message });
                        }
                    }
                }
                Effect::Checkpoint { .. } => self.validators[index].checkpoints += 1,
                Effect::Evidence(_) | Effect::KeyInUseElsewhere | Effect::Members { .. } => {}
                Effect::Removed { .. } => self.validators[index].is_removed = true,
                Effect::Diverged(divergence) => panic!("validator {index}: {divergence}"),
                // No validator here asks for a checkpoint.
                Effect::ServeCheckpoint { .. } | Effect::ServeHandovers { .. } | Effect::ServePart { .. } => {}
            }
        }
        self.reschedule_wake(index);
    }

    fn reschedule_wake(&mut self, index: usize) {
        let now = self.time();
        let validator = &mut self.validators[index];
        let Some(deadline) = validator.replica.as_ref().and_then(|replica| replica.next_deadline(now)) else { return };
        if validator.wake.is_none_or(|wake| deadline < wake) {
            validator.wake = Some(deadline);
            // A deadline in the past is met in the next microsecond, so that time goes on.
            let after = deadline.0.saturating_sub(self.now).max(1);
            self.schedule(after, index, Event::Wake);
        }
    }

    fn send(&mut self, from: usize, envelope: Envelope) {
        let to: Vec<usize> = match envelope.to {
            Recipient::All => (0..self.validators.len()).filter(|&to| to != from).collect(),
            Recipient::One(key) => self.secrets.iter().position(|secret| secret.public() == key).into_iter().collect(),
        };
        for to in to {
            if self.cut.contains(&(from, to)) || self.validators[to].replica.is_none() {
                continue;
            }
            let Some(message) = (self.tamper)(from, to, envelope.message.clone()) else { continue };
            // Through bytes, as between machines.
            let message: Message = decode(&encode(&message)).unwrap();
            let input = Input::Message { from: self.secrets[from].public(), message: Box::new(message) };
            self.schedule(DELAY, to, Event::Input(input));
        }
    }

    /// Runs for `millis` of virtual time.
    pub(crate) fn run(&mut self, millis: u64) {
        let end = self.now + millis * 1000;
        self.run_while(end, |_| true);
        self.now = end;
    }

    /// Runs until `done`; panics after `millis` of virtual time.
    pub(crate) fn run_until(&mut self, millis: u64, what: &str, done: impl Fn(&Cluster) -> bool) {
        let end = self.now + millis * 1000;
        self.run_while(end, |cluster| !done(cluster));
        assert!(done(self), "{what} did not happen within {millis} ms");
    }

    fn run_while(&mut self, end: u64, goes_on: impl Fn(&Cluster) -> bool) {
        while goes_on(self)
            && let Some(&Reverse((at, number))) = self.queue.peek()
            && at <= end
        {
            self.queue.pop();
            self.now = at;
            let (index, life, event) = self.events.remove(&number).unwrap();
            if life == self.validators[index].life {
                self.happen(index, event);
            }
        }
        self.check_agreement();
    }

    fn happen(&mut self, index: usize, event: Event) {
        let now = self.time();
        let validator = &mut self.validators[index];
        let mut effects = Vec::new();
        let mut messages = Vec::new();
        let Some(replica) = &mut validator.replica else { return };
        match event {
            Event::Input(input) => {
                self.wakes = 0;
                replica.step(now, input, &mut effects);
            }
            Event::Flushed(disk, commit, released) => {
                validator.durable = *disk;
                messages = released;
                replica.step(now, Input::Durable { commit }, &mut effects);
            }
            Event::Wake => {
                self.wakes += 1;
                assert!(self.wakes < MAX_WAKES, "validator {index} keeps waking for nothing");
                validator.wake = None;
                replica.step(now, Input::Tick, &mut effects);
            }
        }
        replica.settle(now, &mut effects).at(now.moment.plus_millis(self.turn_millis));
        messages.into_iter().for_each(|envelope| self.send(index, envelope));
        self.carry_out(index, effects);
    }

    /// No two validators have different blocks at one height, and no transaction is executed twice.
    fn check_agreement(&self) {
        let mut agreed: BTreeMap<Height, Hash> = BTreeMap::new();
        for validator in &self.validators {
            let mut seen = BTreeSet::new();
            for (height, (hash, ids)) in &validator.finalized {
                assert_eq!(agreed.entry(*height).or_insert(*hash), hash, "two blocks at height {height}");
                ids.iter().for_each(|id| assert!(seen.insert(*id), "{id} was executed twice"));
            }
        }
    }

    pub(crate) fn transfer(&mut self, amount: u128, valid_seconds: u32) -> (TransactionId, Vec<u8>) {
        let to = Address([7; 20]);
        let (memo, reference) = (Text::default(), Text::default());
        let transfer = Instruction::Transfer { asset: AssetId(0), to, amount: Amount(amount), memo, reference };
        self.transaction(vec![transfer], valid_seconds)
    }

    /// A transaction of the payer.
    fn transaction(&mut self, instructions: Vec<Instruction>, valid_seconds: u32) -> (TransactionId, Vec<u8>) {
        self.salt += 1;
        let chain = self.genesis.hash();
        let payload = Payload {
            chain: ChainTag::of(&chain),
            payer: address(&payer()),
            valid_until: Deadline::after(self.time().time, valid_seconds),
            salt: self.salt,
            instructions: Bounded::new(instructions).unwrap(),
        };
        let transaction = Transaction::sign(payload, &payer(), &chain);
        (transaction.payload.id(&chain), encode(&transaction))
    }

    /// Has validators approve a change of the validator set, each at its own machine.
    pub(crate) fn approve(&mut self, approvers: &[usize], changes: &[ValidatorChange]) -> Vec<TransactionId> {
        let chain = self.genesis.hash();
        let epoch = self.replica(approvers[0]).committee().epoch;
        let changes = Bounded::new(changes.to_vec()).unwrap();
        let mut ids = Vec::new();
        for &approver in approvers {
            self.salt += 1;
            let secret = self.secrets[approver].clone();
            let instruction = Instruction::ApproveValidators { epoch, changes: changes.clone() };
            let payload = Payload {
                chain: ChainTag::of(&chain),
                payer: address(&secret),
                valid_until: Deadline::after(self.time().time, 60),
                salt: self.salt,
                instructions: Bounded::new(vec![instruction]).unwrap(),
            };
            let transaction = Transaction::sign(payload, &secret, &chain);
            ids.push(transaction.payload.id(&chain));
            self.submit(approver, encode(&transaction));
        }
        ids
    }

    /// The entry of a machine in the validator set.
    pub(crate) fn member(&self, index: usize) -> Member {
        Member {
            name: Text::new(format!("validator-{index}")).unwrap(),
            key: self.secrets[index].public(),
            peer_id: Text::new(format!("peer-{index}")).unwrap(),
            address: Text::new(format!("/ip4/127.0.0.1/tcp/{}", 9000 + index)).unwrap(),
        }
    }

    pub(crate) fn checkpoints(&self, index: usize) -> usize {
        self.validators[index].checkpoints
    }

    pub(crate) fn is_removed(&self, index: usize) -> bool {
        self.validators[index].is_removed
    }

    pub(crate) fn epoch(&self, index: usize) -> u64 {
        self.replica(index).committee().epoch.0
    }

    pub(crate) fn submit(&mut self, index: usize, bytes: Vec<u8>) {
        self.schedule(1, index, Event::Input(Input::Submit { ticket: 0, transactions: vec![bytes] }));
    }

    /// Puts bytes that are no batch among a validator's batches: who asks for them gets them.
    pub(crate) fn plant_batch(&mut self, index: usize, bytes: Vec<u8>) -> BatchDigest {
        let digest = Batch::digest(&bytes);
        self.validators[index].written.batches.insert(digest, bytes);
        digest
    }

    /// Submits a payment of 1 won and returns its id.
    pub(crate) fn pay(&mut self, index: usize) -> TransactionId {
        let (id, bytes) = self.transfer(1, 60);
        self.submit(index, bytes);
        id
    }

    /// Submits so many payments at once that they are in one batch, and that it has to be acknowledged; returns the id of the last.
    pub(crate) fn pay_in_long_batch(&mut self, index: usize, valid_seconds: u32) -> TransactionId {
        self.pay_at_once(index, 150, valid_seconds)
    }

    /// Submits so many payments at once that their batch has to be acknowledged; returns the id of the last.
    pub(crate) fn pay_at_once(&mut self, index: usize, count: usize, valid_seconds: u32) -> TransactionId {
        let (ids, transactions): (Vec<_>, Vec<_>) = (0..count).map(|_| self.transfer(1, valid_seconds)).unzip();
        assert!(transactions.iter().map(Vec::len).sum::<usize>() > PROMPT_BATCH_BYTES);
        self.schedule(1, index, Event::Input(Input::Submit { ticket: 0, transactions }));
        ids[ids.len() - 1]
    }

    /// Submits so many transactions at once that take as long to execute as a thousand payments each; returns the id of the last.
    pub(crate) fn submit_heavy(&mut self, index: usize, count: usize) -> TransactionId {
        let heavy = vec![Instruction::SetKeys { policy: None }; MAX_INSTRUCTIONS];
        let (ids, transactions): (Vec<_>, Vec<_>) = (0..count).map(|_| self.transaction(heavy.clone(), 60)).unzip();
        self.schedule(1, index, Event::Input(Input::Submit { ticket: 0, transactions }));
        ids[ids.len() - 1]
    }

    pub(crate) fn replica(&self, index: usize) -> &Replica {
        self.validators[index].replica.as_ref().unwrap()
    }

    pub(crate) fn replies(&self, index: usize) -> &[Result<TransactionId, SubmitError>] {
        &self.validators[index].replies
    }

    pub(crate) fn has_final(&self, index: usize, id: &TransactionId) -> bool {
        self.validators[index].finalized.values().any(|(_, ids)| ids.contains(id))
    }

    pub(crate) fn has_final_block(&self, index: usize, block: &Hash) -> bool {
        self.validators[index].finalized.values().any(|(hash, _)| hash == block)
    }

    pub(crate) fn all_have_final(&self, id: &TransactionId) -> bool {
        (0..self.validators.len())
            .filter(|&index| self.validators[index].replica.is_some())
            .all(|index| self.has_final(index, id))
    }

    /// The most transactions in a block above `height`.
    pub(crate) fn most_in_a_block(&self, index: usize, height: u64) -> usize {
        let later = self.validators[index].finalized.range(Height(height + 1)..);
        later.map(|(_, (_, ids))| ids.len()).max().unwrap_or(0)
    }

    pub(crate) fn height(&self, index: usize) -> u64 {
        self.replica(index).tip().height.0
    }

    pub(crate) fn now_millis(&self) -> u64 {
        self.now / 1000
    }
}
