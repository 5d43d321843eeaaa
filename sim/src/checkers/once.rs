use std::collections::{BTreeMap, BTreeSet};

use replica::FinalizedBlock;
use types::{Height, TransactionId};

use super::{Checker, Seen, Verdict};

/// A payment is executed at one place of the chain at most.
#[derive(Default)]
pub(super) struct Once {
    executed: BTreeMap<TransactionId, Height>,
}

impl Checker for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn finalized(&mut self, _seen: &Seen<'_>, block: &FinalizedBlock) -> Verdict {
        let height = block.block.header.height;
        let mut here = BTreeSet::new();
        for receipt in &block.receipts {
            let first = *self.executed.entry(receipt.id).or_insert(height);
            if first != height || !here.insert(receipt.id) {
                return Err(format!("{} is executed in block {first} and again in block {height}", receipt.id));
            }
        }
        Ok(())
    }
}
