//! Receipts: what became of an executed transaction, and the way back through the history of each account it touched.

use bincode::{Decode, Encode};
use types::codec::{Bounded, encode};
use types::{Address, Domain, Hash, Height, MAX_INSTRUCTIONS, TransactionId};

use crate::state::merkle::list_root;
use crate::{CallResult, Failure, FeePaid};

/// The most accounts that a transaction touches: its payer, its sponsor, the collector of fees, and two for each instruction or
/// each payment of a batch. What would touch more fails.
pub const MAX_LINKS: usize = 2 * MAX_INSTRUCTIONS + 3;

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
    /// None of its instructions took effect, because a program that one of them ran was stopped.
    FailedInProgram {
        /// The instruction that ran the program, counted from zero.
        instruction: u32,
        /// Why: the machine stopped it, or the ledger refused what it asked for.
        failure: Failure,
        /// The offset in the program's code of the operation that did it; zero where none had run.
        at: u16,
        /// The gas that it had used.
        gas: u64,
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
    /// The fee that was paid, if there was one; also if the transaction failed.
    pub fee: Option<FeePaid>,
    /// The accounts it touched, each once: the payer (where it has an account), who paid the fee and who collects it, and
    /// if the transaction succeeded the receivers in the order of its instructions.
    pub links: Bounded<Link, MAX_LINKS>,
    /// What came of its deployments and calls, in order, if it succeeded.
    pub results: Bounded<CallResult, MAX_INSTRUCTIONS>,
}

impl Receipt {
    /// The instruction that failed and why, unless the transaction succeeded.
    pub fn failure(&self) -> Option<(u32, &Failure)> {
        match &self.outcome {
            Outcome::Succeeded => None,
            Outcome::Failed { instruction, failure } | Outcome::FailedInProgram { instruction, failure, .. } => {
                Some((*instruction, failure))
            }
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
