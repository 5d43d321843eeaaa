//! Types that only checking makes.

use crate::transaction::{Payload, Transaction, TransactionId};
use crate::{Certificate, Hash};

/// A value whose signatures were verified. Made only by the verifying functions of this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A transaction whose payer is known to have authorized it, with its id.
///
/// Made by verifying signatures ([`Transaction::authorize_all`]) or, for a finalized block, on the word of the quorum
/// that verified them before it voted ([`AuthorizedTransaction::certified`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedTransaction {
    id: TransactionId,
    payload: Payload,
}

impl AuthorizedTransaction {
    pub(crate) fn new(id: TransactionId, payload: Payload) -> Self {
        Self { id, payload }
    }

    /// A transaction of a block that `_certificate` finalizes: a quorum verified it, so it is not verified again.
    /// The caller has checked that the certificate's block includes the transaction.
    pub fn certified(transaction: Transaction, chain: &Hash, _certificate: &Verified<Certificate>) -> Self {
        Self { id: transaction.payload.id(chain), payload: transaction.payload }
    }

    /// The transaction's id.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// What the payer signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }
}
