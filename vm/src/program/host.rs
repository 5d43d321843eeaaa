//! What a program sees of the ledger.

use types::{Address, Amount, AssetId, Height, Timestamp};

use super::word::Word;

/// The circumstances of a call. They do not change while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Who calls: the account whose keys authorized the transaction.
    pub caller: Address,
    /// The program's own account.
    pub own: Address,
    /// The block's time.
    pub time: Timestamp,
    /// The block's height.
    pub height: Height,
    /// What the caller attached. The host has moved it to the program's account before the call runs.
    pub paid: Option<(AssetId, Amount)>,
    /// True while the program is being deployed.
    pub deploying: bool,
}

/// What the ledger knows of a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merchant {
    /// The category; never zero.
    pub category: u64,
    /// The region; never zero.
    pub region: u64,
}

/// The ledger as a running program sees it.
///
/// The host is transactional: where [`run`](super::run) returns an error, the caller of `run` discards every change that
/// the host was told during the call, the attached money's move included. Answers depend on the ledger's state alone.
pub trait Host {
    /// Why the host does not do what a program asks.
    type Refusal;

    /// The circumstances of the call.
    fn context(&self) -> Context;

    /// What the program's cell `key` holds; zero where it is not in use.
    fn cell(&self, key: &Word) -> Word;

    /// Lets the program's cell `key` hold `value`. Zero deletes the cell.
    fn set_cell(&mut self, key: Word, value: Word) -> Result<(), Self::Refusal>;

    /// How much of `asset` the program's account holds; zero of an asset that does not exist.
    fn balance(&self, asset: AssetId) -> Amount;

    /// Moves `amount`, never zero, from the program's own account to `to`, through the same controls as every payment.
    /// Runs no code. True where `to` had no account before.
    fn transfer(&mut self, asset: AssetId, to: Address, amount: Amount) -> Result<bool, Self::Refusal>;

    /// The merchant whose account is `address`.
    fn merchant(&self, address: Address) -> Option<Merchant>;
}
