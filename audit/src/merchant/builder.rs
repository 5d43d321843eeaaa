//! Collects a merchant's report while blocks are executed again.

use std::collections::{BTreeMap, BTreeSet};

use types::{Address, Amount, AssetId, Hash, Height};
use vm::{Ledger, Movements};

use super::tie::{Taken, held_moved, parked_moved};
use super::totals::Sums;
use super::{MerchantReport, MerchantReportError, OrderLine, OrderTotals};
use crate::orders::{Book, Effect, Step, steps};
use crate::signed::add;
use crate::statement::{Merchant, Period, balances, merchant};
use crate::{Audited, OrderStep, Signed};

type ByAsset = BTreeMap<AssetId, Signed>;

/// Collects a merchant's report while blocks are executed again.
#[derive(Debug)]
pub struct MerchantReportBuilder {
    account: Address,
    period: Period,
    book: Book,
    /// What is set aside for the orders, by the records' movements.
    held: ByAsset,
    /// The merchant's balances, by their movements.
    balances: BTreeMap<AssetId, Amount>,
    /// Both when the period began.
    before: (ByAsset, BTreeMap<AssetId, Amount>),
    /// Both when it ended; the balances are the ledger's.
    end: (ByAsset, BTreeMap<AssetId, Amount>),
    parked: ByAsset,
    beside: ByAsset,
    merchant: Option<Merchant>,
    lines: Vec<OrderLine>,
    height: Height,
    state_root: Hash,
    fault: Option<MerchantReportError>,
}

/// Where a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    Within,
    After,
}

impl MerchantReportBuilder {
    /// A report of the merchant `account`, from the state at `height`, `start`, on.
    pub fn new(account: Address, period: Period, height: Height, start: &Ledger) -> Self {
        let book = Book::of(account, start);
        let (held, fault) = match held_by(&book) {
            Some(held) => (held, None),
            None => (ByAsset::new(), Some(MerchantReportError::Uncountable)),
        };
        let balances = balances(start, &account);
        Self {
            account,
            period,
            book,
            before: (held.clone(), balances.clone()),
            end: (held.clone(), balances.clone()),
            held,
            balances,
            parked: ByAsset::new(),
            beside: ByAsset::new(),
            merchant: merchant(start, &account),
            lines: Vec::new(),
            height,
            state_root: start.state_root(),
            fault,
        }
    }

    /// Takes the next block; `ledger` is the one after it. Blocks after the period are looked at too: whether all steps were
    /// seen shows in the orders at the end.
    pub fn observe(&mut self, block: &Audited<'_>, ledger: &Ledger) {
        if self.fault.is_none() {
            self.fault = self.take(block, ledger).err();
        }
    }

    fn take(&mut self, block: &Audited<'_>, ledger: &Ledger) -> Result<(), MerchantReportError> {
        let now = block.header.timestamp;
        let when = match self.period {
            Period { to: Some(to), .. } if now >= to => When::After,
            Period { from: Some(from), .. } if now < from => When::Before,
            _ => When::Within,
        };
        let nothing = Movements::default();
        let mut movements = block.movements.iter().peekable();
        for (place, (transaction, receipt)) in (0..).zip(block.transactions.iter().zip(block.receipts)) {
            let moved = movements.next_if(|moved| moved.receipt == Some(place)).unwrap_or(&nothing);
            let (own, others): (Vec<Step>, Vec<Step>) = steps(transaction, receipt, Some(moved), ledger)
                .into_iter()
                .partition(|step| step.merchant == self.account);
            let (height, has_others) = (block.header.height, !others.is_empty());
            let mut taken = Taken { transaction, receipt, moved, height, steps: Vec::new(), has_others };
            for step in own {
                let effects = self.book.take(&step, now, ledger).ok_or_else(|| MerchantReportError::Step {
                    order: step.order.clone(),
                    transaction: transaction.id(),
                })?;
                taken.steps.push((step, effects));
            }
            taken.check(self.account, ledger)?;
            let nets = self.enter_steps(block, place, &taken, when)?;
            self.enter_movements(moved, &nets, height, when)?;
        }
        for moved in movements {
            self.enter_movements(moved, &ByAsset::new(), block.header.height, when)?;
        }
        if let Some(order) = self.book.compare(ledger) {
            return Err(MerchantReportError::Record { order, height: block.header.height });
        }
        if when == When::Before {
            self.before = (self.held.clone(), self.balances.clone());
        }
        if when != When::After {
            self.end = (self.held.clone(), balances(ledger, &self.account));
            self.merchant = merchant(ledger, &self.account);
            self.height = block.header.height;
            self.state_root = ledger.state_root();
        }
        Ok(())
    }

    /// Writes the lines of a transaction. Returns their net by asset.
    fn enter_steps(
        &mut self,
        block: &Audited<'_>,
        index: u32,
        taken: &Taken<'_>,
        when: When,
    ) -> Result<ByAsset, MerchantReportError> {
        let mut nets = ByAsset::new();
        for (step, effects) in &taken.steps {
            for effect in effects {
                let line = line(block, index, step, effect).ok_or(MerchantReportError::Uncountable)?;
                let net: &mut Signed = nets.entry(line.asset).or_default();
                *net = net.plus(line.net).ok_or(MerchantReportError::Uncountable)?;
                if when == When::Within {
                    self.lines.push(line);
                }
            }
        }
        Ok(nets)
    }

    /// Keeps the merchant's balances and what is set aside, and what of that was not its orders' net.
    fn enter_movements(
        &mut self,
        moved: &Movements,
        nets: &ByAsset,
        height: Height,
        when: When,
    ) -> Result<(), MerchantReportError> {
        let uncountable = || MerchantReportError::Uncountable;
        for ((_, asset), change) in held_moved(moved, self.account).ok_or_else(uncountable)? {
            add(&mut self.held, asset, change).ok_or_else(uncountable)?;
        }
        let mut changes = ByAsset::new();
        for moved in moved.accounts.iter().filter(|moved| moved.account == self.account) {
            let asset = moved.asset;
            if self.balances.insert(asset, moved.after).unwrap_or_default() != moved.before {
                return Err(MerchantReportError::Balance { asset, height });
            }
            let change = Signed::between(moved.before, moved.after).ok_or_else(uncountable)?;
            add(&mut changes, asset, change).ok_or_else(uncountable)?;
        }
        if when != When::Within {
            return Ok(());
        }
        let assets: BTreeSet<AssetId> = changes.keys().chain(nets.keys()).copied().collect();
        for asset in assets {
            let of = |sums: &ByAsset| sums.get(&asset).copied().unwrap_or_default();
            let (change, net) = (of(&changes), of(nets));
            // What is parked or claimed in a transaction without steps is none of the orders'.
            let parked = match nets.contains_key(&asset) {
                true => parked_moved(moved, self.account, asset).ok_or_else(uncountable)?,
                false => Signed::default(),
            };
            let arrived = net.minus(parked).ok_or_else(uncountable)?;
            add(&mut self.parked, asset, parked).ok_or_else(uncountable)?;
            let beside = change.minus(arrived).ok_or_else(uncountable)?;
            add(&mut self.beside, asset, beside).ok_or_else(uncountable)?;
        }
        Ok(())
    }

    /// The report, if it ties. `ledger` is the one after the latest block, `chain` is the genesis hash.
    pub fn finish(self, chain: Hash, ledger: &Ledger) -> Result<MerchantReport, MerchantReportError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if let Some(order) = self.book.compare_all(ledger) {
            return Err(MerchantReportError::Unseen(order));
        }
        let mut assets: BTreeSet<AssetId> = self.lines.iter().map(|line| line.asset).collect();
        assets.extend(self.before.0.keys().chain(self.end.0.keys()));
        let totals = assets.into_iter().map(|asset| self.totals(asset, ledger));
        let totals = totals.collect::<Option<_>>().ok_or(MerchantReportError::Uncountable)?;
        let Self { account, merchant, period, height, state_root, lines, .. } = self;
        let report = MerchantReport { chain, account, merchant, period, height, state_root, totals, lines };
        report.check()?;
        Ok(report)
    }

    fn totals(&self, asset: AssetId, ledger: &Ledger) -> Option<OrderTotals> {
        let Sums { gross, refunded, fee, vat, net, .. } = Sums::of(&self.lines, asset)?;
        let named = ledger.asset(asset);
        let signed = |sums: &ByAsset| sums.get(&asset).copied().unwrap_or_default();
        let held = |sums: &ByAsset| u128::try_from(signed(sums).0).ok().map(Amount);
        let balance = |balances: &BTreeMap<AssetId, Amount>| balances.get(&asset).copied().unwrap_or_default();
        Some(OrderTotals {
            asset,
            symbol: named.map(|asset| asset.symbol.to_string()).unwrap_or_default(),
            decimals: named.map_or(0, |asset| asset.decimals),
            gross,
            refunded,
            fee,
            vat,
            net,
            parked: signed(&self.parked),
            beside: signed(&self.beside),
            opening: balance(&self.before.1),
            closing: balance(&self.end.1),
            held_before: held(&self.before.0)?,
            held: held(&self.end.0)?,
        })
    }
}

/// What is set aside for the orders of a book.
fn held_by(book: &Book) -> Option<ByAsset> {
    let mut held = ByAsset::new();
    for (_, order) in book.orders() {
        add(&mut held, order.asset, Signed::of(order.held)?)?;
    }
    Some(held)
}

fn line(block: &Audited<'_>, index: u32, step: &Step, effect: &Effect) -> Option<OrderLine> {
    let Effect { kind, asset, customer, gross, shares, rule, held } = *effect;
    let is_own = |receiver: Option<Address>| receiver == Some(step.merchant);
    // A merchant that is its own processor keeps the fee.
    let own_fee = if is_own(rule.map(|rule| rule.processor)) { shares.fee } else { Amount::ZERO };
    let own_vat = if is_own(rule.map(|rule| rule.treasury)) { shares.vat } else { Amount::ZERO };
    let signed = |amount: Amount| {
        let Signed(amount) = Signed::of(amount)?;
        Some(Signed(if kind == OrderStep::Refund { -amount } else { amount }))
    };
    Some(OrderLine {
        timestamp: block.header.timestamp,
        height: block.header.height,
        index,
        transaction: step.origin.transaction,
        by: step.payer,
        order: step.order.clone(),
        customer,
        step: kind,
        asset,
        gross,
        fee: signed(shares.fee.checked_sub(own_fee)?)?,
        vat: signed(shares.vat.checked_sub(own_vat)?)?,
        net: signed(shares.merchant.checked_add(own_fee)?.checked_add(own_vat)?)?,
        held,
    })
}
