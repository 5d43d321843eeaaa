//! Who may act for an account.
//!
//! An account is opened by the key whose address it is. A transaction whose signers do not open the payer's account is
//! *skipped*: it has no receipt, costs the payer nothing and is no part of its history, so nobody can write into the
//! history of somebody else's account. Its id is not remembered as executed: the id follows from what the payer signs and
//! not from who signed, so remembering it would let a stranger use up the id of a transaction that its payer has signed
//! or is about to sign. Nothing is lost by forgetting it, because it had no effect; copies are judged anew until the
//! deadline, and the first that is authorized executes, once.

use types::{AccountKey, Address};

/// Whether these keys open the account.
pub(crate) fn opens(signers: &[AccountKey], account: &Address) -> bool {
    signers.iter().any(|key| key.address() == *account)
}
