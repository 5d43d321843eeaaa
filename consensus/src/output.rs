//! What consensus wants done.

use types::{Certificate, Evidence, Hash, ValidatorIndex, Verified, View, Vote};

use crate::{Message, Proposal, Record};

/// Something to be done, in the order given.
///
/// Whatever follows a [`Output::Persist`] may rest on its records. So a finalization is shown to nobody outside the
/// process (subscribers, clients) before the records given out ahead of it are durable: this validator's own vote may be
/// one of those that make it.
#[derive(Debug)]
pub enum Output {
    /// Write records; once they are durable, send messages.
    Persist(Durable),
    /// Send. Such a message bears no signature of this validator.
    Send(Outgoing),
    /// This validator leads `view`: build a block on `parent` and answer with [`crate::Input::Proposed`]. A later
    /// request replaces it.
    Propose {
        /// The view.
        view: View,
        /// The parent's view.
        parent_view: View,
        /// The parent.
        parent: Hash,
    },
    /// Judge a proposal whose parent is certified and answer with [`crate::Input::Judged`].
    Judge {
        /// The proposal.
        proposal: Proposal,
    },
    /// A quorum accepted the block; it can be built upon.
    Notarized {
        /// The view.
        view: View,
        /// The block.
        block: Hash,
    },
    /// A quorum gave the view up. Its block can still be an ancestor of later ones if it was notarized as well.
    Nullified {
        /// The view.
        view: View,
    },
    /// The block and its ancestors are final.
    Finalized {
        /// The proof.
        certificate: Verified<Certificate>,
    },
    /// The others finalized views that this validator was not in: fetch finalized blocks.
    Behind {
        /// A validator that has them.
        peer: ValidatorIndex,
    },
    /// A validator signed contradicting votes.
    Evidence(Evidence),
    /// This validator's key signed what this validator does not know: the key is in use elsewhere too, or was so by a
    /// later state of this home, which is lost. It cannot tell which, and does not vote any more.
    KeyInUseElsewhere {
        /// A vote that it did not cast, as far as it knows.
        vote: Vote,
    },
}

/// For whom a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Every other validator.
    All,
    /// One validator.
    One(ValidatorIndex),
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// For whom.
    pub to: Recipient,
    /// What.
    pub message: Message,
}

/// Records, and the messages that may leave only after they are durable. Nothing else lets a message out that bears
/// this validator's signature, be it a vote, a proposal or a certificate that its vote is part of.
#[derive(Debug)]
#[must_use = "the records must be written and the messages sent"]
pub struct Durable {
    records: Vec<Record>,
    messages: Vec<Outgoing>,
}

impl Durable {
    /// What to write, in order, after everything that was given out before.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// False if nothing waits for the flush: the records may become durable with later ones.
    pub fn needs_flush(&self) -> bool {
        !self.messages.is_empty()
    }

    /// The messages. To be called after a flush that covers the records, and all records given out before them.
    pub fn released(self) -> Vec<Outgoing> {
        self.messages
    }
}

/// Gathers the outputs of a step, so that a step makes one [`Durable`] however many votes it casts.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    records: Vec<Record>,
    messages: Vec<Outgoing>,
    others: Vec<Output>,
}

impl Outbox {
    /// Journals a certificate.
    pub(crate) fn record(&mut self, certificate: &Verified<Certificate>) {
        self.records.push(Record::Certified(Certificate::clone(certificate)));
    }

    /// Journals a vote of this validator, and sends it.
    pub(crate) fn cast(&mut self, vote: &Verified<Vote>) {
        self.records.push(Record::Voted(Vote::clone(vote)));
        self.send_when_durable(Recipient::All, Message::Vote(Vote::clone(vote)));
    }

    /// Journals a proposal of this validator. The caller sends it.
    pub(crate) fn record_proposal(&mut self, proposal: &Proposal) {
        self.records.push(Record::Proposed(proposal.clone()));
    }

    /// Sends after all records so far are durable.
    pub(crate) fn send_when_durable(&mut self, to: Recipient, message: Message) {
        self.messages.push(Outgoing { to, message });
    }

    /// Sends at once. The message must bear no signature.
    pub(crate) fn send_unsigned(&mut self, to: Recipient, message: Message) {
        self.others.push(Output::Send(Outgoing { to, message }));
    }

    /// Anything that is neither written nor sent.
    pub(crate) fn tell(&mut self, output: Output) {
        self.others.push(output);
    }

    /// Gives everything out: records and what waits for them first.
    pub(crate) fn drain_into(&mut self, out: &mut Vec<Output>) {
        if !self.records.is_empty() || !self.messages.is_empty() {
            let records = std::mem::take(&mut self.records);
            let messages = std::mem::take(&mut self.messages);
            out.push(Output::Persist(Durable { records, messages }));
        }
        out.append(&mut self.others);
    }
}
