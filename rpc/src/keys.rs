//! What opens an account.

use serde::{Deserialize, Serialize};
use types::{AccountKey, Address, Amount, Height, KeyPolicy, SessionGrant};

/// What opens an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysInfo {
    /// The account.
    pub address: Address,
    /// Its keys; without them the key opens it whose address it is.
    pub policy: Option<KeyPolicy>,
    /// Its session keys, those included whose time is over and that nothing has removed yet.
    pub sessions: Vec<SessionInfo>,
    /// The height at which this was read.
    pub height: Height,
}

/// A session key of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The key.
    pub key: AccountKey,
    /// What it may do.
    pub grant: SessionGrant,
    /// What it has paid.
    pub spent: Amount,
}
