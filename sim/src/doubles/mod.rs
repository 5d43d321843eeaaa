//! Byzantine validators by name: each wraps what a production replica says, or forges messages with its validator's key.

mod bad_batches;
mod bad_certificates;
mod bad_roots;
mod double_voter;
mod equivocator;
mod flooder;
mod forgery;
mod forker;
mod liar;
mod replayer;
mod silent_leader;
mod sync_liar;
mod withholder;

use replica::{Envelope, Message, Recipient};
use types::{Committee, SecretKey, ValidatorIndex, View};

use crate::random::Random;

/// The names of all doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DoubleKind {
    /// A leader that proposes two blocks, one to each half.
    Equivocator,
    /// Votes for two blocks, and to give up and to finalize at once.
    DoubleVoter,
    /// Never proposes.
    SilentLeader,
    /// Sends its batches to some and not to others.
    Withholder,
    /// Puts transactions into its batches that nobody signed.
    BadBatches,
    /// Proposes blocks with outcomes that are not theirs.
    BadRoots,
    /// Sends certificates that prove nothing.
    BadCertificates,
    /// Proposes blocks beside the chain.
    Forker,
    /// Says again what it and others said long ago.
    Replayer,
    /// Talks of views far ahead.
    Flooder,
    /// Answers who catches up with wrong blocks, and lies about how far it is.
    Liar,
    /// Answers who begins with checkpoints, ends of epochs and parts that are not the chain's.
    SyncLiar,
}

impl DoubleKind {
    /// All of them.
    pub const ALL: [DoubleKind; 12] = [
        DoubleKind::Equivocator,
        DoubleKind::DoubleVoter,
        DoubleKind::SilentLeader,
        DoubleKind::Withholder,
        DoubleKind::BadBatches,
        DoubleKind::BadRoots,
        DoubleKind::BadCertificates,
        DoubleKind::Forker,
        DoubleKind::Replayer,
        DoubleKind::Flooder,
        DoubleKind::Liar,
        DoubleKind::SyncLiar,
    ];

    pub(crate) fn make(self) -> Box<dyn Double> {
        match self {
            DoubleKind::Equivocator => Box::new(equivocator::Equivocator),
            DoubleKind::DoubleVoter => Box::new(double_voter::DoubleVoter::default()),
            DoubleKind::SilentLeader => Box::new(silent_leader::SilentLeader),
            DoubleKind::Withholder => Box::new(withholder::Withholder),
            DoubleKind::BadBatches => Box::new(bad_batches::BadBatches),
            DoubleKind::BadRoots => Box::new(bad_roots::BadRoots),
            DoubleKind::BadCertificates => Box::new(bad_certificates::BadCertificates::default()),
            DoubleKind::Forker => Box::new(forker::Forker::default()),
            DoubleKind::Replayer => Box::new(replayer::Replayer::default()),
            DoubleKind::Flooder => Box::new(flooder::Flooder),
            DoubleKind::Liar => Box::new(liar::Liar),
            DoubleKind::SyncLiar => Box::new(sync_liar::SyncLiar::default()),
        }
    }
}

/// What a double works with.
pub(crate) struct Hand<'a> {
    pub(crate) me: ValidatorIndex,
    pub(crate) secret: &'a SecretKey,
    pub(crate) committee: &'a Committee,
    /// The parts of the checkpoint on its disk.
    pub(crate) checkpoint: &'a [Vec<u8>],
    /// The view that its replica is in.
    pub(crate) view: View,
    pub(crate) random: &'a mut Random,
    /// What leaves the machine.
    pub(crate) said: Vec<Envelope>,
    /// How often the double has done what it is named for.
    pub(crate) misdeeds: u64,
}

impl Hand<'_> {
    /// Says something.
    pub(crate) fn say(&mut self, to: Recipient, message: Message) {
        self.said.push(Envelope { to, message });
    }

    /// Says something to one validator.
    pub(crate) fn tell(&mut self, to: ValidatorIndex, message: Message) {
        self.say(self.only(to), message);
    }

    /// The address of one validator; of nobody else, if there is no such validator.
    pub(crate) fn only(&self, to: ValidatorIndex) -> Recipient {
        Recipient::One(*self.committee.key(to).unwrap_or(&self.secret.public()))
    }

    /// Everyone else.
    pub(crate) fn others(&self) -> Vec<ValidatorIndex> {
        self.committee.indices().filter(|&index| index != self.me).collect()
    }

    /// True so many times in a thousand, counting a misdeed if so.
    pub(crate) fn dares(&mut self, per_mille: u64) -> bool {
        let dares = self.random.chance(per_mille);
        self.misdeeds += u64::from(dares);
        dares
    }
}

/// A way of being Byzantine.
pub(crate) trait Double {
    /// The production replica wants something sent, or its shell answers a question from the disk.
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        hand.said.push(envelope);
    }

    /// Something was heard; the production replica hears it after this.
    fn hear(&mut self, _hand: &mut Hand<'_>, _message: &Message) {}
}
