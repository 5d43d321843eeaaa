//! A whole committee on virtual time: messages with delays from a seed, losses, partitions, crashes and restarts; and a
//! checker that looks at everything that leaves a validator and at everything that becomes final.

use std::collections::{BTreeMap, BTreeSet};

use consensus::{
    Input, Message, Outgoing, Output, Recipient, Recollection, Record, Root, Simplex, Start, Verdict, WINDOW,
};
use types::codec::{Bounded, decode, encode};
use types::{Ballot, Certificate, Committee, Domain, Hash, Moment, SecretKey, ValidatorIndex, Verified, View, Vote};

use crate::lab::{committee, genesis, timing};

/// Xorshift64*: enough for delays.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}

/// What survives of the step in which a validator crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survival {
    /// Not the records of the step.
    Nothing,
    /// The first record only, if there is one.
    FirstRecord,
    /// All records, but no message left.
    Records,
    /// All records, and the messages left.
    Messages,
}

/// A crash in the step with this number, counted over all steps of the victim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crash {
    pub(crate) victim: usize,
    pub(crate) step: u64,
    pub(crate) survival: Survival,
    pub(crate) restart_after_millis: u64,
}

/// A place for a validator, which keeps its disk while it is down.
struct Seat {
    simplex: Option<Simplex>,
    /// Encoded records, in order.
    journal: Vec<Vec<u8>>,
    /// The last finalized block on disk.
    root: Root,
    steps: u64,
    /// What this validator's replica believes to be final, in order of views.
    finalized: Vec<(View, Hash)>,
}

/// What is on a validator's disk.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    pub(crate) journal: Vec<Vec<u8>>,
    pub(crate) root: Root,
}

impl Disk {
    pub(crate) fn empty() -> Disk {
        Disk { journal: Vec::new(), root: genesis() }
    }
}

enum Event {
    Step { to: usize, input: Box<Input> },
    Wake { to: usize },
    Restart { who: usize },
}

/// True for a message that gets lost.
type Loss = Box<dyn FnMut(usize, usize, &Message) -> bool>;

pub(crate) struct Cluster {
    pub(crate) committee: Committee,
    pub(crate) secrets: Vec<SecretKey>,
    pub(crate) now: Moment,
    pub(crate) dice: Dice,
    /// One-way delays in microseconds.
    pub(crate) delay: std::ops::Range<u64>,
    pub(crate) drop_percent: u64,
    pub(crate) loss: Loss,
    pub(crate) crash: Option<Crash>,
    /// The height of the last block, which is proposed again and again.
    pub(crate) last_height: Option<u64>,
    /// The validator that may find that it does not know all its votes.
    pub(crate) forgetful: Option<usize>,
    /// The validator whose messages the test makes itself. It only says that it knows of no votes, when asked.
    pub(crate) puppet: Option<usize>,
    /// Mail for the puppet.
    pub(crate) mail: Vec<Message>,
    /// Messages sent, one for each receiver.
    pub(crate) messages: u64,
    is_busy: bool,
    group: Vec<usize>,
    seats: Vec<Seat>,
    queue: BTreeMap<(Moment, u64), Event>,
    sequence: u64,
    parents: BTreeMap<Hash, (View, Hash)>,
    /// Every ballot that left a validator under its signature.
    shown: BTreeMap<(ValidatorIndex, View), BTreeSet<Ballot>>,
    /// The one chain, by view.
    chain: BTreeMap<View, Hash>,
}

impl Cluster {
    pub(crate) fn new(size: u8, seed: u64) -> Cluster {
        let (secrets, committee) = committee(size);
        let seat = || Seat { simplex: None, journal: Vec::new(), root: genesis(), steps: 0, finalized: Vec::new() };
        Cluster {
            committee,
            secrets,
            now: Moment(1_000_000),
            dice: Dice::new(seed),
            delay: 1_000..9_000,
            drop_percent: 0,
            loss: Box::new(|_, _, _| false),
            crash: None,
            last_height: None,
            forgetful: None,
            puppet: None,
            mail: Vec::new(),
            messages: 0,
            is_busy: false,
            group: vec![0; usize::from(size)],
            seats: (0..size).map(|_| seat()).collect(),
            queue: BTreeMap::new(),
            sequence: 0,
            parents: BTreeMap::new(),
            shown: BTreeMap::new(),
            chain: BTreeMap::new(),
        }
    }

    /// A cluster with all validators started.
    pub(crate) fn started(size: u8, seed: u64) -> Cluster {
        let mut cluster = Cluster::new(size, seed);
        (0..usize::from(size)).for_each(|who| cluster.start(who));
        cluster
    }

    /// Starts a validator from its disk.
    pub(crate) fn start(&mut self, who: usize) {
        let journal: Vec<Record> = self.seats[who].journal.iter().map(|bytes| decode(bytes).unwrap()).collect();
        let root = self.seats[who].root.clone();
        let (simplex, outputs) = Simplex::new(
            self.committee.clone(),
            ValidatorIndex(who as u16),
            self.secrets[who].clone(),
            timing(),
            journal,
            root,
            Start { at: self.now, nonce: self.now.0 },
        );
        self.seats[who].simplex = Some(simplex);
        self.carry_out(who, outputs, None);
        self.wake(who);
        if self.is_busy {
            self.tell(self.now, who, Input::Work { pending: true });
        }
        for other in 0..self.seats.len() {
            if other != who && self.is_linked(who, other) {
                self.link_up(who, other);
            }
        }
    }

    pub(crate) fn stop(&mut self, who: usize) {
        self.seats[who].simplex = None;
    }

    /// Splits the network: validators hear only those of their own group.
    pub(crate) fn partition(&mut self, group: &[usize]) {
        self.group = group.to_vec();
    }

    /// Everyone hears everyone again.
    pub(crate) fn heal(&mut self) {
        let before = std::mem::replace(&mut self.group, vec![0; self.seats.len()]);
        for one in 0..before.len() {
            for other in 0..one {
                if before[one] != before[other] {
                    self.link_up(one, other);
                }
            }
        }
    }

    /// Everyone has, or no longer has, something to order.
    pub(crate) fn work(&mut self, pending: bool) {
        self.is_busy = pending;
        for to in 0..self.seats.len() {
            self.tell(self.now, to, Input::Work { pending });
        }
    }

    fn link_up(&mut self, one: usize, other: usize) {
        for (to, peer) in [(one, other), (other, one)] {
            let input = Input::PeerUp { peer: ValidatorIndex(peer as u16) };
            self.tell(self.now, to, input);
        }
    }

    fn is_linked(&self, one: usize, other: usize) -> bool {
        self.group[one] == self.group[other]
    }

    fn push(&mut self, at: Moment, event: Event) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), event);
    }

    fn tell(&mut self, at: Moment, to: usize, input: Input) {
        self.push(at, Event::Step { to, input: Box::new(input) });
    }

    fn wake(&mut self, who: usize) {
        let deadline = self.seats[who].simplex.as_ref().and_then(Simplex::next_deadline);
        if let Some(at) = deadline {
            self.push(at.max(self.now), Event::Wake { to: who });
        }
    }

    /// Lets virtual time pass.
    pub(crate) fn run_millis(&mut self, millis: u64) {
        let end = self.now.plus_millis(millis);
        self.run_until(end, |_| false);
        self.now = end;
    }

    /// Runs until `done`, at most `millis`. False if that is not reached.
    pub(crate) fn run_to(&mut self, millis: u64, done: impl Fn(&Cluster) -> bool) -> bool {
        let end = self.now.plus_millis(millis);
        self.run_until(end, &done);
        done(self)
    }

    fn run_until(&mut self, end: Moment, done: impl Fn(&Cluster) -> bool) {
        while !done(self) {
            let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) else { return };
            let ((at, _), event) = entry.remove_entry();
            self.now = at;
            match event {
                Event::Step { to, input } => self.step(to, *input),
                Event::Wake { to } => {
                    let deadline = self.seats[to].simplex.as_ref().and_then(Simplex::next_deadline);
                    if deadline.is_some_and(|deadline| deadline <= at) {
                        self.step(to, Input::Tick);
                    }
                }
                Event::Restart { who } => self.start(who),
            }
        }
    }

    fn step(&mut self, to: usize, input: Input) {
        let now = self.now;
        let Some(simplex) = &mut self.seats[to].simplex else { return };
        let mut outputs = Vec::new();
        simplex.step(now, input, &mut outputs);
        assert!(simplex.votes_held() as u64 <= 3 * 64 * (2 * WINDOW + 9));
        self.seats[to].steps += 1;
        let steps = self.seats[to].steps;
        let crash = self.crash.filter(|crash| crash.victim == to && crash.step == steps);
        self.carry_out(to, outputs, crash.map(|crash| crash.survival));
        match crash {
            Some(crash) => {
                self.stop(to);
                let at = self.now.plus_millis(crash.restart_after_millis);
                self.push(at, Event::Restart { who: to });
            }
            None => self.wake(to),
        }
    }

    /// Does what a validator wants done, as far as its crash lets it.
    fn carry_out(&mut self, who: usize, outputs: Vec<Output>, crash: Option<Survival>) {
        for output in outputs {
            match output {
                Output::Persist(durable) => {
                    let kept = match crash {
                        Some(Survival::Nothing) => 0,
                        Some(Survival::FirstRecord) => 1,
                        Some(Survival::Records | Survival::Messages) | None => usize::MAX,
                    };
                    let records = durable.records().iter().take(kept).map(encode);
                    self.seats[who].journal.extend(records);
                    if !matches!(crash, None | Some(Survival::Messages)) {
                        return;
                    }
                    for outgoing in durable.released() {
                        self.send(who, outgoing);
                    }
                }
                Output::Send(outgoing) => {
                    let is_unsigned = matches!(outgoing.message, Message::Status(_) | Message::Recall { .. });
                    assert!(is_unsigned, "{outgoing:?} does not wait for the disk");
                    self.send(who, outgoing);
                }
                // A crash leaves it at that: nothing more is done.
                _ if crash.is_some() => return,
                Output::Propose { view, parent_view, parent } => {
                    let block = if self.is_last(parent) {
                        parent
                    } else {
                        let salt = (view, parent_view, parent, self.sequence);
                        let block = Hash::of(Domain::Header, &encode(&salt));
                        self.parents.insert(block, (parent_view, parent));
                        block
                    };
                    self.soon(who, Input::Proposed { view, block });
                }
                Output::Judge { proposal } => {
                    let is_child = self.parents.get(&proposal.block) == Some(&(proposal.parent_view, proposal.parent));
                    let is_true = match self.is_last(proposal.parent) {
                        true => proposal.block == proposal.parent,
                        false => is_child,
                    };
                    let verdict = if is_true { Verdict::Accept } else { Verdict::Reject };
                    self.soon(who, Input::Judged { view: proposal.view, block: proposal.block, verdict });
                }
                Output::Finalized { certificate } => self.finalize(who, certificate),
                Output::Notarized { .. } | Output::Nullified { .. } | Output::Behind { .. } | Output::Evidence(_) => {}
                Output::KeyInUseElsewhere { .. } if self.forgetful == Some(who) => {}
                Output::KeyInUseElsewhere { vote } => panic!("validator {who} does not know its own {vote:?}"),
            }
        }
    }

    /// True for a block that nothing is built on.
    fn is_last(&self, block: Hash) -> bool {
        let parents = std::iter::successors(self.parents.get(&block), |(_, parent)| self.parents.get(parent));
        self.last_height == Some(parents.count() as u64)
    }

    /// The replica answers after a while.
    fn soon(&mut self, who: usize, input: Input) {
        let at = Moment(self.now.0 + 100 + self.dice.below(2_000));
        self.tell(at, who, input);
    }

    /// Checks what leaves a validator, and delivers it.
    fn send(&mut self, from: usize, outgoing: Outgoing) {
        self.check_shown(from, &outgoing.message);
        let message = decode(&encode(&outgoing.message)).unwrap();
        match outgoing.to {
            Recipient::All => (0..self.seats.len()).for_each(|to| self.deliver(from, to, &message)),
            Recipient::One(to) => self.deliver(from, to.position(), &message),
        }
    }

    pub(crate) fn deliver(&mut self, from: usize, to: usize, message: &Message) {
        if from == to || !self.is_linked(from, to) {
            return;
        }
        self.messages += 1;
        let is_lost = self.dice.below(100) < self.drop_percent || (self.loss)(from, to, message);
        if is_lost {
            return;
        }
        if self.puppet == Some(to) {
            self.mail.push(message.clone());
            if let Message::Recall { nonce } = *message {
                let recollection = Recollection { nonce, finalization: None, votes: Bounded::default() };
                self.deliver(to, from, &Message::Recollection(recollection));
            }
            return;
        }
        let at = Moment(self.now.0 + self.delay.start + self.dice.below(self.delay.end - self.delay.start));
        let input = Input::Message { from: ValidatorIndex(from as u16), message: message.clone() };
        self.tell(at, to, input);
    }

    /// No validator ever shows two ballots that contradict each other, and none that is not on its disk.
    fn check_shown(&mut self, from: usize, message: &Message) {
        let me = ValidatorIndex(from as u16);
        let ballot = match message {
            Message::Vote(vote) if vote.signer == me => vote.ballot,
            Message::Propose(proposal) => proposal.vote(&self.committee).ballot,
            Message::Certificate(certificate) if certificate.signers.contains(me) => certificate.ballot,
            Message::Recollection(Recollection { finalization: Some(certificate), .. })
                if certificate.signers.contains(me) =>
            {
                certificate.ballot
            }
            _ => return,
        };
        let is_on_disk = self.seats[from].journal.iter().any(|bytes| match decode(bytes).unwrap() {
            Record::Voted(vote) => vote.ballot == ballot,
            Record::Proposed(proposal) => proposal.vote(&self.committee).ballot == ballot,
            Record::Certified(_) => false,
        });
        let shown = self.shown.entry((me, ballot.view())).or_default();
        assert!(is_on_disk || shown.contains(&ballot), "validator {from} shows {ballot:?}, which is not on its disk");
        shown.insert(ballot);
        for earlier in shown.iter() {
            assert!(!earlier.contradicts(&ballot), "validator {from} said {earlier:?} and then {ballot:?}");
        }
    }

    /// A block became final at a validator: it must be on the one chain.
    fn finalize(&mut self, who: usize, certificate: Verified<Certificate>) {
        assert!(certificate.clone().into_inner().verify(&self.committee).is_ok());
        let Ballot::Finalize { view, block } = certificate.ballot else { panic!("{certificate:?}") };
        let (mut at, mut at_view) = (block, view);
        while at != genesis().block {
            let (parent_view, parent) = self.parents[&at];
            let known = self.chain.insert(at_view, at);
            assert!(known.is_none_or(|known| known == at), "two blocks are final in view {at_view}");
            if known.is_some() {
                break;
            }
            let skipped = self.chain.range(parent_view.next()..at_view).find(|(_, block)| **block != at);
            assert_eq!(skipped, None, "the block of view {at_view} skips a final one");
            (at, at_view) = (parent, parent_view);
        }
        let seat = &mut self.seats[who];
        seat.finalized.push((view, block));
        if view > seat.root.view {
            seat.root = Root { view, block, certificate: Some(certificate) };
        }
        if let Some(simplex) = &seat.simplex {
            let needed = simplex.first_needed_view();
            seat.journal.retain(|bytes| decode::<Record>(bytes).unwrap().view() >= needed);
        }
    }

    /// A validator loses the finalized blocks that it stored; its journal remains, trimmed as it is.
    pub(crate) fn lose_blocks(&mut self, who: usize) {
        self.seats[who].root = genesis();
    }

    /// A copy of a validator's disk.
    pub(crate) fn disk(&self, who: usize) -> Disk {
        let seat = &self.seats[who];
        Disk { journal: seat.journal.clone(), root: seat.root.clone() }
    }

    /// Gives a validator another disk.
    pub(crate) fn restore(&mut self, who: usize, disk: Disk) {
        self.seats[who].journal = disk.journal;
        self.seats[who].root = disk.root;
    }

    /// The ballots above `view` that left a validator under its signature.
    pub(crate) fn shown_above(&self, who: usize, view: View) -> Vec<Ballot> {
        let me = ValidatorIndex(who as u16);
        self.shown.range((me, view.next())..=(me, View(u64::MAX))).flat_map(|(_, ballots)| ballots).copied().collect()
    }

    /// True once all validators that are up may vote.
    pub(crate) fn all_heard(&self) -> bool {
        self.seats.iter().filter_map(|seat| seat.simplex.as_ref()).all(|simplex| !simplex.is_listening())
    }

    pub(crate) fn simplex(&self, who: usize) -> &Simplex {
        self.seats[who].simplex.as_ref().expect("the validator is up")
    }

    pub(crate) fn is_up(&self, who: usize) -> bool {
        self.seats[who].simplex.is_some()
    }

    /// The steps of a validator so far.
    pub(crate) fn steps(&self, who: usize) -> u64 {
        self.seats[who].steps
    }

    /// How many blocks are final somewhere.
    pub(crate) fn height(&self) -> usize {
        self.chain.len()
    }

    /// The lowest view that is final at all validators that are up.
    pub(crate) fn finalized_by_all(&self) -> View {
        let up = self.seats.iter().filter_map(|seat| seat.simplex.as_ref());
        up.map(|simplex| simplex.root().view).min().unwrap_or_default()
    }

    /// The views in which no block is final, among those up to the last final one.
    pub(crate) fn skipped_views(&self) -> Vec<u64> {
        let last = self.chain.last_key_value().map_or(0, |(view, _)| view.0);
        (1..=last).filter(|view| !self.chain.contains_key(&View(*view))).collect()
    }

    /// What a validator's replica was told to be final: views only go up.
    pub(crate) fn finalized(&self, who: usize) -> &[(View, Hash)] {
        &self.seats[who].finalized
    }

    /// A block that replicas will find good.
    pub(crate) fn make_block(&mut self, number: u8, parent_view: View, parent: Hash) -> Hash {
        let block = Hash([number; 32]);
        self.parents.insert(block, (parent_view, parent));
        block
    }

    pub(crate) fn sign(&self, who: usize, ballot: Ballot) -> Vote {
        let index = ValidatorIndex(who as u16);
        Vote::sign(ballot, index, &self.secrets[who], &self.committee).into_inner()
    }
}
