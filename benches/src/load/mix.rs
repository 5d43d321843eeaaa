//! What the load consists of.

mod profile;
mod programs;
mod shop;
mod transfers;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use types::Amount;

use super::accounts::Accounts;

pub(super) use profile::{Choice, Profile, Step};
pub(super) use programs::Programs;
pub(super) use shop::Shop;

/// What the load consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mix {
    /// Each payment is a transaction of its own, signed by its payer.
    SelfSigned,
    /// Custodians pay for their customers: --batch payments under one signature, all or none.
    Custodial,
    /// As `self-signed`, and one account receives everything.
    Hot,
    /// Sales at 100 shops of a chain: money is held, then captured and split with processor and treasury; 3 % are
    /// refunded. A payment is a sale, and is made when its capture is final.
    Shop,
    /// Each payment is a call of the settlement program (`pay`), of which there are ten.
    Programs,
}

impl Mix {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mix::SelfSigned => "self-signed",
            Mix::Custodial => "custodial",
            Mix::Hot => "hot",
            Mix::Shop => "shop",
            Mix::Programs => "programs",
        }
    }

    /// Transactions of a payment, rounded down, where a payment is not the part of one.
    pub(super) fn transactions_each(self) -> u64 {
        match self {
            Mix::SelfSigned | Mix::Hot | Mix::Custodial | Mix::Programs => 1,
            Mix::Shop => 2,
        }
    }

    /// The most that a payment takes.
    pub(super) fn price(self) -> Amount {
        match self {
            Mix::SelfSigned | Mix::Hot | Mix::Custodial => Amount(1),
            Mix::Shop | Mix::Programs => shop::MOST,
        }
    }

    /// The accounts of this load: at least `count`, whose keys follow from `seed`.
    pub(super) fn accounts(self, seed: u64, count: usize) -> Accounts {
        match self {
            Mix::SelfSigned | Mix::Hot | Mix::Shop | Mix::Programs => Accounts::own(seed, count),
            Mix::Custodial => Accounts::custodial(seed, count),
        }
    }
}
