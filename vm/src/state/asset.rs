//! Assets: what amounts are of.

use bincode::{Decode, Encode};
use types::codec::{Text, encode};
use types::{Address, Amount, Domain, Hash};

/// The most assets of a ledger.
pub const MAX_ASSETS: usize = 1024;

/// The longest symbol, in bytes.
pub const MAX_SYMBOL_BYTES: usize = 16;

/// An asset as the chain spec names it. Its supply is what the initial accounts hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetSpec {
    /// The symbol, such as `KRW`.
    pub symbol: Text<MAX_SYMBOL_BYTES>,
    /// How many decimals the symbol's unit has: 0 for the won.
    pub decimals: u8,
    /// Who mints and burns it.
    pub issuer: Address,
}

/// An asset of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Asset {
    /// The symbol, such as `KRW`.
    pub symbol: Text<MAX_SYMBOL_BYTES>,
    /// How many decimals the symbol's unit has: 0 for the won.
    pub decimals: u8,
    /// Who mints and burns it.
    pub issuer: Address,
    /// How much exists, in the smallest unit.
    pub supply: Amount,
}

/// The hash of all assets in the order of their ids.
pub(crate) fn assets_hash(assets: &[Asset]) -> Hash {
    Hash::of(Domain::Asset, &encode(&assets))
}
