//! Where scenarios are played.

use std::fmt;

use types::{Address, Amount, AssetId, Domain, Hash, Timestamp};

use super::sandbox::{Call, Refusal, Sandbox};
use crate::program::{Abort, Merchant, Output, VerifiedProgram, Word};

/// A ledger with one program, as a test's text sees it: [`Sandbox`], or another that must behave alike.
pub trait Stage {
    /// Why the ledger does not do what a program asks.
    type Refusal: fmt::Display;

    /// The kind of a refusal as a word.
    fn refusal_kind(refusal: &Self::Refusal) -> &'static str;

    /// The account that has the name in the text.
    fn account(&mut self, name: &str) -> Address;

    /// The program's account. A deployment may change it.
    fn own(&self) -> Address;

    /// Lets blocks have this time.
    fn set_time(&mut self, time: Timestamp);

    /// Gives money from outside; `None`, and nothing, where more would exist than can be counted.
    fn give(&mut self, to: Address, asset: AssetId, amount: Amount) -> Option<()>;

    /// Lists a merchant.
    fn register(&mut self, address: Address, merchant: Merchant);

    /// Lets a control keep from `address` what the program sends to it: that is parked.
    fn block(&mut self, address: Address);

    /// What a control has kept from arriving at `address`.
    fn parked(&self, address: Address, asset: AssetId) -> Amount;

    /// What `address` holds of `asset`.
    fn balance(&self, address: Address, asset: AssetId) -> Amount;

    /// What the program's cell `key` holds; zero where it is not in use.
    fn cell(&self, key: &Word) -> Word;

    /// How many of the program's cells are in use.
    fn cell_count(&self) -> usize;

    /// Calls the program, or deploys it. On an error nothing has changed.
    fn play(
        &mut self,
        program: &VerifiedProgram,
        call: &Call<'_>,
        deploying: bool,
    ) -> Result<Output, Abort<Self::Refusal>>;
}

/// The address that stands for a name.
pub(super) fn named(name: &str) -> Address {
    let hash = Hash::of(Domain::Address, name.as_bytes());
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&hash.0[..20]);
    Address(bytes)
}

impl Stage for Sandbox {
    type Refusal = Refusal;

    fn refusal_kind(refusal: &Refusal) -> &'static str {
        refusal.kind()
    }

    fn account(&mut self, name: &str) -> Address {
        self.open(named(name));
        named(name)
    }

    fn own(&self) -> Address {
        self.own()
    }

    fn set_time(&mut self, time: Timestamp) {
        self.set_time(time);
    }

    fn give(&mut self, to: Address, asset: AssetId, amount: Amount) -> Option<()> {
        self.give(to, asset, amount)
    }

    fn register(&mut self, address: Address, merchant: Merchant) {
        self.register(address, merchant);
    }

    fn block(&mut self, address: Address) {
        self.block(address);
    }

    fn parked(&self, address: Address, asset: AssetId) -> Amount {
        self.parked(address, asset)
    }

    fn balance(&self, address: Address, asset: AssetId) -> Amount {
        self.balance(address, asset)
    }

    fn cell(&self, key: &Word) -> Word {
        self.cell(key)
    }

    fn cell_count(&self) -> usize {
        self.cells().len()
    }

    fn play(&mut self, program: &VerifiedProgram, call: &Call<'_>, deploying: bool) -> Result<Output, Abort<Refusal>> {
        if deploying { self.deploy(program, call) } else { self.call(program, call) }
    }
}
