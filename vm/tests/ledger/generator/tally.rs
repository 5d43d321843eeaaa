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
    /// Of those that succeeded.
    pub(crate) by_sessions: u64,
    pub(crate) by_several_keys: u64,
    pub(crate) sponsored: u64,
    /// By the kind of failure.
    pub(crate) failed: BTreeMap<&'static str, u64>,
    /// Not executed, by the reason.
    pub(crate) skipped: BTreeMap<&'static str, u64>,
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
        for (reason, count) in [
            ("already executed", already_executed),
            ("expired", expired),
            ("deadline too far", too_far),
            ("unauthorized", unauthorized),
            ("unpaid", unpaid),
        ] {
            *self.skipped.entry(reason).or_default() += u64::from(count);
        }
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        self.operations += other.operations;
        self.instructions += other.instructions;
        self.blocks += other.blocks;
        self.succeeded += other.succeeded;
        self.by_sessions += other.by_sessions;
        self.by_several_keys += other.by_several_keys;
        self.sponsored += other.sponsored;
        for (kind, count) in &other.failed {
            *self.failed.entry(kind).or_default() += count;
        }
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
    }
}
