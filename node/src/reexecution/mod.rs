//! A chain executed again outside a validator, from a stopped validator's store or through JSON-RPC: the shell around
//! the crate `audit`. It reads ahead, lets all cores verify signatures, and executes in order.

mod home;
mod pipeline;
mod remote;

pub use home::open_home;
pub use pipeline::{Ended, reexecute};
pub use remote::open_rpc;

use audit::{Entry, Start};
use genesis::Genesis;
use types::{Height, Timestamp};

/// A chain to execute again.
pub struct Chain {
    /// Its genesis.
    pub genesis: Genesis,
    /// The state that the execution starts from.
    pub start: Start,
    /// The time of the block after which that is the state; none where it is genesis.
    pub since: Option<Timestamp>,
    /// Its blocks after that, in order.
    pub blocks: Box<dyn Blocks>,
    /// The last block that the source has now.
    pub last: Height,
    /// Where it comes from, for people.
    pub source: String,
    /// What the reader has to know besides.
    pub notes: Vec<String>,
}

/// Blocks in order, a few at a time.
pub trait Blocks: Send {
    /// The next blocks; none at the end.
    fn next(&mut self) -> anyhow::Result<Vec<Entry>>;
}
