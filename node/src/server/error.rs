//! Errors as JSON-RPC carries them: a code, words for people, a kind for programs.

use jsonrpsee::types::ErrorObjectOwned;
use replica::SubmitError;
use rpc::{ErrorData, Refused, code};
use types::Refusal;
use vm::Precheck;

use crate::store::StoreError;

/// A refusal in its JSON form.
pub(super) fn refused(error: &SubmitError) -> Refused {
    let (code, kind) = match error {
        SubmitError::Busy => (code::BUSY, "busy"),
        SubmitError::NotAValidator => (code::NOT_A_VALIDATOR, "not_a_validator"),
        SubmitError::Refused(refusal) => match refusal {
            Refusal::Malformed(_) => (code::MALFORMED, "malformed"),
            Refusal::WrongChain { .. } => (code::WRONG_CHAIN, "wrong_chain"),
            Refusal::Empty => (code::EMPTY, "empty"),
            Refusal::BadSignature => (code::BAD_SIGNATURE, "bad_signature"),
            Refusal::BadSponsorSignature => (code::BAD_SIGNATURE, "bad_sponsor_signature"),
        },
        SubmitError::Precheck(precheck) => match precheck {
            Precheck::Expired { .. } => (code::EXPIRED, "expired"),
            Precheck::DeadlineTooFar { .. } => (code::DEADLINE_TOO_FAR, "deadline_too_far"),
            Precheck::AlreadyExecuted(_) => (code::ALREADY_EXECUTED, "already_executed"),
            Precheck::Unpaid { .. } => (code::UNPAID, "unpaid"),
            Precheck::UnauthorizedSponsor => (code::WRONG_KEY, "wrong_sponsor_key"),
            Precheck::Unauthorized => (code::WRONG_KEY, "wrong_key"),
            Precheck::UnknownAccount => (code::UNKNOWN_ACCOUNT, "unknown_account"),
            Precheck::WouldFail(failure) => (code::WOULD_FAIL, failure.kind()),
        },
    };
    Refused { code, message: error.to_string(), data: ErrorData { kind: kind.to_owned() } }
}

impl From<Error> for ErrorObjectOwned {
    fn from(error: Error) -> Self {
        let (code, kind) = error.code();
        let message = match &error {
            Error::Refused(refused) => refused.message.clone(),
            other => other.to_string(),
        };
        ErrorObjectOwned::owned(code, message, Some(ErrorData { kind }))
    }
}

/// What can go wrong with a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("refused")]
    Refused(Refused),
    #[error("transactions travel as the hexadecimal form of their canonical bytes")]
    NotHex,
    #[error("{got} transactions in one call, at most {max} are allowed: send them in several calls")]
    TooMany { got: usize, max: usize },
    #[error("there is no block {0}: the latest is {1}")]
    NoSuchBlock(types::Height, types::Height),
    #[error(
        "the first block that this validator keeps is {0}: ask an archive, a validator with all history, for what came before"
    )]
    NotKept(types::Height),
    #[error("there is no asset {0}: see baro_chain")]
    NoSuchAsset(types::AssetId),
    #[error("what becomes of the transaction is not certain yet: ask again once second {0}, its deadline, has passed")]
    NotCertain(types::Deadline),
    #[error("the transaction was not executed by second {0}, and never will be: baro_proveOutcome proves that")]
    NeverExecuted(types::Deadline),
    #[error("{0} never received anything: there is nothing to prove of it")]
    NoSuchAccount(types::Address),
    #[error("{account} has no receipt at place {index} of block {height}: go on from the `next` of a page")]
    NoSuchReceipt { account: types::Address, height: types::Height, index: u32 },
    #[error("the certificate of block {0} is not here yet: ask again")]
    NotCertified(types::Height),
    #[error("the validator is stopping: ask another one")]
    Stopping,
    #[error("reading the store failed: {0:#}")]
    Store(anyhow::Error),
}

impl Error {
    /// What reading the store failed with. What it does not keep any more is no failure.
    pub(super) fn of_store(error: anyhow::Error) -> Self {
        match StoreError::first_kept(&error) {
            Some(first) => Error::NotKept(first),
            None => Error::Store(error),
        }
    }

    fn code(&self) -> (i32, String) {
        let (code, kind) = match self {
            Error::Refused(refused) => return (refused.code, refused.data.kind.clone()),
            Error::NotHex => (code::MALFORMED, "malformed"),
            Error::TooMany { .. } => (code::BUSY, "too_many"),
            Error::NoSuchBlock(..) => (code::NO_SUCH_BLOCK, "no_such_block"),
            Error::NotKept(_) => (code::NOT_KEPT, "not_kept"),
            Error::NoSuchAsset(_) => (code::NO_SUCH_ASSET, "no_such_asset"),
            Error::NotCertain(_) => (code::NOT_CERTAIN, "not_certain"),
            Error::NeverExecuted(_) => (code::NEVER_EXECUTED, "never_executed"),
            Error::NoSuchAccount(_) => (code::NO_SUCH_ACCOUNT, "no_such_account"),
            Error::NoSuchReceipt { .. } => (code::NO_SUCH_RECEIPT, "no_such_receipt"),
            Error::NotCertified(_) => (code::BUSY, "not_certified"),
            Error::Stopping => (code::STOPPING, "stopping"),
            Error::Store(_) => (code::STORE, "store"),
        };
        (code, kind.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use types::Height;

    use super::*;

    #[test]
    fn what_is_not_kept_any_more_is_no_failure_of_the_store() {
        let read = |error: StoreError| Error::of_store(Err::<(), _>(error).context("a block").unwrap_err());
        let not_kept = read(StoreError::NotKept { first: Height(9) });
        assert!(not_kept.code().0 == code::NOT_KEPT && not_kept.to_string().contains('9'), "{not_kept}");
        assert_eq!(read(StoreError::Broken { path: "data".into() }).code().0, code::STORE);
    }
}
