//! Execution of custodial batches: 10,000 payments under 100 signatures, and under 10.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::codec::{Bounded, Text};
use types::{
    Address, Amount, AssetId, AuthorizedTransaction, ChainTag, CustodialPayment, Deadline, Hash, Height, Instruction,
    Member, Payload, Payment, PublicKey, SecretKey, Timestamp, Transaction,
};
use vm::{AssetSpec, BlockContext, Ledger, Parameters, execute};

const PAYMENTS: u64 = 10_000;
const CHAIN: Hash = Hash([9; 32]);
const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn custodian() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

/// A merchant's account.
fn merchant(number: u64) -> Address {
    Address::of_customer(&Address([7; 20]), number)
}

/// A ledger with so many customers of the custodian, and as many merchants' accounts as there are payments in a batch.
fn ledger(customers: u64, merchants: u64) -> Ledger {
    let rich = |address| (address, vec![(AssetId(0), Amount(1_000_000))]);
    let custodian = Address::of(&custodian().public());
    let accounts = (0..customers).map(|number| Address::of_customer(&custodian, number));
    let accounts = accounts.chain((0..merchants).map(merchant)).chain([custodian]).map(rich).collect();
    let won = AssetSpec::new(Text::new("KRW").unwrap(), 0, merchant(0));
    let parameters = Parameters { max_valid_seconds: 120, validator_notice_millis: 10_000, fees: None };
    let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
    Ledger::genesis(parameters, members, vec![won], accounts).unwrap()
}

/// Payments of all customers in turn, so many in a transaction.
fn batches(customers: u64, in_batch: u64) -> Vec<AuthorizedTransaction> {
    let key = custodian();
    let payment = |number: u64| CustodialPayment {
        customer: number * 7_919 % customers,
        to: merchant(number % in_batch),
        amount: Amount(1),
        reference: Text::default(),
    };
    let batch = |salt: u64| {
        let payments = (salt * in_batch..(salt + 1) * in_batch).map(payment).collect();
        let batch = Payment::Batch { asset: AssetId(0), payments: Bounded::new(payments).unwrap() };
        let payload = Payload {
            chain: ChainTag::of(&CHAIN),
            payer: Address::of(&key.public()),
            valid_until: Deadline::after(NOW, 60),
            salt,
            instructions: Bounded::new(vec![Instruction::Payment(Box::new(batch))]).unwrap(),
        };
        Transaction::sign(payload, &key, &CHAIN)
    };
    let transactions = (0..PAYMENTS / in_batch).map(batch).collect();
    Transaction::authorize_all(transactions, &CHAIN).into_iter().map(Result::unwrap).collect()
}

fn custodial(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("custodial, 10,000 payments with all roots");
    group.throughput(Throughput::Elements(PAYMENTS));
    let context = BlockContext { height: Height(1), timestamp: NOW };
    for customers in [10_000, 100_000] {
        for in_batch in [100, 1_000] {
            let ledger = ledger(customers, in_batch);
            let block = batches(customers, in_batch);
            let execution = execute(&ledger, &[], context, &block).unwrap();
            assert!(execution.receipts.iter().all(|receipt| receipt.failure().is_none()));
            let id = BenchmarkId::new(format!("batches of {in_batch}"), format!("{customers} customers"));
            group.bench_function(id, |b| b.iter(|| execute(&ledger, &[], context, black_box(&block)).unwrap()));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300)).sample_size(10);
    targets = custodial
}
criterion_main!(benches);
