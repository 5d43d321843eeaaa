//! What validators say to each other about views.

use bincode::{Decode, Encode};
use types::codec::Bounded;
use types::{Ballot, Certificate, Committee, Evidence, Hash, Signature, Verified, View, Vote};

use crate::WINDOW;

/// The most votes in a [`Recollection`]: one of each kind in every view of the window.
pub const MAX_RECALLED: usize = 3 * (2 * WINDOW as usize + 1);

/// A message between validators. Its size is bounded by the number of validators.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Message {
    /// A leader's proposal, which carries its vote.
    Propose(Proposal),
    /// A vote. It counts only on the link of its signer.
    Vote(Vote),
    /// A certificate: what the leader builds on, or what the receiver seems to lack.
    Certificate(Certificate),
    /// How far the sender is. A validator that is further answers with certificates.
    Status(Status),
    /// Contradicting votes: sent to the validator whose key signed them.
    Evidence(Evidence),
    /// The sender has started: which of its votes does the receiver hold?
    Recall {
        /// The number of the sender's present life.
        nonce: u64,
    },
    /// Answers [`Message::Recall`].
    Recollection(Recollection),
}

/// A block's place in the chain, signed by the leader of the view.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// The view.
    pub view: View,
    /// The view of the parent. All views between are nullified.
    pub parent_view: View,
    /// The parent, which is notarized in `parent_view`.
    pub parent: Hash,
    /// The block.
    pub block: Hash,
    /// The leader's signature on `notarize(view, block)`: proposing is voting.
    pub signature: Signature,
}

impl Proposal {
    /// The proposal that the leader's own notarize vote makes.
    pub(crate) fn new(vote: &Verified<Vote>, block: Hash, parent_view: View, parent: Hash) -> Proposal {
        Proposal { view: vote.ballot.view(), parent_view, parent, block, signature: vote.signature }
    }

    /// What the leader votes for by it.
    pub fn ballot(&self) -> Ballot {
        Ballot::Notarize { view: self.view, block: self.block }
    }

    /// The leader's vote.
    pub fn vote(&self, committee: &Committee) -> Vote {
        Vote { ballot: self.ballot(), signer: committee.leader(self.view), signature: self.signature }
    }
}

/// What a validator knows of another one's votes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Recollection {
    /// The nonce of the question.
    pub nonce: u64,
    /// The finalization of the last final block, if it has one: earlier views do not matter any more.
    pub finalization: Option<Certificate>,
    /// The votes of the asking validator. Their signatures are not all checked.
    pub votes: Bounded<Vote, MAX_RECALLED>,
}

/// How far a validator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Status {
    /// The first view above `finalized` of which the validator holds no certificate: as a rule, the one that it is in.
    pub view: View,
    /// The view of its last finalized block.
    pub finalized: View,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use types::codec::{decode, encode};
    use types::{Domain, Signers, ValidatorIndex};

    /// A change of these is a change of the wire: validators of different builds would not understand each other.
    #[test]
    fn the_bytes_on_the_wire_are_pinned() {
        let vote = |view| {
            let ballot = Ballot::Nullify { view: View(view) };
            Vote { ballot, signer: ValidatorIndex(2), signature: Signature([7; 64]) }
        };
        let mut signers = Signers::default();
        signers.insert(ValidatorIndex(1));
        let signatures = Bounded::new(vec![Signature([5; 64])]).unwrap();
        let certificate = Certificate { ballot: vote(9).ballot, signers, signatures };
        let messages = [
            Message::Propose(Proposal {
                view: View(300),
                parent_view: View(299),
                parent: Hash([1; 32]),
                block: Hash([2; 32]),
                signature: Signature([3; 64]),
            }),
            Message::Vote(vote(9)),
            Message::Certificate(certificate.clone()),
            Message::Status(Status { view: View(4), finalized: View(2) }),
            Message::Evidence(Evidence { first: vote(1), second: vote(2) }),
            Message::Recall { nonce: 7_000 },
            Message::Recollection(Recollection {
                nonce: 7_000,
                finalization: Some(certificate.clone()),
                votes: Bounded::new(vec![vote(1), vote(2)]).unwrap(),
            }),
            Message::Recollection(Recollection { nonce: 1, finalization: None, votes: Bounded::default() }),
        ];
        let pinned = ["b823de4b", "a7a1e80b", "7ede9617", "6d975b2e", "c16aaee6", "893f5de4", "86fc74f8", "aed4a1ea"];
        let mut hashes = Vec::new();
        for message in messages {
            let bytes = encode(&message);
            assert_eq!(decode::<Message>(&bytes).unwrap(), message);
            hashes.push(Hash::of(Domain::Batch, &bytes).short());
        }
        assert_eq!(hashes, pinned);
    }
}
