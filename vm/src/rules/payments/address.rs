//! Addresses for orders: a plain transfer to one pays the order.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, Operation, OrderId};

use super::PaymentFailure;
use super::order::{active_merchant, charge, order_key};
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::state::account::Marks;
use crate::{Failure, Record, RecordKey};

/// What an order's address is for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OrderAddress {
    /// The merchant.
    pub merchant: Address,
    /// The order.
    pub order: OrderId,
    /// The asset that is awaited.
    pub asset: AssetId,
    /// How much is awaited.
    pub amount: Amount,
}

/// The merchant opens an address for an order, or changes what is awaited before it is paid.
pub(super) fn open(turn: &mut Turn<'_, '_>, order: &OrderId, asset: AssetId, amount: Amount) -> Result<(), Failure> {
    let merchant = turn.actor;
    active_merchant(turn, merchant)?;
    let key = order_key(merchant, order)?;
    if turn.overlay.record(&key).is_some() {
        return Err(PaymentFailure::OrderExists.into());
    }
    turn.overlay.asset(asset)?;
    if amount == Amount::ZERO {
        return Err(Failure::ZeroAmount);
    }
    let address = Address::of_order(&merchant, order);
    let awaited = OrderAddress { merchant, order: order.clone(), asset, amount };
    turn.overlay.put_record(RecordKey::OrderAddress(address), Record::OrderAddress(Box::new(awaited)));
    let account = turn.overlay.find_or_create(&address);
    turn.overlay.mark(account, Marks::ORDER);
    turn.touched.add(account)
}

/// A plain transfer. To an order's address it pays the order.
pub(crate) fn transfer(turn: &mut Turn<'_, '_>, asset: AssetId, to: Address, amount: Amount) -> Result<(), Failure> {
    let payer = turn.payer()?;
    if let Some(account) = turn.overlay.find(&to)
        && turn.overlay.account(account).marks.contain(Marks::ORDER)
        && let Some(Record::OrderAddress(awaited)) = turn.overlay.record(&RecordKey::OrderAddress(to))
    {
        let OrderAddress { merchant, order, .. } = OrderAddress::clone(awaited);
        turn.touched.add(account)?;
        return charge(turn, merchant, &order, asset, amount);
    }
    let (operation, from, to) = (Operation::Transfer, Source::Account(payer), Sink::Account(to));
    turn.pass(Movement { asset, amount, operation, from, to })
}
