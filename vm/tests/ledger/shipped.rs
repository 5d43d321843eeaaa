//! The programs that ship do on the ledger what they do in the sandbox, call by call and gas by gas.

use vm::program::assembler::{Assembly, assemble};
use vm::program::testing::{run_script, run_script_on};

use crate::stage::LedgerStage;

const SHIPPED: [&str; 6] = ["escrow", "exchange", "mandate", "payroll", "settlement", "voucher"];

/// A shipped program and its test.
fn shipped(name: &str) -> (Assembly, String) {
    let read = |extension: &str| {
        let path = format!("{}/programs/{name}.{extension}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    (assemble(&read("baro")).unwrap(), read("test"))
}

#[test]
fn every_scenario_comes_out_as_in_the_sandbox() {
    let mut calls = 0;
    for name in SHIPPED {
        let (assembly, test) = shipped(name);
        let reports = run_script_on(|| LedgerStage::new(&assembly.program), &assembly, &test);
        for report in &reports {
            if let Err(mismatch) = &report.outcome {
                panic!("{name}.test: {:?}: {mismatch}", report.name);
            }
            calls += report.calls;
        }
        assert_eq!(reports, run_script(&assembly, &test), "{name}: another number of calls, or other gas");
    }
    assert!(calls > 200, "{calls} calls");
}
