//! A block's working state over its parent's: accounts are copied in when they are first touched, and what a failing
//! transaction changed is taken back.

use std::ops::RangeBounds;
use std::sync::Arc;

use types::{
    Address, Amount, AssetId, AuthorizedTransaction, Deadline, Epoch, Instruction, PolicyId, Timestamp, TransactionId,
};

use crate::rules::compliance::Policy;
use crate::rules::council;
use crate::state::account::Marks;
use crate::state::asset::AssetControls;
use crate::state::commitments::Commitments;
use crate::state::delta::{Changed, Changes};
use crate::state::id_page::IdPages;
use crate::state::records::{Base, Before, Working};
use crate::state::replay::Executed;
use crate::state::trace::Trace;
use crate::{
    Account, Asset, BlockContext, Council, Delta, Failure, Ledger, Movements, Parameters, ReceiptPointer, Record,
    RecordKey,
};

/// A state that does not change: the ledger with the blocks that are not final on top of it.
#[derive(Clone, Copy)]
pub(crate) struct Parent<'a> {
    ledger: &'a Ledger,
    /// Oldest first.
    ancestors: &'a [Arc<Delta>],
}

impl<'a> Parent<'a> {
    /// The state after the last of `ancestors`; `None` if they do not follow the ledger and each other.
    pub(crate) fn new(ledger: &'a Ledger, ancestors: &'a [Arc<Delta>]) -> Option<Self> {
        let mut root = ledger.state_root();
        let follows = |delta: &Arc<Delta>| std::mem::replace(&mut root, delta.state_root()) == delta.parent;
        ancestors.iter().all(follows).then_some(Self { ledger, ancestors })
    }

    pub(crate) fn commitments(&self) -> &'a Commitments {
        self.ancestors.last().map_or_else(|| self.ledger.commitments(), |delta| &delta.after)
    }

    /// The account with its index.
    pub(crate) fn account(&self, address: &Address) -> Option<(u32, &'a Account)> {
        let changed = self.ancestors.iter().rev().find_map(|delta| delta.changes.get(address));
        changed.map(|changed| (changed.index, &changed.account)).or_else(|| self.ledger.indexed_account(address))
    }

    /// The account, where its index is known.
    pub(crate) fn account_at(&self, index: u32, address: &Address) -> Option<&'a Account> {
        let changed = self.ancestors.iter().rev().find_map(|delta| delta.changes.get(address));
        changed.map(|changed| &changed.account).or_else(|| self.ledger.accounts().get(index as usize))
    }

    pub(crate) fn records(&self) -> Base<'a> {
        Base::new(self.ledger.records_table(), self.ancestors)
    }

    /// Brings the accounts that transactions will touch from memory into the processor's caches. Changes nothing; but
    /// one look-up after the other does not wait here, while each waits for memory when a transaction executes.
    pub(crate) fn warm(&self, transactions: &[&AuthorizedTransaction]) {
        let receiver = |instruction: &Instruction| match instruction {
            Instruction::Mint { to, .. } | Instruction::Transfer { to, .. } => Some(*to),
            Instruction::CallProgram(call) => Some(call.program),
            Instruction::Burn { .. }
            | Instruction::DeployProgram(_)
            | Instruction::ApproveValidators { .. }
            | Instruction::RegisterMerchant { .. }
            | Instruction::UpdateMerchant { .. }
            | Instruction::CloseMerchant { .. }
            | Instruction::Issuance(_)
            | Instruction::Compliance(_)
            | Instruction::Payment(_)
            | Instruction::SetKeys { .. }
            | Instruction::GrantSession { .. }
            | Instruction::RevokeSession { .. } => None,
        };
        let payloads = || transactions.iter().map(|transaction| transaction.payload());
        let receivers = payloads().flat_map(|payload| payload.instructions.iter().filter_map(receiver));
        let addresses = payloads().map(|payload| payload.payer).chain(receivers);
        let indices: Vec<u32> = addresses.filter_map(|address| self.ledger.index_of(&address)).collect();
        let accounts = indices.iter().filter_map(|index| self.ledger.accounts().get(*index as usize));
        std::hint::black_box(accounts.filter(|account| account.latest.is_some()).count());
    }

    /// The seconds that a block of time `now` closes, with the pages of their ids.
    pub(crate) fn closing(&self, now: Timestamp) -> impl Iterator<Item = (Deadline, Arc<IdPages>)> {
        let passed = self.commitments().open.iter().filter(move |(second, _)| second.has_passed(now));
        passed.map(|&(second, chain)| (second, self.ledger.closings().pages(second, chain, || self.ids_of(second))))
    }

    fn ids_of(&self, second: Deadline) -> IdPages {
        let mut others = Vec::new();
        for delta in self.ancestors {
            for (id, index) in delta.executed.iter().zip(0..).filter(|(id, _)| id.deadline() == second) {
                others.push(Executed { id: *id, at: ReceiptPointer { height: delta.height, index } });
            }
        }
        IdPages::of(self.ledger.replay().of(second), others)
    }

    /// True if the transaction was executed and is remembered.
    pub(crate) fn has_executed(&self, id: &TransactionId) -> bool {
        self.ancestors.iter().any(|delta| delta.executed_set.contains(id)) || self.ledger.executed(id).is_some()
    }
}

/// How to take back one change.
enum Undo {
    Balance { slot: u32, asset: AssetId, amount: Amount },
    Supply { asset: AssetId, amount: Amount },
    Marks { slot: u32, marks: Marks },
    Controls { asset: AssetId, before: Box<AssetControls> },
    AssetCreated,
    Council(Arc<Council>),
    Record(Box<Before>),
}

/// An account of the overlay, for as long as no rollback ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot(u32);

/// What holds until the running transaction ends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scope {
    /// It has approved a change of the validators.
    pub(crate) has_approved: bool,
    /// It has said where the travel rule's data is.
    pub(crate) has_travel_reference: bool,
}

/// The state while a block executes.
pub(crate) struct Overlay<'a> {
    parent: Parent<'a>,
    block: BlockContext,
    /// Of the running transaction.
    pub(crate) scope: Scope,
    changes: Changes,
    account_count: u32,
    assets: Arc<Vec<Asset>>,
    council: Arc<Council>,
    records: Working<'a>,
    /// The changes of the running transaction, in order.
    undo: Vec<Undo>,
    /// How many slots there were when the running transaction's first instruction began.
    mark: usize,
    /// Notes of what is replaced, where somebody asked for them.
    trace: Option<Box<Trace>>,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(parent: Parent<'a>, block: BlockContext, expected_accounts: usize) -> Self {
        let Commitments { account_count, assets, council, .. } = parent.commitments();
        Self {
            parent,
            block,
            scope: Scope::default(),
            changes: Changes::with_capacity(expected_accounts),
            account_count: *account_count,
            assets: assets.clone(),
            council: council.clone(),
            records: Working::new(parent.records()),
            undo: Vec::new(),
            mark: 0,
            trace: None,
        }
    }

    /// The block that executes.
    pub(crate) fn block(&self) -> BlockContext {
        self.block
    }

    pub(crate) fn parameters(&self) -> Parameters {
        self.parent.commitments().parameters
    }

    /// True for the account from which a present validator approves.
    pub(crate) fn is_validator(&self, account: &Address) -> bool {
        self.council.has_approver(account)
    }

    pub(crate) fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// The asset of this id.
    pub(crate) fn asset(&self, asset: AssetId) -> Result<&Asset, Failure> {
        self.assets.get(asset.0 as usize).ok_or(Failure::UnknownAsset { asset })
    }

    /// How many accounts there are.
    pub(crate) fn account_count(&self) -> u32 {
        self.account_count
    }

    pub(crate) fn account(&self, Slot(slot): Slot) -> &Account {
        self.changes.account(slot)
    }

    /// The account's slot, if there is such an account.
    pub(crate) fn find(&mut self, address: &Address) -> Option<Slot> {
        let slot = self.changes.find(address).or_else(|| {
            let (index, account) = self.parent.account(address)?;
            Some(self.changes.insert(Changed { index, account: account.clone() }))
        });
        slot.map(Slot)
    }

    /// The account's slot; a new account if there is none.
    pub(crate) fn find_or_create(&mut self, address: &Address) -> Slot {
        self.find(address).unwrap_or_else(|| {
            let index = self.account_count;
            self.account_count = index.checked_add(1).expect("fewer than 2^32 accounts fit in memory");
            Slot(self.changes.insert(Changed { index, account: Account::new(*address) }))
        })
    }

    /// Replaces a balance. Only [`crate::rules::gate`] moves money.
    pub(crate) fn set_balance(&mut self, Slot(slot): Slot, asset: AssetId, amount: Amount) {
        let account = self.changes.account_mut(slot);
        let before = account.balance(asset);
        if let Some(trace) = &mut self.trace {
            trace.balance(account.address, asset, before);
        }
        self.undo.push(Undo::Balance { slot, asset, amount: before });
        account.set_balance(asset, amount);
    }

    /// Replaces the supply of an asset, which must exist. Only [`crate::rules::gate`] moves money.
    pub(crate) fn set_supply(&mut self, asset: AssetId, amount: Amount) {
        let supply = &mut Arc::make_mut(&mut self.assets)[asset.0 as usize].supply;
        if let Some(trace) = &mut self.trace {
            trace.supply(asset, *supply);
        }
        self.undo.push(Undo::Supply { asset, amount: std::mem::replace(supply, amount) });
    }

    /// Changes what holds for an asset, which must exist.
    pub(crate) fn change_controls(&mut self, asset: AssetId, change: impl FnOnce(&mut AssetControls)) {
        let controls = &mut Arc::make_mut(&mut self.assets)[asset.0 as usize].controls;
        self.undo.push(Undo::Controls { asset, before: Box::new(controls.clone()) });
        change(controls);
    }

    /// Adds an asset after the others.
    pub(crate) fn create_asset(&mut self, asset: Asset) {
        Arc::make_mut(&mut self.assets).push(asset);
        self.undo.push(Undo::AssetCreated);
    }

    /// Says which records there may be about an account.
    pub(crate) fn mark(&mut self, Slot(slot): Slot, marks: Marks) {
        let account = self.changes.account_mut(slot);
        self.undo.push(Undo::Marks { slot, marks: account.marks });
        account.marks = account.marks.with(marks);
    }

    /// A validator approves changes of the validators.
    pub(crate) fn approve(&mut self, payer: &Address, epoch: Epoch, changes: &council::Changes) -> Result<(), Failure> {
        let notice_millis = self.parent.commitments().parameters.validator_notice_millis;
        let approved = self.council.approve(payer, epoch, changes, self.block.timestamp, notice_millis)?;
        self.undo.push(Undo::Council(std::mem::replace(&mut self.council, Arc::new(approved))));
        Ok(())
    }

    /// The record of a key.
    pub(crate) fn record(&self, key: &RecordKey) -> Option<&Record> {
        self.records.get(key)
    }

    /// The records whose keys are in `range`, in the order of their keys.
    pub(crate) fn records(
        &self,
        range: impl RangeBounds<RecordKey> + Clone,
    ) -> impl Iterator<Item = (&RecordKey, &Record)> {
        self.records.range(range)
    }

    /// The policy of this number.
    pub(crate) fn policy(&self, policy: PolicyId) -> Option<&Policy> {
        match self.record(&RecordKey::Policy(policy)) {
            Some(Record::Policy(policy)) => Some(policy),
            _ => None,
        }
    }

    /// Adds or replaces a record. The key is of the record's kind.
    pub(crate) fn put_record(&mut self, key: RecordKey, record: Record) {
        self.note_record(&key);
        let before = self.records.put(key, record);
        self.undo.push(Undo::Record(Box::new(before)));
    }

    /// Removes a record, if it is there.
    pub(crate) fn remove_record(&mut self, key: RecordKey) {
        self.note_record(&key);
        let before = self.records.remove(key);
        self.undo.push(Undo::Record(Box::new(before)));
    }

    /// From here on notes what each transaction replaces.
    pub(crate) fn start_trace(&mut self) {
        self.trace = Some(Box::default());
    }

    fn note_record(&mut self, key: &RecordKey) {
        if let Some(trace) = &mut self.trace {
            trace.record(key, self.records.get(key).and_then(Record::held));
        }
    }

    /// What has moved since this was last asked, as the transaction with this receipt; nothing without a trace.
    pub(crate) fn take_movements(&mut self, receipt: Option<u32>) -> Option<Movements> {
        let trace = std::mem::take(&mut **self.trace.as_mut()?);
        Some(trace.movements(receipt, &self.changes, &self.assets, &self.records))
    }

    /// Ends the block: a change of the validators whose time has come takes effect.
    pub(crate) fn end_block(&mut self) {
        if let Some(council) = self.council.after(self.block.timestamp) {
            self.council = Arc::new(council);
        }
    }

    /// Sets where an account's latest receipt is; returns where the one before is. Not taken back by a rollback.
    pub(crate) fn set_latest(&mut self, Slot(slot): Slot, at: ReceiptPointer) -> Option<ReceiptPointer> {
        self.changes.account_mut(slot).latest.replace(at)
    }

    /// Begins a transaction. The slot of its payer is there already, if the payer has an account.
    pub(crate) fn begin(&mut self) {
        self.undo.clear();
        self.scope = Scope::default();
        self.mark = self.changes.accounts().len();
    }

    /// Takes back everything since [`Overlay::begin`], new accounts and untouched copies included.
    pub(crate) fn roll_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Balance { slot, asset, amount } => self.changes.account_mut(slot).set_balance(asset, amount),
                Undo::Marks { slot, marks } => self.changes.account_mut(slot).marks = marks,
                Undo::Controls { asset, before } => {
                    Arc::make_mut(&mut self.assets)[asset.0 as usize].controls = *before;
                }
                Undo::AssetCreated => drop(Arc::make_mut(&mut self.assets).pop()),
                Undo::Supply { asset, amount } => Arc::make_mut(&mut self.assets)[asset.0 as usize].supply = amount,
                Undo::Council(council) => self.council = council,
                Undo::Record(before) => self.records.take_back(*before),
            }
        }
        let existing = self.parent.commitments().account_count;
        let created = self.changes.truncate(self.mark).filter(|index| *index >= existing).count();
        self.account_count -= created as u32;
    }

    pub(crate) fn into_parts(self) -> (Changes, u32, Arc<Vec<Asset>>, Arc<Council>, Working<'a>) {
        (self.changes, self.account_count, self.assets, self.council, self.records)
    }
}
