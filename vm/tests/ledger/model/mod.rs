//! The ledger written as plainly as possible: maps that are copied for each transaction, roots made from scratch. It is
//! written from the documentation, so that what it has in common with the ledger is not its code.

pub(crate) mod authority;
mod books;
mod compliance;
mod council;
mod fees;
mod gate;
mod issuance;
mod keys;
mod payments;
mod programs;
mod registry;
mod roots;
pub(crate) mod state;
mod turn;

use std::collections::BTreeMap;

use types::{Address, AssetId, AuthorizedTransaction, Hash, Height, Instruction, Origin, Timestamp, TransactionId};
use vm::{
    BlockContext, CallResult, Failure, FeePaid, FeeSchedule, Ledger, Link, Outcome, Receipt, ReceiptPointer, Record,
    RecordKey, Skipped, TRANSACTION_GAS,
};

use crate::bank::MAX_VALID_SECONDS;
use authority::Authority;
use council::CouncilModel;
use programs::Gas;
pub(crate) use roots::receipts_root;
use state::State;
use turn::Turn;

#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) state: State,
    latest: BTreeMap<Address, ReceiptPointer>,
    executed: BTreeMap<TransactionId, ReceiptPointer>,
    /// For each block what it executed, oldest first.
    blocks: Vec<(Height, Vec<TransactionId>)>,
    /// Which record has which slot since the latest block.
    slots: Vec<Option<RecordKey>>,
    now: Timestamp,
    fees: Option<FeeSchedule>,
}

/// What became of a transaction.
#[derive(Debug, PartialEq)]
pub(crate) struct ModelReceipt {
    pub(crate) outcome: Outcome,
    pub(crate) links: Vec<Link>,
    pub(crate) fee: Option<FeePaid>,
    pub(crate) results: Vec<CallResult>,
}

impl ModelReceipt {
    /// The same of a ledger's receipt.
    pub(crate) fn of(receipt: &Receipt) -> Self {
        let (outcome, links, results) = (receipt.outcome.clone(), receipt.links.to_vec(), receipt.results.to_vec());
        Self { outcome, links, fee: receipt.fee, results }
    }
}

pub(crate) struct ModelBlock {
    pub(crate) receipts: Vec<ModelReceipt>,
    pub(crate) skipped: Skipped,
    /// The state after each transaction that has a receipt.
    pub(crate) states: Vec<State>,
}

/// Why an instruction had no effect, and where in a program, if in one.
pub(crate) struct Stop {
    failure: Failure,
    in_program: Option<(u16, u64)>,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop { failure, in_program: None }
    }
}

impl Model {
    /// As a ledger is that begins with these accounts, in the order of their creation. Each holds what it holds there.
    pub(crate) fn beginning(ledger: &Ledger, accounts: Vec<Address>) -> Self {
        let held = |at: &Address| {
            ledger.account(at).unwrap().balances().map(|(asset, amount)| ((*at, asset), amount.0)).collect()
        };
        let balances: Vec<Vec<((Address, AssetId), u128)>> = accounts.iter().map(held).collect();
        let state = State {
            accounts,
            balances: balances.into_iter().flatten().collect(),
            marks: BTreeMap::new(),
            assets: ledger.assets().to_vec(),
            records: BTreeMap::new(),
            council: CouncilModel::new(),
        };
        let (latest, executed, blocks, slots) = (BTreeMap::new(), BTreeMap::new(), Vec::new(), Vec::new());
        Self { state, latest, executed, blocks, slots, now: Timestamp(0), fees: ledger.parameters().fees }
    }

    pub(crate) fn balance(&self, account: Address, asset: AssetId) -> u128 {
        self.state.balance(account, asset)
    }

    pub(crate) fn accounts(&self) -> &[Address] {
        &self.state.accounts
    }

    pub(crate) fn records(&self) -> &BTreeMap<RecordKey, Record> {
        &self.state.records
    }

    /// What became of an id.
    pub(crate) fn executed(&self, id: &TransactionId) -> Option<ReceiptPointer> {
        self.executed.get(id).copied()
    }

    pub(crate) fn validators_hash(&self) -> Hash {
        self.state.council.validators_hash()
    }

    pub(crate) fn block(&mut self, context: BlockContext, transactions: &[AuthorizedTransaction]) -> ModelBlock {
        let mut block = ModelBlock { receipts: Vec::new(), skipped: Skipped::default(), states: Vec::new() };
        self.now = context.timestamp;
        let second = self.now.0 / 1_000;
        let mut ids = Vec::new();
        let mut gas = Gas::of_a_block();
        for transaction in transactions {
            let deadline = u64::from(transaction.payload().valid_until.0);
            if deadline < second {
                block.skipped.expired += 1;
            } else if deadline > second + u64::from(MAX_VALID_SECONDS) {
                block.skipped.too_far += 1;
            } else if self.executed.contains_key(&transaction.id()) {
                block.skipped.already_executed += 1;
            } else {
                let at = ReceiptPointer { height: context.height, index: ids.len() as u32 };
                let Some(authority) = self.state.authority(transaction, self.now) else {
                    block.skipped.unauthorized += 1;
                    continue;
                };
                let Some(receipt) = self.transaction(transaction, &authority, at, &mut gas) else {
                    block.skipped.unpaid += 1;
                    continue;
                };
                ids.push(transaction.id());
                block.receipts.push(receipt);
                block.states.push(self.state.clone());
                self.executed.insert(transaction.id(), at);
            }
        }
        self.state.council.end_block(self.now);
        self.settle_records();
        self.blocks.push((context.height, ids));
        block
    }

    /// Nothing where the fee cannot be paid.
    fn transaction(
        &mut self,
        transaction: &AuthorizedTransaction,
        authority: &Authority,
        at: ReceiptPointer,
        gas: &mut Gas,
    ) -> Option<ModelReceipt> {
        let payer = transaction.payload().payer;
        let has_account = self.state.accounts.contains(&payer);
        let mut touched = if has_account { vec![payer] } else { vec![] };
        let fee = self.fee_of(transaction);
        if let Some(fee) = &fee {
            self.charge(fee, transaction, authority, at.height, &mut touched)?;
        }
        let touched_by_fee = touched.len();
        let mut after = self.state.clone();
        let (mut outcome, mut results) = (Outcome::Succeeded, Vec::new());
        let (mut has_approved, mut has_travel) = (false, false);
        gas.transaction = TRANSACTION_GAS;
        let instructions = &transaction.payload().instructions;
        for (instruction, number) in instructions.iter().zip(0u32..) {
            let approves = matches!(instruction, Instruction::ApproveValidators { .. });
            let permitted = after.permit(authority, payer, instruction);
            let mut turn = Turn {
                state: &mut after,
                actor: payer,
                origin: Origin { transaction: transaction.id(), instruction: number },
                now: self.now,
                height: at.height,
                has_travel: &mut has_travel,
                touched: &mut touched,
                after: instructions.len() - 1 - number as usize,
            };
            let result = match permitted {
                Err(failure) => Err(failure.into()),
                Ok(()) if approves && std::mem::replace(&mut has_approved, true) => Err(Failure::SecondApproval.into()),
                Ok(()) => turn.take(instruction, gas, &mut results),
            };
            if let Err(Stop { failure, in_program }) = result {
                outcome = match in_program {
                    None => Outcome::Failed { instruction: number, failure },
                    Some((at, gas)) => Outcome::FailedInProgram { instruction: number, failure, at, gas },
                };
                break;
            }
        }
        if outcome == Outcome::Succeeded {
            self.state = after;
        } else {
            touched.truncate(touched_by_fee);
            results.clear();
        }
        let links = touched.into_iter().map(|account| Link { account, previous: self.latest.insert(account, at) });
        Some(ModelReceipt { outcome, links: links.collect(), fee, results })
    }
}

impl Turn<'_> {
    fn take(&mut self, instruction: &Instruction, gas: &mut Gas, results: &mut Vec<CallResult>) -> Result<(), Stop> {
        match instruction {
            Instruction::Mint { asset, to, amount } => self.mint(*asset, *to, *amount)?,
            Instruction::Burn { asset, amount } => self.burn(*asset, *amount)?,
            Instruction::Transfer { asset, to, amount, .. } => self.transfer(*asset, *to, *amount)?,
            Instruction::ApproveValidators { epoch, changes } => {
                self.state.council.approve(self.actor, *epoch, changes, self.now)?;
            }
            Instruction::RegisterMerchant { .. }
            | Instruction::UpdateMerchant { .. }
            | Instruction::CloseMerchant { .. } => self.register(instruction)?,
            Instruction::DeployProgram(deployment) => self.deploy(deployment, gas, results)?,
            Instruction::CallProgram(call) => self.call(call, gas, results)?,
            Instruction::Issuance(step) => self.issue(step)?,
            Instruction::Compliance(step) => self.control(step)?,
            Instruction::Payment(step) => self.pay(step)?,
            Instruction::SetKeys { .. } | Instruction::GrantSession { .. } | Instruction::RevokeSession { .. } => {
                self.change_keys(instruction)?
            }
        }
        Ok(())
    }
}
