//! A regulated won and a dollar in use. Each call is a block of its own, after which the books are checked.

use types::codec::Text;
use types::{
    Action, Address, Amount, AssetId, AssetRoles, Instruction, Origin, Payload, PolicyId, PolicyTerms, Role, Timestamp,
    Transaction,
};
use vm::program::assembler::assemble;
use vm::{AssetSpec, Failure, FeeSchedule, Ledger, Outcome, Parameters, Precheck, Record, RecordKey, Skipped};

use crate::bank::*;
use crate::instructions::*;

pub(crate) const APPROVER: u8 = 14;
pub(crate) const COMPLIANCE: u8 = 15;
pub(crate) const PAUSER: u8 = 16;
pub(crate) const ATTESTOR: u8 = 17;
/// A customer with an account that holds nothing.
pub(crate) const CAROL: u8 = 18;

/// Who collects fees where there are some, and has no account before.
pub(crate) const COLLECTOR: u8 = 60;

/// The policy that both assets are under.
pub(crate) const POLICY: PolicyId = PolicyId(1);

/// A program that keeps money and pays whom it is told to.
pub(crate) const PURSE: &str = "
    entry fund() payable
        stop
    entry pay(in_asset, whom, much)
        in_asset whom much transfer
        stop
";

pub(crate) fn officers() -> AssetRoles {
    AssetRoles {
        approver: Some(address(APPROVER)),
        compliance: Some(address(COMPLIANCE)),
        pauser: Some(address(PAUSER)),
        attestor: Some(address(ATTESTOR)),
    }
}

/// The won has all officers. The dollar has no approver, so that its issuer runs it alone.
pub(crate) fn regulated() -> Ledger {
    regulated_with(PARAMETERS, 0)
}

/// The same on a chain with other parameters, where officers have some won to begin with.
pub(crate) fn regulated_with(parameters: Parameters, officers_hold: u128) -> Ledger {
    let asset = |symbol: &str, issuer, roles| AssetSpec {
        roles,
        ..AssetSpec::new(Text::new(symbol).unwrap(), 0, address(issuer))
    };
    let alone = AssetRoles { approver: None, ..officers() };
    let holding = |customer, amount: u128| (address(customer), vec![(WON, Amount(amount)), (DOLLAR, Amount(amount))]);
    let accounts = vec![
        holding(ALICE, 1_000),
        holding(BOB, 50),
        holding(ISSUER, 500),
        holding(DOLLAR_ISSUER, 500),
        (address(CAROL), vec![]),
    ];
    let officers_have =
        [APPROVER, COMPLIANCE, PAUSER, ATTESTOR].map(|officer| (address(officer), vec![(WON, Amount(officers_hold))]));
    let accounts = accounts.into_iter().chain(officers_have).collect();
    let assets = vec![asset("KRW", ISSUER, officers()), asset("USD", DOLLAR_ISSUER, alone)];
    Ledger::genesis(parameters, VALIDATORS.map(member).to_vec(), assets, accounts).unwrap()
}

/// The accounts of [`regulated`] in the order of their creation.
pub(crate) fn accounts() -> Vec<Address> {
    [ALICE, BOB, ISSUER, DOLLAR_ISSUER, CAROL, APPROVER, COMPLIANCE, PAUSER, ATTESTOR].map(address).to_vec()
}

/// Why a transaction had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It has a receipt.
    Failed(Failure),
    /// It was skipped: its fee cannot be paid.
    Unpaid(Failure),
    /// It was skipped: its signers, or its sponsor's, may do nothing for the account.
    Unauthorized,
}

pub(crate) struct Desk {
    pub(crate) ledger: Ledger,
    height: u64,
    now: Timestamp,
    salt: u64,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::of(regulated())
    }

    fn of(ledger: Ledger) -> Self {
        Self { ledger, height: 0, now: Timestamp(u64::from(SECOND) * 1_000), salt: 0 }
    }

    /// A desk whose assets are under [`POLICY`] with these terms, and whose reserve is far from used up.
    pub(crate) fn with_policy(policy: PolicyTerms) -> Self {
        Self::new().under(policy)
    }

    /// The same on a chain where each transaction costs so many won. Officers have some.
    pub(crate) fn with_fee(fee: u128, policy: PolicyTerms) -> Self {
        let (per_transaction, per_instruction) = (Amount(fee), Amount(0));
        let schedule = FeeSchedule { asset: WON, per_transaction, per_instruction, collector: address(COLLECTOR) };
        Self::of(regulated_with(Parameters { fees: Some(schedule), ..PARAMETERS }, 20 * fee)).under(policy)
    }

    fn under(mut self, policy: PolicyTerms) -> Self {
        self.does(COMPLIANCE, vec![define(POLICY, policy)]);
        for asset in [WON, DOLLAR] {
            self.decides(asset, Action::SetPolicy(Some(POLICY)));
        }
        self.attests(1_000_000);
        self
    }

    /// The time of the latest block.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The height of the next block.
    pub(crate) fn next_height(&self) -> u64 {
        self.height + 1
    }

    /// Lets so many milliseconds pass before the next block, which comes another millisecond later.
    pub(crate) fn wait_millis(&mut self, millis: u64) {
        self.now = self.now.plus_millis(millis);
    }

    /// What a customer is to sign for the next block.
    pub(crate) fn drafts(&mut self, payer: u8, instructions: Vec<Instruction>) -> Payload {
        let second = self.now.plus_millis(1).second() as u32;
        self.salt += 1;
        sign(payer, second + 30, self.salt, instructions).payload
    }

    /// A block with one transaction. Returns the place of its first instruction, or what failed.
    pub(crate) fn tries(&mut self, payer: u8, instructions: Vec<Instruction>) -> Result<Origin, Failure> {
        let payload = self.drafts(payer, instructions);
        self.takes(Transaction::sign(payload, &key(payer), &CHAIN)).map_err(|stop| match stop {
            Stop::Failed(failure) => failure,
            skipped => panic!("{skipped:?}"),
        })
    }

    /// A block with one transaction, of which it may be that it has no receipt.
    pub(crate) fn takes(&mut self, transaction: Transaction) -> Result<Origin, Stop> {
        let context = context(self.height + 1, self.now.0 + 1);
        let transaction = authorize(vec![transaction]).remove(0);
        let precheck = self.ledger.precheck(&transaction, context);
        let runs_programs = transaction
            .payload()
            .instructions
            .iter()
            .any(|instruction| matches!(instruction, Instruction::DeployProgram(_) | Instruction::CallProgram(_)));
        let execution = finalize(&mut self.ledger, context, std::slice::from_ref(&transaction));
        (self.height, self.now) = (context.height.0, context.timestamp);
        for (number, asset) in self.ledger.assets().iter().enumerate() {
            assert_eq!(self.ledger.held(AssetId(number as u32)), asset.supply, "the books of {}", &*asset.symbol);
        }
        let Some(receipt) = execution.receipts.first() else {
            let (stop, skipped) = match precheck {
                Err(Precheck::Unpaid { failure, .. }) => {
                    (Stop::Unpaid(failure), Skipped { unpaid: 1, ..Skipped::default() })
                }
                Err(Precheck::Unauthorized | Precheck::UnauthorizedSponsor) => {
                    (Stop::Unauthorized, Skipped { unauthorized: 1, ..Skipped::default() })
                }
                other => panic!("{other:?} and then {:?}", execution.skipped),
            };
            assert_eq!(execution.skipped, skipped);
            return Err(stop);
        };
        let failure = receipt.failure().map(|(_, failure)| *failure);
        match (precheck, failure) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => assert!(runs_programs, "the precheck lets pass what fails: {:?}", receipt.outcome),
            (Err(Precheck::WouldFail(foreseen)), Some(failure)) => assert_eq!(foreseen, failure),
            (Err(Precheck::UnknownAccount), Some(failure)) => assert_eq!(failure, Failure::UnknownAccount),
            (refused, _) => panic!("{refused:?} and then {:?}", receipt.outcome),
        }
        match &receipt.outcome {
            Outcome::Succeeded => Ok(Origin { transaction: transaction.id(), instruction: 0 }),
            _ => Err(Stop::Failed(failure.unwrap())),
        }
    }

    /// A transaction that succeeds.
    #[track_caller]
    pub(crate) fn does(&mut self, payer: u8, instructions: Vec<Instruction>) -> Origin {
        self.tries(payer, instructions).unwrap()
    }

    /// A transaction that fails so, and moves nothing.
    #[track_caller]
    pub(crate) fn fails(&mut self, payer: u8, instructions: Vec<Instruction>, failure: impl Into<Failure>) {
        let before = self.everything();
        assert_eq!(self.tries(payer, instructions), Err(failure.into()));
        assert_eq!(self.everything(), before, "a failure has an effect");
    }

    /// Everything but histories.
    pub(crate) fn everything(&self) -> Everything {
        let accounts = (0..=255u8).map(address).filter_map(|at| self.ledger.account(&at));
        let balances = accounts.map(|account| (account.address, account.balances().collect())).collect();
        let records = self.ledger.records(..).map(|(key, record)| (key.clone(), record.clone())).collect();
        Everything { assets: self.ledger.assets().to_vec(), balances, records, accounts: self.ledger.account_count() }
    }

    /// Whoever may propose the action proposes it, and the approver approves it, if there is one.
    #[track_caller]
    pub(crate) fn decides(&mut self, asset: AssetId, action: Action) {
        self.tries_to_decide(asset, action).unwrap();
    }

    pub(crate) fn tries_to_decide(&mut self, asset: AssetId, action: Action) -> Result<(), Failure> {
        let proposer = match action.proposer() {
            Role::Compliance => COMPLIANCE,
            _ if asset == WON => ISSUER,
            _ => DOLLAR_ISSUER,
        };
        let has_approver = self.ledger.asset(asset).unwrap().holder(Role::Approver).is_some();
        let origin = self.tries(proposer, vec![propose(asset, action, 60)])?;
        if has_approver {
            self.tries(APPROVER, vec![approve_proposal(origin)])?;
        }
        Ok(())
    }

    /// So much of each asset is in reserve.
    pub(crate) fn attests(&mut self, reserve: u128) {
        let now = self.now;
        self.does(ATTESTOR, vec![attest(WON, reserve, now), attest(DOLLAR, reserve, now)]);
    }

    /// Puts a [`PURSE`] or another program on the ledger.
    #[track_caller]
    pub(crate) fn deploys(&mut self, source: &str) -> Address {
        let code = assemble(source).unwrap().program.program().to_bytes();
        let origin = self.does(ALICE, vec![deploy(code, &[], 100_000)]);
        Address::of_program(&address(ALICE), &origin.transaction, 0)
    }

    pub(crate) fn holds(&self, account: Address, asset: AssetId) -> u128 {
        self.ledger.account(&account).map_or(0, |account| account.balance(asset).0)
    }

    pub(crate) fn parked(&self, asset: AssetId, receiver: Address, sender: Address) -> u128 {
        match self.ledger.record(&RecordKey::Parked(asset, receiver, sender)) {
            Some(Record::Parked(parked)) => parked.amount.0,
            _ => 0,
        }
    }

    /// When the last of it was parked.
    pub(crate) fn parked_since(&self, asset: AssetId, receiver: Address, sender: Address) -> Timestamp {
        match self.ledger.record(&RecordKey::Parked(asset, receiver, sender)) {
            Some(Record::Parked(parked)) => parked.since,
            _ => panic!("nothing is parked"),
        }
    }

    pub(crate) fn supply(&self, asset: AssetId) -> u128 {
        self.ledger.asset(asset).unwrap().supply.0
    }
}

/// What a ledger holds, but for histories.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    assets: Vec<vm::Asset>,
    balances: Vec<(Address, Vec<(AssetId, Amount)>)>,
    records: Vec<(RecordKey, Record)>,
    accounts: u32,
}
