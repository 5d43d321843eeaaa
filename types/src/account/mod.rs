//! What opens an account: keys of three kinds, their signatures, and the lists of these that authorize a transaction.

mod authorization;
mod key;
mod secret;
mod verification;

pub use authorization::{Authorization, AuthorizationError, KeySignature, MAX_SIGNATURES, Sponsorship};
pub(crate) use authorization::{signed_message, sponsored_message};
pub use key::{AccountKey, AccountKeyError, KeyKind, P256Key, Secp256k1Key};
pub use secret::AccountSecret;
pub(crate) use verification::{KeyedMessage, verify_each};
