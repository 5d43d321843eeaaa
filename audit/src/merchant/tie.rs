//! What the steps of a transaction make of balances and of what is set aside, compared with what it has moved.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId, AuthorizedTransaction, Height, Instruction, OrderId, Payment, SettlementRule};
use vm::{Ledger, Movements, Receipt, RecordKey};

use super::MerchantReportError;
use crate::orders::{Effect, Step};
use crate::signed::add;
use crate::{OrderStep, Signed};

/// Changes of what accounts hold, with what is parked for them.
type Balances = BTreeMap<(Address, AssetId), Signed>;

/// Changes of what is set aside for orders.
type Held = BTreeMap<(OrderId, AssetId), Signed>;

/// A transaction with the steps that it took for orders of one merchant.
pub(super) struct Taken<'a> {
    pub(super) transaction: &'a AuthorizedTransaction,
    pub(super) receipt: &'a Receipt,
    pub(super) moved: &'a Movements,
    pub(super) height: Height,
    pub(super) steps: Vec<(Step, Vec<Effect>)>,
    /// It took steps for orders of other merchants too.
    pub(super) has_others: bool,
}

impl Taken<'_> {
    /// Compares. What is set aside must have moved as the steps say. Where the transaction did nothing else but transfers, every
    /// balance must too; where a program, another merchant's order or whatever else may have moved money, this cannot be told.
    pub(super) fn check(&self, merchant: Address, after: &Ledger) -> Result<(), MerchantReportError> {
        let held = self.held().ok_or(MerchantReportError::Uncountable)?;
        let moved = held_moved(self.moved, merchant).ok_or(MerchantReportError::Uncountable)?;
        if let Some(((order, asset), moved, steps)) = first_difference(&moved, &held) {
            return Err(MerchantReportError::Held { order, asset, height: self.height, moved, steps });
        }
        if self.steps.is_empty() || self.has_others || !self.is_told() {
            return Ok(());
        }
        let steps = self.balances(merchant, after).ok_or(MerchantReportError::Uncountable)?;
        let moved = balances_moved(self.moved).ok_or(MerchantReportError::Uncountable)?;
        if let Some(((_, asset), moved, steps)) = first_difference(&moved, &steps) {
            return Err(MerchantReportError::Movement { asset, transaction: self.transaction.id(), moved, steps });
        }
        Ok(())
    }

    /// True where the steps, transfers and the fee say all that the transaction has moved, if it took no other steps.
    fn is_told(&self) -> bool {
        let instructions = self.transaction.payload().instructions.iter().zip(0..);
        let mut others = instructions.filter(|(_, number)| !self.is_step(*number));
        others.all(|(instruction, _)| match instruction {
            Instruction::Transfer { .. } => true,
            Instruction::Payment(payment) => matches!(**payment, Payment::OpenOrder { .. }),
            _ => false,
        })
    }

    fn is_step(&self, number: u32) -> bool {
        self.steps.iter().any(|(step, _)| step.origin.instruction == number)
    }

    fn held(&self) -> Option<Held> {
        let mut held = Held::new();
        for (step, effect) in self.steps.iter().flat_map(|(step, effects)| effects.iter().map(move |one| (step, one))) {
            let gross = Signed::of(effect.gross)?;
            let change = match effect.kind {
                OrderStep::Hold => gross,
                OrderStep::Charge | OrderStep::Refund => continue,
                OrderStep::Capture | OrderStep::Release | OrderStep::Void | OrderStep::Expire => Signed(-gross.0),
            };
            add(&mut held, (step.order.clone(), effect.asset), change)?;
        }
        Some(held)
    }

    fn balances(&self, merchant: Address, after: &Ledger) -> Option<Balances> {
        let mut balances = Balances::new();
        let mut pay = |from: Option<Address>, to: Option<Address>, asset: AssetId, amount: Amount| {
            let amount = Signed::of(amount)?;
            from.map_or(Some(()), |from| add(&mut balances, (from, asset), Signed(-amount.0)))?;
            to.map_or(Some(()), |to| add(&mut balances, (to, asset), amount))
        };
        if let Some(fee) = self.receipt.fee {
            pay(Some(fee.by), after.parameters().fees.map(|fees| fees.collector), fee.asset, fee.amount)?;
        }
        let payload = self.transaction.payload();
        for (instruction, number) in payload.instructions.iter().zip(0..) {
            match instruction {
                Instruction::Transfer { asset, to, amount, .. } if !self.is_step(number) => {
                    pay(Some(payload.payer), Some(*to), *asset, *amount)?;
                }
                _ => {}
            }
        }
        for effect in self.steps.iter().flat_map(|(_, effects)| effects) {
            let Effect { kind, asset, customer, gross, shares, .. } = *effect;
            if matches!(kind, OrderStep::Charge | OrderStep::Hold) {
                pay(Some(customer), None, asset, gross)?;
            }
            if kind.is_release() || kind == OrderStep::Refund {
                pay(None, Some(customer), asset, gross)?;
            }
            let (processor, treasury) = receivers(effect.rule, merchant);
            for (party, share) in [(merchant, shares.merchant), (processor, shares.fee), (treasury, shares.vat)] {
                match kind {
                    OrderStep::Refund => pay(Some(party), None, asset, share)?,
                    _ => pay(None, Some(party), asset, share)?,
                }
            }
        }
        Some(balances)
    }
}

/// Who receives fee and VAT: without a rule there are none.
fn receivers(rule: Option<SettlementRule>, merchant: Address) -> (Address, Address) {
    rule.map_or((merchant, merchant), |rule| (rule.processor, rule.treasury))
}

/// How a transaction has moved what is set aside for the merchant's orders.
pub(super) fn held_moved(movements: &Movements, merchant: Address) -> Option<Held> {
    let mut held = Held::new();
    for moved in &movements.records {
        if let RecordKey::Order(of, name) = &moved.key
            && *of == merchant
        {
            add(&mut held, (name.clone(), moved.asset), Signed::between(moved.before, moved.after)?)?;
        }
    }
    Some(held)
}

/// How a transaction has moved what accounts hold, with what is parked for them.
fn balances_moved(movements: &Movements) -> Option<Balances> {
    let mut balances = Balances::new();
    for moved in &movements.accounts {
        add(&mut balances, (moved.account, moved.asset), Signed::between(moved.before, moved.after)?)?;
    }
    for moved in &movements.records {
        if let RecordKey::Parked(_, receiver, _) = moved.key {
            add(&mut balances, (receiver, moved.asset), Signed::between(moved.before, moved.after)?)?;
        }
    }
    Some(balances)
}

/// By how much more a transaction has parked for an account.
pub(super) fn parked_moved(movements: &Movements, account: Address, asset: AssetId) -> Option<Signed> {
    let parked = movements.records.iter().filter(|moved| match moved.key {
        RecordKey::Parked(_, receiver, _) => receiver == account && moved.asset == asset,
        _ => false,
    });
    parked
        .map(|moved| Signed::between(moved.before, moved.after))
        .try_fold(Signed::default(), |sum, one| sum.plus(one?))
}

/// The first key under which two have different sums, with both.
fn first_difference<K: Ord + Clone>(
    one: &BTreeMap<K, Signed>,
    other: &BTreeMap<K, Signed>,
) -> Option<(K, Signed, Signed)> {
    let of = |sums: &BTreeMap<K, Signed>, key: &K| sums.get(key).copied().unwrap_or_default();
    let mut keys = one.keys().chain(other.keys());
    keys.find(|key| of(one, key) != of(other, key)).map(|key| (key.clone(), of(one, key), of(other, key)))
}
