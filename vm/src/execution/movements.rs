//! What a transaction has moved, told from balances before and after it and not from what it asked for: so it holds for
//! whatever moves money.

use types::{Address, Amount, AssetId};

use crate::RecordKey;

/// What one transaction, or the end of a block, has moved. What ends as it began is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Movements {
    /// The transaction's place among the block's receipts; none for what the end of the block moved by itself.
    pub receipt: Option<u32>,
    /// The balances that are others than before, by address and asset.
    pub accounts: Vec<AccountMovement>,
    /// The records that hold other money than before, by key and asset.
    pub records: Vec<RecordMovement>,
    /// The supplies that are others than before, by asset.
    pub supplies: Vec<SupplyMovement>,
}

/// How the balance of an account has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountMovement {
    /// The account.
    pub account: Address,
    /// The asset.
    pub asset: AssetId,
    /// The balance before, in the asset's smallest unit.
    pub before: Amount,
    /// The balance after.
    pub after: Amount,
}

/// How the money in a record has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMovement {
    /// The record.
    pub key: RecordKey,
    /// The asset.
    pub asset: AssetId,
    /// What it held before; zero where it was not there.
    pub before: Amount,
    /// What it holds; zero where it is gone.
    pub after: Amount,
}

/// How much of an asset came into being or was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupplyMovement {
    /// The asset.
    pub asset: AssetId,
    /// The supply before.
    pub before: Amount,
    /// The supply after.
    pub after: Amount,
}

impl Movements {
    /// True if nothing has moved.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.records.is_empty() && self.supplies.is_empty()
    }
}
