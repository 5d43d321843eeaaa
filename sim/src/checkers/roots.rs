use replica::FinalizedBlock;

use super::{Checker, Seen, Verdict};

/// A validator's own ledger and receipts are those that the finalized headers name.
pub(super) struct Roots;

impl Roots {
    fn ledger_is_the_tips(seen: &Seen<'_>) -> Verdict {
        let (ledger, tip) = (seen.replica.ledger().state_root(), seen.replica.tip());
        match ledger == tip.state_root {
            true => Ok(()),
            false => Err(format!("the ledger has root {}, block {} names another", ledger.short(), tip.height)),
        }
    }
}

impl Checker for Roots {
    fn name(&self) -> &'static str {
        "roots"
    }

    fn finalized(&mut self, seen: &Seen<'_>, block: &FinalizedBlock) -> Verdict {
        if vm::receipts_root(&block.receipts) != block.block.header.receipts_root {
            return Err(format!("the receipts of block {} are not those that it names", block.block.header.height));
        }
        Self::ledger_is_the_tips(seen)
    }

    fn started(&mut self, seen: &Seen<'_>) -> Verdict {
        Self::ledger_is_the_tips(seen)
    }
}
