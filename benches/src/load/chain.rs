//! A payment as it is sent: one transaction, or several of which each stands on the one before it.

use rpc::HexBytes;
use types::TransactionId;

/// A signed transaction as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    /// Its id.
    pub id: TransactionId,
    /// Its bytes, written out once.
    pub bytes: HexBytes,
    /// Whether the payment is made once this is final. What comes after it belongs to the payment, but not to its latency.
    pub pays: bool,
}

/// A payment's transactions that are not sent yet, in order. Each may be sent once the one before it is final.
#[derive(Debug, Clone)]
pub(super) struct Chain(std::vec::IntoIter<Signed>);

impl Chain {
    /// A payment of these transactions.
    pub(super) fn new(transactions: Vec<Signed>) -> Chain {
        Chain(transactions.into_iter())
    }

    /// The next transaction, which is the caller's from here on.
    pub(super) fn next(&mut self) -> Option<Signed> {
        self.0.next()
    }
}
