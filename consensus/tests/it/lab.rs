//! One validator on a bench: its inputs by hand, its outputs sorted, and the keys of all the others.

use consensus::{
    Input, Message, Outgoing, Output, Proposal, Recipient, Recollection, Record, Root, Simplex, Start, Timing,
};
use types::codec::Bounded;
use types::{
    Ballot, Certificate, Committee, Epoch, Hash, Moment, SecretKey, ValidatorIndex, ValidatorSet, Verified, View, Vote,
};

pub(crate) const HEARTBEAT: u64 = 1000;
pub(crate) const TIMEOUT: u64 = 400;
pub(crate) const MAX_TIMEOUT: u64 = 3200;

pub(crate) fn timing() -> Timing {
    Timing { heartbeat_millis: HEARTBEAT, timeout_millis: TIMEOUT, max_timeout_millis: MAX_TIMEOUT }
}

pub(crate) fn committee(size: u8) -> (Vec<SecretKey>, Committee) {
    let secrets: Vec<SecretKey> = (0..size).map(|byte| SecretKey::from_seed([byte; 32])).collect();
    let validators = ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap();
    (secrets, Committee { chain: Hash([77; 32]), epoch: Epoch(0), validators })
}

pub(crate) const GENESIS: Hash = Hash([200; 32]);

pub(crate) fn genesis() -> Root {
    Root { view: View(0), block: GENESIS, certificate: None }
}

/// The nonce of a life on the bench.
pub(crate) const NONCE: u64 = 4_242;

/// A block named by a number.
pub(crate) fn block(number: u8) -> Hash {
    Hash([number; 32])
}

pub(crate) fn notarize(view: u64, number: u8) -> Ballot {
    Ballot::Notarize { view: View(view), block: block(number) }
}

pub(crate) fn nullify(view: u64) -> Ballot {
    Ballot::Nullify { view: View(view) }
}

pub(crate) fn finalize(view: u64, number: u8) -> Ballot {
    Ballot::Finalize { view: View(view), block: block(number) }
}

pub(crate) struct Lab {
    pub(crate) secrets: Vec<SecretKey>,
    pub(crate) committee: Committee,
    pub(crate) simplex: Simplex,
    pub(crate) now: Moment,
    pub(crate) me: u16,
    /// Every record given out.
    pub(crate) journal: Vec<Record>,
    /// What the start gave out, up to the end of the listening unless the bench was made without it.
    pub(crate) start: Turn,
}

/// What one step gave out.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) records: Vec<Record>,
    /// What waits for the disk.
    pub(crate) durable: Vec<Outgoing>,
    /// What is sent at once.
    pub(crate) sent: Vec<Outgoing>,
    pub(crate) others: Vec<Output>,
}

impl Turn {
    fn append(&mut self, mut later: Turn) {
        self.records.append(&mut later.records);
        self.durable.append(&mut later.durable);
        self.sent.append(&mut later.sent);
        self.others.append(&mut later.others);
    }

    fn of(outputs: Vec<Output>) -> Turn {
        let mut turn = Turn::default();
        for output in outputs {
            match output {
                Output::Persist(durable) => {
                    turn.records.extend_from_slice(durable.records());
                    turn.durable.extend(durable.released());
                }
                Output::Send(outgoing) => turn.sent.push(outgoing),
                other => turn.others.push(other),
            }
        }
        turn
    }

    /// The votes that left for all, a proposal counting as its vote.
    pub(crate) fn cast(&self) -> Vec<Ballot> {
        let to_all = self.durable.iter().filter(|outgoing| outgoing.to == Recipient::All);
        to_all
            .filter_map(|outgoing| match &outgoing.message {
                Message::Vote(vote) => Some(vote.ballot),
                Message::Propose(proposal) => Some(proposal.ballot()),
                _ => None,
            })
            .collect()
    }

    /// The certificates that were sent to `peer` alone.
    pub(crate) fn help_for(&self, peer: u16) -> Vec<Ballot> {
        let to_peer = self.durable.iter().filter(|outgoing| outgoing.to == Recipient::One(ValidatorIndex(peer)));
        to_peer
            .filter_map(|outgoing| match &outgoing.message {
                Message::Certificate(certificate) => Some(certificate.ballot),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn judged(&self) -> Vec<Proposal> {
        let proposals = self.others.iter().filter_map(|output| match output {
            Output::Judge { proposal } => Some(proposal.clone()),
            _ => None,
        });
        proposals.collect()
    }

    /// View, parent's view and parent of the block that is asked for.
    pub(crate) fn asked(&self) -> Option<(u64, u64, Hash)> {
        self.others.iter().find_map(|output| match output {
            Output::Propose { view, parent_view, parent } => Some((view.0, parent_view.0, *parent)),
            _ => None,
        })
    }

    pub(crate) fn finalized(&self) -> Vec<Ballot> {
        let certificates = self.others.iter().filter_map(|output| match output {
            Output::Finalized { certificate } => Some(certificate.ballot),
            _ => None,
        });
        certificates.collect()
    }

    pub(crate) fn evidence(&self) -> usize {
        self.others.iter().filter(|output| matches!(output, Output::Evidence(_))).count()
    }

    pub(crate) fn alarm(&self) -> Option<Ballot> {
        self.others.iter().find_map(|output| match output {
            Output::KeyInUseElsewhere { vote } => Some(vote.ballot),
            _ => None,
        })
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.others.iter().any(|output| matches!(output, Output::Behind { .. }))
    }
}

impl Lab {
    /// Validator `me` of four, at genesis. Validator v mod 4 leads view v.
    pub(crate) fn new(me: u16) -> Lab {
        Lab::start(4, me, Vec::new(), genesis())
    }

    /// A validator that starts from `journal`, and that all others have told that they know nothing of it.
    pub(crate) fn start(size: u8, me: u16, journal: Vec<Record>, root: Root) -> Lab {
        let mut lab = Lab::listening(size, me, journal, root);
        for peer in (0..u16::from(size)).filter(|peer| *peer != me) {
            let turn = lab.hear_recollection(peer, Vec::new());
            lab.start.append(turn);
        }
        assert!(!lab.simplex.is_listening());
        lab
    }

    /// A validator that starts from `journal` and has heard nobody.
    pub(crate) fn listening(size: u8, me: u16, journal: Vec<Record>, root: Root) -> Lab {
        let (secrets, committee) = committee(size);
        let now = Moment(7_000_000);
        let secret = secrets[usize::from(me)].clone();
        let start = Start { at: now, nonce: NONCE };
        let (simplex, outputs) =
            Simplex::new(committee.clone(), ValidatorIndex(me), secret, timing(), journal.clone(), root, start);
        let start = Turn::of(outputs);
        let journal = journal.into_iter().chain(start.records.clone()).collect();
        Lab { secrets, committee, simplex, now, me, journal, start }
    }

    /// The same validator, started again from the records so far.
    pub(crate) fn restart(self, root: Root) -> Lab {
        Lab::start(self.secrets.len() as u8, self.me, self.journal, root)
    }

    pub(crate) fn step(&mut self, input: Input) -> Turn {
        let mut outputs = Vec::new();
        self.simplex.step(self.now, input, &mut outputs);
        let turn = Turn::of(outputs);
        self.journal.extend_from_slice(&turn.records);
        turn
    }

    /// Lets time pass, and ticks.
    pub(crate) fn wait(&mut self, millis: u64) -> Turn {
        self.now = self.now.plus_millis(millis);
        self.step(Input::Tick)
    }

    pub(crate) fn hear(&mut self, from: u16, message: Message) -> Turn {
        self.step(Input::Message { from: ValidatorIndex(from), message })
    }

    /// Another validator, which has no finalization, says which of our votes it holds.
    pub(crate) fn hear_recollection(&mut self, from: u16, votes: Vec<Vote>) -> Turn {
        let votes = Bounded::new(votes).unwrap();
        self.hear(from, Message::Recollection(Recollection { nonce: NONCE, finalization: None, votes }))
    }

    pub(crate) fn sign(&self, signer: u16, ballot: Ballot) -> Verified<Vote> {
        Vote::sign(ballot, ValidatorIndex(signer), &self.secrets[usize::from(signer)], &self.committee)
    }

    pub(crate) fn vote(&self, signer: u16, ballot: Ballot) -> Vote {
        self.sign(signer, ballot).into_inner()
    }

    /// A vote arrives on its signer's link.
    pub(crate) fn hear_vote(&mut self, signer: u16, ballot: Ballot) -> Turn {
        let vote = self.vote(signer, ballot);
        self.hear(signer, Message::Vote(vote))
    }

    /// The certificate that all but this validator make.
    pub(crate) fn certificate(&self, ballot: Ballot) -> Verified<Certificate> {
        let others = (0..self.secrets.len() as u16).filter(|index| *index != self.me);
        let votes: Vec<Verified<Vote>> = others.map(|index| self.sign(index, ballot)).collect();
        Certificate::assemble(&votes, &self.committee).unwrap()
    }

    /// A certificate arrives from a validator that is not this one.
    pub(crate) fn hear_certificate(&mut self, ballot: Ballot) -> Turn {
        let certificate = self.certificate(ballot).into_inner();
        let from = if self.me == 0 { 1 } else { 0 };
        self.hear(from, Message::Certificate(certificate))
    }

    pub(crate) fn proposal(&self, view: u64, parent_view: u64, parent: Hash, number: u8) -> Proposal {
        let leader = self.committee.leader(View(view));
        let vote = self.sign(leader.0, notarize(view, number));
        Proposal {
            view: View(view),
            parent_view: View(parent_view),
            parent,
            block: block(number),
            signature: vote.signature,
        }
    }

    /// The leader's proposal arrives.
    pub(crate) fn hear_proposal(&mut self, view: u64, parent_view: u64, parent: Hash, number: u8) -> Turn {
        let proposal = self.proposal(view, parent_view, parent, number);
        let leader = self.committee.leader(View(view));
        self.hear(leader.0, Message::Propose(proposal))
    }

    pub(crate) fn accept(&mut self, view: u64, number: u8) -> Turn {
        self.step(Input::Judged { view: View(view), block: block(number), verdict: consensus::Verdict::Accept })
    }

    pub(crate) fn view(&self) -> u64 {
        self.simplex.view().0
    }
}
