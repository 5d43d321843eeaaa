//! Receipts: what became of an executed transaction, and the way back through the history of each account it touched.

use bincode::{Decode, Encode};
use types::codec::{Bounded, encode};
use types::{Address, Domain, Hash, Height, MAX_INSTRUCTIONS, TransactionId};

use crate::Failure;
use crate::merkle::list_root;

/// The most accounts that a transaction touches: its payer, and one for each instruction.
pub const MAX_LINKS: usize = MAX_INSTRUCTIONS + 1;

/// Where a receipt is on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ReceiptPointer {
    /// The block.
    pub height: Height,
    /// The receipt's place among the block's receipts.
    pub index: u32,
}

/// What became of an executed transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// All its instructions took effect.
    Succeeded,
    /// None of its instructions took effect.
    Failed {
        /// The instruction that failed, counted from zero.
        instruction: u32,
        /// Why.
        failure: Failure,
    },
}

/// A step back in an account's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Link {
    /// The account.
    pub account: Address,
    /// Where its receipt before this one is, if it has one.
    pub previous: Option<ReceiptPointer>,
}

/// The receipt of an executed transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// The transaction.
    pub id: TransactionId,
    /// What became of it.
    pub outcome: Outcome,
    /// The accounts it touched, each once: the payer (where it has an account), and if the transaction succeeded the
    /// receivers in the order of its instructions.
    pub links: Bounded<Link, MAX_LINKS>,
}

impl Receipt {
    /// The instruction that failed and why, unless the transaction succeeded.
    pub fn failure(&self) -> Option<(u32, &Failure)> {
        match &self.outcome {
            Outcome::Succeeded => None,
            Outcome::Failed { instruction, failure } => Some((*instruction, failure)),
        }
    }

    /// The receipt's leaf in the tree of receipts.
    pub(crate) fn leaf(&self) -> Hash {
        Hash::of(Domain::Receipt, &encode(self))
    }
}

/// The Merkle root over a block's receipts, with their number bound in; zero for none.
pub fn receipts_root(receipts: &[Receipt]) -> Hash {
    list_root(receipts.iter().map(Receipt::leaf).collect())
}
