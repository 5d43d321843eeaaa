//! Shops, orders, custodians and claims.

use types::{Address, Instruction, Merchant, SettlementRule};
use vm::{Record, RecordKey};

use super::draft::{Drafter, Said};
use crate::bank::{ISSUER, address, shop};
use crate::instructions::*;

impl Drafter<'_> {
    pub(crate) fn registration(&mut self) -> Said {
        let merchant = self.dice.below(8) as usize;
        let merchant = self.people.address(merchant);
        let is_there = self.state.records.contains_key(&RecordKey::Merchant(merchant));
        let entry = self.entry();
        let instruction = match (is_there, self.dice.below(10)) {
            (false, 0..9) | (true, 9) => Instruction::RegisterMerchant { merchant, entry },
            (true, 0..6) | (false, 9) => Instruction::UpdateMerchant { merchant, entry },
            _ => Instruction::CloseMerchant { merchant },
        };
        (self.person(Some(address(ISSUER))), instruction)
    }

    fn entry(&mut self) -> Box<Merchant> {
        let points = [(0, 0), (150, 1_000), (3_333, 700), (1, 10_000), (5_000, 10_000)];
        let (fee_points, vat_points) = self.dice.pick(&points);
        let (processor, treasury) = (self.somebodys_address(), self.somebodys_address());
        let rule = SettlementRule { processor, fee_points, treasury, vat_points };
        let name = if self.dice.chance(95) { "Cafe" } else { "" };
        let settlement = if self.dice.chance(60) { Some(rule) } else { None };
        Box::new(Merchant { settlement, is_active: self.dice.chance(92), ..shop(name, 1) })
    }

    pub(crate) fn payment(&mut self) -> Said {
        match self.dice.weighted(&[45, 35, 10, 10]) {
            0 => self.new_order(),
            1 => self.old_order(),
            2 => self.batch(),
            _ => match self.some_key(|key| matches!(key, RecordKey::Parked(..))) {
                Some(RecordKey::Parked(asset, receiver, sender)) => {
                    let by = if self.dice.chance(75) { receiver } else { sender };
                    let claim = match self.dice.chance(70) {
                        true => claim(asset, receiver, sender),
                        false => claim_part(asset, receiver, sender, self.dice.pick(&[0, 1, 3, 1_000])),
                    };
                    (self.person(Some(by)), claim)
                }
                _ => (self.anybody(), claim(self.asset(), self.receiver(), self.receiver())),
            },
        }
    }

    fn new_order(&mut self) -> Said {
        let merchant = match self.some_key(|key| matches!(key, RecordKey::Merchant(_))) {
            Some(RecordKey::Merchant(merchant)) if self.dice.chance(95) => merchant,
            _ => self.somebodys_address(),
        };
        let name = match self.dice.weighted(&[94, 4, 2]) {
            0 => format!("order-{}", self.dice.below(100_000)),
            1 => format!("order-{}", self.dice.below(3)),
            _ => "\t".to_owned(),
        };
        let (customer, asset) = (self.anybody(), self.asset());
        let amount = self.amount_of(self.people.address(customer), asset);
        match self.dice.weighted(&[40, 40, 20]) {
            0 => (customer, charge(merchant, &name, asset, amount)),
            1 => {
                let seconds = self.dice.pick(&[0, 1, 60, 3_600, 86_400, 2_592_000, 2_592_001]);
                (customer, hold(merchant, &name, asset, amount, seconds))
            }
            _ => (self.person(Some(merchant)), open_order(&name, asset, amount)),
        }
    }

    fn old_order(&mut self) -> Said {
        // Half of the time one that an address waits for.
        let awaited = self.some_key(|key| matches!(key, RecordKey::OrderAddress(_)));
        if let Some(key @ RecordKey::OrderAddress(to)) = awaited
            && self.dice.chance(25)
            && let Some(Record::OrderAddress(awaited)) = self.record(&key)
        {
            let payer = self.anybody();
            return (payer, send(awaited.asset, to, awaited.amount.0));
        }
        let Some(RecordKey::Order(merchant, name)) = self.some_key(|key| matches!(key, RecordKey::Order(..))) else {
            return self.new_order();
        };
        let Some(Record::Order(order)) = self.record(&RecordKey::Order(merchant, name.clone())) else {
            return self.new_order();
        };
        let (shop, held) = (self.person(Some(merchant)), order.held.0);
        let left = order.paid.0 - order.refunded.0;
        match (held > 0, self.dice.below(10)) {
            (true, 0..=4) => (shop, capture(&name, self.part_of(held), self.dice.chance(40))),
            (true, 5) => (shop, void(&name)),
            (_, 6) => (self.anybody(), expire(merchant, &name)),
            (false, 0..=4) | (_, 7..=8) => (shop, refund(&name, self.part_of(left))),
            (_, 9) => (shop, capture(&name, self.part_of(left), false)),
            _ => (self.anybody(), charge(merchant, &name, order.asset, 1)),
        }
    }

    fn part_of(&mut self, whole: u128) -> u128 {
        match self.dice.weighted(&[60, 25, 8, 4, 3]) {
            0 => 1 + u128::from(self.dice.next()) % whole.max(1),
            1 => whole,
            2 => whole.saturating_add(1),
            3 => 0,
            _ => u128::MAX,
        }
    }

    fn batch(&mut self) -> Said {
        let (custodian, asset) = (self.anybody(), self.asset());
        let mut payments = Vec::new();
        while self.dice.chance(80) {
            let customer = self.dice.below(2);
            let account = Address::of_customer(&self.people.address(custodian), customer);
            payments.push((customer, self.receiver(), self.amount_of(account, asset)));
        }
        // Customers first need money.
        if self.dice.chance(50) {
            let customer = Address::of_customer(&self.people.address(custodian), self.dice.below(2));
            return (custodian, send(asset, customer, self.amount_of(self.people.address(custodian), asset)));
        }
        (custodian, batch(asset, &payments))
    }
}
