//! A custodian's payments for its customers, under one signature.

use types::{Address, AssetId, CustodialPayment, Operation};

use super::PaymentFailure;
use crate::Failure;
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;

/// Every payment passes the gate as a transfer of the customer's account.
pub(super) fn pay(turn: &mut Turn<'_, '_>, asset: AssetId, payments: &[CustodialPayment]) -> Result<(), Failure> {
    if payments.is_empty() {
        return Err(PaymentFailure::EmptyBatch.into());
    }
    let custodian = turn.actor;
    for CustodialPayment { customer, to, amount, .. } in payments {
        let account = turn.overlay.find(&Address::of_customer(&custodian, *customer));
        let account = account.ok_or(PaymentFailure::UnknownCustomer { customer: *customer })?;
        turn.touched.add(account)?;
        let from = Source::Directed { account, by: turn.account };
        let (operation, to) = (Operation::Transfer, Sink::Account(*to));
        turn.pass(Movement { asset, amount: *amount, operation, from, to })?;
    }
    Ok(())
}
