//! Ed25519: signing, judging one signature, judging batches.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::{PublicKey, SecretKey, Signature, SignedMessage, verify_all, verify_one};

/// As long as the message under a transaction's signature.
const MESSAGE_BYTES: usize = 51;

struct Signed {
    key: PublicKey,
    message: [u8; MESSAGE_BYTES],
    signature: Signature,
}

fn signed(index: u8) -> Signed {
    let secret = SecretKey::from_seed([index; 32]);
    let message = [index; MESSAGE_BYTES];
    Signed { key: secret.public(), message, signature: secret.sign(&message) }
}

impl Signed {
    fn item(&self) -> SignedMessage<'_> {
        SignedMessage { key: &self.key, message: &self.message, signature: &self.signature }
    }
}

fn signatures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("signatures");
    let secret = SecretKey::from_seed([1; 32]);
    let all: Vec<Signed> = (0..=255).map(signed).collect();

    group.throughput(Throughput::Elements(1));
    group.bench_function("sign", |b| b.iter(|| secret.sign(black_box(&[1; MESSAGE_BYTES]))));
    group.bench_function("verify one", |b| b.iter(|| verify_one(black_box(&all[0].item()))));
    for size in [8, 64, 256] {
        let items: Vec<SignedMessage<'_>> = all[..size].iter().map(Signed::item).collect();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::new("verify batch", size), |b| b.iter(|| verify_all(black_box(&items))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = signatures
}
criterion_main!(benches);
