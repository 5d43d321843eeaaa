//! Each check of the verifier, with the smallest program that needs it.

use types::codec::{Blob, Bounded, Text};
use vm::program::{Entry, Instruction, MAX_STACK, Op, Program, VERSION, VerifyError, Word, verify};

fn entry(name: &str, start: u16) -> Entry {
    Entry { name: Text::new(name).unwrap(), arguments: 0, payable: false, start }
}

fn with(entries: Vec<Entry>, constants: Vec<Word>, instructions: &[(Op, u16)]) -> Program {
    let mut code = Vec::new();
    for &(op, operand) in instructions {
        Instruction { op, operand }.encode(&mut code);
    }
    Program {
        version: VERSION,
        entries: Bounded::new(entries).unwrap(),
        constants: Bounded::new(constants).unwrap(),
        code: Blob::new(code).unwrap(),
    }
}

fn judged(program: &Program) -> Result<(), VerifyError> {
    verify(&program.to_bytes()).map(|_| ())
}

fn code(instructions: &[(Op, u16)]) -> Result<(), VerifyError> {
    judged(&with(vec![entry("go", 0)], vec![], instructions))
}

const STOP: (Op, u16) = (Op::Stop, 0);

#[test]
fn the_smallest_program_is_accepted() {
    assert_eq!(code(&[STOP]), Ok(()));
}

#[test]
fn the_stack_is_known_everywhere() {
    let underflow = VerifyError::Underflow { at: 2, op: "add", needed: 2, height: 1 };
    assert_eq!(code(&[(Op::PushByte, 1), (Op::Add, 0), (Op::Return, 0)]), Err(underflow));
    let mut tower = vec![(Op::Caller, 0); MAX_STACK];
    assert_eq!(code(&[&tower[..], &[STOP]].concat()), Ok(()));
    tower.push((Op::Caller, 0));
    assert_eq!(code(&[&tower[..], &[STOP]].concat()), Err(VerifyError::Overflow { at: 64 }));
    // A loop that grows the stack comes back with another height.
    let growing = [(Op::Caller, 0), (Op::Jump, 0)];
    assert_eq!(code(&growing), Err(VerifyError::HeightsDiffer { at: 0, first: 0, second: 1 }));
}

#[test]
fn no_path_leaves_the_code() {
    assert_eq!(code(&[(Op::Caller, 0)]), Err(VerifyError::FallsOff { at: 0 }));
    assert_eq!(code(&[(Op::PushByte, 1), (Op::JumpIf, 0)]), Err(VerifyError::FallsOff { at: 2 }));
    assert_eq!(code(&[]), Err(VerifyError::EntryPlace { name: "go".to_owned() }));
    // Into the operand of the push, and beyond the end.
    for target in [1, 5, 6, u16::MAX] {
        assert_eq!(code(&[(Op::PushByte, 1), (Op::Jump, target)]), Err(VerifyError::Target { at: 2 }), "{target}");
    }
}

#[test]
fn every_byte_is_code_that_something_leads_to() {
    assert_eq!(code(&[STOP, STOP]), Err(VerifyError::Unreachable { at: 1 }));
    let mut program = with(vec![entry("go", 0)], vec![], &[STOP]);
    program.code = Blob::new(vec![Op::Jump as u8, 0]).unwrap();
    assert_eq!(judged(&program), Err(VerifyError::Instruction { at: 0 }));
    program.code = Blob::new(vec![0xff]).unwrap();
    assert_eq!(judged(&program), Err(VerifyError::Instruction { at: 0 }));
}

#[test]
fn locals_exist() {
    assert_eq!(code(&[(Op::Get, 31), (Op::Return, 0)]), Ok(()));
    assert_eq!(code(&[(Op::Get, 32), (Op::Return, 0)]), Err(VerifyError::Local { at: 0, number: 32 }));
    assert_eq!(code(&[(Op::Caller, 0), (Op::Set, 99), STOP]), Err(VerifyError::Local { at: 1, number: 99 }));
}

#[test]
fn the_pool_has_one_possible_order() {
    let (a, b) = (Word::from(256), Word::text("b").unwrap());
    let pool = |constants: &[Word], uses: &[u16]| {
        let pushes = uses.iter().map(|&number| (Op::PushConstant, number));
        let instructions: Vec<(Op, u16)> = pushes.chain([STOP]).collect();
        judged(&with(vec![entry("go", 0)], constants.to_vec(), &instructions))
    };
    assert_eq!(pool(&[a, b], &[0, 1, 0]), Ok(()));
    assert_eq!(pool(&[a, b], &[1, 0]), Err(VerifyError::Constant { at: 0, number: 1 }), "not in order");
    assert_eq!(pool(&[a, a], &[0, 1]), Err(VerifyError::Constant { at: 2, number: 1 }), "twice");
    assert_eq!(pool(&[a], &[0, 1]), Err(VerifyError::Constant { at: 2, number: 1 }), "not there");
    assert_eq!(pool(&[Word::from(255)], &[0]), Err(VerifyError::Constant { at: 0, number: 0 }), "fits into the code");
    assert_eq!(pool(&[a, b], &[0]), Err(VerifyError::UnusedConstants { count: 1 }));
}

#[test]
fn entry_points_can_be_named_and_found() {
    let judge = |entries: Vec<Entry>| judged(&with(entries, vec![], &[(Op::Caller, 0), (Op::Pop, 0), STOP, STOP]));
    let name = |name: &str| name.to_owned();
    assert_eq!(judge(vec![entry("a", 0), entry("b", 3)]), Ok(()));
    assert_eq!(judge(vec![]), Err(VerifyError::NoEntry));
    for bad in ["", "A", "1a", "_a", "a-b", "ä"] {
        assert_eq!(judge(vec![entry(bad, 0)]), Err(VerifyError::EntryName { name: name(bad) }));
    }
    assert_eq!(judge(vec![entry("a", 0), entry("a", 3)]), Err(VerifyError::EntryTwice { name: name("a") }));
    assert_eq!(judge(vec![entry("a", 3), entry("b", 0)]), Err(VerifyError::EntryOrder { name: name("b") }));
    assert_eq!(judge(vec![entry("a", 0), entry("b", 0)]), Err(VerifyError::EntryOrder { name: name("b") }));
    assert_eq!(judge(vec![entry("a", 4)]), Err(VerifyError::EntryPlace { name: name("a") }));
    // An entry point begins with an empty stack.
    let within = judge(vec![entry("a", 0), entry("b", 1), entry("c", 3)]);
    assert!(matches!(within, Err(VerifyError::HeightsDiffer { at: 1, .. } | VerifyError::Underflow { at: 1, .. })));
    let mut greedy = entry("a", 0);
    greedy.arguments = 17;
    assert_eq!(judge(vec![greedy, entry("b", 3)]), Err(VerifyError::Arguments { name: name("a"), got: 17 }));
}

#[test]
fn only_this_version_runs() {
    let mut program = with(vec![entry("go", 0)], vec![], &[STOP]);
    program.version = 2;
    assert_eq!(judged(&program), Err(VerifyError::Version { got: 2 }));
    let mut bytes = with(vec![entry("go", 0)], vec![], &[STOP]).to_bytes();
    bytes.push(0);
    assert!(matches!(verify(&bytes), Err(VerifyError::Encoding(_))));
}
