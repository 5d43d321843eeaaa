//! What a transaction of the load is.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use types::codec::{Bounded, Text};
use types::{Address, Amount, AssetId, CustodialPayment, Instruction, Payment};

use super::accounts::Accounts;
use super::random::Random;

/// Payments of a custodian's batch.
const BATCH: u64 = 100;

/// What the load consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mix {
    /// Each payment is a transaction of its own, signed by its payer.
    SelfSigned,
    /// Custodians pay for their customers: 100 payments under one signature, all or none.
    Custodial,
    /// As `self-signed`, and one account receives everything.
    Hot,
}

impl Mix {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mix::SelfSigned => "self-signed",
            Mix::Custodial => "custodial",
            Mix::Hot => "hot",
        }
    }

    /// Payments in a transaction.
    pub fn payments_each(self) -> u64 {
        match self {
            Mix::SelfSigned | Mix::Hot => 1,
            Mix::Custodial => BATCH,
        }
    }

    /// The accounts of this load: at least `count`, whose keys follow from `seed`.
    pub(super) fn accounts(self, seed: u64, count: usize) -> Accounts {
        match self {
            Mix::SelfSigned | Mix::Hot => Accounts::own(seed, count),
            Mix::Custodial => Accounts::custodial(seed, count),
        }
    }

    /// What the payer in this place is to do.
    pub(super) fn instruction(
        self,
        accounts: &Accounts,
        payer: usize,
        asset: AssetId,
        random: &mut Random,
    ) -> Instruction {
        let transfer = |to| Instruction::Transfer {
            asset,
            to,
            amount: Amount(1),
            memo: Text::default(),
            reference: Text::default(),
        };
        match self {
            Mix::SelfSigned => transfer(payee(accounts, payer, random)),
            Mix::Hot => transfer(accounts.last()),
            Mix::Custodial => {
                let payment = |_| {
                    let customer = random.below(accounts.customers_each()) as u64;
                    let place = accounts.place_of_customer(payer, customer);
                    let to = payee(accounts, place, random);
                    CustodialPayment { customer, to, amount: Amount(1), reference: Text::default() }
                };
                let payments = Bounded::new((0..BATCH).map(payment).collect());
                let payments = payments.expect("a batch of the load is within the bound");
                Instruction::Payment(Box::new(Payment::Batch { asset, payments }))
            }
        }
    }
}

/// Any account but the one in this place.
fn payee(accounts: &Accounts, place: usize, random: &mut Random) -> Address {
    let addresses = accounts.addresses();
    addresses[(place + 1 + random.below(addresses.len() - 1)) % addresses.len()]
}
