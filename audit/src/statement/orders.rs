//! Which orders a movement of an account belongs to.

use std::collections::BTreeMap;

use types::{Address, AssetId, OrderId};
use vm::{Ledger, Order, Record, RecordKey};

use crate::Audited;
use crate::orders::{OrderName, Step, What, steps};

/// The orders for which an account has set money aside. The record of one of which nothing was paid is gone once the money is
/// back, and would not say any more whose it was.
#[derive(Debug)]
pub(super) struct OwnOrders {
    account: Address,
    held: BTreeMap<(Address, OrderId), AssetId>,
}

/// An order of which a transaction has moved money of the account, with the asset.
pub(super) type Touched = (AssetId, OrderName);

impl OwnOrders {
    /// Those in a ledger.
    pub(super) fn of(account: Address, ledger: &Ledger) -> OwnOrders {
        let from = RecordKey::Order(Address([0; 20]), OrderId::default());
        let orders = ledger.records(from..).map_while(|entry| match entry {
            (RecordKey::Order(merchant, name), Record::Order(order)) => Some((*merchant, name, order)),
            _ => None,
        });
        let own = orders.filter(|(_, _, order)| order.customer == account);
        let held = own.map(|(merchant, name, order)| ((merchant, name.clone()), order.asset)).collect();
        OwnOrders { account, held }
    }

    /// For each transaction of a block that has moved money of the account for orders: the orders. `after` is the ledger after
    /// the block.
    pub(super) fn touched(&mut self, block: &Audited<'_>, after: &Ledger) -> BTreeMap<u32, Vec<Touched>> {
        let mut touched = BTreeMap::new();
        for movements in block.movements {
            let Some(place) = movements.receipt else { continue };
            let (transaction, receipt) = (block.transactions[place as usize], &block.receipts[place as usize]);
            let steps = steps(transaction, receipt, Some(movements), after);
            let mut orders: Vec<Touched> = Vec::new();
            for step in &steps {
                if let Some(asset) = self.asset_moved(step, after) {
                    let named = (asset, OrderName { merchant: step.merchant, order: step.order.clone() });
                    if !orders.contains(&named) {
                        orders.push(named);
                    }
                }
            }
            if !orders.is_empty() {
                touched.insert(place, orders);
            }
        }
        touched
    }

    /// The asset, if the step moves money of the account.
    fn asset_moved(&mut self, step: &Step, after: &Ledger) -> Option<AssetId> {
        let account = self.account;
        // Once something was paid, the record stays.
        let order = match after.record(&step.key()) {
            Some(Record::Order(order)) => Some(&**order),
            _ => None,
        };
        let has_share = |order: &Order| {
            let receivers = order.rule.map(|rule| [rule.processor, rule.treasury]);
            account == step.merchant || receivers.is_some_and(|receivers| receivers.contains(&account))
        };
        let name = || (step.merchant, step.order.clone());
        match step.what {
            What::Hold { asset, .. } => (account == step.payer).then(|| {
                self.held.insert(name(), asset);
                asset
            }),
            What::Void | What::Expire => self.held.remove(&name()),
            What::Charge { asset, .. } => (account == step.payer || order.is_some_and(has_share)).then_some(asset),
            What::Capture { release_rest, .. } => {
                let order = order?;
                (has_share(order) || release_rest && order.customer == account).then_some(order.asset)
            }
            What::Refund { .. } => {
                let order = order?;
                (has_share(order) || order.customer == account).then_some(order.asset)
            }
        }
    }
}
