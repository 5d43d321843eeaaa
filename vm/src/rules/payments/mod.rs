//! Payments of a merchant's orders, and a custodian's payments for its customers.
//!
//! # An order
//!
//! A merchant names its orders; a name for which something was paid is used up for ever, and its record finds the payment. Money for an order
//! is paid at once (*charge*), or set aside (*hold*) and then taken by the merchant in one or more parts (*capture*),
//! given back by it (*void*), or after its time sent back by anybody (*expire*). While it is set aside it is in no balance
//! and still the customer's: where the customer is frozen as a whole, it is frozen here too. An order whose address was opened
//! is paid by a plain transfer to that address, and on every way with exactly what is awaited there.
//!
//! # The split
//!
//! What the merchant takes is split by the settlement rule that its entry had when the order was paid or held:
//! processor's fee, VAT, and the rest ([`SettlementRule`](types::SettlementRule) says how it is rounded). Each party
//! receives what it lacks of its share of all that was taken and not refunded, so that shares do not depend on how often
//! was captured. They add up to the price at every moment; where two shares that are rounded down grow by one unit at
//! once and the price by one only, one of them is a unit late.
//!
//! A *refund* gives back at most what was taken. What is left of the order is split as if it had been the price, and each
//! of the three gives back the difference; after a whole refund nobody keeps anything of it. A share is taken back from
//! whoever has received it, who must hold it ([`PaymentFailure::ShareMissing`]).
//!
//! What forbids an instruction is looked for in the order of [`PaymentFailure`], and then by the gate.

mod address;
mod batch;
mod failure;
mod hold;
mod order;
mod refund;

use types::Payment;

use crate::Failure;
use crate::rules::gate;
use crate::rules::turn::Turn;

pub use address::OrderAddress;
pub(crate) use address::transfer;
pub use failure::PaymentFailure;
pub use order::Order;

/// Takes a step of a payment, or says what forbids it.
pub(crate) fn pay(turn: &mut Turn<'_, '_>, payment: &Payment) -> Result<(), Failure> {
    match payment {
        Payment::Claim { asset, receiver, sender, amount } => gate::claim(turn, *asset, *receiver, *sender, *amount),
        Payment::Charge { merchant, order, asset, amount } => order::charge(turn, *merchant, order, *asset, *amount),
        Payment::Hold { merchant, order, asset, amount, valid_seconds } => {
            hold::hold(turn, *merchant, order, *asset, *amount, *valid_seconds)
        }
        Payment::Capture { order, amount, release_rest } => hold::capture(turn, order, *amount, *release_rest),
        Payment::Void { order } => hold::void(turn, order),
        Payment::Expire { merchant, order } => hold::expire(turn, *merchant, order),
        Payment::Refund { order, amount } => refund::refund(turn, order, *amount),
        Payment::OpenOrder { order, asset, amount } => address::open(turn, order, *asset, *amount),
        Payment::Batch { asset, payments } => batch::pay(turn, *asset, payments),
    }
}
