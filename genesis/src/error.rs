//! Why a chain spec is refused.

use types::{Address, Hash, MAX_NAME_BYTES, MemberField, Timestamp, ValidatorSetError};

use vm::MAX_DECIMALS;

/// Why a chain spec does not make a chain.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The name is empty, too long or not text.
    #[error("chain_id must have 1 to {MAX_NAME_BYTES} bytes of text")]
    ChainId,
    /// The chain would begin after the last deadline that can be written.
    #[error("timestamp is {0}: it is in milliseconds since the Unix epoch, before the year 2106")]
    Timestamp(Timestamp),
    /// A parameter is out of bounds.
    #[error("parameters.{name} is {value}: it must be {bounds}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: u64,
        /// What it may be.
        bounds: &'static str,
    },
    /// The validators make no set.
    #[error("validators: {0}")]
    Validators(#[from] ValidatorSetError),
    /// A validator's name, peer id or address is empty, too long or not text.
    #[error("validator {validator} has no good {field}: it must have 1 to {max} bytes of text")]
    Field {
        /// Its name, or its index if that is what is wrong.
        validator: String,
        /// What is wrong.
        field: MemberField,
        /// The most bytes that it may have.
        max: usize,
    },
    /// Two validators share a name, a key, a peer id or an address.
    #[error("validators {first} and {second} share their {what}: {value}. Each has its own")]
    Shared {
        /// The first one's name.
        first: String,
        /// The second one's name.
        second: String,
        /// What they share.
        what: MemberField,
        /// Its value.
        value: String,
    },
    /// An asset's symbol is empty, too long, used twice, or has other characters than letters and digits.
    #[error("asset {0:?}: a symbol has 1 to {max} ASCII letters and digits and is used once", max = types::MAX_SYMBOL_BYTES)]
    Symbol(String),
    /// One unit of the asset could not be counted.
    #[error("asset {symbol} has {decimals} decimals: at most {MAX_DECIMALS} fit into an amount")]
    Decimals {
        /// The asset's symbol.
        symbol: String,
        /// How many decimals it was to have.
        decimals: u8,
    },
    /// An account holds something that is not an asset of this chain.
    #[error("account {account} holds {symbol}, which is not among the assets: list the asset or drop the balance")]
    UnknownAsset {
        /// The account.
        account: Address,
        /// The symbol.
        symbol: String,
    },
    /// Fees are in something that is not an asset of this chain.
    #[error("fees are in {0}, which is not among the assets: list the asset or name another one")]
    UnknownFeeAsset(String),
    /// The first ledger is not possible.
    #[error("accounts: {0}")]
    Ledger(#[from] vm::GenesisError),
    /// The spec is not the one that was expected.
    #[error(
        "this chain spec makes the chain {got}, but the chain {expected} is expected: it was altered, or belongs to \
         another chain. Get the file that the other validators have"
    )]
    Altered {
        /// The expected hash of the genesis block.
        expected: Hash,
        /// This spec's.
        got: Hash,
    },
}
