//! The programs that ship do what their tests say.

use std::path::PathBuf;

use vm::program::assembler::{assemble, disassemble};
use vm::program::testing::run_script;

const SHIPPED: [&str; 6] = ["escrow", "exchange", "mandate", "payroll", "settlement", "voucher"];

fn file(name: &str, extension: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("programs").join(format!("{name}.{extension}"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_scenario_comes_out_as_written() {
    for name in SHIPPED {
        let assembly = assemble(&file(name, "baro")).unwrap_or_else(|error| panic!("{name}.baro: {error}"));
        for report in run_script(&assembly, &file(name, "test")) {
            if let Err(mismatch) = report.outcome {
                panic!("{name}.test: {:?}: {mismatch}", report.name);
            }
        }
    }
}

#[test]
fn their_texts_and_their_bytes_are_the_same_program() {
    for name in SHIPPED {
        let assembly = assemble(&file(name, "baro")).unwrap();
        let again = assemble(&disassemble(&assembly.program)).unwrap();
        assert_eq!(again.program, assembly.program, "{name}");
    }
}

/// Takes each `require` away, one at a time. Some scenario must then come out otherwise than written.
#[test]
fn every_guard_has_a_scenario_that_fails_without_it() {
    let (mut guards, mut unneeded) = (0, Vec::new());
    for name in SHIPPED {
        let (source, test) = (file(name, "baro"), file(name, "test"));
        for (start, _) in source.match_indices(" require ") {
            let code = start + " require ".len();
            let end = source[code..].find(char::is_whitespace).unwrap() + code;
            let without = format!("{} pop{}", &source[..start], &source[end..]);
            let assembly = assemble(&without).unwrap_or_else(|error| panic!("{name}.baro: {error}"));
            let line = source[..start].lines().count();
            let reports = run_script(&assembly, &test);
            let noticed = reports.iter().any(|report| report.outcome.is_err());
            if !noticed {
                unneeded.push(format!("{name}.baro, line {line}: {}", &source[code..end]));
            }
            guards += 1;
        }
    }
    assert_eq!(unneeded, [""; 0], "nothing needs these guards");
    assert!(guards > 60, "{guards} guards");
}
