//! What the gate looks at on the receiver's side.

use super::{Movement, Refusal};
use crate::rules::compliance::{freeze, limits, sanction};
use crate::state::account::Marks;
use crate::state::overlay::{Overlay, Slot};

/// Step 9 of the gate.
pub(super) fn check(
    overlay: &Overlay<'_>,
    receiver: Slot,
    sender: Option<Slot>,
    movement: &Movement,
) -> Result<(), Refusal> {
    let Movement { asset, amount, from, .. } = *movement;
    // The gate has found the asset.
    let Ok(rules) = overlay.asset(asset) else { return Ok(()) };
    let account = overlay.account(receiver);
    let address = account.address;
    if let Some(list) = sanction(overlay, rules, account) {
        return Err(Refusal::Sanctioned { account: address, list });
    }
    if freeze(overlay, asset, account).is_some_and(|freeze| freeze.amount().is_none()) {
        return Err(Refusal::Frozen { account: address, asset });
    }
    let is_own = from.account().is_some() && sender == Some(receiver);
    if let Some(limit) = limits(overlay, rules, account).holding
        && !is_own
        && account.balance(asset).checked_add(amount).is_none_or(|after| after > limit)
    {
        return Err(Refusal::AboveHoldingLimit { account: address, asset, limit });
    }
    if account.marks.contain(Marks::ORDER) {
        return Err(Refusal::OrderAddress { account: address });
    }
    Ok(())
}
