//! Statements: what moved in an account in a period, between an opening and a closing balance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{
    Address, Amount, AssetId, AuthorizedTransaction, Hash, Height, Instruction, Payment, Timestamp, TransactionId,
};
use vm::{AccountMovement, Ledger, Movements, Record, RecordKey};

use crate::Audited;
use crate::orders::OrderName;

mod csv;
mod orders;

use orders::{OwnOrders, Touched};

/// The most counterparties, memos, references and orders that a line names.
const MAX_NAMED: usize = 16;

/// A period of block time: from the first time on, before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Where it begins; nothing is the beginning of what is known.
    pub from: Option<Timestamp>,
    /// Where it ends; nothing is the end of what is known.
    pub to: Option<Timestamp>,
}

/// A statement of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The chain: the hash of its genesis block.
    pub chain: Hash,
    /// The account.
    pub account: Address,
    /// Its entry in the registry of merchants at the end of the period, if it has one.
    pub merchant: Option<Merchant>,
    /// The period.
    pub period: Period,
    /// The last block that the statement rests on.
    pub height: Height,
    /// The ledger after that block.
    pub state_root: Hash,
    /// For each asset that the account held or moved.
    pub totals: Vec<Totals>,
    /// What moved, in order.
    pub lines: Vec<Line>,
}

/// A merchant's entry as a statement shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// The name over the door.
    pub name: String,
    /// The business registration number.
    pub business_number: String,
    /// What it sells.
    pub category: u16,
    /// Where it sells.
    pub region: u16,
    /// False while it is suspended.
    pub is_active: bool,
}

/// An asset's sums in a statement, in the asset's smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// The asset.
    pub asset: AssetId,
    /// Its symbol.
    pub symbol: String,
    /// How many decimals its unit has.
    pub decimals: u8,
    /// What the account held when the period began.
    pub opening: Amount,
    /// What came in.
    pub credits: Amount,
    /// What went out.
    pub debits: Amount,
    /// What the ledger says that the account held when the period ended.
    pub closing: Amount,
}

/// One transaction's effect on one balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The block's time.
    pub timestamp: Timestamp,
    /// The block.
    pub height: Height,
    /// The receipt's place in it; none where the end of the block moved the money.
    pub index: Option<u32>,
    /// The transaction.
    pub transaction: Option<TransactionId>,
    /// The asset.
    pub asset: AssetId,
    /// What came in.
    pub credit: Amount,
    /// What went out.
    pub debit: Amount,
    /// What the account held then.
    pub balance: Amount,
    /// Where it came from or went to, as far as the transaction's other movements tell; at most 16.
    pub counterparties: Vec<Counterparty>,
    /// Memos of the transfers between the account and others.
    pub memos: Vec<String>,
    /// Their references.
    pub references: Vec<String>,
    /// The merchants' orders that the account's money was moved for: it is the customer, the merchant, or has a share.
    pub orders: Vec<OrderName>,
}

/// The other side of a movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counterparty {
    /// Another account.
    Account(Address),
    /// A record that holds money.
    Record(String),
    /// It was minted or burnt.
    Supply,
}

impl std::fmt::Display for Counterparty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Counterparty::Account(account) => account.fmt(f),
            Counterparty::Record(record) => record.fmt(f),
            Counterparty::Supply => f.write_str("supply"),
        }
    }
}

/// Why there is no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// A line does not lead from the balance before it to its own.
    #[error(
        "asset {asset}: the movement in block {height} does not lead to the balance of {balance}: a movement is missing"
    )]
    Line {
        /// The asset.
        asset: AssetId,
        /// The block.
        height: Height,
        /// What the line says.
        balance: Amount,
    },
    /// Opening and movements do not make the closing balance.
    #[error(
        "asset {asset}: opening and movements make {computed}, the closing balance is {closing}: a movement is missing"
    )]
    Closing {
        /// The asset.
        asset: AssetId,
        /// Opening and movements.
        computed: Amount,
        /// What the ledger says.
        closing: Amount,
    },
    /// The sums of what came in and went out are not those of the lines.
    #[error("asset {0}: the totals are not the sums of the movements")]
    Totals(AssetId),
    /// A movement of an asset that has no totals.
    #[error("asset {0} has movements and no totals")]
    NoTotals(AssetId),
}

/// Collects a statement while blocks are executed again.
#[derive(Debug)]
pub struct StatementBuilder {
    account: Address,
    period: Period,
    opening: BTreeMap<AssetId, Amount>,
    closing: BTreeMap<AssetId, Amount>,
    merchant: Option<Merchant>,
    orders: OwnOrders,
    lines: Vec<Line>,
    height: Height,
    state_root: Hash,
}

impl StatementBuilder {
    /// A statement of `account`, from the state at `height`, `start`, on.
    pub fn new(account: Address, period: Period, height: Height, start: &Ledger) -> Self {
        let balances = balances(start, &account);
        Self {
            account,
            period,
            opening: balances.clone(),
            closing: balances,
            merchant: merchant(start, &account),
            orders: OwnOrders::of(account, start),
            lines: Vec::new(),
            height,
            state_root: start.state_root(),
        }
    }

    /// Takes the next block; `ledger` is the one after it.
    pub fn observe(&mut self, block: &Audited<'_>, ledger: &Ledger) {
        let now = block.header.timestamp;
        if self.period.to.is_some_and(|to| now >= to) {
            return;
        }
        let is_before = self.period.from.is_some_and(|from| now < from);
        let touched = self.orders.touched(block, ledger);
        for movements in block.movements {
            let orders = movements.receipt.and_then(|place| touched.get(&place)).map_or(&[][..], |orders| &orders[..]);
            for moved in movements.accounts.iter().filter(|moved| moved.account == self.account) {
                match is_before {
                    true => drop(self.opening.insert(moved.asset, moved.after)),
                    false => self.lines.push(line(block, movements, moved, orders)),
                }
            }
        }
        // Read from the ledger and not summed up: so that it can be compared.
        self.closing = balances(ledger, &self.account);
        self.merchant = merchant(ledger, &self.account);
        self.height = block.header.height;
        self.state_root = ledger.state_root();
    }

    /// The statement, if it ties. `ledger` names the assets, `chain` is the genesis hash.
    pub fn finish(self, chain: Hash, ledger: &Ledger) -> Result<Statement, StatementError> {
        let StatementBuilder { account, period, opening, closing, merchant, lines, height, state_root, .. } = self;
        let mut assets: Vec<AssetId> = opening.keys().chain(closing.keys()).copied().collect();
        assets.extend(lines.iter().map(|line| line.asset));
        assets.sort_unstable();
        assets.dedup();
        let of = |balances: &BTreeMap<AssetId, Amount>, asset| balances.get(&asset).copied().unwrap_or_default();
        let totals = |asset| {
            let named = ledger.asset(asset);
            let lines = || lines.iter().filter(|line| line.asset == asset);
            Totals {
                asset,
                symbol: named.map(|asset| asset.symbol.to_string()).unwrap_or_default(),
                decimals: named.map_or(0, |asset| asset.decimals),
                opening: of(&opening, asset),
                credits: sum(lines().map(|line| line.credit)),
                debits: sum(lines().map(|line| line.debit)),
                closing: of(&closing, asset),
            }
        };
        let totals = assets.into_iter().map(totals).collect();
        let statement = Statement { chain, account, merchant, period, height, state_root, totals, lines };
        statement.check()?;
        Ok(statement)
    }
}

impl Statement {
    /// Checks that the statement ties: in each asset the opening balance leads, movement by movement, to the closing one.
    pub fn check(&self) -> Result<(), StatementError> {
        if let Some(line) = self.lines.iter().find(|line| !self.totals.iter().any(|total| total.asset == line.asset)) {
            return Err(StatementError::NoTotals(line.asset));
        }
        for totals in &self.totals {
            let asset = totals.asset;
            let lines = || self.lines.iter().filter(move |line| line.asset == asset);
            let mut balance = totals.opening;
            for line in lines() {
                let after = balance.checked_add(line.credit).and_then(|sum| sum.checked_sub(line.debit));
                if after != Some(line.balance) {
                    return Err(StatementError::Line { asset, height: line.height, balance: line.balance });
                }
                balance = line.balance;
            }
            if balance != totals.closing {
                return Err(StatementError::Closing { asset, computed: balance, closing: totals.closing });
            }
            let sums = (sum(lines().map(|line| line.credit)), sum(lines().map(|line| line.debit)));
            if sums != (totals.credits, totals.debits) {
                return Err(StatementError::Totals(asset));
            }
        }
        Ok(())
    }
}

pub(crate) fn balances(ledger: &Ledger, account: &Address) -> BTreeMap<AssetId, Amount> {
    ledger.account(account).map(|account| account.balances().collect()).unwrap_or_default()
}

pub(crate) fn merchant(ledger: &Ledger, account: &Address) -> Option<Merchant> {
    let Some(Record::Merchant(entry)) = ledger.record(&RecordKey::Merchant(*account)) else { return None };
    Some(Merchant {
        name: entry.name.to_string(),
        business_number: entry.business_number.to_string(),
        category: entry.category,
        region: entry.region,
        is_active: entry.is_active,
    })
}

/// Turnover may be more than any balance: a sum that cannot be counted is the greatest amount.
fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::ZERO, |sum, amount| Amount(sum.0.saturating_add(amount.0)))
}

fn line(block: &Audited<'_>, movements: &Movements, moved: &AccountMovement, orders: &[Touched]) -> Line {
    let transaction = movements.receipt.map(|place| block.transactions[place as usize]);
    let orders = orders.iter().filter(|(asset, _)| *asset == moved.asset).map(|(_, named)| named.clone());
    let orders: Vec<OrderName> = orders.take(MAX_NAMED).collect();
    let (memos, references) = transaction.map(|transaction| texts(transaction, moved, &orders)).unwrap_or_default();
    Line {
        timestamp: block.header.timestamp,
        height: block.header.height,
        index: movements.receipt,
        transaction: transaction.map(|transaction| transaction.id()),
        asset: moved.asset,
        credit: Amount(moved.after.0.saturating_sub(moved.before.0)),
        debit: Amount(moved.before.0.saturating_sub(moved.after.0)),
        balance: moved.after,
        counterparties: counterparties(movements, moved),
        memos,
        references,
        orders,
    }
}

/// Whatever else of the same asset moved the other way.
fn counterparties(movements: &Movements, moved: &AccountMovement) -> Vec<Counterparty> {
    let gained = moved.after > moved.before;
    let accounts = movements.accounts.iter().filter(|other| {
        other.asset == moved.asset && other.account != moved.account && (other.after > other.before) != gained
    });
    let records =
        movements.records.iter().filter(|other| other.asset == moved.asset && (other.after > other.before) != gained);
    let supplies = movements
        .supplies
        .iter()
        .filter(|supply| supply.asset == moved.asset && (supply.after > supply.before) == gained);
    let accounts = accounts.map(|other| Counterparty::Account(other.account));
    let records = records.map(|other| Counterparty::Record(other.key.to_string()));
    accounts.chain(records).chain(supplies.map(|_| Counterparty::Supply)).take(MAX_NAMED).collect()
}

/// Memos and references of the transfers of this asset to or from the account, or to the address of one of its orders.
fn texts(
    transaction: &AuthorizedTransaction,
    moved: &AccountMovement,
    orders: &[OrderName],
) -> (Vec<String>, Vec<String>) {
    let payload = transaction.payload();
    let (mut memos, mut references) = (Vec::new(), Vec::new());
    let add = |list: &mut Vec<String>, text: &str| {
        if !text.is_empty() && list.len() < MAX_NAMED && !list.iter().any(|other| other == text) {
            list.push(text.to_owned());
        }
    };
    let is_payers = payload.payer == moved.account;
    let is_for = |to: &Address| {
        let is_orders = |named: &OrderName| Address::of_order(&named.merchant, &named.order) == *to;
        *to == moved.account || !is_payers && orders.iter().any(is_orders)
    };
    for instruction in payload.instructions.iter() {
        match instruction {
            Instruction::Transfer { asset, to, memo, reference, .. }
                if *asset == moved.asset && is_payers != is_for(to) =>
            {
                add(&mut memos, memo);
                add(&mut references, reference);
            }
            Instruction::Payment(payment) => match &**payment {
                Payment::Batch { asset, payments } if *asset == moved.asset => {
                    let own = payments.iter().filter(|payment| is_payers || payment.to == moved.account);
                    own.for_each(|payment| add(&mut references, &payment.reference));
                }
                _ => {}
            },
            _ => {}
        }
    }
    (memos, references)
}
