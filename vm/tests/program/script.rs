//! The test runner notices what does not come out as written.

use vm::program::assembler::assemble;
use vm::program::testing::{Report, run_script};

const SOURCE: &str = "
const NO 7
cell last
cell of[]
entry go(x) payable
    x require NO
    x write last
    x write of[x]
    \"x\" x emit
    \"y\" x emit
    x return
entry spend(amount) 0 caller amount transfer stop";

const PRELUDE: &str = "asset KRW\naccount alice\ngive alice 100 KRW\nscenario \"s\"\n";

fn run(text: &str) -> Report {
    let mut reports = run_script(&assemble(SOURCE).unwrap(), &format!("{PRELUDE}{text}"));
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

#[test]
fn what_comes_out_as_written_passes() {
    let good = "call alice go(5) with 10 KRW\nreturns 5\nevent \"x\" 5\nevent \"y\" 5\nholds alice 90 KRW\nholds self 10 KRW\n\
                cell last 5\ncell of[5] 5\ncells 2\ncall alice go(0)\nfails NO\ncall alice go()\ntraps argument_count\n\
                call alice spend(11)\nrefused overdraft\ncall alice spend(10)\nholds alice 100 KRW";
    let report = run(good);
    assert_eq!((report.name.as_str(), report.calls, report.outcome), ("s", 5, Ok(())));
    assert!(report.dearest > 4_000, "two cells were created");
}

#[test]
fn what_does_not_is_named_with_its_line() {
    let cases = [
        ("call alice go(0)", "line 5, column 12: the call fails with code 7 (NO), expected that it ends well"),
        (
            "call alice go(0)\nfails 8",
            "line 6, column 7: the call fails with code 7 (NO), expected that it fails with code 8",
        ),
        (
            "call alice go(0)\ntraps failed",
            "line 6, column 7: the call fails with code 7 (NO), expected that it traps: failed",
        ),
        ("call alice go(5)\nfails NO", "line 6, column 7: the call returns 5, expected that it fails with code 7"),
        ("call alice go(55)\nreturns 5", "line 6, column 9: the call returns 55, expected that it returns 5"),
        ("call alice go(5)\nevent \"x\" 6", "line 6, column 11: the event is \"x\" 5, expected \"x\" 6"),
        ("call alice go(5)\nevent \"x\" 5", "line 5, column 12: the call has 1 more events, the first is \"y\" 5"),
        ("call alice go(0)\nfails NO\nevent \"x\" 0", "line 7, column 11: the event is missing, expected \"x\" 0"),
        ("cell last 5", "line 5, column 11: cell last is 0, expected 5"),
        ("holds alice 99 KRW", "line 5, column 16: what alice holds is 100, expected 99"),
        ("cells 1", "line 5, column 7: the number of cells is 0, expected 1"),
        ("cell of 5", "line 5, column 6: \"of\" is a family of cells: say which, as in name[which]"),
        ("returns 5", "line 5, column 9: no call stands above"),
        ("account alice", "line 5, column 1: the name \"alice\" is taken"),
        ("give bob 1 KRW", "line 5, column 6: \"bob\" is no account, asset or constant of the program"),
        ("wait 5", "line 5, column 1: \"wait\" begins no statement"),
        ("at 5 6", "line 5, column 6: the end of the line expected, found \"6\""),
        ("call alice go(5", "line 5, column 15: , expected, found the end of the line"),
    ];
    for (text, expected) in cases {
        assert_eq!(run(text).outcome.unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_text_without_a_scenario_tests_nothing_and_says_so() {
    let reports = run_script(&assemble(SOURCE).unwrap(), "asset KRW");
    let problem = reports[0].outcome.as_ref().unwrap_err().to_string();
    assert!(problem.contains("there is no scenario"), "{problem}");
}

#[test]
fn each_scenario_begins_anew() {
    let text = format!("{PRELUDE}call alice go(5)\nscenario \"t\"\ncells 0\nscenario \"u\"\ncells 1");
    let reports = run_script(&assemble(SOURCE).unwrap(), &text);
    let ends: Vec<bool> = reports.iter().map(|report| report.outcome.is_ok()).collect();
    assert_eq!(ends, [true, true, false]);
}
