//! Making what looks right and is not.

use consensus::Proposal;
use replica::Message;
use types::{Ballot, Block, Hash, Vote};

use super::Hand;

impl Hand<'_> {
    /// A message of consensus of the present epoch.
    pub(super) fn consensus(&self, message: consensus::Message) -> Message {
        Message::Consensus { epoch: self.committee.epoch, message }
    }

    /// A vote with a good signature.
    pub(super) fn vote(&self, ballot: Ballot) -> Message {
        self.consensus(consensus::Message::Vote(self.signed(ballot)))
    }

    pub(super) fn signed(&self, ballot: Ballot) -> Vote {
        Vote::sign(ballot, self.me, self.secret, self.committee).into_inner()
    }

    /// A proposal for another block, well signed, in the place of `proposal`.
    pub(super) fn proposal(&self, proposal: &Proposal, block: Block) -> Message {
        let hash = block.header.hash();
        let signature = self.signed(Ballot::Notarize { view: proposal.view, block: hash }).signature;
        Message::Proposal { proposal: Proposal { block: hash, signature, ..proposal.clone() }, block }
    }

    /// A block that nobody has.
    pub(super) fn any_hash(&mut self) -> Hash {
        Hash(self.random.bytes())
    }
}
