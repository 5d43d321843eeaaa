//! What keeps a session from paying.

use bincode::{Decode, Encode};

/// What keeps a session from paying. The first that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum SessionLimit {
    /// It is no transfer and pays no order, or for the scope of a program is no call.
    #[error("a session makes transfers and pays orders, or calls its program, and nothing else")]
    Instruction,
    /// The receiver, or the program, is not in its scope.
    #[error("the receiver is outside of the session's scope")]
    Scope,
    /// It pays another asset.
    #[error("the session is for another asset")]
    Asset,
    /// The payment is too large.
    #[error("the payment is above the session's limit of one payment")]
    PerPayment,
    /// All payments together would be too large.
    #[error("the session's payments would be above its limit of all")]
    Total,
}
