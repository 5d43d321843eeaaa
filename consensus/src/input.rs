//! What consensus is told.

use types::{Certificate, Hash, ValidatorIndex, Verified, View};

use crate::Message;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Time has passed: [`crate::Simplex::next_deadline`] is reached. Timers fire on this input only, so that a validator
    /// which was held up reads its mail before it loses its patience.
    Tick,
    /// A message arrived.
    Message {
        /// Who sent it: the transport has authenticated the link.
        from: ValidatorIndex,
        /// The message.
        message: Message,
    },
    /// Answers [`crate::Output::Propose`]: the block is built and executed, and its bytes are in the writes that go to
    /// disk with, or before, the next [`crate::Output::Persist`].
    Proposed {
        /// The view that was asked for.
        view: View,
        /// The block.
        block: Hash,
    },
    /// Answers [`crate::Output::Judge`].
    Judged {
        /// The proposal's view.
        view: View,
        /// The proposal's block.
        block: Hash,
        /// May this validator vote for it?
        verdict: Verdict,
    },
    /// The replica holds, or no longer holds, something to order.
    Work {
        /// True if it does.
        pending: bool,
    },
    /// The replica imported finalized blocks up to the one of this finalization.
    CaughtUp {
        /// The certificate of the last imported block. One that certifies anything else has no effect.
        finalization: Verified<Certificate>,
    },
    /// A link to a validator came up: it may lack what was sent before.
    PeerUp {
        /// The validator.
        peer: ValidatorIndex,
    },
}

/// The replica's opinion of a proposed block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The block was executed and has the outcome that it names.
    Accept,
    /// No honest leader made this block.
    Reject,
}
