use replica::FinalizedBlock;
use types::Deadline;

use super::{Checker, Seen, Verdict};

/// What block time has reported expired never executes, and nothing executes that could be forgotten too early.
pub(super) struct Deadlines;

impl Checker for Deadlines {
    fn name(&self) -> &'static str {
        "deadlines"
    }

    fn finalized(&mut self, seen: &Seen<'_>, block: &FinalizedBlock) -> Verdict {
        let time = block.block.header.timestamp;
        let seconds = seen.chain.genesis.spec().parameters.max_valid_seconds;
        for receipt in &block.receipts {
            let deadline = receipt.id.deadline();
            if deadline.has_passed(time) {
                return Err(format!("{} executes after its deadline", receipt.id));
            }
            if deadline > Deadline::after(time, seconds) {
                return Err(format!("{} executes though its deadline is too far ahead", receipt.id));
            }
        }
        Ok(())
    }
}
