//! Orders of merchants: which steps of theirs a transaction has taken, and what each step comes to.
//!
//! Only instructions of a transaction that succeeded can take a step: programs, proposals and custodial batches do not reach
//! orders, and the gate keeps every other payment away from an order's address. Nothing rests on that: whoever counts the
//! steps compares the result with the ledger's records.

mod book;
mod count;
mod step;

pub(crate) use book::Book;
pub(crate) use count::Effect;
pub(crate) use step::{Step, What, steps};

use serde::{Deserialize, Serialize};
use types::{Address, OrderId};

/// What a step does for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStep {
    /// It is paid at once: by a charge, or by a transfer to its address.
    Charge,
    /// Money is set aside for it.
    Hold,
    /// The merchant takes of what is set aside.
    Capture,
    /// A capture lets the rest go back to the customer.
    Release,
    /// The merchant gives back what is set aside.
    Void,
    /// The time of what is set aside has passed; it goes back to the customer.
    Expire,
    /// What was paid goes back to the customer, or a part of it.
    Refund,
}

impl OrderStep {
    /// The step as a word.
    pub fn name(self) -> &'static str {
        match self {
            OrderStep::Charge => "charge",
            OrderStep::Hold => "hold",
            OrderStep::Capture => "capture",
            OrderStep::Release => "release",
            OrderStep::Void => "void",
            OrderStep::Expire => "expire",
            OrderStep::Refund => "refund",
        }
    }

    /// The merchant takes the money of this step, and it is split.
    pub(crate) fn is_payment(self) -> bool {
        matches!(self, OrderStep::Charge | OrderStep::Capture)
    }

    /// The money of this step is no longer set aside, and goes back to the customer.
    pub(crate) fn is_release(self) -> bool {
        matches!(self, OrderStep::Release | OrderStep::Void | OrderStep::Expire)
    }
}

impl std::fmt::Display for OrderStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An order as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderName {
    /// The merchant.
    pub merchant: Address,
    /// The merchant's name for it.
    pub order: OrderId,
}
