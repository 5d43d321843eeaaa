//! The steps that a transaction takes for orders.

use types::{Address, Amount, AssetId, AuthorizedTransaction, Instruction, OrderId, Origin, Payment};
use vm::{Ledger, Movements, Receipt, Record, RecordKey};

/// A step of a transaction that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Whose order it is.
    pub(crate) merchant: Address,
    /// The order.
    pub(crate) order: OrderId,
    /// Who took the step.
    pub(crate) payer: Address,
    /// The instruction.
    pub(crate) origin: Origin,
    /// What it asks for.
    pub(crate) what: What,
}

impl Step {
    /// The key of the order's record.
    pub(crate) fn key(&self) -> RecordKey {
        RecordKey::Order(self.merchant, self.order.clone())
    }
}

/// What a step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Charge { asset: AssetId, amount: Amount },
    Hold { asset: AssetId, amount: Amount, valid_seconds: u32 },
    Capture { amount: Amount, release_rest: bool },
    Void,
    Expire,
    Refund { amount: Amount },
}

/// The steps of a transaction, in order. `after` is the ledger after its block.
pub(crate) fn steps(
    transaction: &AuthorizedTransaction,
    receipt: &Receipt,
    moved: Option<&Movements>,
    after: &Ledger,
) -> Vec<Step> {
    if receipt.failure().is_some() {
        return Vec::new();
    }
    let payload = transaction.payload();
    let payer = payload.payer;
    // The addresses that this transaction has opened so far.
    let mut opened = Vec::new();
    let mut steps = Vec::new();
    for (instruction, number) in payload.instructions.iter().zip(0..) {
        let step = match instruction {
            Instruction::Transfer { asset, to, amount, .. } => order_at(to, &opened, *asset, moved, after)
                .map(|(merchant, order)| (merchant, order, What::Charge { asset: *asset, amount: *amount })),
            Instruction::Payment(payment) => {
                if let Payment::OpenOrder { order, .. } = &**payment {
                    opened.push(Address::of_order(&payer, order));
                }
                step_of(payment, payer)
            }
            _ => None,
        };
        steps.extend(step.map(|(merchant, order, what)| {
            let origin = Origin { transaction: transaction.id(), instruction: number };
            Step { merchant, order, payer, origin, what }
        }));
    }
    steps
}

fn step_of(payment: &Payment, payer: Address) -> Option<(Address, OrderId, What)> {
    let step = match payment {
        Payment::Charge { merchant, order, asset, amount } => {
            (*merchant, order, What::Charge { asset: *asset, amount: *amount })
        }
        Payment::Hold { merchant, order, asset, amount, valid_seconds } => {
            (*merchant, order, What::Hold { asset: *asset, amount: *amount, valid_seconds: *valid_seconds })
        }
        Payment::Capture { order, amount, release_rest } => {
            (payer, order, What::Capture { amount: *amount, release_rest: *release_rest })
        }
        Payment::Void { order } => (payer, order, What::Void),
        Payment::Expire { merchant, order } => (*merchant, order, What::Expire),
        Payment::Refund { order, amount } => (payer, order, What::Refund { amount: *amount }),
        Payment::Claim { .. } | Payment::OpenOrder { .. } | Payment::Batch { .. } => return None,
    };
    let (merchant, order, what) = step;
    Some((merchant, order.clone(), what))
}

/// The order that a transfer to this address has paid. An address that gained from the transaction was not open before it: what
/// pays an order is never in the address's own balance.
fn order_at(
    to: &Address,
    opened: &[Address],
    asset: AssetId,
    moved: Option<&Movements>,
    after: &Ledger,
) -> Option<(Address, OrderId)> {
    let accounts = moved.map(|moved| &moved.accounts[..]).unwrap_or_default();
    let gained =
        accounts.iter().any(|moved| moved.account == *to && moved.asset == asset && moved.after > moved.before);
    if gained && !opened.contains(to) {
        return None;
    }
    match after.record(&RecordKey::OrderAddress(*to)) {
        Some(Record::OrderAddress(awaited)) => Some((awaited.merchant, awaited.order.clone())),
        _ => None,
    }
}
