//! What a block changes: an overlay over its parent's state.

use hashbrown::{HashMap, HashSet};
use types::{Address, Hash, Height, Timestamp, TransactionId};

use crate::state::commitments::Commitments;
use crate::state::merkle::Patch;
use crate::state::records::RecordsDelta;
use crate::{Account, ClosedSecond};

/// The effect of one block on its parent's state. It keeps no reference to the parent's delta, and stays valid when the
/// parent is folded into the ledger.
#[derive(Clone)]
pub struct Delta {
    /// The state root that it applies to.
    pub(crate) parent: Hash,
    pub(crate) height: Height,
    pub(crate) timestamp: Timestamp,
    pub(crate) changes: Changes,
    pub(crate) tree: Patch,
    pub(crate) records: RecordsDelta,
    /// The transactions executed, in the order of their receipts.
    pub(crate) executed: Vec<TransactionId>,
    pub(crate) executed_set: HashSet<TransactionId>,
    /// The seconds that the block's time has passed.
    pub(crate) closed: Vec<ClosedSecond>,
    /// The state after the block.
    pub(crate) after: Commitments,
}

impl Delta {
    /// The state root after the block.
    pub fn state_root(&self) -> Hash {
        self.after.state_root()
    }
}

impl std::fmt::Debug for Delta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delta")
            .field("height", &self.height)
            .field("state_root", &self.state_root())
            .finish_non_exhaustive()
    }
}

/// An account as it is after the block.
#[derive(Clone)]
pub(crate) struct Changed {
    /// The account's place in the list of all accounts.
    pub(crate) index: u32,
    pub(crate) account: Account,
}

/// The accounts that a block changes or creates.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    /// Places in `accounts`, by address. For lookups only.
    slots: HashMap<Address, u32>,
    /// In the order in which they were first touched; hence new accounts are in the order of their indices.
    accounts: Vec<Changed>,
}

impl Changes {
    pub(crate) fn with_capacity(accounts: usize) -> Self {
        Self { slots: HashMap::with_capacity(accounts), accounts: Vec::with_capacity(accounts) }
    }

    pub(crate) fn accounts(&self) -> &[Changed] {
        &self.accounts
    }

    pub(crate) fn into_accounts(self) -> Vec<Changed> {
        self.accounts
    }

    pub(crate) fn find(&self, address: &Address) -> Option<u32> {
        self.slots.get(address).copied()
    }

    pub(crate) fn get(&self, address: &Address) -> Option<&Changed> {
        self.find(address).map(|slot| &self.accounts[slot as usize])
    }

    /// Adds an account that is not there yet; returns its slot.
    pub(crate) fn insert(&mut self, changed: Changed) -> u32 {
        // Slots are fewer than accounts, whose indices are 32 bits.
        let slot = self.accounts.len() as u32;
        self.slots.insert(changed.account.address, slot);
        self.accounts.push(changed);
        slot
    }

    pub(crate) fn account(&self, slot: u32) -> &Account {
        &self.accounts[slot as usize].account
    }

    pub(crate) fn account_mut(&mut self, slot: u32) -> &mut Account {
        &mut self.accounts[slot as usize].account
    }

    /// Forgets all slots from `first` on; returns the indices that they had.
    pub(crate) fn truncate(&mut self, first: usize) -> impl Iterator<Item = u32> {
        self.accounts.drain(first..).map(|changed| {
            self.slots.remove(&changed.account.address);
            changed.index
        })
    }
}
