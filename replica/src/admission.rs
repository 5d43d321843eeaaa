//! The way in: every transaction that a client hands in is admitted here or refused with a reason.

use types::{AuthorizedTransaction, Refusal};
use vm::{BlockContext, Ledger, Precheck};

/// Why a transaction was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// It is not a transaction that its payer authorized for this chain.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It cannot be executed as the ledger stands.
    #[error(transparent)]
    Precheck(#[from] Precheck),
    /// This node only follows the chain.
    #[error("this node is not a validator of the present epoch: send the same bytes to one that is")]
    NotAValidator,
    /// The validator has as much to do as it accepts.
    #[error("this validator is busy: send the same bytes again later, or to another validator")]
    Busy,
}

/// Everything about a transaction that the finalized ledger can tell before it is ordered. The ledger may change until
/// then, so what passes here can still fail, with a receipt that says why.
pub(crate) fn check(
    ledger: &Ledger,
    transaction: &AuthorizedTransaction,
    next: BlockContext,
) -> Result<(), SubmitError> {
    Ok(ledger.precheck(transaction, next)?)
}
