//! What shows a part of the ledger to somebody who knows a header's roots alone: an account, a receipt, what became of
//! an id whose deadline has passed. Everything here is a pure function of the proof and the roots.

use bincode::{Decode, Encode};
use types::{Deadline, Hash, Timestamp, TransactionId};

use crate::state::closed::{id_leaf, id_leaves};
use crate::state::merkle::{MAX_DEPTH, Tree};
use crate::{Account, ClosedSeconds, Path, PathError, Receipt, ReceiptPointer, SecondLeaf, StateOpening};
use types::codec::Bounded;

/// Why a proof does not show what it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A path is not one of its tree.
    #[error("{0}")]
    Path(#[from] PathError),
    /// The receipt is not one of the block's.
    #[error("the receipt is not under the block's receipts root")]
    Receipt,
    /// The parts are not those of the state root.
    #[error("the parts of the state do not make the block's state root")]
    Opening,
    /// The account is not one of the state's.
    #[error("the account is not under the state's root of accounts")]
    Account,
    /// The closed seconds are not those of the state.
    #[error("the closed seconds are not those of the state")]
    ClosedSeconds,
    /// The second is not under the closed seconds.
    #[error("second {0} is not among the closed seconds")]
    Second(Deadline),
    /// The proof is about another second than the transaction's deadline.
    #[error("the proof does not speak of second {0}, the transaction's deadline")]
    OtherSecond(Deadline),
    /// An id is not in the list of its second.
    #[error("an id is not under the root of the ids of second {0}")]
    Id(Deadline),
    /// The ids that are shown are not those beside the transaction's place.
    #[error("the ids shown are not neighbours around the transaction")]
    Neighbours,
    /// The deadline had not passed at the block's time.
    #[error("second {0} had not passed at the block's time")]
    NotPassed(Deadline),
}

/// A receipt with its way to a block's receipts root.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReceiptProof {
    /// The receipt.
    pub receipt: Receipt,
    /// How many receipts the block has.
    pub count: u32,
    /// The receipt's way.
    pub path: Path,
}

impl ReceiptProof {
    /// The proof of the receipt at `place` among a block's receipts; nothing if there is none.
    pub fn new(receipts: &[Receipt], place: u32) -> Option<ReceiptProof> {
        let receipt = receipts.get(place as usize)?.clone();
        let path = Tree::new(receipts.iter().map(Receipt::leaf).collect()).path(place)?;
        // A block's receipts are counted in 32 bits: their places are.
        Some(ReceiptProof { receipt, count: receipts.len() as u32, path })
    }

    /// Whether the receipt is one of those under `receipts_root`.
    pub fn verify(&self, receipts_root: &Hash) -> Result<(), ProofError> {
        let root = self.path.list_root(self.receipt.leaf(), self.count)?;
        if root == *receipts_root { Ok(()) } else { Err(ProofError::Receipt) }
    }
}

/// An account with its way to a state root.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AccountProof {
    /// The account with all that it holds.
    pub account: Account,
    /// Its way to the root of accounts.
    pub path: Path,
    /// The parts of the state root.
    pub opening: StateOpening,
}

impl AccountProof {
    /// Whether the account is one of those under `state_root`.
    pub fn verify(&self, state_root: &Hash) -> Result<(), ProofError> {
        if self.opening.root() != *state_root {
            return Err(ProofError::Opening);
        }
        let root = self.path.root(self.account.leaf(), self.opening.account_count)?;
        if root == self.opening.accounts_root { Ok(()) } else { Err(ProofError::Account) }
    }
}

/// An executed id in the list of its second.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ListedId {
    /// The id.
    pub id: TransactionId,
    /// Where its receipt is.
    pub at: ReceiptPointer,
    /// Its way to the root of the list.
    pub path: Path,
}

/// A closed second with its way to the accumulator.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecondProof {
    /// The second.
    pub leaf: SecondLeaf,
    /// Its place in the accumulator.
    pub place: u32,
    /// The nodes beside its way to its mountain's peak, from the leaf up.
    pub siblings: Bounded<Hash, MAX_DEPTH>,
}

/// What the closed seconds say of one id.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Finding {
    /// It is in the list of its second: it was executed.
    Listed {
        /// The second.
        second: SecondProof,
        /// How many ids the second has.
        count: u32,
        /// The id in the list.
        entry: ListedId,
    },
    /// The list of its second has other ids where it would be: it was not executed.
    NotListed {
        /// The second.
        second: SecondProof,
        /// How many ids the second has.
        count: u32,
        /// The id before it; none if it would be the first.
        before: Option<ListedId>,
        /// The id after it; none if it would be the last.
        after: Option<ListedId>,
    },
    /// No id was executed for its second: a later second is the next one that was closed.
    NoSuchSecond {
        /// The later second.
        next: SecondProof,
    },
    /// No id was executed for its second, which lies after the last one that was closed, and block time has passed it.
    AfterTheLast,
}

/// What became of an id whose deadline has passed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OutcomeProof {
    /// What the closed seconds say.
    pub finding: Finding,
    /// The accumulator over the closed seconds.
    pub closed: ClosedSeconds,
    /// The parts of the state root.
    pub opening: StateOpening,
}

impl OutcomeProof {
    /// Where the receipt of `id` is, or nothing if the transaction was not executed and never will be, according to a
    /// block with this state root and time.
    pub fn verify(
        &self,
        id: &TransactionId,
        state_root: &Hash,
        timestamp: Timestamp,
    ) -> Result<Option<ReceiptPointer>, ProofError> {
        if self.opening.root() != *state_root {
            return Err(ProofError::Opening);
        }
        if self.closed.hash() != self.opening.closed {
            return Err(ProofError::ClosedSeconds);
        }
        let deadline = id.deadline();
        match &self.finding {
            Finding::Listed { second, count, entry } => {
                second.verify(&self.closed)?.is_of(deadline)?;
                entry.verify(&second.leaf, *count)?;
                if entry.id == *id { Ok(Some(entry.at)) } else { Err(ProofError::Id(deadline)) }
            }
            Finding::NotListed { second, count, before, after } => {
                second.verify(&self.closed)?.is_of(deadline)?;
                for entry in before.iter().chain(after) {
                    entry.verify(&second.leaf, *count)?;
                }
                // The list is sorted, so the id can be nowhere else.
                let place = before.as_ref().map_or(0, |before| u64::from(before.path.place) + 1);
                let end = after.as_ref().map_or(*count, |after| after.path.place);
                let is_between = before.as_ref().is_none_or(|before| before.id < *id)
                    && after.as_ref().is_none_or(|after| *id < after.id);
                let has_any = before.is_some() || after.is_some();
                if has_any && is_between && place == u64::from(end) { Ok(None) } else { Err(ProofError::Neighbours) }
            }
            Finding::NoSuchSecond { next } => {
                let SecondLeaf { previous, second, .. } = *next.verify(&self.closed)?;
                let is_skipped = previous.is_none_or(|previous| previous < deadline) && deadline < second;
                if is_skipped { Ok(None) } else { Err(ProofError::OtherSecond(deadline)) }
            }
            Finding::AfterTheLast => {
                if self.closed.last().is_some_and(|last| deadline <= last) {
                    return Err(ProofError::OtherSecond(deadline));
                }
                if deadline.has_passed(timestamp) { Ok(None) } else { Err(ProofError::NotPassed(deadline)) }
            }
        }
    }
}

impl SecondProof {
    fn verify(&self, closed: &ClosedSeconds) -> Result<&SecondLeaf, ProofError> {
        let is_there = closed.holds(self.place, &self.siblings, &self.leaf);
        if is_there { Ok(&self.leaf) } else { Err(ProofError::Second(self.leaf.second)) }
    }

    /// What the list of this second says of an id of it. `ids` is the list as it was closed, sorted.
    pub fn find(self, ids: &[(TransactionId, ReceiptPointer)], id: &TransactionId) -> Finding {
        let tree = Tree::new(id_leaves(ids));
        // Ids fit in memory, so their number fits.
        let count = ids.len() as u32;
        let entry = |place: usize| {
            let (id, at) = *ids.get(place)?;
            Some(ListedId { id, at, path: tree.path(place as u32)? })
        };
        let place = ids.partition_point(|(other, _)| other < id);
        match entry(place) {
            Some(entry) if entry.id == *id => Finding::Listed { second: self, count, entry },
            after => Finding::NotListed { second: self, count, before: place.checked_sub(1).and_then(entry), after },
        }
    }
}

impl SecondLeaf {
    fn is_of(&self, deadline: Deadline) -> Result<(), ProofError> {
        if self.second == deadline { Ok(()) } else { Err(ProofError::OtherSecond(deadline)) }
    }
}

impl ListedId {
    fn verify(&self, second: &SecondLeaf, count: u32) -> Result<(), ProofError> {
        let root = self.path.list_root(id_leaf(&self.id, &self.at), count)?;
        if root == second.ids { Ok(()) } else { Err(ProofError::Id(second.second)) }
    }
}
