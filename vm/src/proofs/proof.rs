//! What shows a part of the ledger to somebody who knows a header's roots alone: an account, a receipt, what became of
//! an id whose deadline has passed. Everything here is a pure function of the proof and the roots.

use bincode::{Decode, Encode};
use types::{Deadline, Hash, Timestamp, TransactionId};

use crate::state::merkle::{MAX_DEPTH, Tree};
use crate::{Account, ClosedSeconds, IdPage, Path, PathError, Receipt, ReceiptPointer, SecondLeaf, StateOpening};
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
    /// A page of ids is not one of its second's.
    #[error("the page of ids is not under the root of second {0}")]
    Page(Deadline),
    /// The transaction would be on another page of its second.
    #[error("the transaction would be on another page of ids than the one shown")]
    OtherPage,
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
    /// Its second has a page of ids on which it stands if it was executed.
    OnPage {
        /// The second.
        second: SecondProof,
        /// How many pages the second has.
        count: u32,
        /// The page.
        page: IdPage,
        /// The page's way to the root of the list of pages.
        path: Path,
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
            Finding::OnPage { second, count, page, path } => {
                let leaf = second.verify(&self.closed)?;
                if leaf.second != deadline {
                    return Err(ProofError::OtherSecond(deadline));
                }
                if path.list_root(page.leaf(), *count)? != leaf.ids {
                    return Err(ProofError::Page(deadline));
                }
                let is_last_page = path.place + 1 == *count;
                if page.is_of(id, is_last_page) { Ok(page.find(id)) } else { Err(ProofError::OtherPage) }
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

    /// What this second says of the ids that are, or would be, on one of its pages. `leaves` are those of all its pages, and
    /// `page` is the one at `place`; nothing if there are not so many.
    pub fn on_page(self, leaves: Vec<Hash>, place: u32, page: IdPage) -> Option<Finding> {
        // Ids fit in memory, so the number of their pages fits.
        let count = leaves.len() as u32;
        let path = Tree::new(leaves).path(place)?;
        Some(Finding::OnPage { second: self, count, page, path })
    }
}
