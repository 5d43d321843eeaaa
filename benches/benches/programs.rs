//! Programs: what each class of gas costs in time, and calls of shipped programs.
//!
//! A group `gas` has one line for each class of price. Each runs a loop that does the operation many times; the
//! throughput is in units of gas, so that a line's `Gelem/s` is how many units of gas go by in a nanosecond.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::{Address, Amount, AssetId, Height, Timestamp};
use vm::program::assembler::assemble;
use vm::program::testing::{Call, Sandbox};
use vm::program::{Context, Host, Merchant, VerifiedProgram, Word, gas, run, verify};

const CONTEXT: Context = Context {
    caller: Address([1; 20]),
    own: Address([7; 20]),
    time: Timestamp(1_800_000_000_000),
    height: Height(1),
    paid: None,
    deploying: false,
};

/// A host that does next to nothing, so that the machine itself is measured.
struct Idle {
    context: Context,
    cell: Word,
}

impl Host for Idle {
    type Refusal = ();

    fn context(&self) -> Context {
        self.context
    }

    fn cell(&self, _: &Word) -> Word {
        self.cell
    }

    fn set_cell(&mut self, _: Word, value: Word) -> Result<(), ()> {
        self.cell = value;
        Ok(())
    }

    fn balance(&self, _: AssetId) -> Amount {
        Amount(u128::MAX)
    }

    fn transfer(&mut self, _: AssetId, _: Address, _: Amount) -> Result<bool, ()> {
        Ok(false)
    }

    fn merchant(&self, _: Address) -> Option<Merchant> {
        Some(Merchant { category: 5_814, region: 11 })
    }
}

/// A loop of 100 turns, each doing `body` ten times.
fn looped(body: &str) -> VerifiedProgram {
    let bodies = [body; 10].join(" ");
    let text = format!("entry go() local i turn: i 100 lt jump_unless end {bodies} i 1 add set i jump turn end: stop");
    assemble(&text).unwrap().program
}

fn classes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gas");
    let bodies = [
        ("step: stack", "i dup swap over pop pop pop"),
        ("step: arithmetic", "i 7 add 3 mul pop"),
        ("step: comparison", "i 7 lt i 9 eq and not pop"),
        ("division", "340282366920938463463374607431768211455 7 div pop"),
        ("mul_div, 128 bits", "4_500 250 10_000 mul_div_floor pop"),
        (
            "mul_div, 256 bits",
            "340282366920938463463374607431768211455 340282366920938463463374607431768211454 \
             340282366920938463463374607431768211455 mul_div_floor pop",
        ),
        ("hash", "\"key\" i hash pop"),
        ("load", "\"key\" load pop"),
        ("store", "i 1 add \"key\" store"),
        ("transfer", "0 self 5 transfer"),
        ("query", "self category pop"),
    ];
    for (name, body) in bodies {
        let program = looped(body);
        let mut host = Idle { context: CONTEXT, cell: Word::from(1) };
        let gas = run(&program, "go", &[], gas::MAX, &mut host).unwrap().gas;
        group.throughput(Throughput::Elements(gas));
        group.bench_function(name, |b| b.iter(|| run(black_box(&program), "go", &[], gas::MAX, &mut host)));
    }
    group.finish();
}

/// A payment of an order of 4,500 won to the settlement program.
fn payment(payer: Address, order: &[Word]) -> Call<'_> {
    let paid = Some((AssetId(0), Amount(4_500)));
    Call { caller: payer, entry: "pay", args: order, paid, gas_limit: gas::MAX }
}

fn shipped(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("shipped programs");
    let program = assemble(include_str!("../../vm/programs/settlement.baro")).unwrap().program;
    let [shop, owner, alice] = [1, 2, 3].map(|byte| Address([byte; 20]));
    let mut sandbox = Sandbox::new(Address([7; 20]));
    sandbox.give(alice, AssetId(0), Amount(1 << 60)).unwrap();
    sandbox.set_time(Timestamp(1_800_000_000_000));
    let rates = [250, 1_000, 3_600_000].map(Word::from);
    let args = [shop.into(), owner.into(), owner.into(), AssetId(0).into(), rates[0], rates[1], rates[2]];
    let init = Call { caller: owner, entry: "init", args: &args, paid: None, gas_limit: gas::MAX };
    sandbox.deploy(&program, &init).unwrap();
    let first = [Word::from(0)];
    sandbox.call(&program, &payment(alice, &first)).unwrap();
    let mut order = 0u128;
    let second = [Word::from(1)];
    let used = sandbox.clone().call(&program, &payment(alice, &second)).unwrap().gas;
    group.throughput(Throughput::Elements(used));
    group.bench_function("settlement: pay, on a sandbox that copies itself", |b| {
        b.iter_batched(
            || {
                order += 1;
                (sandbox.clone(), [Word::from(order)])
            },
            |(mut sandbox, args)| sandbox.call(&program, &payment(alice, &args)).unwrap(),
            criterion::BatchSize::SmallInput,
        );
    });
    let bytes = program.program().to_bytes();
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function(BenchmarkId::new("verify settlement", bytes.len()), |b| b.iter(|| verify(black_box(&bytes))));
    group.finish();
}

criterion_group!(benches, classes, shipped);
criterion_main!(benches);
