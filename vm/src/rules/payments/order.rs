//! Orders: what was set aside, paid and refunded, and the split.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, Operation, OrderId, Origin, SettlementRule, Shares, Timestamp};

use super::PaymentFailure;
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::{Failure, Record, RecordKey};

/// A merchant's order. Once something was paid for it, it is kept for ever, so that it is paid once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Order {
    /// The asset.
    pub asset: AssetId,
    /// Who has paid it.
    pub customer: Address,
    /// What is set aside. In no balance; counts towards the supply.
    pub held: Amount,
    /// What the merchant has taken, before the split.
    pub paid: Amount,
    /// What of that was refunded.
    pub refunded: Amount,
    /// What the processor has of it.
    pub fee: Amount,
    /// What the treasury has of it.
    pub vat: Amount,
    /// Until when what is set aside can be taken.
    pub until: Timestamp,
    /// How what the merchant takes is split.
    pub rule: Option<SettlementRule>,
    /// The instruction that has paid it, or has set the money aside.
    pub origin: Origin,
}

impl Order {
    /// What the merchant has taken and not refunded.
    fn left(&self) -> Amount {
        // Never is more refunded than paid.
        Amount(self.paid.0 - self.refunded.0)
    }

    /// What each receives once the price is `price`.
    fn due(&self, price: Amount) -> Shares {
        let whole = Shares { merchant: price, ..Shares::default() };
        self.rule.map_or(whole, |rule| rule.shares(price))
    }

    /// What each receives of `amount` more.
    fn split(&self, amount: Amount) -> Result<Shares, Failure> {
        let price = self.left().checked_add(amount).ok_or(Failure::BalanceOverflow { asset: self.asset })?;
        let due = self.due(price);
        // Two shares that are rounded down can both grow by one where the price does: then one of them waits.
        let fee = due.fee.0.saturating_sub(self.fee.0).min(amount.0);
        let vat = due.vat.0.saturating_sub(self.vat.0).min(amount.0 - fee);
        Ok(Shares { merchant: Amount(amount.0 - fee - vat), fee: Amount(fee), vat: Amount(vat) })
    }

    /// What each gives back of `amount`, which is no more than is left.
    fn split_back(&self, amount: Amount) -> Shares {
        let due = self.due(Amount(self.left().0 - amount.0));
        let fee = self.fee.0.saturating_sub(due.fee.0).min(amount.0);
        let vat = self.vat.0.saturating_sub(due.vat.0).min(amount.0 - fee);
        Shares { merchant: Amount(amount.0 - fee - vat), fee: Amount(fee), vat: Amount(vat) }
    }

    /// Shares with whose they are.
    fn parties(&self, merchant: Address, Shares { merchant: rest, fee, vat }: Shares) -> [(Address, Amount); 3] {
        let (processor, treasury) = self.rule.map_or((merchant, merchant), |rule| (rule.processor, rule.treasury));
        [(merchant, rest), (processor, fee), (treasury, vat)]
    }

    /// Counts a refund of `amount`; says who gives back what.
    pub(super) fn refund(&mut self, merchant: Address, amount: Amount) -> Result<[(Address, Amount); 3], Failure> {
        let left = self.left();
        if left < amount {
            return Err(PaymentFailure::AbovePaid { left, wanted: amount }.into());
        }
        let shares = self.split_back(amount);
        self.refunded = Amount(self.refunded.0 + amount.0);
        (self.fee, self.vat) = (Amount(self.fee.0 - shares.fee.0), Amount(self.vat.0 - shares.vat.0));
        Ok(self.parties(merchant, shares))
    }

    /// Counts that the merchant takes `amount` of what is set aside; says who receives what.
    fn take(&mut self, merchant: Address, amount: Amount) -> Result<[(Address, Amount); 3], Failure> {
        let held = self.held;
        let left = held.checked_sub(amount).ok_or(PaymentFailure::AboveHeld { held, wanted: amount })?;
        let shares = self.split(amount)?;
        let overflow = Failure::BalanceOverflow { asset: self.asset };
        self.paid = self.paid.checked_add(amount).ok_or(overflow)?;
        self.held = left;
        // Together no more than what is left of the price.
        (self.fee, self.vat) = (Amount(self.fee.0 + shares.fee.0), Amount(self.vat.0 + shares.vat.0));
        Ok(self.parties(merchant, shares))
    }
}

/// The key of an order, whose name must be good.
pub(super) fn order_key(merchant: Address, order: &OrderId) -> Result<RecordKey, Failure> {
    if order.trim().is_empty() || order.contains(char::is_control) {
        return Err(PaymentFailure::BadOrder.into());
    }
    Ok(RecordKey::Order(merchant, order.clone()))
}

/// The order of a key.
pub(super) fn find(turn: &Turn<'_, '_>, key: &RecordKey) -> Result<Order, Failure> {
    match turn.overlay.record(key) {
        Some(Record::Order(order)) => Ok(Order::clone(order)),
        _ => Err(PaymentFailure::UnknownOrder.into()),
    }
}

/// A merchant of the registry that is not suspended, with its settlement rule.
pub(super) fn active_merchant(turn: &Turn<'_, '_>, merchant: Address) -> Result<Option<SettlementRule>, Failure> {
    match turn.overlay.record(&RecordKey::Merchant(merchant)) {
        Some(Record::Merchant(entry)) if entry.is_active => Ok(entry.settlement),
        _ => Err(PaymentFailure::NotMerchant { merchant }.into()),
    }
}

/// An order whose address was opened is paid with what its merchant awaits there, on whichever way.
fn expect_awaited(
    turn: &Turn<'_, '_>,
    merchant: Address,
    order: &OrderId,
    paid: (AssetId, Amount),
) -> Result<(), Failure> {
    match turn.overlay.record(&RecordKey::OrderAddress(Address::of_order(&merchant, order))) {
        Some(Record::OrderAddress(awaited)) if (awaited.asset, awaited.amount) != paid => {
            Err(PaymentFailure::OrderAmount { asset: awaited.asset, amount: awaited.amount }.into())
        }
        _ => Ok(()),
    }
}

/// Begins an order that was not there before: the payer's money for it is in the record from here on.
pub(super) fn begin(
    turn: &mut Turn<'_, '_>,
    merchant: Address,
    order: &OrderId,
    (asset, amount): (AssetId, Amount),
    until: Timestamp,
) -> Result<(RecordKey, Order), Failure> {
    let payer = turn.payer()?;
    let rule = active_merchant(turn, merchant)?;
    let key = order_key(merchant, order)?;
    if turn.overlay.record(&key).is_some() {
        return Err(PaymentFailure::OrderExists.into());
    }
    expect_awaited(turn, merchant, order, (asset, amount))?;
    let (operation, from, to) = (Operation::Payment, Source::Account(payer), Sink::Record(Some(merchant)));
    turn.pass(Movement { asset, amount, operation, from, to })?;
    let (customer, origin) = (turn.actor, turn.origin);
    let nothing = Amount::ZERO;
    let (paid, refunded, fee, vat) = (nothing, nothing, nothing, nothing);
    Ok((key, Order { asset, customer, held: amount, paid, refunded, fee, vat, until, rule, origin }))
}

/// The merchant takes `amount` of what is set aside; it is split.
pub(super) fn take(
    turn: &mut Turn<'_, '_>,
    merchant: Address,
    order: &mut Order,
    amount: Amount,
) -> Result<(), Failure> {
    let Order { asset, customer, .. } = *order;
    for (receiver, share) in order.take(merchant, amount)? {
        if share > Amount::ZERO {
            let (from, to) = (Source::Record(customer), Sink::Account(receiver));
            turn.pass(Movement { asset, amount: share, operation: Operation::Capture, from, to })?;
        }
    }
    Ok(())
}

/// Pays an order at once.
pub(super) fn charge(
    turn: &mut Turn<'_, '_>,
    merchant: Address,
    order: &OrderId,
    asset: AssetId,
    amount: Amount,
) -> Result<(), Failure> {
    let now = turn.now();
    let (key, mut order) = begin(turn, merchant, order, (asset, amount), now)?;
    take(turn, merchant, &mut order, amount)?;
    turn.overlay.put_record(key, Record::Order(Box::new(order)));
    Ok(())
}
