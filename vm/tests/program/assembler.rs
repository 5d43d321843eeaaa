//! Texts that become programs, programs that become texts, and what is said of texts that are no programs.

use vm::program::assembler::{Problem, assemble, disassemble};
use vm::program::{Instruction, Op, VerifyError, Word, verify};

use crate::generator::{Dice, program};

fn problem(text: &str) -> (usize, usize, Problem) {
    let error = assemble(text).expect_err(text);
    (error.line, error.column, error.problem)
}

#[test]
fn any_program_is_text_that_makes_the_same_bytes() {
    for seed in 0..2_000 {
        let bytes = program(&mut Dice::new(seed), 60).to_bytes();
        let verified = verify(&bytes).unwrap();
        let text = disassemble(&verified);
        let again = assemble(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        assert_eq!(again.program.program().to_bytes(), bytes, "seed {seed}");
    }
}

#[test]
fn names_stand_for_what_they_were_given() {
    let text = "
        const RATE 250          # basis points
        const SAME RATE
        cell owner
        cell paid[]
        entry go(order, amount) payable
            local fee
            amount RATE 10_000 mul_div_floor set fee
            caller write owner
            fee write paid[order]
            read owner pop
            fee jump_if end
            fail SAME
        end:
            stop";
    let assembly = assemble(text).unwrap();
    let entry = assembly.program.entry("go").unwrap();
    assert_eq!((entry.arguments, entry.payable), (2, true));
    assert_eq!(assembly.constants["SAME"], Word::from(250));
    assert_eq!((assembly.cells["owner"], assembly.cells["paid"]), (false, true));
    let ops: Vec<(Op, u16)> =
        assembly.program.instructions().iter().map(|&Instruction { op, operand }| (op, operand)).collect();
    let expected = [
        (Op::Get, 1),
        (Op::PushByte, 250),
        (Op::PushConstant, 0),
        (Op::MulDivFloor, 0),
        (Op::Set, 2),
        (Op::Caller, 0),
        (Op::PushConstant, 1),
        (Op::Store, 0),
        (Op::Get, 2),
        (Op::PushConstant, 2),
        (Op::Get, 0),
        (Op::Hash, 0),
        (Op::Store, 0),
        (Op::PushConstant, 1),
        (Op::Load, 0),
        (Op::Pop, 0),
        (Op::Get, 2),
        (Op::JumpIf, 33),
        (Op::Fail, 250),
        (Op::Stop, 0),
    ];
    assert_eq!(ops, expected);
    let words = [Word::from(10_000), Word::text("owner").unwrap(), Word::text("paid").unwrap()];
    assert_eq!(assembly.program.program().constants[..], words);
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let name = |name: &str| name.to_owned();
    let cases = [
        ("entry go()\n  stopp", (2, 3, Problem::UnknownName { name: name("stopp") })),
        ("entry go()\n  jump away", (2, 8, Problem::UnknownLabel { name: name("away") })),
        ("entry go()\n  read owner", (2, 8, Problem::UnknownCell { name: name("owner") })),
        ("cell a[] entry go()\n  read a", (2, 8, Problem::CellForm { name: name("a"), family: true })),
        ("cell a entry go()\n  read a[1]", (2, 8, Problem::CellForm { name: name("a"), family: false })),
        ("const add 1", (1, 7, Problem::NameTaken { name: name("add") })),
        ("const a 1 cell a", (1, 16, Problem::NameTaken { name: name("a") })),
        ("entry go(a, a) stop", (1, 13, Problem::NameTaken { name: name("a") })),
        ("entry go() x: x: stop", (1, 15, Problem::NameTaken { name: name("x") })),
        ("entry go() stop entry go() stop", (1, 23, Problem::NameTaken { name: name("go") })),
        ("entry Go() stop", (1, 7, Problem::EntryName { name: name("Go") })),
        ("stop", (1, 1, Problem::OutsideEntry)),
        ("entry a() entry b() stop", (1, 7, Problem::EmptyEntry { name: name("a") })),
        ("entry a()", (1, 7, Problem::EmptyEntry { name: name("a") })),
        ("entry go() fail 65536", (1, 17, Problem::TooLarge { most: 65_535 })),
        ("entry go() get 32", (1, 16, Problem::TooLarge { most: 31 })),
        ("entry go() )", (1, 12, Problem::Expected { expected: "an instruction or a value", found: name("\")\"") })),
        (
            "entry go(",
            (1, 9, Problem::Expected { expected: "a name for the argument", found: name("the end of the text") }),
        ),
        ("entry go() 4.5", (1, 12, Problem::Value(vm::program::WordError::Form))),
        ("", (1, 1, Problem::Verify(VerifyError::NoEntry))),
    ];
    for (text, expected) in cases {
        assert_eq!(problem(text), expected, "{text}");
    }
}

#[test]
fn what_the_verifier_says_is_said_of_the_line() {
    let (line, column, problem) = problem("entry go()\n  1 2\n  add add\n  stop");
    assert_eq!((line, column), (3, 7));
    assert!(matches!(problem, Problem::Verify(VerifyError::Underflow { needed: 2, height: 1, .. })));
    let error = assemble("entry go()\n  1 2\n  add add\n  stop").unwrap_err().to_string();
    assert_eq!(error, "line 3, column 7: add takes 2 words and the stack has 1 (offset 5)");
}

#[test]
fn names_of_one_entry_point_mean_nothing_in_another() {
    assert!(assemble("entry a(x) x return entry b(x) x return").is_ok());
    let unknown = Problem::UnknownName { name: "x".to_owned() };
    assert_eq!(problem("entry a(x) x return entry b() x return"), (1, 31, unknown));
}

#[test]
fn limits_are_told_before_the_bytes_are_made() {
    let locals: String = (0..33).map(|number| format!("local l{number} ")).collect();
    assert!(matches!(problem(&format!("entry go() {locals} stop")).2, Problem::TooMany { what: "locals", most: 32 }));
    let constants: String = (0..257).map(|number| format!("{} pop ", 1_000 + number)).collect();
    assert!(matches!(problem(&format!("entry go() {constants} stop")).2, Problem::TooMany { what: "constants", .. }));
    let code = "caller pop ".repeat(8_192);
    assert!(matches!(problem(&format!("entry go() {code} stop")).2, Problem::TooMany { what: "bytes of code", .. }));
}

proptest::proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic(text in "(entry go\\(a\\) |const |cell |local |[a-z\"#0-9:\\[\\](),_ü]{1,6}|[ \n]|add |jump |x: ){0,30}") {
        let _ = assemble(&text);
    }
}
