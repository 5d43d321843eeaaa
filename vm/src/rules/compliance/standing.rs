//! What holds for a holder of an asset, for those who ask.

use types::{Address, AssetId, Height, ListId, Tier, Timestamp};

use super::{Freeze, freeze, limits, sanction};
use crate::state::overlay::{Overlay, Parent};
use crate::{Account, BlockContext, Ledger};

/// What the controls say of a holder of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HolderStanding {
    /// What of its money is frozen.
    pub frozen: Option<Freeze>,
    /// The first sanction list of the asset's policy that it is on.
    pub sanctioned: Option<ListId>,
    /// What its tier allows.
    pub limits: Tier,
}

impl Ledger {
    /// What the controls say of a holder in the block at `height`, on top of the finalized state. Nothing where there is no
    /// such asset.
    pub fn standing(&self, holder: &Address, asset: AssetId, height: Height) -> HolderStanding {
        let Some(parent) = Parent::new(self, &[]) else { return HolderStanding::default() };
        let overlay = Overlay::new(parent, BlockContext { height, timestamp: Timestamp(0) }, 0);
        let Ok(rules) = overlay.asset(asset) else { return HolderStanding::default() };
        let nobody = Account::new(*holder);
        let account = self.account(holder).unwrap_or(&nobody);
        HolderStanding {
            frozen: freeze(&overlay, asset, account),
            sanctioned: sanction(&overlay, rules, account),
            limits: limits(&overlay, rules, account),
        }
    }
}
