//! Plain transfers, one by one and in a custodian's batches.

use types::codec::{Bounded, Text};
use types::{Address, Amount, CustodialPayment, Instruction, Payment};

use super::Choice;
use crate::load::accounts::Accounts;
use crate::load::random::Random;

/// A payment to any other account.
pub(super) fn to_anybody(choice: Choice<'_>, random: &mut Random) -> Instruction {
    transfer(choice, payee(choice.accounts, choice.payer, random))
}

/// A payment to the account that receives everything.
pub(super) fn to_one(choice: Choice<'_>) -> Instruction {
    transfer(choice, choice.accounts.last())
}

/// So many payments of a custodian for its customers.
pub(super) fn batch(count: u64, choice: Choice<'_>, random: &mut Random) -> Instruction {
    let Choice { accounts, payer, asset, .. } = choice;
    let payment = |_| {
        let customer = random.below(accounts.customers_each()) as u64;
        let to = payee(accounts, accounts.place_of_customer(payer, customer), random);
        CustodialPayment { customer, to, amount: Amount(1), reference: Text::default() }
    };
    let payments = Bounded::new((0..count).map(payment).collect());
    let payments = payments.expect("a batch of the load is within the bound");
    Instruction::Payment(Box::new(Payment::Batch { asset, payments }))
}

fn transfer(choice: Choice<'_>, to: Address) -> Instruction {
    let (memo, reference) = (Text::default(), Text::default());
    Instruction::Transfer { asset: choice.asset, to, amount: Amount(1), memo, reference }
}

/// Any account but the one in this place.
fn payee(accounts: &Accounts, place: usize, random: &mut Random) -> Address {
    let addresses = accounts.addresses();
    addresses[(place + 1 + random.below(addresses.len() - 1)) % addresses.len()]
}
