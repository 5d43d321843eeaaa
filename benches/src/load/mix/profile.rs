//! A mix once the network is ready for it, and the steps of each payment.

use types::{AssetId, Instruction, SecretKey};

use super::{Programs, Shop, transfers};
use crate::load::accounts::Accounts;
use crate::load::random::Random;

/// What the payments of the load are.
pub(in crate::load) enum Profile {
    /// Transfers between accounts.
    Transfers,
    /// Transfers to one account.
    Hot,
    /// Batches of custodians, of so many payments each.
    Custodial(u64),
    /// Sales, each held, captured and perhaps refunded.
    Shop(Shop),
    /// Calls of programs.
    Programs(Programs),
}

/// What is decided of a payment before its steps are.
#[derive(Clone, Copy)]
pub(in crate::load) struct Choice<'a> {
    /// The accounts of the load.
    pub accounts: &'a Accounts,
    /// The place of the one that pays.
    pub payer: usize,
    /// What is paid with.
    pub asset: AssetId,
    /// A number that no other payment has, of this run or another.
    pub number: u64,
}

impl<'a> Choice<'a> {
    /// The key of the one that pays.
    pub(in crate::load) fn secret(&self) -> &'a SecretKey {
        &self.accounts.payers()[self.payer]
    }
}

/// A transaction of a payment before it is signed.
pub(in crate::load) struct Step<'a> {
    /// Who signs it, and is its payer.
    pub signer: &'a SecretKey,
    /// What it does.
    pub instruction: Instruction,
    /// Whether the payment is made once this is final.
    pub pays: bool,
}

impl Profile {
    /// The transactions of a payment, each of which stands on the one before it. At least one; one of them pays.
    pub(in crate::load) fn steps<'a>(&'a self, choice: Choice<'a>, random: &mut Random) -> Vec<Step<'a>> {
        let alone = |instruction| vec![Step { signer: choice.secret(), instruction, pays: true }];
        match self {
            Profile::Transfers => alone(transfers::to_anybody(choice, random)),
            Profile::Hot => alone(transfers::to_one(choice)),
            Profile::Custodial(count) => alone(transfers::batch(*count, choice, random)),
            Profile::Shop(shop) => shop.sale(choice, random),
            Profile::Programs(programs) => alone(programs.pay(choice, random)),
        }
    }
}
