//! A proof as a JSON file. What a person reads in it ([`Statement`]) is derived from the canonical bytes beside it, and is
//! refused where it says anything else: so every character of the file counts.

use std::marker::PhantomData;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use types::codec::{Bounded, CodecError, decode, encode};
use types::{
    Address, Amount, AssetId, Certificate, Committee, Deadline, Handover, Hash, Header, Height, Timestamp,
    TransactionId,
};
use vm::{Account, AccountProof, ClosedSeconds, Finding, OutcomeProof, Path, Receipt, ReceiptProof, StateOpening};

use crate::{Claim, Fact, Finality, Invalid, Proof, Proven};

/// The format's name.
const FORMAT: &str = "baro proof 1";

/// The canonical bytes of a `T`, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HexOf<T> {
    digits: String,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T: Encode + Decode<()>> HexOf<T> {
    /// The value in hexadecimal form.
    pub fn of(value: &T) -> Self {
        Self { digits: hex::encode(encode(value)), of: PhantomData }
    }

    /// The value. `what` names it in an error.
    fn value(&self, what: &'static str) -> Result<T, FileError> {
        let bytes = hex::decode(&self.digits).map_err(|_| FileError::NotHex(what))?;
        decode(&bytes).map_err(|source| FileError::Bytes { what, source })
    }
}

/// A proof as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// `baro proof 1`.
    pub format: String,
    /// The chain: the hash of its genesis block.
    pub genesis_hash: Hash,
    /// What is proven, for people and programs.
    pub proves: Statement,
    /// What shows it.
    pub evidence: Evidence,
    /// What shows that the block is final.
    pub finality: FinalityFile,
}

/// What is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Statement {
    /// A transaction was executed.
    Executed {
        /// The transaction.
        id: TransactionId,
        /// True if it took effect; a transaction that failed moved nothing.
        succeeded: bool,
        /// Why it failed, if so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
        /// The accounts that it touched: the payer, then whoever paid or received its fee, then others in the order in which they
        /// were touched.
        accounts: Vec<Address>,
        /// The block.
        height: Height,
        /// The receipt's place in the block.
        index: u32,
        /// The hash of the block.
        block: Hash,
        /// The block's time.
        timestamp: Timestamp,
    },
    /// An account held so much.
    Balance {
        /// The account.
        address: Address,
        /// The asset.
        asset: AssetId,
        /// How much, in the smallest unit.
        amount: Amount,
        /// After which block.
        height: Height,
        /// The hash of the block.
        block: Hash,
        /// The block's time.
        timestamp: Timestamp,
    },
    /// A transaction was not executed and never will be.
    NotExecuted {
        /// The transaction.
        id: TransactionId,
        /// Its deadline, which block time has passed.
        valid_until: Deadline,
        /// As of which block.
        height: Height,
        /// The hash of the block.
        block: Hash,
        /// The block's time.
        timestamp: Timestamp,
    },
}

/// What shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// A receipt under the block's receipts root.
    Receipt {
        /// The receipt.
        receipt: HexOf<Receipt>,
        /// How many receipts the block has.
        count: u32,
        /// The receipt's place among them.
        place: u32,
        /// The other child at each level of the tree, from the leaves up.
        siblings: Vec<Hash>,
    },
    /// An account under the block's state root.
    Account {
        /// The asset that is asked for.
        asset: AssetId,
        /// The account.
        account: HexOf<Account>,
        /// Its place among the accounts.
        place: u32,
        /// The other child at each level of the tree, from the leaves up.
        siblings: Vec<Hash>,
        /// The parts of the state root.
        state: HexOf<StateOpening>,
    },
    /// What the closed seconds under the block's state root say.
    ClosedSeconds {
        /// The transaction.
        id: TransactionId,
        /// What they say of it.
        finding: HexOf<Finding>,
        /// The accumulator over them.
        closed: HexOf<ClosedSeconds>,
        /// The parts of the state root.
        state: HexOf<StateOpening>,
    },
}

/// What shows that the block is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinalityFile {
    /// The ends of all epochs before the block's, from the first one on.
    pub handovers: Vec<HexOf<Handover>>,
    /// The block's header, and those of its descendants up to the certified one.
    pub headers: Vec<HexOf<Header>>,
    /// The finalization of the last of them.
    pub certificate: HexOf<Certificate>,
}

/// Why a file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The text is no such file.
    #[error("not a proof file: {0}")]
    Json(String),
    /// Another format.
    #[error("the file has format {0:?}, this program reads {FORMAT:?}")]
    Format(String),
    /// Another chain.
    #[error("the proof is of chain {got}, the genesis file makes chain {expected}")]
    OtherChain {
        /// The one that is known.
        expected: Hash,
        /// The file's.
        got: Hash,
    },
    /// Some text is not hexadecimal.
    #[error("{0}: not hexadecimal")]
    NotHex(&'static str),
    /// Some bytes are not what they should be.
    #[error("{what}: {source}")]
    Bytes {
        /// What they should be.
        what: &'static str,
        /// What is wrong with them.
        source: CodecError,
    },
    /// The proof does not hold.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The readable part, or the spelling, is not that of the proof.
    #[error("the file says something else than its proof: it was altered")]
    Altered,
}

impl ProofFile {
    /// Reads a file. Only the spelling that [`ProofFile::new`] gives is read, but for white space and the order of fields.
    pub fn parse(text: &str) -> Result<ProofFile, FileError> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| FileError::Json(error.to_string()))?;
        let file: ProofFile = serde_json::from_str(text).map_err(|error| FileError::Json(error.to_string()))?;
        let is_same = serde_json::to_value(&file).is_ok_and(|spelled| spelled == value);
        if is_same { Ok(file) } else { Err(FileError::Altered) }
    }

    /// The file of a proof that holds on the chain of `genesis`, its first committee.
    pub fn new(proof: &Proof, genesis: &Committee) -> Result<ProofFile, Invalid> {
        let proven = proof.verify(genesis)?;
        Ok(Self::written(proof, &proven, genesis.chain))
    }

    /// What the file shows to somebody who knows the chain's first committee.
    pub fn verify(&self, genesis: &Committee) -> Result<Proven, FileError> {
        if self.format != FORMAT {
            return Err(FileError::Format(self.format.clone()));
        }
        if self.genesis_hash != genesis.chain {
            return Err(FileError::OtherChain { expected: genesis.chain, got: self.genesis_hash });
        }
        let proof = Proof { finality: self.finality.read()?, claim: self.evidence.read()? };
        let proven = proof.verify(genesis)?;
        let is_same = *self == Self::written(&proof, &proven, genesis.chain);
        if is_same { Ok(proven) } else { Err(FileError::Altered) }
    }

    fn written(proof: &Proof, proven: &Proven, chain: Hash) -> ProofFile {
        ProofFile {
            format: FORMAT.to_owned(),
            genesis_hash: chain,
            proves: Statement::from(proven),
            evidence: Evidence::from(&proof.claim),
            finality: FinalityFile::from(&proof.finality),
        }
    }
}

impl From<&Proven> for Statement {
    fn from(proven: &Proven) -> Self {
        let Proven { height, block, timestamp, ref fact } = *proven;
        match fact {
            Fact::Executed { id, index, outcome, accounts } => {
                let failure = match outcome {
                    vm::Outcome::Succeeded => None,
                    vm::Outcome::Failed { failure, .. } | vm::Outcome::FailedInProgram { failure, .. } => {
                        Some(failure.to_string())
                    }
                };
                let (succeeded, accounts) = (failure.is_none(), accounts.clone());
                Statement::Executed { id: *id, succeeded, failure, accounts, height, index: *index, block, timestamp }
            }
            Fact::Held { account, asset, amount } => {
                Statement::Balance { address: *account, asset: *asset, amount: *amount, height, block, timestamp }
            }
            Fact::NeverExecuted { id } => {
                Statement::NotExecuted { id: *id, valid_until: id.deadline(), height, block, timestamp }
            }
        }
    }
}

impl From<&Claim> for Evidence {
    fn from(claim: &Claim) -> Self {
        match claim {
            Claim::Receipt(ReceiptProof { receipt, count, path }) => Evidence::Receipt {
                receipt: HexOf::of(receipt),
                count: *count,
                place: path.place,
                siblings: path.siblings.to_vec(),
            },
            Claim::Balance { asset, proof: AccountProof { account, path, opening } } => Evidence::Account {
                asset: *asset,
                account: HexOf::of(account),
                place: path.place,
                siblings: path.siblings.to_vec(),
                state: HexOf::of(opening),
            },
            Claim::NotExecuted { id, proof } => Evidence::ClosedSeconds {
                id: *id,
                finding: HexOf::of(&proof.finding),
                closed: HexOf::of(&proof.closed),
                state: HexOf::of(&proof.opening),
            },
        }
    }
}

impl From<&Finality> for FinalityFile {
    fn from(finality: &Finality) -> Self {
        FinalityFile {
            handovers: finality.handovers.iter().map(HexOf::of).collect(),
            headers: finality.headers.iter().map(HexOf::of).collect(),
            certificate: HexOf::of(&finality.certificate),
        }
    }
}

impl Evidence {
    fn read(&self) -> Result<Claim, FileError> {
        Ok(match self {
            Evidence::Receipt { receipt, count, place, siblings } => Claim::Receipt(ReceiptProof {
                receipt: receipt.value("receipt")?,
                count: *count,
                path: path(*place, siblings)?,
            }),
            Evidence::Account { asset, account, place, siblings, state } => Claim::Balance {
                asset: *asset,
                proof: AccountProof {
                    account: account.value("account")?,
                    path: path(*place, siblings)?,
                    opening: state.value("state")?,
                },
            },
            Evidence::ClosedSeconds { id, finding, closed, state } => Claim::NotExecuted {
                id: *id,
                proof: Box::new(OutcomeProof {
                    finding: finding.value("finding")?,
                    closed: closed.value("closed")?,
                    opening: state.value("state")?,
                }),
            },
        })
    }
}

impl FinalityFile {
    fn read(&self) -> Result<Finality, FileError> {
        Ok(Finality {
            handovers: values("handovers", &self.handovers)?,
            headers: values("headers", &self.headers)?,
            certificate: self.certificate.value("certificate")?,
        })
    }
}

fn path(place: u32, siblings: &[Hash]) -> Result<Path, FileError> {
    let siblings = Bounded::new(siblings.to_vec());
    Ok(Path { place, siblings: siblings.map_err(|source| FileError::Bytes { what: "siblings", source })? })
}

fn values<T: Encode + Decode<()>, const MAX: usize>(
    what: &'static str,
    list: &[HexOf<T>],
) -> Result<Bounded<T, MAX>, FileError> {
    let values = list.iter().map(|value| value.value(what)).collect::<Result<Vec<T>, _>>()?;
    Bounded::new(values).map_err(|source| FileError::Bytes { what, source })
}
