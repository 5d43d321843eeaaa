//! Signature work that may run on any thread: pure functions of their input.

use std::sync::Arc;

use types::stage::Stage;
use types::{
    AuthorizedTransaction, Batch, BatchDigest, Committee, DecodedKeys, Epoch, Hash, Refusal, Transaction,
    ValidatorIndex,
};

use crate::verified_batch::{decode_batch, decode_transaction};
use crate::{BatchError, VerifiedBatch, weight};

/// Signatures to verify.
#[derive(Debug)]
pub enum Job {
    /// Transactions from a client.
    Submission {
        /// The shell's mark for the request.
        ticket: u64,
        /// The transactions' encodings.
        transactions: Vec<Vec<u8>>,
    },
    /// A batch from another validator.
    Batch {
        /// The committee in which it is spread.
        committee: Arc<Committee>,
        /// Who sent it.
        from: ValidatorIndex,
        /// The digest of its encoding, computed from the bytes.
        digest: BatchDigest,
        /// Its encoding.
        bytes: Arc<[u8]>,
    },
}

/// What came of a [`Job`].
#[derive(Debug)]
pub enum JobResult {
    /// A verdict on each transaction; those authorized come with their encoding.
    Submission {
        /// The shell's mark for the request.
        ticket: u64,
        /// The verdicts, in order.
        verdicts: Vec<Result<(AuthorizedTransaction, Vec<u8>), Refusal>>,
    },
    /// A batch, if every transaction in it is authorized.
    Batch {
        /// The epoch of the job.
        epoch: Epoch,
        /// Who sent it.
        from: ValidatorIndex,
        /// Its digest.
        digest: BatchDigest,
        /// The batch, or why it is refused.
        result: Result<VerifiedBatch, BatchError>,
    },
}

impl JobResult {
    /// How many transactions there were to verify, as far as they could be decoded.
    pub fn transactions(&self) -> usize {
        match self {
            JobResult::Submission { verdicts, .. } => verdicts.len(),
            JobResult::Batch { result, .. } => result.as_ref().map_or(0, |batch| batch.transactions().len()),
        }
    }
}

/// The shortest transaction in a batch has about so many bytes.
const LEAST_TRANSACTION_BYTES: usize = 150;

impl Job {
    /// Does the work, on the chain with this genesis hash.
    pub fn run(self, chain: &Hash) -> JobResult {
        let mut results = Job::run_all(vec![self], chain, &mut DecodedKeys::none());
        results.pop().expect("a job has a result")
    }

    /// Does the work of several jobs, the signatures of all transactions at once. A result for each job, in their order, and
    /// the same as if each had run alone.
    pub fn run_all(jobs: Vec<Job>, chain: &Hash, keys: &mut DecodedKeys) -> Vec<JobResult> {
        let mut transactions = Vec::new();
        let stage = Stage::Coding.enter();
        let opened: Vec<Opened> = jobs.into_iter().map(|job| Opened::of(job, &mut transactions)).collect();
        drop(stage);
        let _stage = Stage::Verification.enter();
        let mut verdicts = Transaction::authorize_all_with(transactions, chain, keys).into_iter();
        opened.into_iter().map(|opened| opened.judge(&mut verdicts)).collect()
    }

    /// About how many signatures there are to verify.
    pub fn signatures(&self) -> usize {
        match self {
            Job::Submission { transactions, .. } => transactions.len(),
            Job::Batch { bytes, .. } => bytes.len().div_ceil(LEAST_TRANSACTION_BYTES),
        }
    }

    /// True where others wait for it: whatever clients send must not hold up what validators have agreed to carry.
    pub fn is_of_validators(&self) -> bool {
        !matches!(self, Job::Submission { .. })
    }
}

/// A job whose transactions are decoded, and stand in a list that it shares with others.
enum Opened {
    Submission { ticket: u64, decoded: Vec<Result<Vec<u8>, Refusal>> },
    Batch { epoch: Epoch, from: ValidatorIndex, digest: BatchDigest, decoded: Result<(Batch, Arc<[u8]>), BatchError> },
}

impl Opened {
    fn of(job: Job, transactions: &mut Vec<Transaction>) -> Opened {
        match job {
            Job::Submission { ticket, transactions: encoded } => {
                let decode = |bytes: Vec<u8>| {
                    transactions.push(decode_transaction(&bytes)?);
                    Ok(bytes)
                };
                Opened::Submission { ticket, decoded: encoded.into_iter().map(decode).collect() }
            }
            Job::Batch { committee, from, digest, bytes } => {
                let decoded = decode_batch(&bytes).and_then(|(batch, decoded)| {
                    // What comes from our own disk or is in a final block is not asked this.
                    let weight = weight::of_batch(bytes.len(), decoded.iter().map(|transaction| &transaction.payload));
                    weight::check_batch(weight, decoded.len())?;
                    transactions.extend(decoded);
                    Ok((batch, bytes))
                });
                Opened::Batch { epoch: committee.epoch, from, digest, decoded }
            }
        }
    }

    /// Takes the verdicts on its own transactions, which come next.
    fn judge(self, verdicts: &mut impl Iterator<Item = Result<AuthorizedTransaction, Refusal>>) -> JobResult {
        match self {
            Opened::Submission { ticket, decoded } => {
                let judge = |decoded: Result<Vec<u8>, Refusal>| {
                    let bytes = decoded?;
                    Ok((next_of(verdicts)?, bytes))
                };
                JobResult::Submission { ticket, verdicts: decoded.into_iter().map(judge).collect() }
            }
            Opened::Batch { epoch, from, digest, decoded } => {
                let result = decoded.and_then(|(batch, bytes)| {
                    // All are taken, also after one that is refused: the next verdicts are others'.
                    let own: Vec<_> = batch.transactions.iter().map(|_| next_of(verdicts)).collect();
                    VerifiedBatch::judged(&batch, digest, bytes, own)
                });
                JobResult::Batch { epoch, from, digest, result }
            }
        }
    }
}

/// There is one verdict for each decoded transaction.
fn next_of(
    verdicts: &mut impl Iterator<Item = Result<AuthorizedTransaction, Refusal>>,
) -> Result<AuthorizedTransaction, Refusal> {
    verdicts.next().unwrap_or(Err(Refusal::BadSignature))
}
