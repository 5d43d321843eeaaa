//! What happens to a replica.

use types::{Moment, PublicKey, Timestamp};

use crate::{JobResult, Message};

/// The time at which an input arrives, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For timers: only goes forward.
    pub moment: Moment,
    /// For block timestamps and deadlines: the validator's idea of civil time.
    pub time: Timestamp,
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// Time passed: the moment of [`crate::Replica::next_deadline`] has come.
    Tick,
    /// A client hands in encoded transactions. Answered by [`crate::Effect::Reply`] with the same ticket.
    Submit {
        /// The shell's mark for the request.
        ticket: u64,
        /// The transactions' encodings.
        transactions: Vec<Vec<u8>>,
    },
    /// The writes of a commit, and everything given out before it, are on disk for good.
    Durable {
        /// The number of the commit.
        commit: u64,
    },
    /// A job that the replica gave out is done.
    Verified(JobResult),
    /// A message from another validator, named by its consensus key, which the transport has authenticated.
    Message {
        /// Who sent it.
        from: PublicKey,
        /// The message.
        message: Box<Message>,
    },
    /// The link to a validator came up.
    PeerUp(PublicKey),
}
