//! A chain with checkpoints, peers that play a role, and a shell without a machine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::OnceLock;

use types::codec::Bounded;
use types::{
    Address, Amount, AssetId, Ballot, Block, Certificate, Epoch, Handover, Header, Height, Member, SecretKey,
    Timestamp, ValidatorIndex, ValidatorSet, View, Vote,
};
use vm::{AssetSpec, Ledger};

use super::super::*;

/// The asking side; the peers are validators 1, 2 and so on.
const ME: usize = 0;

/// One way, in microseconds.
const DELAY: u64 = 1_000;

/// More steps than any run needs.
const MAX_STEPS: usize = 100_000;

/// A checkpoint with its parts.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) manifest: Manifest,
    pub(super) parts: Vec<Vec<u8>>,
}

/// A chain of three epochs with checkpoints at heights 10, 20 (epoch 0) and 30 (epoch 2).
pub(super) struct Chain {
    pub(super) secrets: Vec<SecretKey>,
    pub(super) genesis: Committee,
    handovers: Vec<Handover>,
    checkpoints: BTreeMap<u64, Stored>,
}

fn secrets(first: u8, count: u8) -> Vec<SecretKey> {
    (first..first + count).map(|byte| SecretKey::from_seed([byte; 32])).collect()
}

fn set(secrets: &[SecretKey]) -> ValidatorSet {
    ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap()
}

/// So many accounts that a checkpoint has several parts; those of the last part differ by height.
fn ledger(height: u64) -> Ledger {
    let asset = AssetSpec::new(types::codec::Text::new("KRW").unwrap(), 0, Address([1; 20]));
    let account = |n: u64| {
        let mut address = [7; 20];
        address[..8].copy_from_slice(&n.to_be_bytes());
        let amount = if n < 79_000 { 5 } else { u128::from(height) };
        (Address(address), vec![(AssetId(0), Amount(amount))])
    };
    let parameters = vm::Parameters { max_valid_seconds: 120, validator_notice_millis: 1_000, fees: None };
    let member = Member::new("a", secrets(1, 1)[0].public(), "peer-a", "/ip4/127.0.0.1/tcp/9600").unwrap();
    Ledger::genesis(parameters, vec![member], vec![asset], (0..80_000).map(account).collect()).unwrap()
}

fn header(epoch: Epoch, height: u64, next: &ValidatorSet) -> Header {
    Header {
        epoch,
        height: Height(height),
        view: View(height + 3),
        parent: Hash([2; 32]),
        timestamp: Timestamp(1_800_000_000_000 + height),
        proposer: ValidatorIndex(0),
        batches: Block::batches_hash(&Bounded::default()),
        state_root: Hash::ZERO,
        receipts_root: Hash::ZERO,
        next_validators: next.hash(),
    }
}

fn certify(header: &Header, secrets: &[SecretKey], committee: &Committee) -> Certificate {
    let ballot = Ballot::Finalize { view: View(header.view.0 + 2), block: header.hash() };
    let vote = |(secret, index)| Vote::sign(ballot, ValidatorIndex(index), secret, committee);
    let votes: Vec<_> = secrets.iter().zip(0..3).map(vote).collect();
    Certificate::assemble(&votes, committee).unwrap().into_inner()
}

fn checkpoint(height: u64, secrets: &[SecretKey], committee: &Committee) -> Stored {
    let snapshot = ledger(height).snapshot();
    let parts: Vec<Vec<u8>> = snapshot.chunks().collect();
    assert!(parts.len() > 4, "{} parts", parts.len());
    let header = Header { state_root: snapshot.state_root(), ..header(committee.epoch, height, &committee.validators) };
    let certificate = certify(&header, secrets, committee);
    let bytes = parts.iter().map(|part| part.len() as u64).sum();
    let hashes = Bounded::new(parts.iter().map(|part| part_hash(part)).collect()).unwrap();
    let block = Block { header, batches: Bounded::default() };
    Stored { manifest: Manifest { block, certificate, parts: hashes, bytes }, parts }
}

/// The chain of all tests: making it costs a second.
pub(super) fn chain() -> &'static Chain {
    static CHAIN: OnceLock<Chain> = OnceLock::new();
    CHAIN.get_or_init(|| {
        let sets = [secrets(1, 4), secrets(3, 4), secrets(2, 4)];
        let genesis = Committee { chain: Hash([9; 32]), epoch: Epoch(0), validators: set(&sets[0]) };
        let mut committees = vec![genesis.clone()];
        let mut handovers = Vec::new();
        for epoch in 0..2 {
            let committee = &committees[epoch];
            let validators = set(&sets[epoch + 1]);
            let header = header(committee.epoch, 21 + epoch as u64, &validators);
            let certificate = certify(&header, &sets[epoch], committee);
            handovers.push(Handover { header, certificate, validators });
            committees.push(handovers[epoch].verify(committee).unwrap());
        }
        let of = |height, epoch: usize| (height, checkpoint(height, &sets[epoch], &committees[epoch]));
        let checkpoints = BTreeMap::from([of(10, 0), of(20, 0), of(30, 2)]);
        Chain { secrets: sets[0].clone(), genesis, handovers, checkpoints }
    })
}

impl Chain {
    /// A chain with one validator.
    pub(super) fn alone() -> Chain {
        let secrets = secrets(1, 1);
        let genesis = Committee { chain: Hash([9; 32]), epoch: Epoch(0), validators: set(&secrets) };
        Chain { secrets, genesis, handovers: Vec::new(), checkpoints: BTreeMap::new() }
    }

    pub(super) fn checkpoint(&self, height: u64) -> &Stored {
        &self.checkpoints[&height]
    }

    fn forged_handover(&self) -> Handover {
        let strangers = secrets(40, 4);
        let header = header(Epoch(0), 21, &set(&strangers));
        let committee = Committee { validators: set(&strangers), ..self.genesis.clone() };
        Handover { certificate: certify(&header, &strangers, &committee), header, validators: set(&strangers) }
    }
}

/// How a peer behaves. Numbers are heights of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Honest(u64),
    /// Has no checkpoint.
    Empty,
    Silent,
    WrongParts(u64),
    /// Offers parts that are those of another height, and sends them.
    WrongList(u64),
    ForgedCertificate(u64),
    OtherCertificate(u64),
    ForgedHandover(u64),
    WithoutHandovers(u64),
    SilentAboutHandovers(u64),
    OffersAndKeepsParts(u64),
    /// Sends offers and parts that nobody asked for, all the time.
    Flooder,
    /// Has the second instead of the first after it has sent a part.
    Replaces(u64, u64),
}

impl Role {
    /// What it answers; `sent` counts the parts that it has sent.
    fn answers(self, chain: &Chain, sent: &mut usize, question: &Message) -> Vec<Message> {
        use Role::*;
        let height = match self {
            Silent => return Vec::new(),
            Empty => None,
            Flooder => None,
            Replaces(first, second) => Some(if *sent < 1 { first } else { second }),
            Honest(height) | WrongParts(height) | WrongList(height) | ForgedCertificate(height) => Some(height),
            OtherCertificate(height) | ForgedHandover(height) | WithoutHandovers(height) => Some(height),
            SilentAboutHandovers(height) | OffersAndKeepsParts(height) => Some(height),
        };
        let mut stored = height.map(|height| chain.checkpoint(height).clone());
        if let (WrongList(_), Some(stored)) = (self, &mut stored) {
            let other = chain.checkpoint(10).clone();
            (stored.parts, stored.manifest.parts) = (other.parts, other.manifest.parts);
        }
        match question {
            Message::FetchCheckpoint => {
                let mut manifest = stored.map(|stored| stored.manifest);
                match (self, &mut manifest) {
                    (ForgedCertificate(_), Some(manifest)) => {
                        let mut signatures = manifest.certificate.signatures.clone().into_vec();
                        signatures[1].0[3] ^= 1;
                        manifest.certificate.signatures = Bounded::new(signatures).unwrap();
                    }
                    (OtherCertificate(_), Some(manifest)) => {
                        manifest.certificate = chain.checkpoint(10).manifest.certificate.clone();
                    }
                    _ => {}
                }
                vec![Message::CheckpointOffer(manifest.map(Box::new))]
            }
            Message::FetchHandovers { from } => {
                let handovers = match self {
                    SilentAboutHandovers(_) => return Vec::new(),
                    WithoutHandovers(_) => Vec::new(),
                    ForgedHandover(_) => vec![chain.forged_handover()],
                    _ => chain.handovers[from.0 as usize..].iter().take(1).cloned().collect(),
                };
                vec![Message::Handovers(Bounded::new(handovers).unwrap())]
            }
            Message::FetchPart { height, index } => {
                let stored = stored.filter(|stored| stored.manifest.height() == *height);
                let mut bytes = stored.map_or_else(Vec::new, |stored| stored.parts[*index as usize].clone());
                match self {
                    OffersAndKeepsParts(_) => return Vec::new(),
                    WrongParts(_) => bytes[100] ^= 1,
                    _ => *sent += 1,
                }
                vec![Message::Part { height: *height, index: *index, bytes: Blob::new(bytes).unwrap() }]
            }
            _ => Vec::new(),
        }
    }
}

/// What nobody asked for.
fn flood(chain: &Chain) -> Vec<Message> {
    let part = |index| Message::Part { height: Height(20), index, bytes: Blob::new(vec![1; 1000]).unwrap() };
    let mut messages: Vec<Message> = (0..50).map(part).collect();
    messages.push(Message::Handovers(Bounded::new(vec![chain.forged_handover()]).unwrap()));
    messages
}

enum Event {
    ToPeer(usize, Message),
    FromPeer(usize, Message),
    Stored(Hash),
}

/// One run.
pub(super) struct Lab<'a> {
    chain: &'a Chain,
    pub(super) limits: SyncLimits,
    roles: Vec<Role>,
    parts_sent: Vec<usize>,
    /// What a crash leaves.
    pub(super) disk: BTreeMap<Hash, Vec<u8>>,
    pub(super) chosen: Option<(Manifest, Vec<Handover>)>,
    /// The run ends as by a crash after so many effects.
    pub(super) crash_after: usize,
    pub(super) lose_every: usize,
    pub(super) damage_before_restore: bool,
    pub(super) now: Moment,
    queue: VecDeque<(u64, Event)>,
    pub(super) liars: Vec<(usize, Lie)>,
    pub(super) asked_after_lie: usize,
    pub(super) sent: usize,
    pub(super) restores: usize,
    /// Heights of the checkpoints that were chosen.
    pub(super) begun: Vec<u64>,
    pub(super) kept_at_last_begin: usize,
    pub(super) stored_since_last_begin: usize,
    pub(super) most_in_memory: usize,
}

impl<'a> Lab<'a> {
    pub(super) fn new<const N: usize>(chain: &'a Chain, roles: [Role; N]) -> Self {
        Self {
            chain,
            limits: SyncLimits { worth_height: Height(1), ..SyncLimits::default() },
            roles: roles.to_vec(),
            parts_sent: vec![0; N],
            disk: BTreeMap::new(),
            chosen: None,
            crash_after: usize::MAX,
            lose_every: usize::MAX,
            damage_before_restore: false,
            now: Moment(0),
            queue: VecDeque::new(),
            liars: Vec::new(),
            asked_after_lie: 0,
            sent: 0,
            restores: 0,
            begun: Vec::new(),
            kept_at_last_begin: 0,
            stored_since_last_begin: 0,
            most_in_memory: 0,
        }
    }

    fn key(&self, peer: usize) -> PublicKey {
        self.chain.secrets[peer + 1].public()
    }

    /// Runs to its end.
    pub(super) fn run(&mut self) -> SyncOutcome {
        self.run_until_crash().expect("it ends")
    }

    /// Runs to its end, or to a crash.
    pub(super) fn run_until_crash(&mut self) -> Option<SyncOutcome> {
        self.queue.clear();
        let partial = PartiallySynced { chosen: self.chosen.clone(), parts: self.disk.keys().copied().collect() };
        let me = self.chain.secrets[ME].public();
        let (mut sync, first) = StateSync::new(self.chain.genesis.clone(), me, self.limits.clone(), partial, self.now);
        let mut effects = VecDeque::from(first);
        let mut inputs: VecDeque<SyncInput> =
            (0..self.roles.len()).map(|peer| SyncInput::PeerUp(self.key(peer))).collect();
        let mut carried_out = 0;
        for _ in 0..MAX_STEPS {
            while let Some(effect) = effects.pop_front() {
                if let SyncEffect::Finished(outcome) = effect {
                    return Some(outcome);
                }
                if carried_out == self.crash_after {
                    return None;
                }
                carried_out += 1;
                inputs.extend(self.carry_out(effect));
            }
            let input = match inputs.pop_front() {
                Some(input) => input,
                None => self.next_input(&sync),
            };
            let mut new = Vec::new();
            sync.step(self.now, input, &mut new);
            effects.extend(new);
            let in_memory = sync.download.as_ref().map_or(0, Download::in_memory);
            self.most_in_memory = self.most_in_memory.max(in_memory);
        }
        panic!("it does not end")
    }

    fn next_input(&mut self, sync: &StateSync) -> SyncInput {
        let deadline = sync.next_deadline();
        let Some((at, event)) = self.queue.pop_front() else {
            self.now = deadline.expect("it waits for nothing");
            return SyncInput::Tick;
        };
        if let Some(deadline) = deadline.filter(|deadline| deadline.0 < at) {
            self.queue.push_front((at, event));
            self.now = deadline;
            return SyncInput::Tick;
        }
        self.now = Moment(self.now.0.max(at));
        match event {
            Event::Stored(hash) => SyncInput::PartStored(hash),
            Event::FromPeer(peer, message) => SyncInput::Message { from: self.key(peer), message: Box::new(message) },
            Event::ToPeer(peer, message) => {
                let answers = self.roles[peer].answers(self.chain, &mut self.parts_sent[peer], &message);
                for flooder in (0..self.roles.len()).filter(|other| self.roles[*other] == Role::Flooder) {
                    let all = flood(self.chain)
                        .into_iter()
                        .map(|message| (self.now.0 + DELAY, Event::FromPeer(flooder, message)));
                    self.queue.extend(all);
                }
                for answer in answers {
                    self.queue.push_back((self.now.0 + DELAY, Event::FromPeer(peer, answer)));
                }
                SyncInput::Tick
            }
        }
    }

    fn carry_out(&mut self, effect: SyncEffect) -> Option<SyncInput> {
        match effect {
            SyncEffect::Send { to, message } => {
                let peer = (0..self.roles.len()).find(|peer| self.key(*peer) == to).unwrap();
                self.asked_after_lie += usize::from(self.liars.iter().any(|(liar, _)| *liar == peer));
                self.sent += 1;
                if !self.sent.is_multiple_of(self.lose_every) {
                    self.queue.push_back((self.now.0 + DELAY, Event::ToPeer(peer, *message)));
                }
            }
            SyncEffect::Begin { manifest, handovers } => {
                self.begun.push(manifest.height().0);
                self.disk.retain(|hash, _| manifest.parts.contains(hash));
                self.chosen = Some((Manifest::clone(&manifest), handovers));
                self.kept_at_last_begin = self.disk.len();
                self.stored_since_last_begin = 0;
            }
            SyncEffect::StorePart { hash, bytes } => {
                assert_eq!(part_hash(&bytes), hash);
                assert!(self.disk.insert(hash, bytes).is_none(), "a part is stored once");
                self.stored_since_last_begin += 1;
                self.queue.push_back((self.now.0 + DELAY, Event::Stored(hash)));
            }
            SyncEffect::Restore(manifest) => {
                self.restores += 1;
                if std::mem::take(&mut self.damage_before_restore) {
                    let lost = manifest.parts[1];
                    self.disk.remove(&lost);
                    return Some(SyncInput::PartsLost(vec![lost]));
                }
                let parts = manifest.parts.iter().map(|hash| self.disk[hash].clone());
                return Some(SyncInput::Restored { is_right: manifest.restore(parts).is_ok() });
            }
            SyncEffect::Liar { peer, lie } => {
                let peer = (0..self.roles.len()).find(|other| self.key(*other) == peer).unwrap();
                self.liars.push((peer, lie));
            }
            SyncEffect::Finished(_) => unreachable!("the run ended"),
        }
        None
    }
}

pub(super) fn height_of_adopted(outcome: &SyncOutcome) -> u64 {
    match outcome {
        SyncOutcome::Adopt { manifest, .. } => manifest.height().0,
        SyncOutcome::CatchUp(reason) => panic!("nothing was adopted: {reason}"),
    }
}
