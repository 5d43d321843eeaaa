//! The finalized state, in memory.

use std::ops::RangeBounds;

use types::stage::Stage;
use types::{Address, Amount, AssetId, Hash, TransactionId};

use crate::state::closings::Closings;
use crate::state::commitments::Commitments;
use crate::state::delta::Changed;
use crate::state::directory::Directory;
use crate::state::merkle::Tree;
use crate::state::pages::Pages;
use crate::state::records::{Slots, Table};
use crate::state::replay::{Executed, Replay};
use crate::{
    Account, AccountProof, Asset, ClosedSecond, ClosedSeconds, Council, Delta, Parameters, ReceiptPointer, Record,
    RecordKey, StateOpening,
};

/// All accounts in the order of their creation.
pub(crate) type Accounts = Pages<Account, 64>;

/// The state after the latest finalized block.
pub struct Ledger {
    commitments: Commitments,
    accounts: Accounts,
    directory: Directory<Address>,
    tree: Tree,
    records: Table,
    replay: Replay,
    closings: Closings,
}

/// What folding in a block has closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The deadline seconds that block time has passed, ascending. A second for which nothing was executed is left out.
    pub seconds: Vec<ClosedSecond>,
}

impl Ledger {
    /// The ledger of these parts, or the first address that two accounts share. `executed`: how many transactions since
    /// genesis, and the seconds that have passed.
    pub(crate) fn assemble(
        parameters: Parameters,
        accounts: Accounts,
        records: Table,
        assets: Vec<Asset>,
        council: Council,
        replay: Replay,
        executed: (u64, ClosedSeconds),
    ) -> Result<Ledger, Address> {
        let mut directory = Directory::with_capacity(accounts.len());
        let mut leaves = Vec::with_capacity(accounts.len());
        for (account, index) in accounts.iter().zip(0..) {
            if !directory.insert(account.address, index) {
                return Err(account.address);
            }
            leaves.push(account.leaf());
        }
        // As many as directory indices, which are 32 bits.
        let account_count = leaves.len() as u32;
        let tree = Tree::new(leaves);
        let commitments = Commitments::new(
            parameters,
            (account_count, tree.root()),
            records.summary(),
            assets,
            council,
            replay.chains(),
            executed,
        );
        Ok(Ledger { commitments, accounts, directory, tree, records, replay, closings: Closings::default() })
    }

    /// Folds in the effect of a block that became final.
    ///
    /// # Panics
    ///
    /// If the block was not executed on top of this state.
    pub fn apply(&mut self, delta: Delta) -> Closed {
        let _stage = Stage::Folding.enter();
        let Delta { parent, height, timestamp, changes, tree, records, executed, closed, after, .. } = delta;
        assert_eq!(parent, self.state_root(), "block {height} does not follow the ledger");
        self.tree.apply(&tree);
        for Changed { index, account } in changes.into_accounts() {
            if (index as usize) < self.accounts.len() {
                self.accounts.set(index as usize, account);
            } else {
                self.directory.insert(account.address, index);
                self.accounts.push(account);
            }
        }
        self.records.apply(records);
        for (id, index) in executed.into_iter().zip(0..) {
            self.replay.remember(Executed { id, at: ReceiptPointer { height, index } });
        }
        self.commitments = after;
        self.replay.forget(timestamp);
        self.closings.forget(timestamp);
        Closed { seconds: closed }
    }

    /// What a header of this state names.
    pub fn state_root(&self) -> Hash {
        self.commitments.state_root()
    }

    /// What the validators agreed on at genesis.
    pub fn parameters(&self) -> Parameters {
        self.commitments.parameters
    }

    /// The validators, and what they have approved.
    pub fn council(&self) -> &Council {
        &self.commitments.council
    }

    /// The hash of the validator set that the next block belongs to.
    pub fn next_validators(&self) -> Hash {
        self.commitments.next_validators
    }

    /// How many accounts there are.
    pub fn account_count(&self) -> u32 {
        self.commitments.account_count
    }

    /// The account of an address, if it ever received anything or was there from genesis.
    pub fn account(&self, address: &Address) -> Option<&Account> {
        self.indexed_account(address).map(|(_, account)| account)
    }

    /// All assets in the order of their ids.
    pub fn assets(&self) -> &[Asset] {
        &self.commitments.assets
    }

    /// An asset.
    pub fn asset(&self, id: AssetId) -> Option<&Asset> {
        self.assets().get(id.0 as usize)
    }

    /// Transactions executed since genesis, the failed ones included.
    pub fn executed_total(&self) -> u64 {
        self.commitments.executed_total
    }

    /// Where the receipt of an executed transaction is. Known until block time has passed the transaction's deadline;
    /// then [`Closed`] hands it out.
    pub fn executed(&self, id: &TransactionId) -> Option<ReceiptPointer> {
        self.replay.find(id)
    }

    /// How many ids of executed transactions are known.
    pub fn remembered_ids(&self) -> usize {
        self.replay.len()
    }

    /// The record of a key.
    pub fn record(&self, key: &RecordKey) -> Option<&Record> {
        self.records.find(key).map(|(_, entry)| &entry.record)
    }

    /// The records whose keys are in `range`, in the order of their keys.
    pub fn records(&self, range: impl RangeBounds<RecordKey>) -> impl Iterator<Item = (&RecordKey, &Record)> {
        self.records.range(range).map(|entry| (&entry.key, &entry.record))
    }

    /// The deadline seconds that block time has passed.
    pub fn closed_seconds(&self) -> &ClosedSeconds {
        &self.commitments.closed
    }

    /// The parts of the state root.
    pub fn opening(&self) -> StateOpening {
        self.commitments.opening()
    }

    /// What shows an account to those who know the state root; nothing if there is no such account.
    pub fn prove_account(&self, address: &Address) -> Option<AccountProof> {
        let (index, account) = self.indexed_account(address)?;
        Some(AccountProof { account: account.clone(), path: self.tree.path(index)?, opening: self.opening() })
    }

    /// The sum of all balances and records of an asset. Looks at every account and record: for audits.
    pub fn held(&self, asset: AssetId) -> Amount {
        held(&self.accounts, self.records.slots(), asset)
    }

    pub(crate) fn commitments(&self) -> &Commitments {
        &self.commitments
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    pub(crate) fn index_of(&self, address: &Address) -> Option<u32> {
        self.directory.find(address)
    }

    pub(crate) fn indexed_account(&self, address: &Address) -> Option<(u32, &Account)> {
        let index = self.index_of(address)?;
        self.accounts.get(index as usize).map(|account| (index, account))
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(crate) fn records_table(&self) -> &Table {
        &self.records
    }

    pub(crate) fn closings(&self) -> &Closings {
        &self.closings
    }

    pub(crate) fn replay(&self) -> &Replay {
        &self.replay
    }
}

/// The sum of all balances and records of an asset.
pub(crate) fn held(accounts: &Accounts, records: &Slots, asset: AssetId) -> Amount {
    let in_accounts = accounts.iter().map(|account| account.balance(asset));
    let in_records = records.iter().flatten().filter_map(|entry| entry.record.held());
    let in_records = in_records.filter(|(held, _)| *held == asset).map(|(_, amount)| amount);
    // Should the books be wrong, then by a saturated sum visibly so.
    Amount(in_accounts.chain(in_records).fold(0, |sum, amount| sum.saturating_add(amount.0)))
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("state_root", &self.state_root()).finish_non_exhaustive()
    }
}
