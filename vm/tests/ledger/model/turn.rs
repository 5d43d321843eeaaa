//! One instruction's turn.

use types::{Address, AssetId, Height, Origin, Role, Timestamp};
use vm::{Failure, MAX_LINKS, Record, RecordKey};

use super::state::State;

pub(crate) struct Turn<'t> {
    pub(crate) state: &'t mut State,
    pub(crate) actor: Address,
    pub(crate) origin: Origin,
    pub(crate) now: Timestamp,
    pub(crate) height: Height,
    /// The transaction has declared where the travel rule's data is.
    pub(crate) has_travel: &'t mut bool,
    /// The accounts in the transaction's receipt so far, each once.
    pub(crate) touched: &'t mut Vec<Address>,
    /// How many instructions follow.
    pub(crate) after: usize,
}

impl Turn<'_> {
    pub(crate) fn touch(&mut self, account: Address) -> Result<(), Failure> {
        if self.touched.contains(&account) {
            return Ok(());
        }
        if self.touched.len() >= MAX_LINKS - self.after {
            return Err(Failure::TooManyAccounts);
        }
        self.touched.push(account);
        Ok(())
    }

    pub(crate) fn expect_account(&self) -> Result<(), Failure> {
        if self.state.accounts.contains(&self.actor) { Ok(()) } else { Err(Failure::UnknownAccount) }
    }

    pub(crate) fn expect_role(&self, asset: AssetId, role: Role) -> Result<(), Failure> {
        match self.state.officer(asset, role)? == Some(self.actor) {
            true => Ok(()),
            false => Err(Failure::WithoutRole { asset, role }),
        }
    }

    pub(crate) fn record(&self, key: &RecordKey) -> Option<Record> {
        self.state.records.get(key).cloned()
    }

    pub(crate) fn put(&mut self, key: RecordKey, record: Record) {
        self.state.records.insert(key, record);
    }

    pub(crate) fn remove(&mut self, key: &RecordKey) {
        self.state.records.remove(key);
    }
}
