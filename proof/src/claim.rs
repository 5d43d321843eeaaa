//! What a proof claims of a finalized block, and the verdict on it.

use types::{Address, Amount, AssetId, Committee, Hash, Header, Height, Timestamp, TransactionId};
use vm::{AccountProof, Outcome, OutcomeProof, ProofError, ReceiptPointer, ReceiptProof};

use crate::{Finality, FinalityError};

/// What is claimed of the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// A transaction was executed in it.
    Receipt(ReceiptProof),
    /// After it an account held so much of an asset.
    Balance {
        /// The asset.
        asset: AssetId,
        /// The account.
        proof: AccountProof,
    },
    /// A transaction was not executed up to it, and never will be.
    NotExecuted {
        /// The transaction.
        id: TransactionId,
        /// What the closed seconds say of it.
        proof: Box<OutcomeProof>,
    },
}

/// A claim with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What shows that the block is final.
    pub finality: Finality,
    /// What is claimed of it.
    pub claim: Claim,
}

/// What a valid proof has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The block.
    pub height: Height,
    /// The hash of its header.
    pub block: Hash,
    /// Its time.
    pub timestamp: Timestamp,
    /// What is true of it.
    pub fact: Fact,
}

/// What is true of a finalized block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A transaction was executed in it.
    Executed {
        /// The transaction.
        id: TransactionId,
        /// The receipt's place among the block's receipts.
        index: u32,
        /// What became of it.
        outcome: Outcome,
        /// The accounts that it touched.
        accounts: Vec<Address>,
    },
    /// After it an account held so much of an asset.
    Held {
        /// The account.
        account: Address,
        /// The asset.
        asset: AssetId,
        /// How much, in the smallest unit.
        amount: Amount,
    },
    /// A transaction was not executed up to it, and never will be.
    NeverExecuted {
        /// The transaction.
        id: TransactionId,
    },
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The block is not shown to be final.
    #[error("the block is not shown to be final: {0}")]
    NotFinal(#[from] FinalityError),
    /// The block does not say what is claimed.
    #[error("the block does not say so: {0}")]
    NotShown(#[from] ProofError),
    /// The transaction was executed.
    #[error("the transaction was executed, in block {}: ask for its receipt", .0.height)]
    WasExecuted(ReceiptPointer),
}

impl Proof {
    /// What the proof shows to somebody who knows the chain's first committee.
    pub fn verify(&self, genesis: &Committee) -> Result<Proven, Invalid> {
        let header = self.finality.verify(genesis)?;
        let Header { height, timestamp, .. } = *header;
        let fact = match &self.claim {
            Claim::Receipt(proof) => {
                proof.verify(&header.receipts_root)?;
                Fact::Executed {
                    id: proof.receipt.id,
                    index: proof.path.place,
                    outcome: proof.receipt.outcome.clone(),
                    accounts: proof.receipt.links.iter().map(|link| link.account).collect(),
                }
            }
            Claim::Balance { asset, proof } => {
                proof.verify(&header.state_root)?;
                let amount = proof.account.balance(*asset);
                Fact::Held { account: proof.account.address, asset: *asset, amount }
            }
            Claim::NotExecuted { id, proof } => match proof.verify(id, &header.state_root, timestamp)? {
                Some(at) => return Err(Invalid::WasExecuted(at)),
                None => Fact::NeverExecuted { id: *id },
            },
        };
        Ok(Proven { height, block: header.hash(), timestamp, fact })
    }
}
