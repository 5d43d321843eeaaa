//! The two kinds of traffic, kept apart from the sender's queue to the receiver's channel.

use std::fmt;

use super::peers::Stay;

/// What a frame is for, and so which connection carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Small and urgent: proposals, votes, certificates, acknowledgements.
    Votes,
    /// Bulk: batches and catch-up data.
    Batches,
}

impl Lane {
    /// Both lanes.
    pub const ALL: [Self; 2] = [Self::Votes, Self::Batches];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Batches => "batches",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerLane<T> {
    /// The value for [`Lane::Votes`].
    pub votes: T,
    /// The value for [`Lane::Batches`].
    pub batches: T,
}

impl<T> PerLane<T> {
    /// Makes the value of each lane.
    pub fn from_fn(mut make: impl FnMut(Lane) -> T) -> Self {
        Self { votes: make(Lane::Votes), batches: make(Lane::Batches) }
    }

    /// The value of one lane.
    pub fn of(&self, lane: Lane) -> &T {
        match lane {
            Lane::Votes => &self.votes,
            Lane::Batches => &self.batches,
        }
    }
}

/// One direction of one lane with one peer: one TCP connection when all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Link {
    pub(super) peer: Stay,
    pub(super) lane: Lane,
}
