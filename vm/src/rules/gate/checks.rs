//! Which controls a movement meets, by its kind.

use types::Operation;

/// The controls that a kind of movement meets, besides its own pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// The sender is neither sanctioned nor frozen, and what moves is not frozen.
    pub sender: bool,
    /// From the policy's threshold on there is a travel-rule reference.
    pub travel: bool,
    /// The sender's tier limits what one payment is and what a day's payments are.
    pub tier: bool,
    /// What happens where the receiver is sanctioned or frozen, or would hold more than its tier allows.
    pub receiver: Receiver,
}

/// What happens where a control keeps money from arriving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Nothing is checked: nobody receives, or whoever does so by law or by the chain's own rule.
    Unchecked,
    /// The movement fails.
    Refused,
    /// The money is parked, so that nobody else waits for the receiver.
    Parked,
}

impl Checks {
    /// The controls that movements of this kind meet.
    pub const fn of(operation: Operation) -> Checks {
        use Receiver::{Parked, Refused, Unchecked};
        let (sender, travel, tier, receiver) = match operation {
            Operation::Mint => (false, false, false, Refused),
            Operation::Burn => (true, false, false, Unchecked),
            Operation::Transfer | Operation::Payment | Operation::Call => (true, true, true, Refused),
            // The limits were met when the money was set aside.
            Operation::Capture => (true, false, false, Parked),
            // What was paid comes back: it is nobody's spending.
            Operation::Refund => (true, false, false, Parked),
            // A program is nobody's purse; its caller's tier was met by what the caller attached.
            Operation::Program => (true, true, false, Parked),
            // The law's promise of par at any time has no limit.
            Operation::Redeem => (true, false, false, Unchecked),
            Operation::Release => (false, false, false, Parked),
            Operation::Claim => (false, false, false, Refused),
            Operation::Seize => (false, false, false, Unchecked),
            Operation::Fee => (true, false, false, Unchecked),
        };
        Checks { sender, travel, tier, receiver }
    }
}
