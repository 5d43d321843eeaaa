//! What a step comes to, counted once more from the order before it and the rule that the order has.

use types::{Address, Amount, AssetId, SettlementRule, Shares, Timestamp};
use vm::Order;

use super::{OrderStep, Step, What};

/// What a step has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) kind: OrderStep,
    pub(crate) asset: AssetId,
    pub(crate) customer: Address,
    /// How much, before any split.
    pub(crate) gross: Amount,
    /// What each has received of it, or has given back; nothing where money is only set aside or released.
    pub(crate) shares: Shares,
    /// Who receives fee and VAT, if they are split off.
    pub(crate) rule: Option<SettlementRule>,
    /// What is set aside for the order then.
    pub(crate) held: Amount,
}

/// Carries a step out on `order`, and says what it has moved. `None` where the ledger cannot have taken such a step. A new order
/// is split by `rule`.
pub(crate) fn count(
    order: &mut Option<Order>,
    step: &Step,
    now: Timestamp,
    rule: Option<SettlementRule>,
) -> Option<Vec<Effect>> {
    match step.what {
        What::Charge { asset, amount } => {
            let order = begin(order, step, (asset, amount), now, rule)?;
            Some(vec![take(order, OrderStep::Charge, amount)?])
        }
        What::Hold { asset, amount, valid_seconds } => {
            let until = now.plus_millis(u64::from(valid_seconds) * 1_000);
            let order = begin(order, step, (asset, amount), until, rule)?;
            Some(vec![effect(order, OrderStep::Hold, amount, Shares::default())])
        }
        What::Capture { amount, release_rest } => {
            let order = order.as_mut()?;
            let mut effects = vec![take(order, OrderStep::Capture, amount)?];
            if release_rest && order.held > Amount::ZERO {
                effects.push(release(order, OrderStep::Release));
            }
            Some(effects)
        }
        What::Void => Some(vec![release_all(order, OrderStep::Void)?]),
        What::Expire => Some(vec![release_all(order, OrderStep::Expire)?]),
        What::Refund { amount } => Some(vec![refund(order.as_mut()?, amount)?]),
    }
}

fn effect(order: &Order, kind: OrderStep, gross: Amount, shares: Shares) -> Effect {
    let Order { asset, customer, rule, held, .. } = *order;
    Effect { kind, asset, customer, gross, shares, rule, held }
}

fn begin<'o>(
    order: &'o mut Option<Order>,
    step: &Step,
    (asset, amount): (AssetId, Amount),
    until: Timestamp,
    rule: Option<SettlementRule>,
) -> Option<&'o mut Order> {
    if order.is_some() {
        return None;
    }
    let nothing = Amount::ZERO;
    let (paid, refunded, fee, vat) = (nothing, nothing, nothing, nothing);
    let (customer, origin) = (step.payer, step.origin);
    Some(order.insert(Order { asset, customer, held: amount, paid, refunded, fee, vat, until, rule, origin }))
}

fn due(order: &Order, price: Amount) -> Shares {
    let whole = Shares { merchant: price, ..Shares::default() };
    order.rule.map_or(whole, |rule| rule.shares(price))
}

fn take(order: &mut Order, kind: OrderStep, amount: Amount) -> Option<Effect> {
    order.held = order.held.checked_sub(amount)?;
    order.paid = order.paid.checked_add(amount)?;
    let due = due(order, order.paid.checked_sub(order.refunded)?);
    // Each receives what it lacks; of two that grow at once by more than there is, the VAT waits.
    let fee = due.fee.0.saturating_sub(order.fee.0).min(amount.0);
    let vat = due.vat.0.saturating_sub(order.vat.0).min(amount.0 - fee);
    order.fee = order.fee.checked_add(Amount(fee))?;
    order.vat = order.vat.checked_add(Amount(vat))?;
    Some(effect(order, kind, amount, shares(amount, fee, vat)))
}

fn refund(order: &mut Order, amount: Amount) -> Option<Effect> {
    order.refunded = order.refunded.checked_add(amount)?;
    let due = due(order, order.paid.checked_sub(order.refunded)?);
    let fee = order.fee.0.saturating_sub(due.fee.0).min(amount.0);
    let vat = order.vat.0.saturating_sub(due.vat.0).min(amount.0 - fee);
    (order.fee, order.vat) = (Amount(order.fee.0 - fee), Amount(order.vat.0 - vat));
    Some(effect(order, OrderStep::Refund, amount, shares(amount, fee, vat)))
}

fn shares(amount: Amount, fee: u128, vat: u128) -> Shares {
    Shares { merchant: Amount(amount.0 - fee - vat), fee: Amount(fee), vat: Amount(vat) }
}

fn release(order: &mut Order, kind: OrderStep) -> Effect {
    let gross = std::mem::take(&mut order.held);
    effect(order, kind, gross, Shares::default())
}

/// An order of which nothing was paid is forgotten.
fn release_all(order: &mut Option<Order>, kind: OrderStep) -> Option<Effect> {
    let released = order.as_mut().filter(|order| order.held > Amount::ZERO)?;
    let effect = release(released, kind);
    if released.paid == Amount::ZERO {
        *order = None;
    }
    Some(effect)
}
