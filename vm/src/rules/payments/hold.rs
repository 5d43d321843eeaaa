//! Money that is set aside for an order.

use types::{Address, Amount, AssetId, MAX_HOLD_SECONDS, Operation, OrderId};

use super::PaymentFailure;
use super::order::{Order, active_merchant, begin, find, order_key, take};
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::{Failure, Record, RecordKey};

pub(super) fn hold(
    turn: &mut Turn<'_, '_>,
    merchant: Address,
    order: &OrderId,
    asset: AssetId,
    amount: Amount,
    valid_seconds: u32,
) -> Result<(), Failure> {
    if !(1..=MAX_HOLD_SECONDS).contains(&valid_seconds) {
        return Err(PaymentFailure::HoldTime { got: valid_seconds }.into());
    }
    let until = turn.now().plus_millis(u64::from(valid_seconds) * 1_000);
    let (key, order) = begin(turn, merchant, order, (asset, amount), until)?;
    turn.overlay.put_record(key, Record::Order(Box::new(order)));
    Ok(())
}

pub(super) fn capture(
    turn: &mut Turn<'_, '_>,
    order: &OrderId,
    amount: Amount,
    release_rest: bool,
) -> Result<(), Failure> {
    let key = order_key(turn.actor, order)?;
    let mut order = find(turn, &key)?;
    expect_held(&order)?;
    active_merchant(turn, turn.actor)?;
    if amount == Amount::ZERO {
        return Err(Failure::ZeroAmount);
    }
    if order.until < turn.now() {
        return Err(PaymentFailure::HoldExpired { until: order.until }.into());
    }
    take(turn, turn.actor, &mut order, amount)?;
    if release_rest && order.held > Amount::ZERO {
        release(turn, &mut order)?;
    }
    turn.overlay.put_record(key, Record::Order(Box::new(order)));
    Ok(())
}

pub(super) fn void(turn: &mut Turn<'_, '_>, order: &OrderId) -> Result<(), Failure> {
    let key = order_key(turn.actor, order)?;
    let order = find(turn, &key)?;
    expect_held(&order)?;
    release_all(turn, key, order)
}

pub(super) fn expire(turn: &mut Turn<'_, '_>, merchant: Address, order: &OrderId) -> Result<(), Failure> {
    let key = order_key(merchant, order)?;
    let order = find(turn, &key)?;
    expect_held(&order)?;
    if turn.now() <= order.until {
        return Err(PaymentFailure::HoldNotExpired { until: order.until }.into());
    }
    release_all(turn, key, order)
}

fn expect_held(order: &Order) -> Result<(), Failure> {
    if order.held == Amount::ZERO { Err(PaymentFailure::NothingHeld.into()) } else { Ok(()) }
}

/// What is set aside goes back. An order of which nothing was paid is forgotten, so that nobody uses up a merchant's names by
/// holding money for them.
fn release_all(turn: &mut Turn<'_, '_>, key: RecordKey, mut order: Order) -> Result<(), Failure> {
    release(turn, &mut order)?;
    if order.paid == Amount::ZERO {
        turn.overlay.remove_record(key);
    } else {
        turn.overlay.put_record(key, Record::Order(Box::new(order)));
    }
    Ok(())
}

/// What is set aside goes back to the customer.
fn release(turn: &mut Turn<'_, '_>, order: &mut Order) -> Result<(), Failure> {
    let Order { asset, customer, held, .. } = *order;
    let (from, to) = (Source::Record(customer), Sink::Account(customer));
    turn.pass(Movement { asset, amount: held, operation: Operation::Release, from, to })?;
    order.held = Amount::ZERO;
    Ok(())
}
