use replica::FinalizedBlock;
use types::AssetId;

use super::{Checker, Seen, Verdict};

/// All that is held of an asset is its supply.
pub(super) struct Supply;

impl Checker for Supply {
    fn name(&self) -> &'static str {
        "supply"
    }

    fn finalized(&mut self, seen: &Seen<'_>, _block: &FinalizedBlock) -> Verdict {
        let ledger = seen.replica.ledger();
        for (asset, number) in ledger.assets().iter().zip(0..) {
            let held = ledger.held(AssetId(number));
            if held != asset.supply {
                return Err(format!("{held} of asset {number} is held, {} is its supply", asset.supply));
            }
        }
        Ok(())
    }
}
