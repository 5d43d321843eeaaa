//! Execution: a block of 1,000 payments with its roots, and folding it into the ledger.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::codec::{Bounded, Text};
use types::{
    Address, Amount, AssetId, AuthorizedTransaction, ChainTag, Deadline, Hash, Height, Instruction, Member, Payload,
    PublicKey, SecretKey, Timestamp, Transaction,
};
use vm::{AssetSpec, BlockContext, Ledger, Parameters, execute, receipts_root};

const PAYMENTS: u64 = 1_000;
const CHAIN: Hash = Hash([9; 32]);
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// An account that only receives.
fn receiver(number: u64) -> Address {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..16].copy_from_slice(&number.to_be_bytes());
    Address(bytes)
}

fn payers() -> Vec<SecretKey> {
    (0..PAYMENTS)
        .map(|number| {
            let mut seed = [1; 32];
            seed[..8].copy_from_slice(&number.to_be_bytes());
            SecretKey::from_seed(seed)
        })
        .collect()
}

/// A ledger of `accounts` accounts, the payers among them.
fn ledger(accounts: u64, payers: &[SecretKey]) -> Ledger {
    let rich = |address| (address, vec![(AssetId(0), Amount(1_000_000))]);
    let payers = payers.iter().map(|key| rich(Address::of(&key.public())));
    let receivers = (0..accounts - PAYMENTS).map(|number| rich(receiver(number)));
    let won = AssetSpec::new(Text::new("KRW").unwrap(), 0, receiver(0));
    let parameters = Parameters { max_valid_seconds: 120, validator_notice_millis: 10_000, fees: None };
    let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
    Ledger::genesis(parameters, members, vec![won], payers.chain(receivers).collect()).unwrap()
}

fn payments(accounts: u64, payers: &[SecretKey]) -> Vec<AuthorizedTransaction> {
    payments_of(accounts, payers, 0)
}

/// A payment by each payer; another `first` makes other payments.
fn payments_of(accounts: u64, payers: &[SecretKey], first: u64) -> Vec<AuthorizedTransaction> {
    let payment = |(number, key): (u64, &SecretKey)| {
        let transfer = Instruction::Transfer {
            asset: AssetId(0),
            to: receiver(number * 7_919 % (accounts - PAYMENTS)),
            amount: Amount(1),
            memo: Text::default(),
            reference: Text::default(),
        };
        let payload = Payload {
            chain: ChainTag::of(&CHAIN),
            payer: Address::of(&key.public()),
            valid_until: Deadline::after(NOW, 60),
            salt: first + number,
            instructions: Bounded::new(vec![transfer]).unwrap(),
        };
        Transaction::sign(payload, key, &CHAIN)
    };
    let transactions = (0..).zip(payers).map(payment).collect();
    Transaction::authorize_all(transactions, &CHAIN).into_iter().map(Result::unwrap).collect()
}

fn execution(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("execution");
    group.throughput(Throughput::Elements(PAYMENTS));
    let payers = payers();
    let context = BlockContext { height: Height(1), timestamp: NOW };
    for accounts in [10_000, 100_000] {
        let ledger = ledger(accounts, &payers);
        let payments = payments(accounts, &payers);
        group.bench_function(BenchmarkId::new("1,000 payments with all roots", accounts), |b| {
            b.iter(|| execute(&ledger, &[], context, black_box(&payments)).unwrap());
        });
        let execution = execute(&ledger, &[], context, &payments).unwrap();
        assert!(execution.receipts.iter().all(|receipt| receipt.failure().is_none()));
        group.bench_function(BenchmarkId::new("receipts root alone", accounts), |b| {
            b.iter(|| receipts_root(black_box(&execution.receipts)));
        });
        let snapshot: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
        let copy = || Ledger::restore(snapshot.clone(), ledger.state_root()).unwrap();
        group.bench_function(BenchmarkId::new("fold into the ledger", accounts), |b| {
            b.iter_batched(
                || {
                    let ledger = copy();
                    let delta = execute(&ledger, &[], context, &payments).unwrap().delta;
                    (ledger, delta)
                },
                |(mut ledger, delta)| {
                    ledger.apply(delta);
                    ledger
                },
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new("all accounts and the state root from a checkpoint", accounts), |b| {
            b.iter(copy);
        });
    }
    group.finish();
}

/// A block whose time has passed a deadline second for which so many payments were executed: it sorts and hashes
/// their ids. Compare with a block that closes nothing.
fn closing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("closing a second");
    let payers = payers();
    let at = |height: u64, seconds: u64| BlockContext {
        height: Height(height),
        timestamp: NOW.plus_millis(seconds * 1_000),
    };
    for count in [10_000u64, 100_000] {
        let mut ledger = ledger(10_000, &payers);
        for height in 1..=count / PAYMENTS {
            let payments = payments_of(10_000, &payers, height * PAYMENTS);
            let execution = execute(&ledger, &[], at(height, 0), &payments).unwrap();
            assert_eq!(execution.receipts.len() as u64, PAYMENTS);
            ledger.apply(execution.delta);
        }
        let height = count / PAYMENTS + 1;
        group.throughput(Throughput::Elements(count));
        let snapshot: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
        let copy = || Ledger::restore(snapshot.clone(), ledger.state_root()).unwrap();
        for (name, seconds) in [("block that closes nothing", 60), ("block that closes the second", 61)] {
            // Each time another ledger: one remembers the seconds that candidates for its next block have closed.
            group.bench_function(BenchmarkId::new(name, count), |b| {
                b.iter_batched(
                    copy,
                    |ledger| {
                        drop(execute(&ledger, &[], black_box(at(height, seconds)), &[]).unwrap());
                        ledger
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300)).sample_size(10);
    targets = execution, closing
}
criterion_main!(benches);
