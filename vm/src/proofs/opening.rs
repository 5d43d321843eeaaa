//! What a state root is made of, so that one part can be shown without the others.

use bincode::{Decode, Encode};
use types::codec::encode;
use types::{Domain, Hash};

use crate::Parameters;

/// The parts of a state root. Whoever holds them can show one of them to somebody who knows the root alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StateOpening {
    /// What the validators agreed on at genesis.
    pub parameters: Parameters,
    /// The root of the tree over all accounts, in the order of their creation.
    pub accounts_root: Hash,
    /// How many accounts there are.
    pub account_count: u32,
    /// The root of the tree over the slots of records.
    pub records_root: Hash,
    /// How many slots there are, the empty ones included.
    pub slot_count: u32,
    /// The hash of all assets.
    pub assets: Hash,
    /// The hash of the validators with what they have approved.
    pub council: Hash,
    /// The hash over the ids of the deadline seconds that have not passed.
    pub open: Hash,
    /// Transactions executed since genesis.
    pub executed_total: u64,
    /// The hash of the seconds that have passed: that of a [`crate::ClosedSeconds`].
    pub closed: Hash,
}

impl StateOpening {
    /// The state root that these parts make.
    pub fn root(&self) -> Hash {
        Hash::of(Domain::State, &encode(&(*b"baro ledger v4", self)))
    }
}
