//! Signing, judging one signature, judging batches; and what a transaction costs by the kind of its payer's key.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::codec::{Bounded, Text, decode, encode};
use types::{
    AccountSecret, Address, Amount, AssetId, ChainTag, Deadline, Hash, Instruction, KeyKind, Payload, PublicKey,
    SecretKey, Signature, SignedMessage, Transaction, verify_all, verify_one,
};

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

const CHAIN: Hash = Hash([9; 32]);

fn payment(salt: u64, secrets: &[&AccountSecret]) -> Transaction {
    let transfer = Instruction::Transfer {
        asset: AssetId(0),
        to: Address([2; 20]),
        amount: Amount(4_500),
        memo: Text::default(),
        reference: Text::default(),
    };
    let payload = Payload {
        chain: ChainTag::of(&CHAIN),
        payer: secrets[0].key().address(),
        valid_until: Deadline(1_800_000_000),
        salt,
        instructions: Bounded::new(vec![transfer]).expect("one"),
    };
    Transaction::sign_with(payload, secrets, &CHAIN).expect("each key once")
}

/// Decoding and judging 64 transactions, as a batch of another validator brings them.
fn transactions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("transactions");
    let [ed25519, secp256k1, p256] =
        KeyKind::ALL.map(|kind| AccountSecret::from_seed(kind, [1; 32]).expect("a scalar"));
    let cases: [(&str, &[&AccountSecret]); 4] = [
        ("ed25519", &[&ed25519]),
        ("secp256k1", &[&secp256k1]),
        ("p256", &[&p256]),
        ("all three keys", &[&ed25519, &secp256k1, &p256]),
    ];
    group.throughput(Throughput::Elements(64));
    for (name, secrets) in cases {
        let encoded: Vec<Vec<u8>> = (0..64).map(|salt| encode(&payment(salt, secrets))).collect();
        let decoded = || encoded.iter().map(|bytes| decode(bytes).expect("canonical")).collect::<Vec<Transaction>>();
        group.bench_function(BenchmarkId::new("decode", name), |b| b.iter(decoded));
        group.bench_function(BenchmarkId::new("decode and judge", name), |b| {
            b.iter(|| {
                let verdicts = Transaction::authorize_all(decoded(), &CHAIN);
                assert!(verdicts.iter().all(Result::is_ok));
                verdicts
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = signatures, transactions
}
criterion_main!(benches);
