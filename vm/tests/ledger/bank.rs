//! A small ledger with some customers, and their transactions.

use std::sync::Arc;

use types::codec::{Bounded, Text};
use types::{
    Address, Amount, AssetId, AuthorizedTransaction, ChainTag, Deadline, Epoch, Hash, Height, Instruction, Member,
    Merchant, Payload, SecretKey, Timestamp, Transaction, ValidatorChange,
};
use vm::{AssetSpec, BlockContext, Delta, Execution, GenesisError, Ledger, Parameters, execute};

pub(crate) const CHAIN: Hash = Hash([7; 32]);
pub(crate) const WON: AssetId = AssetId(0);
pub(crate) const DOLLAR: AssetId = AssetId(1);
pub(crate) const NO_ASSET: AssetId = AssetId(2);

/// The customers by number. The first two issue the won and the dollar; from [`STRANGER`] on they have no account.
pub(crate) const ISSUER: u8 = 0;
pub(crate) const DOLLAR_ISSUER: u8 = 1;
pub(crate) const ALICE: u8 = 2;
pub(crate) const BOB: u8 = 3;
pub(crate) const STRANGER: u8 = 4;

/// From here on customers can be validators. The first three are, and so is Bob, who alone has an account.
pub(crate) const VALIDATOR: u8 = 20;
pub(crate) const VALIDATORS: [u8; 4] = [VALIDATOR, VALIDATOR + 1, VALIDATOR + 2, BOB];

pub(crate) const MAX_VALID_SECONDS: u32 = 60;
pub(crate) const NOTICE_MILLIS: u64 = 2_000;

pub(crate) const PARAMETERS: Parameters =
    Parameters { max_valid_seconds: MAX_VALID_SECONDS, validator_notice_millis: NOTICE_MILLIS, fees: None };

/// The second in which blocks are made unless a test says otherwise, and a deadline that they accept.
pub(crate) const SECOND: u32 = 1_000;
pub(crate) const SOON: u32 = SECOND + 30;

pub(crate) fn key(customer: u8) -> SecretKey {
    SecretKey::from_seed([customer; 32])
}

pub(crate) fn address(customer: u8) -> Address {
    Address::of(&key(customer).public())
}

pub(crate) fn member(customer: u8) -> Member {
    let public = key(customer).public();
    Member::new(&format!("v{customer}"), public, &format!("peer-{customer}"), &format!("/{customer}")).unwrap()
}

/// Alice has 1000 won and 5 dollars, Bob has 50 won, the won's issuer has 200 won.
pub(crate) fn ledger() -> Ledger {
    ledger_with(PARAMETERS).unwrap()
}

/// The same on a chain with other parameters.
pub(crate) fn ledger_with(parameters: Parameters) -> Result<Ledger, GenesisError> {
    let asset = |symbol: &str, decimals, issuer| AssetSpec::new(Text::new(symbol).unwrap(), decimals, address(issuer));
    let accounts = vec![
        (address(ALICE), vec![(DOLLAR, Amount(5)), (WON, Amount(1_000))]),
        (address(BOB), vec![(WON, Amount(50))]),
        (address(ISSUER), vec![(WON, Amount(200))]),
    ];
    let assets = vec![asset("KRW", 0, ISSUER), asset("USD", 2, DOLLAR_ISSUER)];
    Ledger::genesis(parameters, VALIDATORS.map(member).to_vec(), assets, accounts)
}

/// The accounts of [`ledger`] in the order of their creation.
pub(crate) fn accounts() -> Vec<Address> {
    [ALICE, BOB, ISSUER, DOLLAR_ISSUER].map(address).to_vec()
}

pub(crate) fn mint(asset: AssetId, to: u8, amount: u128) -> Instruction {
    Instruction::Mint { asset, to: address(to), amount: Amount(amount) }
}

pub(crate) fn burn(asset: AssetId, amount: u128) -> Instruction {
    Instruction::Burn { asset, amount: Amount(amount) }
}

pub(crate) fn transfer(asset: AssetId, to: u8, amount: u128) -> Instruction {
    let (memo, reference) = (Text::new("coffee").unwrap(), Text::new("order-1").unwrap());
    Instruction::Transfer { asset, to: address(to), amount: Amount(amount), memo, reference }
}

pub(crate) fn approve(epoch: u64, changes: Vec<ValidatorChange>) -> Instruction {
    Instruction::ApproveValidators { epoch: Epoch(epoch), changes: Bounded::new(changes).unwrap() }
}

/// A good entry of a shop with so many tills.
pub(crate) fn shop(name: &str, tills: u8) -> Merchant {
    let till = |number| Text::new(format!("till-{number}")).unwrap();
    Merchant {
        business_number: Text::new("1248100998").unwrap(),
        name: Text::new(name).unwrap(),
        category: 5_814,
        region: 11,
        is_active: true,
        terminals: Bounded::new((0..tills).map(till).collect()).unwrap(),
        settlement: None,
    }
}

pub(crate) fn register(customer: u8, entry: Merchant) -> Instruction {
    Instruction::RegisterMerchant { merchant: address(customer), entry: Box::new(entry) }
}

pub(crate) fn update(customer: u8, entry: Merchant) -> Instruction {
    Instruction::UpdateMerchant { merchant: address(customer), entry: Box::new(entry) }
}

pub(crate) fn close(customer: u8) -> Instruction {
    Instruction::CloseMerchant { merchant: address(customer) }
}

pub(crate) fn add(customer: u8) -> ValidatorChange {
    ValidatorChange::Add(member(customer))
}

pub(crate) fn remove(customer: u8) -> ValidatorChange {
    ValidatorChange::Remove(key(customer).public())
}

pub(crate) fn replace(customer: u8, by: Member) -> ValidatorChange {
    ValidatorChange::Replace { key: key(customer).public(), by }
}

pub(crate) fn sign(payer: u8, valid_until: u32, salt: u64, instructions: Vec<Instruction>) -> Transaction {
    let payload = Payload {
        chain: ChainTag::of(&CHAIN),
        payer: address(payer),
        valid_until: Deadline(valid_until),
        salt,
        instructions: Bounded::new(instructions).unwrap(),
    };
    Transaction::sign(payload, &key(payer), &CHAIN)
}

pub(crate) fn authorize(transactions: Vec<Transaction>) -> Vec<AuthorizedTransaction> {
    Transaction::authorize_all(transactions, &CHAIN).into_iter().map(|verdict| verdict.unwrap()).collect()
}

pub(crate) fn until(valid_until: u32, payer: u8, salt: u64, instructions: Vec<Instruction>) -> AuthorizedTransaction {
    authorize(vec![sign(payer, valid_until, salt, instructions)]).remove(0)
}

pub(crate) fn signed(payer: u8, salt: u64, instructions: Vec<Instruction>) -> AuthorizedTransaction {
    until(SOON, payer, salt, instructions)
}

pub(crate) fn context(height: u64, millis: u64) -> BlockContext {
    BlockContext { height: Height(height), timestamp: Timestamp(millis) }
}

pub(crate) fn now(height: u64) -> BlockContext {
    context(height, u64::from(SECOND) * 1_000 + height)
}

pub(crate) fn run(
    ledger: &Ledger,
    ancestors: &[Arc<Delta>],
    context: BlockContext,
    transactions: &[AuthorizedTransaction],
) -> Execution {
    execute(ledger, ancestors, context, transactions).unwrap()
}

/// Executes a block and folds it in.
pub(crate) fn finalize(
    ledger: &mut Ledger,
    context: BlockContext,
    transactions: &[AuthorizedTransaction],
) -> Execution {
    let execution = run(ledger, &[], context, transactions);
    ledger.apply(execution.delta.clone());
    assert_eq!(ledger.state_root(), execution.state_root);
    execution
}

pub(crate) fn balance(ledger: &Ledger, customer: u8, asset: AssetId) -> u128 {
    ledger.account(&address(customer)).map_or(0, |account| account.balance(asset).0)
}
