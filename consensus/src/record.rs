//! The journal: what must be on disk so that a validator can start again without contradicting itself.

use bincode::{Decode, Encode};
use types::breakage::{Breakage, is_on};
use types::{Ballot, Certificate, Committee, Hash, ValidatorIndex, Verified, View, Vote};

use crate::{Proposal, Root};

/// An entry of the journal. Entries are written in the order in which they are given out; any prefix of them that
/// survives a crash is enough to start from.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Record {
    /// This validator led the view and proposed, which is also its notarize vote.
    Proposed(Proposal),
    /// This validator voted.
    Voted(Vote),
    /// A quorum voted.
    Certified(Certificate),
}

impl Record {
    /// The view that the record is about.
    pub fn view(&self) -> View {
        match self {
            Record::Proposed(proposal) => proposal.view,
            Record::Voted(vote) => vote.ballot.view(),
            Record::Certified(certificate) => certificate.ballot.view(),
        }
    }

    /// The block that the record is about, if any. Its bytes belong on disk before a vote for it leaves.
    pub fn block(&self) -> Option<Hash> {
        match self {
            Record::Proposed(proposal) => Some(proposal.block),
            Record::Voted(vote) => vote.ballot.block(),
            Record::Certified(certificate) => certificate.ballot.block(),
        }
    }
}

/// What a journal says, verified, about the views above the last finalized one.
pub(crate) struct Replay {
    pub(crate) root: Root,
    /// True if the journal knows of a later finalization than the replica did.
    pub(crate) is_root_newer: bool,
    /// Notarizations and nullifications in the order in which they were written.
    pub(crate) certificates: Vec<Verified<Certificate>>,
    pub(crate) votes: Vec<Verified<Vote>>,
    pub(crate) proposals: Vec<Proposal>,
}

impl Replay {
    /// Reads a journal. What `me` did not sign for this committee is of another epoch and binds nothing here. That
    /// bytes on disk are what was written is the store's word.
    pub(crate) fn of(records: Vec<Record>, root: Root, me: ValidatorIndex, committee: &Committee) -> Replay {
        let mut certificates = Vec::new();
        let mut votes = Vec::new();
        let mut proposals = Vec::new();
        for record in records {
            match record {
                Record::Proposed(proposal) => {
                    votes.push(proposal.vote(committee));
                    proposals.push(proposal);
                }
                Record::Voted(vote) => votes.push(vote),
                Record::Certified(certificate) => certificates.extend(certificate.verify(committee).ok()),
            }
        }
        votes.retain(|vote| vote.signer == me && !is_on(Breakage::VotesForgotten));
        let mut replay = Replay { root, is_root_newer: false, certificates: Vec::new(), votes: Vec::new(), proposals };
        for certificate in certificates {
            match certificate.ballot {
                Ballot::Finalize { view, block } if view > replay.root.view => {
                    replay.root = Root { view, block, certificate: Some(certificate) };
                    replay.is_root_newer = true;
                }
                Ballot::Finalize { .. } => {}
                Ballot::Notarize { .. } | Ballot::Nullify { .. } => replay.certificates.push(certificate),
            }
        }
        let finalized = replay.root.view;
        replay.certificates.retain(|certificate| certificate.ballot.view() > finalized);
        votes.retain(|vote| vote.ballot.view() > finalized);
        replay.votes = Vote::verify_many(votes, committee);
        let is_ours = |proposal: &Proposal| replay.votes.iter().any(|vote| vote.ballot == proposal.ballot());
        replay.proposals.retain(is_ours);
        replay
    }

    /// The view to go on in: the one after the latest certificate, and none before a view that was voted in. A proposal
    /// may have been ahead of its view.
    pub(crate) fn view(&self) -> View {
        let certified = self.certificates.iter().map(|certificate| certificate.ballot.view().next());
        let is_proposal = |vote: &Vote| self.proposals.iter().any(|proposal| proposal.ballot() == vote.ballot);
        let voted = self.votes.iter().filter(|vote| !is_proposal(vote)).map(|vote| vote.ballot.view());
        certified.chain(voted).fold(self.root.view.next(), View::max)
    }
}
