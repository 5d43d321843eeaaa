//! Consensus: what a whole view costs four validators together, signatures included.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use consensus::{Input, Message, Outgoing, Output, Recipient, Root, Simplex, Start, Timing, Verdict};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use types::{Committee, Domain, Epoch, Hash, Moment, SecretKey, ValidatorIndex, ValidatorSet, View};

const VALIDATORS: u16 = 4;

/// Four validators in memory: messages arrive in the order in which they were sent, blocks are always good.
struct Four {
    validators: Vec<Simplex>,
    mail: std::collections::VecDeque<(ValidatorIndex, ValidatorIndex, Message)>,
    now: Moment,
    finalized: View,
}

impl Four {
    fn new() -> Self {
        let secrets: Vec<SecretKey> = (1..=VALIDATORS).map(|seed| SecretKey::from_seed([seed as u8; 32])).collect();
        let validators = ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap();
        let committee = Committee { chain: Hash([3; 32]), epoch: Epoch(0), validators };
        let timing = Timing { heartbeat_millis: 1_000, timeout_millis: 1_000, max_timeout_millis: 1_000 };
        let mut four = Self { validators: Vec::new(), mail: Default::default(), now: Moment(1), finalized: View(0) };
        let mut first = Vec::new();
        for (index, secret) in (0..VALIDATORS).zip(secrets) {
            let root = Root { view: View(0), block: Hash([4; 32]), certificate: None };
            let me = ValidatorIndex(index);
            let start = Start { at: four.now, nonce: 1 };
            let (simplex, outputs) =
                Simplex::new(committee.clone(), me, secret, timing.clone(), Vec::new(), root, start);
            four.validators.push(simplex);
            first.push((me, outputs));
        }
        for (me, outputs) in first {
            four.follow(me, outputs);
        }
        for index in 0..VALIDATORS {
            four.step(ValidatorIndex(index), Input::Work { pending: true });
        }
        four
    }

    fn step(&mut self, to: ValidatorIndex, input: Input) {
        let mut outputs = Vec::new();
        self.validators[to.position()].step(self.now, input, &mut outputs);
        self.follow(to, outputs);
    }

    fn follow(&mut self, me: ValidatorIndex, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Persist(durable) => durable.released().into_iter().for_each(|message| self.post(me, message)),
                Output::Send(message) => self.post(me, message),
                Output::Propose { view, .. } => {
                    let block = Hash::of(Domain::Header, &view.0.to_be_bytes());
                    self.step(me, Input::Proposed { view, block });
                }
                Output::Judge { proposal } => {
                    let (view, block) = (proposal.view, proposal.block);
                    self.step(me, Input::Judged { view, block, verdict: Verdict::Accept });
                }
                Output::Finalized { certificate } => self.finalized = self.finalized.max(certificate.ballot.view()),
                _ => {}
            }
        }
    }

    fn post(&mut self, from: ValidatorIndex, outgoing: Outgoing) {
        for to in (0..VALIDATORS).map(ValidatorIndex) {
            if to != from && (outgoing.to == Recipient::All || outgoing.to == Recipient::One(to)) {
                self.mail.push_back((from, to, outgoing.message.clone()));
            }
        }
    }

    /// Delivers mail until one more view is finalized.
    fn finalize_a_view(&mut self) {
        let before = self.finalized;
        while self.finalized == before {
            let (from, to, message) = self.mail.pop_front().expect("the chain goes on");
            self.now = Moment(self.now.0 + 10);
            self.step(to, Input::Message { from, message });
        }
    }
}

fn consensus_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("consensus");
    let mut four = Four::new();
    group.throughput(Throughput::Elements(1));
    group.bench_function("a view finalized by four validators", |b| b.iter(|| four.finalize_a_view()));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    targets = consensus_step
}
criterion_main!(benches);
