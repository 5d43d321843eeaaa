//! A ledger in memory with one program in it.

use std::collections::{BTreeMap, BTreeSet};

use types::{Address, Amount, AssetId, Height, Timestamp};

use crate::program::{Abort, Cause, Context, Host, Merchant, Output, VerifiedProgram, Word, run};

/// Balances, merchants and one program's cells. Money comes in with [`give`](Sandbox::give) and no other way; after
/// each call all of it must still be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    own: Address,
    time: Timestamp,
    height: Height,
    balances: BTreeMap<(AssetId, Address), Amount>,
    supplies: BTreeMap<AssetId, Amount>,
    merchants: BTreeMap<Address, Merchant>,
    accounts: BTreeSet<Address>,
    blocked: BTreeSet<Address>,
    parked: BTreeMap<(AssetId, Address), Amount>,
    cells: BTreeMap<Word, Word>,
}

/// A call of the program.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Who calls.
    pub caller: Address,
    /// The entry point's name.
    pub entry: &'a str,
    /// The arguments.
    pub args: &'a [Word],
    /// What the caller attaches.
    pub paid: Option<(AssetId, Amount)>,
    /// The most gas.
    pub gas_limit: u64,
}

/// Why the sandbox does not do what a program asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody was given anything of the asset.
    #[error("there is no asset {asset}")]
    UnknownAsset {
        /// The asset.
        asset: AssetId,
    },
    /// The payer holds less.
    #[error("{payer} holds {balance} of asset {asset}, and {needed} are needed")]
    Overdraft {
        /// Who.
        payer: Address,
        /// Of what.
        asset: AssetId,
        /// How much it holds.
        balance: Amount,
        /// How much it would pay.
        needed: Amount,
    },
}

impl Refusal {
    /// The kind of refusal as a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Refusal::UnknownAsset { .. } => "unknown_asset",
            Refusal::Overdraft { .. } => "overdraft",
        }
    }
}

impl Sandbox {
    /// An empty ledger with a program whose account is `own`.
    pub fn new(own: Address) -> Self {
        Self {
            own,
            time: Timestamp(0),
            height: Height(1),
            balances: BTreeMap::new(),
            supplies: BTreeMap::new(),
            merchants: BTreeMap::new(),
            accounts: BTreeSet::from([own]),
            blocked: BTreeSet::new(),
            parked: BTreeMap::new(),
            cells: BTreeMap::new(),
        }
    }

    /// The program's account.
    pub fn own(&self) -> Address {
        self.own
    }

    /// Lets blocks have this time, and the next height.
    pub fn set_time(&mut self, time: Timestamp) {
        self.time = time;
        self.height = self.height.next();
    }

    /// The blocks' time.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Lets there be an account. Who receives money or calls has one in any case.
    pub fn open(&mut self, address: Address) {
        self.accounts.insert(address);
    }

    /// Makes `amount` of `asset` and gives it to `to`; `None`, and nothing, where more would exist than can be counted.
    pub fn give(&mut self, to: Address, asset: AssetId, amount: Amount) -> Option<()> {
        let supply = self.supplies.get(&asset).copied().unwrap_or_default().checked_add(amount)?;
        self.supplies.insert(asset, supply);
        self.open(to);
        let balance = self.balances.entry((asset, to)).or_default();
        // A balance is a part of the supply, which has just been counted.
        *balance = balance.checked_add(amount)?;
        Some(())
    }

    /// Lists a merchant.
    pub fn register(&mut self, address: Address, merchant: Merchant) {
        self.merchants.insert(address, merchant);
        self.open(address);
    }

    /// Lets a control keep from `address` what the program sends to it: that is parked.
    pub fn block(&mut self, address: Address) {
        self.blocked.insert(address);
    }

    /// What `address` holds of `asset`.
    pub fn balance(&self, address: Address, asset: AssetId) -> Amount {
        self.balances.get(&(asset, address)).copied().unwrap_or_default()
    }

    /// What a control has kept from arriving at `address`.
    pub fn parked(&self, address: Address, asset: AssetId) -> Amount {
        self.parked.get(&(asset, address)).copied().unwrap_or_default()
    }

    /// What the program's cell `key` holds; zero where it is not in use.
    pub fn cell(&self, key: &Word) -> Word {
        self.cells.get(key).copied().unwrap_or_default()
    }

    /// The cells in use, by key.
    pub fn cells(&self) -> &BTreeMap<Word, Word> {
        &self.cells
    }

    /// Calls `program`. On an error nothing has changed.
    ///
    /// # Panics
    ///
    /// Where money came into being or was lost, which no program may ever achieve.
    pub fn call(&mut self, program: &VerifiedProgram, call: &Call<'_>) -> Result<Output, Abort<Refusal>> {
        self.transact(program, call, false)
    }

    /// Runs the program's `init`, as its deployment does.
    ///
    /// # Panics
    ///
    /// As [`call`](Sandbox::call) does.
    pub fn deploy(&mut self, program: &VerifiedProgram, call: &Call<'_>) -> Result<Output, Abort<Refusal>> {
        self.transact(program, call, true)
    }

    fn transact(
        &mut self,
        program: &VerifiedProgram,
        call: &Call<'_>,
        deploying: bool,
    ) -> Result<Output, Abort<Refusal>> {
        self.open(call.caller);
        let before = self.clone();
        let result = self.attach_and_run(program, call, deploying);
        if result.is_err() {
            *self = before;
        }
        self.assert_conserved();
        result
    }

    fn attach_and_run(
        &mut self,
        program: &VerifiedProgram,
        call: &Call<'_>,
        deploying: bool,
    ) -> Result<Output, Abort<Refusal>> {
        let own = self.own;
        if let Some((asset, amount)) = call.paid {
            let refused = |refusal| Abort { cause: Cause::Refused(refusal), at: 0, gas: 0 };
            self.pay(asset, call.caller, own, amount).map_err(refused)?;
        }
        let context =
            Context { caller: call.caller, own, time: self.time, height: self.height, paid: call.paid, deploying };
        run(program, call.entry, call.args, call.gas_limit, &mut Running { sandbox: self, context })
    }

    fn pay(&mut self, asset: AssetId, payer: Address, to: Address, amount: Amount) -> Result<(), Refusal> {
        if !self.supplies.contains_key(&asset) {
            return Err(Refusal::UnknownAsset { asset });
        }
        let balance = self.balance(payer, asset);
        let overdraft = Refusal::Overdraft { payer, asset, balance, needed: amount };
        self.balances.insert((asset, payer), balance.checked_sub(amount).ok_or(overdraft)?);
        let arrives = if self.blocked.contains(&to) { &mut self.parked } else { &mut self.balances };
        let received = arrives.entry((asset, to)).or_default();
        *received = received.checked_add(amount).expect("all money adds up to the supply");
        Ok(())
    }

    fn assert_conserved(&self) {
        for (&asset, &supply) in &self.supplies {
            let of_asset = (asset, Address::default())..=(asset, Address([0xff; 20]));
            let held = self.balances.range(of_asset.clone()).chain(self.parked.range(of_asset));
            let sum = held.map(|(_, &amount)| amount).try_fold(Amount::ZERO, Amount::checked_add);
            assert_eq!(sum, Some(supply), "what is held and parked of asset {asset} is not its supply");
        }
    }
}

/// The sandbox while a call runs.
struct Running<'a> {
    sandbox: &'a mut Sandbox,
    context: Context,
}

impl Host for Running<'_> {
    type Refusal = Refusal;

    fn context(&self) -> Context {
        self.context
    }

    fn cell(&self, key: &Word) -> Word {
        self.sandbox.cell(key)
    }

    fn set_cell(&mut self, key: Word, value: Word) -> Result<(), Refusal> {
        if value.is_true() {
            self.sandbox.cells.insert(key, value);
        } else {
            self.sandbox.cells.remove(&key);
        }
        Ok(())
    }

    fn balance(&self, asset: AssetId) -> Amount {
        self.sandbox.balance(self.context.own, asset)
    }

    fn transfer(&mut self, asset: AssetId, to: Address, amount: Amount) -> Result<bool, Refusal> {
        self.sandbox.pay(asset, self.context.own, to, amount)?;
        Ok(self.sandbox.accounts.insert(to))
    }

    fn merchant(&self, address: Address) -> Option<Merchant> {
        self.sandbox.merchants.get(&address).copied()
    }
}
