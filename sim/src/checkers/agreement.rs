use replica::FinalizedBlock;
use types::{Header, Height};

use super::{Checker, Seen, Verdict};

/// At one height there is one finalized block, and each follows the one before it.
#[derive(Default)]
pub(super) struct Agreement {
    chain: Vec<(types::Hash, Header)>,
}

impl Checker for Agreement {
    fn name(&self) -> &'static str {
        "agreement"
    }

    fn started(&mut self, seen: &Seen<'_>) -> Verdict {
        let (height, hash) = (seen.replica.tip().height.0, seen.replica.summary().tip_hash);
        match self.chain.get(height as usize) {
            Some((known, _)) if *known != hash => {
                Err(format!("starts from block {height} {}, which is {} elsewhere", hash.short(), known.short()))
            }
            _ => Ok(()),
        }
    }

    fn finalized(&mut self, seen: &Seen<'_>, block: &FinalizedBlock) -> Verdict {
        if self.chain.is_empty() {
            let genesis = seen.chain.genesis.block().header.clone();
            self.chain.push((genesis.hash(), genesis));
        }
        let header = &block.block.header;
        let Height(height) = header.height;
        if let Some((hash, _)) = self.chain.get(height as usize) {
            return match *hash == block.hash {
                true => Ok(()),
                false => Err(format!("block {height} is {} here and {} elsewhere", block.hash.short(), hash.short())),
            };
        }
        let (parent_hash, parent) = &self.chain[self.chain.len() - 1];
        if height != parent.height.0 + 1 || header.parent != *parent_hash {
            return Err(format!("block {height} {} does not follow block {}", block.hash.short(), parent.height));
        }
        if header.timestamp <= parent.timestamp || header.view <= parent.view {
            return Err(format!("block {height} is not later than its parent"));
        }
        self.chain.push((block.hash, header.clone()));
        Ok(())
    }
}
