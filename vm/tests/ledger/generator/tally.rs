//! What became of the operations.

use std::collections::BTreeMap;

use vm::{Outcome, Skipped};

#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Transactions that were executed, each of one or more instructions.
    pub(crate) operations: u64,
    pub(crate) instructions: u64,
    pub(crate) blocks: u64,
    pub(crate) succeeded: u64,
    /// By the kind of failure.
    pub(crate) failed: BTreeMap<&'static str, u64>,
    /// Not executed, because they were before, or their time was over or is to come.
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        self.operations += 1;
        match outcome {
            Outcome::Succeeded => self.succeeded += 1,
            Outcome::Failed { failure, .. } | Outcome::FailedInProgram { failure, .. } => {
                *self.failed.entry(failure.kind()).or_default() += 1;
            }
        }
    }

    pub(crate) fn skip(&mut self, skipped: Skipped) {
        let Skipped { already_executed, expired, too_far, unauthorized, unpaid } = skipped;
        self.skipped += u64::from(already_executed + expired + too_far + unauthorized + unpaid);
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        self.operations += other.operations;
        self.instructions += other.instructions;
        self.blocks += other.blocks;
        self.succeeded += other.succeeded;
        self.skipped += other.skipped;
        for (kind, count) in &other.failed {
            *self.failed.entry(kind).or_default() += count;
        }
    }
}
