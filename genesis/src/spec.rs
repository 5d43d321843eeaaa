//! The readable form of a chain spec.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use types::{Address, Amount, AssetRoles, Member, MemberError, PublicKey, Timestamp};

/// Everything that the validators of a chain must share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
pub struct ChainSpec {
    /// The chain's name.
    pub chain_id: String,
    /// The time of the genesis block, in milliseconds since the Unix epoch.
    pub timestamp: Timestamp,
    /// Numbers that all validators must agree on.
    #[serde(default)]
    pub parameters: Parameters,
    /// The validators; their order gives their indices.
    pub validators: Vec<Validator>,
    /// The assets; their order gives their ids.
    pub assets: Vec<Asset>,
    /// The accounts that hold something from the start.
    #[serde(default)]
    pub accounts: Vec<Account>,
}

/// What transactions pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// The symbol of the asset in which fees are paid.
    pub asset: String,
    /// For each transaction, in the asset's smallest unit.
    pub per_transaction: Amount,
    /// For each of its instructions, and for each payment of a custodian's batch, in the asset's smallest unit.
    pub per_instruction: Amount,
    /// The account that receives fees.
    pub collector: Address,
}

/// Numbers that all validators must agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// How far ahead a transaction's deadline may lie, in seconds.
    pub max_valid_seconds: u32,
    /// How far a block's time may be ahead of a voter's clock, in milliseconds.
    pub max_clock_ahead_millis: u64,
    /// An idle chain makes one block in this time, in milliseconds.
    pub heartbeat_millis: u64,
    /// How long a leader is waited for at least when there is something to order, in milliseconds.
    pub timeout_millis: u64,
    /// What that time grows to where views are slow or fail, in milliseconds.
    pub max_timeout_millis: u64,
    /// How long after its decision a change of the validators takes effect, in milliseconds.
    pub validator_notice_millis: u64,
    /// What transactions pay; nothing without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fees: Option<Fees>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            max_valid_seconds: 120,
            max_clock_ahead_millis: 1_000,
            heartbeat_millis: 1_000,
            timeout_millis: 400,
            max_timeout_millis: 10_000,
            validator_notice_millis: 10_000,
            fees: None,
        }
    }
}

/// A validator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// Its name.
    pub name: String,
    /// Its consensus key.
    pub key: PublicKey,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Its libp2p address, such as `/ip4/127.0.0.1/tcp/9600`.
    pub address: String,
}

impl Validator {
    /// The entry as the ledger lists it.
    pub fn member(&self) -> Result<Member, MemberError> {
        Member::new(&self.name, self.key, &self.peer_id, &self.address)
    }
}

/// An asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its symbol, such as `KRW`.
    pub symbol: String,
    /// How many decimals the symbol's unit has: 0 for the won.
    pub decimals: u8,
    /// Who issues it.
    pub issuer: Address,
    /// Who else does what for it. Without an approver the issuer mints and burns alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub roles: AssetRoles,
    /// The most of it that there may be, in the smallest unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_cap: Option<Amount>,
}

impl Asset {
    /// An asset that its issuer runs alone.
    pub fn new(symbol: &str, decimals: u8, issuer: Address) -> Asset {
        Asset { symbol: symbol.to_owned(), decimals, issuer, roles: AssetRoles::default(), supply_cap: None }
    }
}

fn is_default(roles: &AssetRoles) -> bool {
    *roles == AssetRoles::default()
}

/// An account with what it holds from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account.
    pub address: Address,
    /// Amounts in the smallest unit, by the asset's symbol.
    pub balances: BTreeMap<String, Amount>,
}

/// Why a file is not a chain spec.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// Not TOML, an unknown or missing field, or a value of the wrong form; the message has the line.
    #[error("the chain spec cannot be read: {0}")]
    Form(#[from] toml::de::Error),
}

impl ChainSpec {
    /// Reads the file form. Unknown fields are refused.
    pub fn from_toml(text: &str) -> Result<ChainSpec, SpecError> {
        Ok(toml::from_str(text)?)
    }

    /// The file form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a chain spec has a TOML form")
    }
}
