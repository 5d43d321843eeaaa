//! Each way in which a call ends without effect, and that it leaves nothing behind.

use types::codec::{Blob, Bounded, Text};
use types::{Address, Amount, AssetId};
use vm::program::testing::{Call, Refusal, Sandbox};
use vm::program::{
    Abort, Cause, Entry, INIT, Instruction, Op, Output, Program, Trap, VERSION, VerifiedProgram, Word, gas, verify,
};

const OWN: Address = Address([7; 20]);
const CALLER: Address = Address([1; 20]);
const WON: AssetId = AssetId(0);

fn program(name: &str, constants: &[Word], instructions: &[(Op, u16)]) -> VerifiedProgram {
    let mut code = Vec::new();
    for &(op, operand) in instructions {
        Instruction { op, operand }.encode(&mut code);
    }
    let entry = Entry { name: Text::new(name).unwrap(), arguments: 1, payable: true, start: 0 };
    let program = Program {
        version: VERSION,
        entries: Bounded::new(vec![entry]).unwrap(),
        constants: Bounded::new(constants.to_vec()).unwrap(),
        code: Blob::new(code).unwrap(),
    };
    verify(&program.to_bytes()).unwrap()
}

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new(OWN);
    sandbox.give(CALLER, WON, Amount(1_000)).unwrap();
    sandbox
}

const CALL: Call<'static> =
    Call { caller: CALLER, entry: "go", args: &[Word::ZERO], paid: Some((WON, Amount(10))), gas_limit: 100_000 };

/// Runs the instructions after some that change a cell and move money; on a trap nothing of that must remain.
fn end(constants: &[Word], instructions: &[(Op, u16)]) -> Result<Output, Abort<Refusal>> {
    let effects = [
        (Op::PushByte, 5),
        (Op::PushByte, 6),
        (Op::Store, 0),
        (Op::PushByte, 0),
        (Op::Caller, 0),
        (Op::PushByte, 3),
        (Op::Transfer, 0),
    ];
    let program = program("go", constants, &[&effects, instructions, &[(Op::Stop, 0)]].concat());
    let (mut sandbox, before) = (sandbox(), sandbox());
    let result = sandbox.call(&program, &CALL);
    match &result {
        Ok(_) => assert_eq!(sandbox.cell(&Word::from(6)), Word::from(5)),
        Err(_) => assert_eq!(sandbox, before, "a trap leaves nothing"),
    }
    result
}

fn trap(constants: &[Word], instructions: &[(Op, u16)]) -> Trap {
    match end(constants, instructions).unwrap_err().cause {
        Cause::Trap(trap) => trap,
        Cause::Refused(refusal) => panic!("{refusal}"),
    }
}

#[test]
fn arithmetic_never_wraps() {
    let max = [Word::from(u128::MAX)];
    let with_max = |op| trap(&max, &[(Op::PushConstant, 0), (Op::PushByte, 2), (op, 0), (Op::Pop, 0)]);
    assert_eq!(with_max(Op::Add), Trap::Overflow);
    assert_eq!(with_max(Op::Mul), Trap::Overflow);
    assert_eq!(trap(&[], &[(Op::PushByte, 1), (Op::PushByte, 2), (Op::Sub, 0), (Op::Pop, 0)]), Trap::Overflow);
    for op in [Op::Div, Op::Rem] {
        assert_eq!(trap(&[], &[(Op::PushByte, 1), (Op::PushByte, 0), (op, 0), (Op::Pop, 0)]), Trap::DivisionByZero);
    }
}

#[test]
fn a_word_is_what_it_is_used_as() {
    let word = [Word([0xff; 32])];
    let used =
        |before: &[(Op, u16)], op| trap(&word, &[before, &[(Op::PushConstant, 0), (op, 0), (Op::Pop, 0)]].concat());
    assert_eq!(used(&[(Op::PushByte, 1)], Op::Add), Trap::NotANumber);
    assert_eq!(used(&[], Op::Category), Trap::NotAnAddress);
    assert_eq!(used(&[], Op::Address), Trap::NotAnAddress);
    assert_eq!(used(&[], Op::Balance), Trap::NotAnAsset);
    let no_address = [(Op::PushByte, 0), (Op::PushConstant, 0), (Op::PushByte, 1), (Op::Transfer, 0)];
    assert_eq!(trap(&word, &no_address), Trap::NotAnAddress);
    let no_asset = [(Op::PushConstant, 0), (Op::Caller, 0), (Op::PushByte, 1), (Op::Transfer, 0)];
    assert_eq!(trap(&word, &no_asset), Trap::NotAnAsset);
}

#[test]
fn a_program_says_no_with_its_code() {
    assert_eq!(trap(&[], &[(Op::PushByte, 0), (Op::Require, 300)]), Trap::Failed { code: 300 });
    assert!(end(&[], &[(Op::PushByte, 1), (Op::Require, 300)]).is_ok());
}

#[test]
fn a_program_spends_no_more_than_it_has() {
    let transfer = |amount| end(&[], &[(Op::PushByte, 0), (Op::Caller, 0), (Op::PushByte, amount), (Op::Transfer, 0)]);
    assert!(transfer(7).is_ok());
    let overdraft = Refusal::Overdraft { payer: OWN, asset: WON, balance: Amount(7), needed: Amount(8) };
    assert_eq!(transfer(8).unwrap_err().cause, Cause::Refused(overdraft));
}

#[test]
fn a_transfer_of_nothing_does_nothing() {
    // Asset 9 does not exist: the host is not even asked.
    assert!(end(&[], &[(Op::PushByte, 9), (Op::Caller, 0), (Op::PushByte, 0), (Op::Transfer, 0)]).is_ok());
}

#[test]
fn events_are_bounded() {
    let emit = [(Op::PushByte, 1), (Op::PushByte, 2), (Op::Emit, 0)];
    assert_eq!(end(&[], &emit.repeat(64)).unwrap().events.len(), 64);
    assert_eq!(trap(&[], &emit.repeat(65)), Trap::TooManyEvents);
}

#[test]
fn a_call_fits_its_entry_point() {
    let go = program("go", &[], &[(Op::Stop, 0)]);
    let cause = |call: &Call<'_>| sandbox().call(&go, call).unwrap_err().cause;
    assert_eq!(cause(&Call { entry: "gone", ..CALL }), Cause::Trap(Trap::UnknownEntry));
    assert_eq!(cause(&Call { args: &[], ..CALL }), Cause::Trap(Trap::ArgumentCount { expected: 1, got: 0 }));
    assert_eq!(
        cause(&Call { args: &[Word::ZERO; 300], ..CALL }),
        Cause::Trap(Trap::ArgumentCount { expected: 1, got: 255 })
    );
    let mut closed = go.program().clone();
    let entry = Entry { payable: false, ..closed.entries[0].clone() };
    closed.entries = Bounded::new(vec![entry]).unwrap();
    let closed = verify(&closed.to_bytes()).unwrap();
    assert_eq!(sandbox().call(&closed, &CALL).unwrap_err().cause, Cause::Trap(Trap::NotPayable));
    assert!(sandbox().call(&closed, &Call { paid: None, ..CALL }).is_ok());
}

#[test]
fn init_runs_at_deployment_and_only_then() {
    let (init, go) = (program(INIT, &[], &[(Op::Stop, 0)]), program("go", &[], &[(Op::Stop, 0)]));
    let call = Call { entry: INIT, ..CALL };
    assert!(sandbox().deploy(&init, &call).is_ok());
    assert_eq!(sandbox().call(&init, &call).unwrap_err().cause, Cause::Trap(Trap::InitOnly));
    assert_eq!(sandbox().deploy(&go, &CALL).unwrap_err().cause, Cause::Trap(Trap::InitOnly));
}

#[test]
fn a_new_cell_costs_more_than_a_changed_one() {
    let store = [(Op::PushByte, 5), (Op::PushByte, 6), (Op::Store, 0)];
    let gas_of = |times: usize| {
        let program = program("go", &[], &[&store.repeat(times)[..], &[(Op::Stop, 0)]].concat());
        sandbox().call(&program, &CALL).unwrap().gas
    };
    let steps = gas::CALL + 3 * gas::STEP;
    assert_eq!(gas_of(1), steps + gas::STORE + gas::CELL_CREATED);
    assert_eq!(gas_of(2) - gas_of(1), 2 * gas::STEP + gas::STORE);
}
