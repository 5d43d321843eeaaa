//! The store: batches, votes and blocks on a real disk, flushed as a validator flushes them.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use node::store::{BlockRecord, Store};
use types::{Batch, BatchDigest, Hash, Height, View};

fn store(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Hash([7; 32])).unwrap();
    let mut group = criterion.benchmark_group("store");
    let mut number = 0u64;
    let mut batch = |length: usize| -> (BatchDigest, Vec<u8>) {
        number += 1;
        let mut bytes = vec![0xa5; length];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        (Batch::digest(&bytes), bytes)
    };

    for length in [2 << 10, 100 << 10] {
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(BenchmarkId::new("put batch and flush", length), |b| {
            b.iter(|| {
                let (digest, bytes) = batch(length);
                store.put_batch(digest, &bytes).unwrap();
                store.flush().unwrap();
            });
        });
    }

    group.throughput(Throughput::Elements(1));
    let mut view = 0;
    group.bench_function("append a vote and flush", |b| {
        b.iter(|| {
            view += 1;
            store.append_journal(View(view), &[0x5a; 120]).unwrap();
            store.flush().unwrap();
        });
    });

    let mut height = 0;
    group.bench_function("put a block of four batches, unflushed", |b| {
        b.iter(|| {
            height += 1;
            let batches = (0..4).map(|_| {
                let (digest, bytes) = batch(2 << 10);
                store.put_batch(digest, &bytes).unwrap();
                digest
            });
            let batches = batches.collect();
            let record =
                BlockRecord { block: vec![1; 400], certificate: Some(vec![2; 220]), receipts: vec![3; 4_000], batches };
            store.put_block(Height(height), &record).unwrap();
        });
    });
    store.flush().unwrap();

    group.bench_function("read about 1 MiB of blocks with their batches", |b| {
        b.iter(|| store.blocks(Height(1), 1 << 20).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500)).sample_size(20);
    targets = store
}
criterion_main!(benches);
