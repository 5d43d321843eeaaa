//! Giving back what was paid for an order.

use types::{Amount, Operation, OrderId};

use super::PaymentFailure;
use super::order::{Order, find, order_key};
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::{Failure, Record};

pub(super) fn refund(turn: &mut Turn<'_, '_>, order: &OrderId, amount: Amount) -> Result<(), Failure> {
    let merchant = turn.actor;
    let key = order_key(merchant, order)?;
    let mut order = find(turn, &key)?;
    if amount == Amount::ZERO {
        return Err(Failure::ZeroAmount);
    }
    let Order { asset, customer, .. } = order;
    for (account, share) in order.refund(merchant, amount)? {
        if share > Amount::ZERO {
            let missing = PaymentFailure::ShareMissing { account, asset, share };
            let sender = turn.overlay.find(&account).ok_or(missing)?;
            if turn.overlay.account(sender).balance(asset) < share {
                return Err(missing.into());
            }
            turn.touched.add(sender)?;
            let (from, to) = (Source::Account(sender), Sink::Account(customer));
            turn.pass(Movement { asset, amount: share, operation: Operation::Refund, from, to })?;
        }
    }
    turn.overlay.put_record(key, Record::Order(Box::new(order)));
    Ok(())
}
