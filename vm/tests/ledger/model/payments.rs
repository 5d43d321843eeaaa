//! Orders: charged, held, captured, released, refunded; addresses for orders; custodians.

use types::{Address, Amount, AssetId, Operation, OrderId, Payment, SettlementRule, Shares, Timestamp};
use vm::{Failure, Order, OrderAddress, PaymentFailure, Record, RecordKey};

use super::gate::{From, To};
use super::turn::Turn;

const ORDER: u8 = 8;

/// What each of the three has of a price.
fn shares(rule: Option<SettlementRule>, price: u128) -> Shares {
    match rule {
        Some(rule) => rule.shares(Amount(price)),
        None => Shares { merchant: Amount(price), ..Shares::default() },
    }
}

fn of_order(order: &Order, merchant: Address, part: u128, fee: u128, vat: u128) -> [(Address, u128); 3] {
    let (processor, treasury) = order.rule.map_or((merchant, merchant), |rule| (rule.processor, rule.treasury));
    [(merchant, part - fee - vat), (processor, fee), (treasury, vat)]
}

impl Turn<'_> {
    pub(crate) fn pay(&mut self, step: &Payment) -> Result<(), Failure> {
        match step {
            Payment::Claim { asset, receiver, sender, amount } => self.claim(*asset, *receiver, *sender, *amount),
            Payment::Charge { merchant, order, asset, amount } => self.charge(*merchant, order, *asset, *amount),
            Payment::Hold { merchant, order, asset, amount, valid_seconds } => {
                if *valid_seconds == 0 || *valid_seconds > 30 * 24 * 3_600 {
                    return Err(PaymentFailure::HoldTime { got: *valid_seconds }.into());
                }
                let until = Timestamp(self.now.0 + u64::from(*valid_seconds) * 1_000);
                self.begin(*merchant, order, *asset, *amount, until)
            }
            Payment::Capture { order, amount, release_rest } => {
                let held = self.held_order(self.actor, order)?;
                self.rule_of(self.actor)?;
                if amount.0 == 0 {
                    return Err(Failure::ZeroAmount);
                }
                if self.now > held.until {
                    return Err(PaymentFailure::HoldExpired { until: held.until }.into());
                }
                self.capture(self.actor, order, *amount)?;
                if *release_rest && held.held > *amount { self.release(self.actor, order) } else { Ok(()) }
            }
            Payment::Void { order } => {
                self.held_order(self.actor, order)?;
                self.release(self.actor, order)
            }
            Payment::Expire { merchant, order } => {
                let held = self.held_order(*merchant, order)?;
                if self.now <= held.until {
                    return Err(PaymentFailure::HoldNotExpired { until: held.until }.into());
                }
                self.release(*merchant, order)
            }
            Payment::Refund { order, amount } => self.refund(order, *amount),
            Payment::OpenOrder { order, asset, amount } => self.open_order(order, *asset, *amount),
            Payment::Batch { asset, payments } => {
                if payments.is_empty() {
                    return Err(PaymentFailure::EmptyBatch.into());
                }
                for payment in payments.iter() {
                    let customer = Address::of_customer(&self.actor, payment.customer);
                    if !self.state.accounts.contains(&customer) {
                        return Err(PaymentFailure::UnknownCustomer { customer: payment.customer }.into());
                    }
                    self.touch(customer)?;
                    let from = From::Directed(customer, self.actor);
                    self.moves(Operation::Transfer, *asset, payment.amount, from, To::Account(payment.to))?;
                }
                Ok(())
            }
        }
    }

    /// A plain transfer, which pays an order where it goes to an order's address.
    pub(crate) fn transfer(&mut self, asset: AssetId, to: Address, amount: Amount) -> Result<(), Failure> {
        self.expect_account()?;
        match self.record(&RecordKey::OrderAddress(to)) {
            Some(Record::OrderAddress(awaited)) => {
                self.touch(to)?;
                self.charge(awaited.merchant, &awaited.order, asset, amount)
            }
            _ => self.moves(Operation::Transfer, asset, amount, From::Account(self.actor), To::Account(to)),
        }
    }

    fn rule_of(&self, merchant: Address) -> Result<Option<SettlementRule>, Failure> {
        match self.record(&RecordKey::Merchant(merchant)) {
            Some(Record::Merchant(entry)) if entry.is_active => Ok(entry.settlement),
            _ => Err(PaymentFailure::NotMerchant { merchant }.into()),
        }
    }

    fn key(merchant: Address, order: &OrderId) -> Result<RecordKey, Failure> {
        match order.trim().is_empty() || order.chars().any(char::is_control) {
            true => Err(PaymentFailure::BadOrder.into()),
            false => Ok(RecordKey::Order(merchant, order.clone())),
        }
    }

    fn order(&self, merchant: Address, order: &OrderId) -> Result<Order, Failure> {
        match self.record(&Self::key(merchant, order)?) {
            Some(Record::Order(found)) => Ok(*found),
            _ => Err(PaymentFailure::UnknownOrder.into()),
        }
    }

    fn held_order(&self, merchant: Address, order: &OrderId) -> Result<Order, Failure> {
        let found = self.order(merchant, order)?;
        if found.held.0 == 0 { Err(PaymentFailure::NothingHeld.into()) } else { Ok(found) }
    }

    fn begin(
        &mut self,
        merchant: Address,
        order: &OrderId,
        asset: AssetId,
        amount: Amount,
        until: Timestamp,
    ) -> Result<(), Failure> {
        self.expect_account()?;
        let rule = self.rule_of(merchant)?;
        let key = Self::key(merchant, order)?;
        if self.record(&key).is_some() {
            return Err(PaymentFailure::OrderExists.into());
        }
        if let Some(Record::OrderAddress(awaited)) =
            self.record(&RecordKey::OrderAddress(Address::of_order(&merchant, order)))
            && (awaited.asset, awaited.amount) != (asset, amount)
        {
            return Err(PaymentFailure::OrderAmount { asset: awaited.asset, amount: awaited.amount }.into());
        }
        self.moves(Operation::Payment, asset, amount, From::Account(self.actor), To::Record(Some(merchant)))?;
        let order = Order {
            asset,
            customer: self.actor,
            held: amount,
            paid: Amount(0),
            refunded: Amount(0),
            fee: Amount(0),
            vat: Amount(0),
            until,
            rule,
            origin: self.origin,
        };
        self.put(key, Record::Order(Box::new(order)));
        Ok(())
    }

    fn charge(&mut self, merchant: Address, order: &OrderId, asset: AssetId, amount: Amount) -> Result<(), Failure> {
        self.begin(merchant, order, asset, amount, self.now)?;
        self.capture(merchant, order, amount)
    }

    /// The merchant takes a part of what is held. Each party receives what it lacks of its share.
    fn capture(&mut self, merchant: Address, name: &OrderId, amount: Amount) -> Result<(), Failure> {
        let mut order = self.order(merchant, name)?;
        if amount > order.held {
            return Err(PaymentFailure::AboveHeld { held: order.held, wanted: amount }.into());
        }
        let price = order.paid.0 - order.refunded.0 + amount.0;
        let due = shares(order.rule, price);
        let fee = due.fee.0.saturating_sub(order.fee.0).min(amount.0);
        let vat = due.vat.0.saturating_sub(order.vat.0).min(amount.0 - fee);
        order.held.0 -= amount.0;
        order.paid.0 += amount.0;
        order.fee.0 += fee;
        order.vat.0 += vat;
        let parties = of_order(&order, merchant, amount.0, fee, vat);
        let (asset, customer) = (order.asset, order.customer);
        self.put(Self::key(merchant, name)?, Record::Order(Box::new(order)));
        for (party, share) in parties.into_iter().filter(|(_, share)| *share > 0) {
            self.moves(Operation::Capture, asset, Amount(share), From::Record(customer), To::Account(party))?;
        }
        Ok(())
    }

    fn release(&mut self, merchant: Address, name: &OrderId) -> Result<(), Failure> {
        let mut order = self.order(merchant, name)?;
        let (asset, customer, held) = (order.asset, order.customer, order.held);
        order.held = Amount(0);
        let key = Self::key(merchant, name)?;
        match order.paid.0 {
            0 => self.remove(&key),
            _ => self.put(key, Record::Order(Box::new(order))),
        }
        self.moves(Operation::Release, asset, held, From::Record(customer), To::Account(customer))
    }

    fn refund(&mut self, name: &OrderId, amount: Amount) -> Result<(), Failure> {
        let merchant = self.actor;
        let mut order = self.order(merchant, name)?;
        if amount.0 == 0 {
            return Err(Failure::ZeroAmount);
        }
        let left = order.paid.0 - order.refunded.0;
        if amount.0 > left {
            return Err(PaymentFailure::AbovePaid { left: Amount(left), wanted: amount }.into());
        }
        let due = shares(order.rule, left - amount.0);
        let fee = order.fee.0.saturating_sub(due.fee.0).min(amount.0);
        let vat = order.vat.0.saturating_sub(due.vat.0).min(amount.0 - fee);
        order.refunded.0 += amount.0;
        order.fee.0 -= fee;
        order.vat.0 -= vat;
        let parties = of_order(&order, merchant, amount.0, fee, vat);
        let (asset, customer) = (order.asset, order.customer);
        self.put(Self::key(merchant, name)?, Record::Order(Box::new(order)));
        for (account, share) in parties.into_iter().filter(|(_, share)| *share > 0) {
            if self.state.balance(account, asset) < share {
                return Err(PaymentFailure::ShareMissing { account, asset, share: Amount(share) }.into());
            }
            self.touch(account)?;
            self.moves(Operation::Refund, asset, Amount(share), From::Account(account), To::Account(customer))?;
        }
        Ok(())
    }

    fn open_order(&mut self, order: &OrderId, asset: AssetId, amount: Amount) -> Result<(), Failure> {
        let merchant = self.actor;
        self.rule_of(merchant)?;
        if self.record(&Self::key(merchant, order)?).is_some() {
            return Err(PaymentFailure::OrderExists.into());
        }
        self.state.asset(asset)?;
        if amount.0 == 0 {
            return Err(Failure::ZeroAmount);
        }
        let address = Address::of_order(&merchant, order);
        let awaited = OrderAddress { merchant, order: order.clone(), asset, amount };
        self.put(RecordKey::OrderAddress(address), Record::OrderAddress(Box::new(awaited)));
        self.state.mark(address, ORDER);
        self.touch(address)
    }
}
