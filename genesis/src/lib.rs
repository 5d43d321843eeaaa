//! The chain spec: what all validators must share, as a readable TOML file and as the genesis block that commits to it.
//!
//! The hash of the genesis block is the chain: everything that is signed names it, and a validator refuses a file with
//! another one by name.

mod block;
mod check;
mod error;
mod spec;

pub use block::Genesis;
pub use error::GenesisError;
pub use spec::{Account, Asset, ChainSpec, Fees, Parameters, SpecError, Validator};
