//! What the gate looks at on the sender's side.

use types::{Address, Amount, AssetId};

use super::{Checks, Movement, Refusal, Source};
use crate::Failure;
use crate::rules::compliance::{freeze, limits, sanction, used_lately};
use crate::state::overlay::{Overlay, Slot};

/// Steps 4 to 8 of the gate. Returns whether the payment counts towards the day's.
pub(super) fn check(
    overlay: &Overlay<'_>,
    sender: Slot,
    movement: &Movement,
    checks: &Checks,
) -> Result<bool, Failure> {
    let Movement { asset, amount, from, .. } = *movement;
    let rules = overlay.asset(asset)?;
    let account = overlay.account(sender);
    if let Source::Directed { by: Some(director), .. } = from {
        free_to_move(overlay, director, asset)?;
    }
    let frozen = if checks.sender { free_to_move(overlay, sender, asset)? } else { Amount::ZERO };
    if from.account().is_some() {
        let balance = account.balance(asset);
        if balance < amount {
            return Err(Failure::Overdraft { asset, balance, needed: amount });
        }
        let free = balance.checked_sub(frozen).unwrap_or(Amount::ZERO);
        if free < amount {
            return Err(Refusal::FrozenFunds { asset, free, needed: amount }.into());
        }
    }
    let Some(policy) = rules.controls.policy else { return Ok(false) };
    if checks.travel
        && let Some(from) = overlay.policy(policy).and_then(|policy| policy.terms.travel_rule_from)
        && amount >= from
        && !overlay.scope.has_travel_reference
    {
        return Err(Refusal::NoTravelReference { asset, from }.into());
    }
    if !checks.tier {
        return Ok(false);
    }
    let limits = limits(overlay, rules, account);
    if let Some(limit) = limits.per_payment
        && amount > limit
    {
        return Err(Refusal::AbovePaymentLimit { asset, limit }.into());
    }
    let Some(limit) = limits.per_day else { return Ok(false) };
    let used = used_lately(overlay, asset, account.address);
    if used.checked_add(amount).is_none_or(|used| used > limit) {
        return Err(Refusal::AboveDayLimit { asset, limit, used }.into());
    }
    Ok(true)
}

/// The account at `address`, if there is one, is neither sanctioned nor frozen whole.
pub(crate) fn expect_free(overlay: &mut Overlay<'_>, address: Address, asset: AssetId) -> Result<(), Failure> {
    match overlay.find(&address) {
        Some(slot) => free_to_move(overlay, slot, asset).map(|_| ()),
        None => Ok(()),
    }
}

/// Steps 4 and 5: the account is neither sanctioned nor frozen whole. Returns how much of it is frozen.
fn free_to_move(overlay: &Overlay<'_>, slot: Slot, asset: AssetId) -> Result<Amount, Failure> {
    let account = overlay.account(slot);
    if let Some(list) = sanction(overlay, overlay.asset(asset)?, account) {
        return Err(Refusal::Sanctioned { account: account.address, list }.into());
    }
    let Some(freeze) = freeze(overlay, asset, account) else { return Ok(Amount::ZERO) };
    freeze.amount().ok_or(Refusal::Frozen { account: account.address, asset }.into())
}
