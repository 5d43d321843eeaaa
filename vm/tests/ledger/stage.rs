//! The ledger as a stage for the tests of programs: each call is a block of its own.

use std::collections::BTreeMap;

use types::codec::{Bounded, Text};
use types::{Address, Amount, AssetId, AssetRoles, Compliance, Extent, Instruction, Timestamp};
use vm::program::testing::{Call, Stage};
use vm::program::{Abort, Cause, INIT, Merchant, Output, VerifiedProgram, Word};
use vm::{AssetSpec, Failure, Ledger, Outcome, Receipt, Record, RecordKey};

use crate::bank::*;
use crate::instructions::{case, deploy};

/// The last asset: each account has one of it, so that there is such an account.
const PASS: AssetId = AssetId(3);

/// The accounts of a script are customers from here on.
const FIRST: u8 = 100;

pub(crate) struct LedgerStage {
    ledger: Ledger,
    height: u64,
    time: Timestamp,
    salt: u64,
    names: BTreeMap<String, u8>,
    customers: BTreeMap<Address, u8>,
    own: Address,
}

impl LedgerStage {
    /// With the program on the ledger, unless it has an `init`, which the script then calls.
    pub(crate) fn new(program: &VerifiedProgram) -> Self {
        let roles = AssetRoles { compliance: Some(address(ISSUER)), ..AssetRoles::default() };
        let asset =
            |symbol: &&str| AssetSpec { roles, ..AssetSpec::new(Text::new(*symbol).unwrap(), 0, address(ISSUER)) };
        let assets = ["A", "B", "C", "PASS"].iter().map(asset).collect();
        let members = VALIDATORS.map(member).to_vec();
        let accounts = vec![(address(ISSUER), vec![])];
        let mut stage = Self {
            ledger: Ledger::genesis(PARAMETERS, members, assets, accounts).unwrap(),
            height: 0,
            time: Timestamp(0),
            salt: 0,
            names: BTreeMap::new(),
            customers: BTreeMap::new(),
            own: Address([0xee; 20]),
        };
        if program.entry(INIT).is_none() {
            let deployed = stage.block(ISSUER, deploy(program.program().to_bytes(), &[], 0));
            assert_eq!(deployed.outcome, Outcome::Succeeded);
            stage.own = Address::of_program(&address(ISSUER), &deployed.id, 0);
        }
        stage
    }

    /// A block with one instruction. Whatever it does, the books are right; if it fails, nothing has moved.
    fn block(&mut self, payer: u8, instruction: Instruction) -> Receipt {
        let before = self.everything();
        self.height += 1;
        self.salt += 1;
        let deadline = u32::try_from(self.time.second()).unwrap() + 30;
        let transaction = until(deadline, payer, self.salt, vec![instruction]);
        let execution = finalize(&mut self.ledger, context(self.height, self.time.0), &[transaction]);
        for (asset, number) in self.ledger.assets().iter().zip(0..) {
            assert_eq!(self.ledger.held(AssetId(number)), asset.supply, "the books of {}", &*asset.symbol);
        }
        let receipt = execution.receipts.into_iter().next().unwrap();
        if receipt.failure().is_some() {
            assert!(self.everything() == before, "a failing call has an effect");
        }
        receipt
    }

    #[track_caller]
    fn does(&mut self, payer: u8, instruction: Instruction) {
        let receipt = self.block(payer, instruction);
        assert_eq!(receipt.outcome, Outcome::Succeeded);
    }

    /// Everything but histories.
    fn everything(&self) -> impl PartialEq + use<> {
        let accounts = [address(ISSUER), self.own].into_iter().chain(self.customers.keys().copied());
        let balances = |at| self.ledger.account(&at).map_or(vec![], |account| account.balances().collect());
        let records = self.ledger.records(..).map(|(key, record)| (key.clone(), record.clone()));
        let balances: Vec<Vec<(AssetId, Amount)>> = accounts.map(balances).collect();
        (balances, records.collect::<Vec<_>>(), self.ledger.account_count())
    }
}

impl Stage for LedgerStage {
    type Refusal = Failure;

    fn refusal_kind(refusal: &Failure) -> &'static str {
        refusal.kind()
    }

    fn account(&mut self, name: &str) -> Address {
        let next = FIRST + u8::try_from(self.names.len()).unwrap();
        let customer = *self.names.entry(name.to_owned()).or_insert(next);
        if self.customers.insert(address(customer), customer).is_none() {
            self.does(ISSUER, mint(PASS, customer, 1));
        }
        address(customer)
    }

    fn own(&self) -> Address {
        self.own
    }

    fn set_time(&mut self, time: Timestamp) {
        self.time = time;
    }

    fn give(&mut self, to: Address, asset: AssetId, amount: Amount) -> Option<()> {
        assert!(asset < PASS, "more assets than the stage has");
        let receipt = self.block(ISSUER, Instruction::Mint { asset, to, amount });
        receipt.failure().is_none().then_some(())
    }

    fn register(&mut self, merchant: Address, Merchant { category, region }: Merchant) {
        let (category, region) = (u16::try_from(category).unwrap(), u16::try_from(region).unwrap());
        let entry = Box::new(types::Merchant { category, region, ..shop("Shop", 1) });
        self.does(ISSUER, Instruction::RegisterMerchant { merchant, entry });
    }

    fn block(&mut self, account: Address) {
        for asset in (0..PASS.0).map(AssetId) {
            let freeze = Compliance::Freeze { asset, account, extent: Extent::Whole, case: case() };
            self.does(ISSUER, Instruction::Compliance(Box::new(freeze)));
        }
    }

    fn parked(&self, address: Address, asset: AssetId) -> Amount {
        match self.ledger.record(&RecordKey::Parked(asset, address, self.own)) {
            Some(Record::Parked(parked)) => parked.amount,
            _ => Amount::ZERO,
        }
    }

    fn balance(&self, address: Address, asset: AssetId) -> Amount {
        self.ledger.account(&address).map_or(Amount::ZERO, |account| account.balance(asset))
    }

    fn cell(&self, key: &Word) -> Word {
        match self.ledger.record(&RecordKey::Cell(self.own, *key)) {
            Some(Record::Cell(value)) => *value,
            _ => Word::ZERO,
        }
    }

    fn cell_count(&self) -> usize {
        let cells = RecordKey::Cell(self.own, Word::ZERO)..=RecordKey::Cell(self.own, Word([0xff; 32]));
        self.ledger.records(cells).count()
    }

    fn play(&mut self, program: &VerifiedProgram, call: &Call<'_>, deploying: bool) -> Result<Output, Abort<Failure>> {
        let caller = self.customers[&call.caller];
        let instruction = if deploying {
            deploy(program.program().to_bytes(), call.args, call.gas_limit)
        } else {
            let args = Bounded::new(call.args.iter().map(|word| word.0).collect()).unwrap();
            Instruction::CallProgram(Box::new(types::ProgramCall {
                program: self.own,
                entry: Text::new(call.entry).unwrap(),
                args,
                attach: call.paid,
                gas_limit: call.gas_limit,
            }))
        };
        let receipt = self.block(caller, instruction);
        let (failure, at, gas) = match receipt.outcome {
            Outcome::Succeeded => {
                let result = &receipt.results[0];
                assert!(result.gas <= call.gas_limit);
                if deploying {
                    self.own = Address::of_program(&call.caller, &receipt.id, 0);
                }
                assert_eq!(result.program, self.own);
                return Ok(Output { value: result.value, events: result.events.to_vec(), gas: result.gas });
            }
            Outcome::Failed { failure, .. } => (failure, 0, 0),
            Outcome::FailedInProgram { failure, at, gas, .. } => (failure, at, gas),
        };
        let cause = match failure {
            Failure::Trapped { trap } => Cause::Trap(trap),
            failure => Cause::Refused(failure),
        };
        Err(Abort { cause, at, gas })
    }
}
