//! Retail: the shops of a coffee chain, and what a sale there consists of.

use types::codec::{Bounded, Text};
use types::{Address, Amount, Instruction, Merchant, OrderId, Payment, SecretKey, SettlementRule};

use super::{Choice, Step};
use crate::load::accounts::secret;
use crate::load::random::Random;

/// So many shops the chain has.
const SHOPS: u64 = 100;

/// The numbers of the shops' keys begin here, and of those who have a share of what they sell.
const FIRST_KEY: u64 = 1 << 40;

/// What a sale costs, in the smallest unit.
const LEAST: u128 = 3_000;
/// The most that a sale costs.
pub(super) const MOST: Amount = Amount(7_000);
const STEP: u128 = 100;

/// Of a hundred sales so many are refunded.
const REFUNDS_OF_100: usize = 3;

/// The processor's fee and the VAT in the price, in basis points.
pub(super) const FEE_POINTS: u16 = 150;
pub(super) const VAT_POINTS: u16 = 1_000;

/// For how long money is held at most: a day.
const HOLD_SECONDS: u32 = 86_400;

/// A cafe: a category of ISO 18245.
const CAFE: u16 = 5_814;

/// The shops, and how their sales are split.
pub(in crate::load) struct Shop {
    shops: Vec<SecretKey>,
    rule: SettlementRule,
}

/// The processor and the treasury of a seed.
pub(super) fn parties(seed: u64) -> (Address, Address) {
    let address = |number| Address::of(&secret(seed, FIRST_KEY + SHOPS + number).public());
    (address(0), address(1))
}

/// The price of a sale.
pub(super) fn price(random: &mut Random) -> Amount {
    Amount(LEAST + STEP * random.below(((MOST.0 - LEAST) / STEP + 1) as usize) as u128)
}

impl Shop {
    /// The shops of `seed`.
    pub(in crate::load) fn new(seed: u64) -> Shop {
        let (processor, treasury) = parties(seed);
        Shop {
            shops: (0..SHOPS).map(|number| secret(seed, FIRST_KEY + number)).collect(),
            rule: SettlementRule { processor, fee_points: FEE_POINTS, treasury, vat_points: VAT_POINTS },
        }
    }

    /// The accounts of the shops.
    pub(in crate::load) fn addresses(&self) -> Vec<Address> {
        self.shops.iter().map(|shop| Address::of(&shop.public())).collect()
    }

    /// What is missing in the registry, where `found` is what it says of each of [`addresses`](Self::addresses).
    pub(in crate::load) fn registrations(&self, found: &[Option<Merchant>]) -> Vec<Instruction> {
        let change = |((number, merchant), found): ((usize, Address), &Option<Merchant>)| {
            let entry = Box::new(self.entry(number));
            match found {
                None => Some(Instruction::RegisterMerchant { merchant, entry }),
                Some(found) if *found != *entry => Some(Instruction::UpdateMerchant { merchant, entry }),
                Some(_) => None,
            }
        };
        self.addresses().into_iter().enumerate().zip(found).filter_map(change).collect()
    }

    /// The entry of the shop with this number.
    fn entry(&self, number: usize) -> Merchant {
        let with_digit = |digit: usize| Merchant {
            business_number: Text::new(format!("{:09}{digit}", 124_810_000 + number)).expect("ten digits"),
            name: Text::new(format!("Coffee {}", number + 1)).expect("a short name"),
            category: CAFE,
            region: 11,
            is_active: true,
            terminals: Bounded::new(vec![Text::new("till-1").expect("a short id")]).expect("one terminal"),
            settlement: Some(self.rule),
        };
        let entry = (0..10).map(with_digit).find(|entry| entry.check().is_ok());
        entry.expect("one of ten digits is the check digit")
    }

    /// A sale: the customer's money is held, then the shop captures it; of some sales it gives all back.
    pub(super) fn sale<'a>(&'a self, choice: Choice<'a>, random: &mut Random) -> Vec<Step<'a>> {
        let shop = &self.shops[random.below(self.shops.len())];
        let amount = price(random);
        let order = OrderId::new(choice.number.to_string()).expect("a number is a short name");
        let step = |signer, payment, pays| {
            let instruction = Instruction::Payment(Box::new(payment));
            Step { signer, instruction, pays }
        };
        let hold = Payment::Hold {
            merchant: Address::of(&shop.public()),
            order: order.clone(),
            asset: choice.asset,
            amount,
            valid_seconds: HOLD_SECONDS,
        };
        let capture = Payment::Capture { order: order.clone(), amount, release_rest: true };
        let mut steps = vec![step(choice.secret(), hold, false), step(shop, capture, true)];
        if random.below(100) < REFUNDS_OF_100 {
            steps.push(step(shop, Payment::Refund { order, amount }, false));
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::accounts::Accounts;
    use types::AssetId;

    #[test]
    fn a_shop_is_registered_once_and_put_right() {
        let shop = Shop::new(1);
        let mut found = vec![None; SHOPS as usize];
        let registrations = shop.registrations(&found);
        assert_eq!(registrations.len(), SHOPS as usize);
        for (place, instruction) in registrations.into_iter().enumerate() {
            let Instruction::RegisterMerchant { merchant, entry } = instruction else { panic!("{instruction:?}") };
            assert_eq!((merchant, entry.check()), (shop.addresses()[place], Ok(())));
            found[place] = Some(*entry);
        }
        assert!(shop.registrations(&found).is_empty());
        found[7].as_mut().expect("registered").is_active = false;
        let [Instruction::UpdateMerchant { merchant, entry }] = &shop.registrations(&found)[..] else {
            panic!("one is put right")
        };
        assert!(*merchant == shop.addresses()[7] && entry.is_active);
    }

    #[test]
    fn a_sale_is_held_captured_and_rarely_refunded() {
        let (shop, accounts, mut random) = (Shop::new(1), Accounts::own(1, 3), Random::new(1));
        let mut refunds = 0;
        for number in 0..2000 {
            let choice = Choice { accounts: &accounts, payer: 1, asset: AssetId(0), number };
            let steps = shop.sale(choice, &mut random);
            let payment = |step: &Step<'_>| match &step.instruction {
                Instruction::Payment(payment) => Payment::clone(payment),
                other => panic!("{other:?}"),
            };
            let Payment::Hold { merchant, order: held, amount: price, .. } = payment(&steps[0]) else { panic!() };
            let Payment::Capture { order, amount, .. } = payment(&steps[1]) else { panic!() };
            assert_eq!((order, amount), (held.clone(), price));
            assert!((LEAST..=MOST.0).contains(&price.0));
            assert_eq!(steps[0].signer.public(), accounts.payers()[1].public());
            assert_eq!(steps.iter().filter(|step| step.pays).count(), 1);
            assert!(steps[1].pays && steps[1..].iter().all(|step| Address::of(&step.signer.public()) == merchant));
            if let Some(refund) = steps.get(2) {
                assert_eq!(payment(refund), Payment::Refund { order: held, amount: price });
                refunds += 1;
            }
        }
        assert!((30..100).contains(&refunds), "about 60 of 2000: {refunds}");
    }
}
