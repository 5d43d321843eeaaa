//! What the gate looks at on the sender's side.

use types::Amount;

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
    let address = account.address;
    let frozen = if checks.sender {
        if let Some(list) = sanction(overlay, rules, account) {
            return Err(Refusal::Sanctioned { account: address, list }.into());
        }
        freeze(overlay, asset, account)
    } else {
        None
    };
    let frozen = match frozen.map(|freeze| freeze.amount()) {
        Some(None) => return Err(Refusal::Frozen { account: address, asset }.into()),
        Some(Some(frozen)) => frozen,
        None => Amount::ZERO,
    };
    if matches!(from, Source::Account(_)) {
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
    let used = used_lately(overlay, asset, address);
    if used.checked_add(amount).is_none_or(|used| used > limit) {
        return Err(Refusal::AboveDayLimit { asset, limit, used }.into());
    }
    Ok(true)
}
