//! Encoding and decoding of transactions and batches.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use types::codec::{Blob, Bounded, Text, decode, encode};
use types::{
    Address, Amount, AssetId, Batch, ChainTag, Deadline, Hash, Instruction, Payload, SecretKey, Transaction,
    ValidatorIndex,
};

const CHAIN: Hash = Hash([7; 32]);

fn transfer(to: u8) -> Instruction {
    Instruction::Transfer {
        asset: AssetId(0),
        to: Address([to; 20]),
        amount: Amount(4_500),
        memo: Text::default(),
        reference: Text::default(),
    }
}

fn transaction(salt: u64, transfers: usize) -> Transaction {
    let secret = SecretKey::from_seed([1; 32]);
    let instructions = (0..transfers).map(|to| transfer(to as u8)).collect();
    let payload = Payload {
        chain: ChainTag::of(&CHAIN),
        payer: Address::of(&secret.public()),
        valid_until: Deadline(1_800_000_000),
        salt,
        instructions: Bounded::new(instructions).expect("few"),
    };
    Transaction::sign(payload, &secret, &CHAIN)
}

fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    for transfers in [1, 100] {
        let value = transaction(1, transfers);
        let bytes = encode(&value);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("encode transaction of {transfers}"), |b| b.iter(|| encode(black_box(&value))));
        group.bench_function(format!("decode transaction of {transfers}"), |b| {
            b.iter(|| decode::<Transaction>(black_box(&bytes)))
        });
        group.bench_function(format!("id of a transaction of {transfers}"), |b| {
            b.iter(|| black_box(&value).payload.id(&CHAIN))
        });
    }

    let transactions = (0..1000).map(|salt| Blob::new(encode(&transaction(salt, 1))).expect("short")).collect();
    let batch = Batch {
        epoch: types::Epoch(0),
        creator: ValidatorIndex(0),
        number: 1,
        transactions: Bounded::new(transactions).expect("few"),
    };
    let bytes = encode(&batch);
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("decode batch of 1000", |b| b.iter(|| decode::<Batch>(black_box(&bytes))));
    group.bench_function("digest batch of 1000", |b| b.iter(|| Batch::digest(black_box(&bytes))));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = codec
}
criterion_main!(benches);
