//! All orders of one merchant, kept step by step and compared with the ledger's records.

use std::collections::{BTreeMap, BTreeSet};

use types::{Address, OrderId, Timestamp};
use vm::{Ledger, Order, Record, RecordKey};

use super::count::count;
use super::{Effect, Step};

/// The orders of a merchant.
#[derive(Debug)]
pub(crate) struct Book {
    merchant: Address,
    orders: BTreeMap<OrderId, Order>,
    /// Those of which a step was counted since they were last compared.
    touched: BTreeSet<OrderId>,
}

impl Book {
    /// The merchant's orders in a ledger.
    pub(crate) fn of(merchant: Address, ledger: &Ledger) -> Book {
        let orders = in_ledger(merchant, ledger).map(|(name, order)| (name.clone(), order.clone())).collect();
        Book { merchant, orders, touched: BTreeSet::new() }
    }

    /// The orders by their names.
    pub(crate) fn orders(&self) -> impl Iterator<Item = (&OrderId, &Order)> {
        self.orders.iter()
    }

    /// Counts a step for an order of this merchant. `None` where the ledger cannot have taken it. `after` is the ledger after
    /// the block.
    pub(crate) fn take(&mut self, step: &Step, now: Timestamp, after: &Ledger) -> Option<Vec<Effect>> {
        self.touched.insert(step.order.clone());
        let mut order = self.orders.remove(&step.order);
        // The rule that the entry had at that moment is in the record, unless the order is forgotten by now: then nothing was
        // paid and nothing split.
        let rule = match after.record(&step.key()) {
            Some(Record::Order(order)) if order.origin == step.origin => order.rule,
            _ => None,
        };
        let effects = count(&mut order, step, now, rule);
        if let Some(order) = order {
            self.orders.insert(step.order.clone(), order);
        }
        effects
    }

    /// Compares the orders of which steps were counted with the ledger after the block: the first that differs.
    pub(crate) fn compare(&mut self, after: &Ledger) -> Option<OrderId> {
        std::mem::take(&mut self.touched).into_iter().find(|name| {
            let found = match after.record(&RecordKey::Order(self.merchant, name.clone())) {
                Some(Record::Order(order)) => Some(&**order),
                _ => None,
            };
            found != self.orders.get(name)
        })
    }

    /// Compares all orders with the ledger: the first that differs or is in one of them alone.
    pub(crate) fn compare_all(&self, ledger: &Ledger) -> Option<OrderId> {
        let mut ours = self.orders.iter();
        let mut theirs = in_ledger(self.merchant, ledger);
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return None,
                (Some(one), Some(other)) if one == other => {}
                (Some((one, _)), Some((other, _))) => return Some(one.min(other).clone()),
                (Some((name, _)), None) | (None, Some((name, _))) => return Some(name.clone()),
            }
        }
    }
}

fn in_ledger(merchant: Address, ledger: &Ledger) -> impl Iterator<Item = (&OrderId, &Order)> {
    let from = RecordKey::Order(merchant, OrderId::default());
    ledger.records(from..).map_while(move |entry| match entry {
        (RecordKey::Order(of, name), Record::Order(order)) if *of == merchant => Some((name, &**order)),
        _ => None,
    })
}
