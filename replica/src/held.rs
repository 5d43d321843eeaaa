//! How much memory others make a replica hold.

use crate::replica::Replica;

/// What a replica holds because others sent it. Each number is bounded, whatever they send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Votes, of all validators in all views that are open.
    pub votes: usize,
    /// How many views ahead of the present one there are votes.
    pub views_ahead: u64,
    /// Blocks that are not executed.
    pub bodies: usize,
    /// Executed blocks that are not final.
    pub candidates: usize,
    /// Acknowledgements of batches that are not here.
    pub early_acknowledgements: usize,
    /// Bytes of unordered batches of each validator, by index.
    pub unordered_bytes: Vec<usize>,
}

impl Replica {
    /// What others make this replica hold.
    pub fn held(&self) -> Held {
        Held {
            votes: self.seat.as_ref().map_or(0, |seat| seat.consensus.votes_held()),
            views_ahead: self.seat.as_ref().map_or(0, |seat| seat.consensus.views_ahead()),
            bodies: self.judging.bodies_held(),
            candidates: self.chain.candidates_held(),
            early_acknowledgements: self.dissemination.early_held(),
            unordered_bytes: self.dissemination.unordered_bytes().to_vec(),
        }
    }
}
