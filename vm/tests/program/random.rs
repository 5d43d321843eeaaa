//! Programs that nobody wrote: generated, changed, and plain noise.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use types::codec::decode;
use types::{Address, Amount, AssetId, Height, Timestamp};
use vm::program::testing::{Call, Sandbox};
use vm::program::{
    Abort, Cause, Context, GasBound, Merchant, Output, Program, Trap, VerifiedProgram, Word, gas_bound, verify,
};

use crate::generator::{Dice, interesting, program};
use crate::naive::{self, End, World};

const OWN: Address = Address([7; 20]);
const CALLER: Address = Address([1; 20]);
const SHOP: Address = Address([2; 20]);
const LIMIT: u64 = 20_000;

/// The same small world for both machines.
fn worlds() -> (Sandbox, World) {
    let mut sandbox = Sandbox::new(OWN);
    let merchant = Merchant { category: 5_814, region: 11 };
    let mut balances = BTreeMap::new();
    for (address, asset, amount) in [(OWN, 0, 1 << 90), (OWN, 1, 5_000), (CALLER, 0, 9_000), (CALLER, 1, 100)] {
        sandbox.give(address, AssetId(asset), Amount(amount)).unwrap();
        balances.insert((AssetId(asset), address), Amount(amount));
    }
    sandbox.register(SHOP, merchant);
    sandbox.set_time(Timestamp(1_800_000_000_000));
    let context = Context {
        caller: CALLER,
        own: OWN,
        time: Timestamp(1_800_000_000_000),
        height: Height(2),
        paid: None,
        deploying: false,
    };
    let (cells, merchants) = (BTreeMap::new(), BTreeMap::from([(SHOP, merchant)]));
    (sandbox, World { context, cells, balances, merchants, accounts: BTreeSet::from([OWN, CALLER, SHOP]) })
}

fn arguments(dice: &mut Dice, count: usize) -> Vec<Word> {
    (0..count)
        .map(|_| match dice.below(4) {
            0 => Word::from(SHOP),
            1 => Word::from(u128::from(dice.throw() % 3)),
            2 => Word::from(u128::from(dice.throw() % 1_000)),
            _ => interesting(dice),
        })
        .collect()
}

/// Calls every entry point, one after the other, with both machines; they must agree on everything that can be seen.
fn compare(program: &VerifiedProgram, dice: &mut Dice, limit: u64) -> usize {
    let (mut sandbox, mut world) = worlds();
    let mut good = 0;
    for entry in program.program().entries.iter() {
        let args = arguments(dice, usize::from(entry.arguments));
        let paid = (entry.payable && dice.below(2) == 0).then_some((AssetId(1), Amount(20)));
        let call = Call { caller: CALLER, entry: &entry.name, args: &args, paid, gas_limit: limit };
        let got = sandbox.call(program, &call);
        let before = world.clone();
        if let Some((asset, amount)) = paid {
            world.balances.get_mut(&(asset, CALLER)).unwrap().0 -= amount.0;
            world.balances.get_mut(&(asset, OWN)).unwrap().0 += amount.0;
        }
        world.context.paid = paid;
        let expected = naive::run(program.program(), entry.start, &args, limit, &mut world);
        if !matches!(expected, End::Good { .. }) {
            world = before;
        }
        let got = match got {
            Ok(Output { value, events, gas }) => {
                good += 1;
                if let GasBound::AtMost(most) = gas_bound(program, entry) {
                    assert!(gas <= most, "{gas} gas where the bound is {most}");
                }
                End::Good { value, events: events.iter().map(|event| (event.topic, event.value)).collect(), gas }
            }
            Err(Abort { cause: Cause::Trap(trap), gas, .. }) => End::Trap(trap, gas),
            Err(Abort { cause: Cause::Refused(_), gas, .. }) => End::Refused(gas),
        };
        assert_eq!(got, expected);
        assert_eq!(sandbox.cells(), &world.cells);
        for (&(asset, address), &amount) in &world.balances {
            assert_eq!(sandbox.balance(address, asset), amount, "asset {asset} of {address}");
        }
    }
    good
}

#[test]
fn both_machines_agree_on_generated_programs() {
    let (mut good, mut calls) = (0, 0);
    for seed in 0..20_000 {
        let mut dice = Dice::new(seed);
        let program = verify(&program(&mut dice, 40).to_bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        good += compare(&program, &mut dice, LIMIT);
        calls += 3;
    }
    assert!(good * 10 > calls, "only {good} of {calls} calls ended well: the programs show too little");
}

#[test]
fn a_changed_program_is_refused_or_runs_to_its_end() {
    let mut accepted = 0;
    for seed in 0..20_000 {
        let mut dice = Dice::new(seed);
        let mut bytes = program(&mut dice, 12).to_bytes();
        for _ in 0..dice.below(3) + 1 {
            let place = dice.below(bytes.len());
            bytes[place] = u8::try_from(dice.below(256)).unwrap();
        }
        if let Ok(program) = verify(&bytes) {
            accepted += 1;
            let entries = program.program().entries.iter();
            // Only deployment runs `init`, and money is paid only where it is taken.
            if entries.clone().all(|entry| &*entry.name != "init") {
                compare(&program, &mut dice, LIMIT);
            }
        }
    }
    assert!(accepted > 500, "only {accepted} changed programs were accepted");
}

#[test]
fn a_limit_is_kept_wherever_it_falls() {
    for seed in 0..300 {
        let bytes = program(&mut Dice::new(seed), 30).to_bytes();
        let verified = verify(&bytes).unwrap();
        for limit in (0..400).step_by(7) {
            compare(&verified, &mut Dice::new(seed), limit);
        }
    }
}

#[test]
fn a_loop_ends_at_the_most_gas_that_a_call_may_use() {
    let mut program: Program = decode(&program(&mut Dice::new(1), 1).to_bytes()).unwrap();
    // jump to itself
    program.code = types::codec::Blob::new(vec![vm::program::Op::Jump as u8, 0, 0]).unwrap();
    program.constants = Default::default();
    program.entries = types::codec::Bounded::new(vec![program.entries[0].clone()]).unwrap();
    let verified = verify(&program.to_bytes()).unwrap();
    let (mut sandbox, _) = worlds();
    let args = [Word::ZERO; 2];
    let call = Call { caller: CALLER, entry: "first", args: &args, paid: None, gas_limit: u64::MAX };
    let abort = sandbox.call(&verified, &call).unwrap_err();
    assert_eq!(abort.cause, Cause::Trap(Trap::OutOfGas { limit: vm::program::gas::MAX }));
    assert_eq!(abort.gas, vm::program::gas::MAX);
    assert_eq!(gas_bound(&verified, &verified.program().entries[0]), GasBound::Loops);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Noise as code, behind a good head: so that the noise reaches the verifier's later checks.
    #[test]
    fn noise_is_refused_or_runs_to_its_end(code in prop::collection::vec(0u8..50, 1..24), seed: u64) {
        let mut program: Program = decode(&program(&mut Dice::new(1), 1).to_bytes()).unwrap();
        program.entries = types::codec::Bounded::new(vec![program.entries[0].clone()]).unwrap();
        program.constants = Default::default();
        program.code = types::codec::Blob::new(code).unwrap();
        if let Ok(verified) = verify(&program.to_bytes()) {
            compare(&verified, &mut Dice::new(seed), LIMIT);
        }
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = verify(&bytes);
    }
}
