//! What opens an account: keys of three kinds, their signatures, the lists of these that authorize a transaction, and what an
//! account says of its keys.

mod authorization;
mod key;
mod policy;
mod secret;
mod session;
mod verification;

pub use authorization::{Authorization, AuthorizationError, KeySignature, MAX_SIGNATURES, Sponsorship};
pub(crate) use authorization::{signed_message, sponsored_message};
pub use key::{AccountKey, AccountKeyError, KeyKind, P256Key, Secp256k1Key};
pub use policy::{KeyPolicy, KeyRole, KeyRoles, MAX_ACCOUNT_KEYS, PolicyFault, PolicyKey, Thresholds};
pub use secret::AccountSecret;
pub use session::{MAX_SESSION_RECEIVERS, SessionFault, SessionGrant, SessionScope};
pub(crate) use verification::{KeyedMessage, verify_each};
