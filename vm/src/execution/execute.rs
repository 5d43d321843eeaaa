//! Executing a block.

use std::sync::Arc;

use hashbrown::HashSet;
use types::breakage::{Breakage, is_on};
use types::codec::Bounded;
use types::stage::Stage;
use types::{AssetId, AuthorizedTransaction, Hash, Height, Origin, Timestamp};

use crate::execution::conservation::violation;
use crate::execution::step::take;
use crate::rules::authority::{Authority, judge};
use crate::rules::calls::{Calls, Stopped};
use crate::rules::fees::{self, Begun};
use crate::rules::turn::{Touched, Turn};
use crate::state::overlay::{Overlay, Parent, Slot};
use crate::state::replay::{Standing, next_chains, standing};
use crate::{Delta, Ledger, Link, Movements, Outcome, Receipt, ReceiptPointer, receipts_root};

/// What execution needs to know of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockContext {
    /// The block's height.
    pub height: Height,
    /// The block's time, by which deadlines are judged.
    pub timestamp: Timestamp,
}

/// What executing a block gave.
#[derive(Debug, Clone)]
pub struct Execution {
    /// The block's effect.
    pub delta: Delta,
    /// The receipts of the transactions that were not skipped, in order.
    pub receipts: Vec<Receipt>,
    /// The state after the block.
    pub state_root: Hash,
    /// The Merkle root over the receipts.
    pub receipts_root: Hash,
    /// The hash of the validator set that the next block belongs to: what a header names.
    pub next_validators: Hash,
    /// The transactions that have no receipt in this block.
    pub skipped: Skipped,
    /// The gas that its calls used.
    pub gas_used: u64,
}

/// How many transactions of a block were left out, without receipt and without effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Executed before, in this block or an earlier one.
    pub already_executed: u32,
    /// The deadline had passed at the block's time.
    pub expired: u32,
    /// The deadline was further ahead than the chain allows.
    pub too_far: u32,
    /// The keys that signed do not open the payer's account, or the sponsor's. Such a transaction may execute later, if they do then.
    pub unauthorized: u32,
    /// The fee could not be paid. Such a transaction may execute later, if it can be paid then.
    pub unpaid: u32,
}

impl Skipped {
    /// All of them.
    pub fn count(&self) -> u32 {
        let Skipped { already_executed, expired, too_far, unauthorized, unpaid } = self;
        already_executed + expired + too_far + unauthorized + unpaid
    }
}

/// Why a block cannot be executed. Both say that this validator's program or memory is wrong, not the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// Balances changed by another amount than the supply.
    #[error(
        "the balances of asset {asset} do not add up to its supply: stop this validator and restore it from another"
    )]
    NotConserved {
        /// The asset.
        asset: AssetId,
    },
    /// The deltas given as ancestors do not follow the ledger and each other.
    #[error(
        "the deltas below the block do not follow the ledger: give those from the ledger to the parent, oldest first"
    )]
    NotConnected,
}

/// From so many accounts on they are not in the processor's caches anyway.
const WARM_FROM_ACCOUNTS: u32 = 50_000;

/// For so many transactions at a time accounts are fetched ahead.
const WARM_AHEAD: usize = 256;

/// Executes `transactions` in order, on top of `ledger` and `ancestors` (the blocks from there to the parent, oldest
/// first). Nothing is changed: the block's effect is in [`Execution::delta`].
pub fn execute<'t>(
    ledger: &Ledger,
    ancestors: &[Arc<Delta>],
    context: BlockContext,
    transactions: impl IntoIterator<Item = &'t AuthorizedTransaction>,
) -> Result<Execution, ExecutionError> {
    execute_noting(ledger, ancestors, context, transactions, None)
}

/// As [`execute`], and says what each transaction has moved, in order. A transaction that moved nothing is left out.
pub fn execute_traced<'t>(
    ledger: &Ledger,
    ancestors: &[Arc<Delta>],
    context: BlockContext,
    transactions: impl IntoIterator<Item = &'t AuthorizedTransaction>,
) -> Result<(Execution, Vec<Movements>), ExecutionError> {
    let mut movements = Vec::new();
    let execution = execute_noting(ledger, ancestors, context, transactions, Some(&mut movements))?;
    Ok((execution, movements))
}

fn execute_noting<'t>(
    ledger: &Ledger,
    ancestors: &[Arc<Delta>],
    context: BlockContext,
    transactions: impl IntoIterator<Item = &'t AuthorizedTransaction>,
    mut noted: Option<&mut Vec<Movements>>,
) -> Result<Execution, ExecutionError> {
    let _stage = Stage::Execution.enter();
    let parent = Parent::new(ledger, ancestors).ok_or(ExecutionError::NotConnected)?;
    let BlockContext { height, timestamp } = context;
    let before = parent.commitments();
    let transactions: Vec<&AuthorizedTransaction> = transactions.into_iter().collect();
    let expected = transactions.len();
    // Most payments touch two accounts.
    let mut overlay = Overlay::new(parent, context, 2 * expected);
    if noted.is_some() {
        overlay.start_trace();
    }
    let mut receipts = Vec::with_capacity(expected);
    let mut executed = Vec::with_capacity(expected);
    let mut executed_set = HashSet::with_capacity(expected);
    let mut touched = Vec::new();
    let mut calls = Calls::new();
    let mut skipped = Skipped::default();

    for (number, &transaction) in transactions.iter().enumerate() {
        if number % WARM_AHEAD == 0 && before.account_count > WARM_FROM_ACCOUNTS {
            parent.warm(&transactions[number..expected.min(number + WARM_AHEAD)]);
        }
        let id = transaction.id();
        match standing(id.deadline(), timestamp, before.parameters.max_valid_seconds) {
            Standing::Open
                if (parent.has_executed(&id) || !executed_set.insert(id)) && !is_on(Breakage::ExecutedTwice) =>
            {
                skipped.already_executed += 1;
            }
            Standing::Open => {
                let Ok(authority) = judge(|key| overlay.record(key), transaction, timestamp) else {
                    executed_set.remove(&id);
                    skipped.unauthorized += 1;
                    continue;
                };
                let Ok(begun) = fees::begin(&mut overlay, transaction, authority, &mut touched) else {
                    overlay.roll_back();
                    executed_set.remove(&id);
                    skipped.unpaid += 1;
                    continue;
                };
                // A block has at most 1024 batches of 8192 transactions.
                let at = ReceiptPointer { height, index: receipts.len() as u32 };
                receipts.push(run(&mut overlay, transaction, begun, at, &mut touched, &mut calls));
                note(&mut noted, &mut overlay, Some(at.index));
                executed.push(id);
            }
            Standing::Expired => skipped.expired += 1,
            Standing::TooFar => skipped.too_far += 1,
        }
    }

    overlay.end_block();
    note(&mut noted, &mut overlay, None);
    let (changes, account_count, assets, council, records) = overlay.into_parts();
    let records = records.settle();
    if let Some(asset) = violation(parent, changes.accounts(), records.money(parent.records()), &assets)
        && !is_on(Breakage::CreditedTwice)
    {
        return Err(ExecutionError::NotConserved { asset });
    }
    let _stage = Stage::Roots.enter();
    let mut leaves: Vec<(u32, Hash)> =
        changes.accounts().iter().map(|changed| (changed.index, changed.account.leaf())).collect();
    leaves.sort_unstable_by_key(|(index, _)| *index);
    let tree = ledger.tree().patch(ancestors.iter().map(|delta| &delta.tree), leaves, account_count);
    let open = next_chains(&before.open, height, timestamp, &executed);
    let mut closed_seconds = before.closed.clone();
    let closed = parent.closing(timestamp).map(|(second, ids)| closed_seconds.close(second, ids)).collect();
    let after = before.next(
        (account_count, tree.root()),
        records.summary(),
        assets,
        council,
        open,
        (executed.len() as u64, closed_seconds),
    );

    let (state_root, receipts_root) = (after.state_root(), receipts_root(&receipts));
    let next_validators = after.next_validators;
    let parent = before.state_root();
    let delta = Delta { parent, height, timestamp, changes, tree, records, executed, executed_set, closed, after };
    let gas_used = calls.gas_used();
    Ok(Execution { delta, receipts, state_root, receipts_root, next_validators, skipped, gas_used })
}

/// Keeps what has moved since this was last done, where somebody wants to know.
fn note(noted: &mut Option<&mut Vec<Movements>>, overlay: &mut Overlay<'_>, receipt: Option<u32>) {
    if let Some(noted) = noted {
        noted.extend(overlay.take_movements(receipt).filter(|movements| !movements.is_empty()));
    }
}

/// Executes a transaction that has begun, wholly or not at all. `touched` has what it has touched so far, `calls` is what the block's calls share.
fn run(
    overlay: &mut Overlay<'_>,
    transaction: &AuthorizedTransaction,
    Begun { authority, payer, fee }: Begun,
    at: ReceiptPointer,
    touched: &mut Vec<Slot>,
    calls: &mut Calls,
) -> Receipt {
    calls.begin();
    let touched_by_fee = touched.len();
    let (outcome, results) = match run_instructions(overlay, payer, transaction, authority, touched, calls) {
        Ok(()) => (Outcome::Succeeded, calls.take_results()),
        Err((instruction, stopped)) => {
            let Stopped { failure, in_program } = *stopped;
            overlay.roll_back();
            touched.truncate(touched_by_fee);
            let outcome = match in_program {
                Some((at, gas)) => Outcome::FailedInProgram { instruction, failure, at, gas },
                None => Outcome::Failed { instruction, failure },
            };
            (outcome, Bounded::default())
        }
    };
    let mut links = Vec::with_capacity(touched.len());
    for &slot in touched.iter() {
        // An account that has this receipt already is linked already.
        if overlay.account(slot).latest != Some(at) {
            let previous = overlay.set_latest(slot, at);
            links.push(Link { account: overlay.account(slot).address, previous });
        }
    }
    let links = Bounded::new(links).expect("what would touch more was stopped before");
    Receipt { id: transaction.id(), outcome, fee, links, results }
}

/// Runs the instructions in order until one fails, which is returned with its number. The caller rolls back.
pub(crate) fn run_instructions(
    overlay: &mut Overlay<'_>,
    account: Option<Slot>,
    transaction: &AuthorizedTransaction,
    mut authority: Authority,
    touched: &mut Vec<Slot>,
    calls: &mut Calls,
) -> Result<(), (u32, Box<Stopped>)> {
    overlay.begin();
    let payload = transaction.payload();
    for (instruction, number) in payload.instructions.iter().zip(0..) {
        authority
            .permit_in(overlay, &payload.payer, instruction)
            .map_err(|failure| (number, Box::new(Stopped::from(failure))))?;
        let after = payload.instructions.len() - 1 - number as usize;
        let mut turn = Turn {
            overlay,
            actor: payload.payer,
            account,
            origin: Origin { transaction: transaction.id(), instruction: number },
            touched: Touched::new(touched, after),
        };
        take(&mut turn, instruction, calls).map_err(|stopped| (number, Box::new(stopped)))?;
        if calls.is_open() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::ledger::Accounts;
    use crate::state::records::Table;
    use crate::state::replay::Replay;
    use crate::{Account, Asset, AssetSpec, ClosedSeconds, Council, Parameters};
    use types::codec::Text;
    use types::{Address, Amount, ChainTag, Deadline, Instruction, Member, Payload, SecretKey, Transaction};

    #[test]
    fn a_block_whose_books_do_not_add_up_is_an_error() {
        let chain = Hash([7; 32]);
        let key = SecretKey::from_seed([1; 32]);
        let issuer = Address::of(&key.public());
        // An account that holds more than there is: burning it cannot lower the supply by as much.
        let mut account = Account::new(issuer);
        account.set_balance(AssetId(0), Amount(100));
        let mut accounts = Accounts::default();
        accounts.push(account);
        let won = Asset::new(AssetSpec::new(Text::new("KRW").unwrap(), 0, issuer));
        let won = Asset { supply: Amount(50), ..won };
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
        let council = Council::genesis(vec![Member::new("only", key.public(), "peer", "/address").unwrap()]).unwrap();
        let ledger = Ledger::assemble(
            parameters,
            accounts,
            Table::default(),
            vec![won],
            council,
            Replay::default(),
            (0, ClosedSeconds::default()),
        )
        .unwrap();

        let burn = |amount| {
            let burn = Instruction::Burn { asset: AssetId(0), amount: Amount(amount) };
            let instructions = Bounded::new(vec![burn]).unwrap();
            let (chain_tag, valid_until) = (ChainTag::of(&chain), Deadline(0));
            let payload = Payload { chain: chain_tag, payer: issuer, valid_until, salt: 0, instructions };
            let burn =
                Transaction::authorize_all(vec![Transaction::sign(payload, &key, &chain)], &chain).remove(0).unwrap();
            let context = BlockContext { height: Height(1), timestamp: Timestamp(0) };
            execute(&ledger, &[], context, [&burn]).map(|execution| execution.receipts.len())
        };
        assert_eq!(burn(50), Ok(1));
        assert_eq!(burn(51), Err(ExecutionError::NotConserved { asset: AssetId(0) }));
    }
}
