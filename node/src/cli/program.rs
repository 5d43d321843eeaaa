//! `baro program`: from a program's text to what is deployed. Nothing here needs a network.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use vm::program::assembler::{Assembly, assemble, disassemble};
use vm::program::testing::{Report, run_script};
use vm::program::{Entry, GasBound, VerifiedProgram, code_hash, gas, gas_bound, verify};

use super::amount::grouped;
use super::{Failure, Outcome};

/// The end of a source file's name.
const SOURCE: &str = "baro";
/// The end of the name of a program that was built.
const BUILT: &str = "program";

/// Write programs that move money by rule, and test them
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
NAME.baro is a program's source, NAME.test beside it its test, NAME.program what is deployed.

Examples:
  baro program test vm/programs/voucher.baro
  baro program build vm/programs/voucher.baro -o voucher.program
  baro program show voucher.program")]
pub(super) enum Command {
    /// Make a program from its source
    Build {
        /// The source
        file: PathBuf,
        /// The file to write [default: the source's name, ending in .program]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the test beside a program's source, on a ledger in memory
    Test {
        /// The source
        file: PathBuf,
        /// The test [default: the source's name, ending in .test]
        #[arg(long, value_name = "FILE")]
        test: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a program's entry points, what they cost at most, and its instructions
    Show {
        /// The source (.baro), or what was built
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Build { file, out, json } => build(&file, out, json),
        Command::Test { file, test, json } => self::test(&file, test, json),
        Command::Show { file, json } => show(&file, json),
    }
}

fn read_source(file: &Path) -> anyhow::Result<Assembly> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    assemble(&text).map_err(|error| anyhow!("{}, {error}", file.display()))
}

/// A source where the name says so; anything else as what was built.
fn read_program(file: &Path) -> anyhow::Result<VerifiedProgram> {
    if file.extension().is_some_and(|extension| extension == SOURCE) {
        return Ok(read_source(file)?.program);
    }
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    verify(&bytes).with_context(|| {
        format!(
            "{} is no program (a source's name ends in .{SOURCE}; `baro program build` makes programs)",
            file.display()
        )
    })
}

fn build(file: &Path, out: Option<PathBuf>, json: bool) -> Outcome {
    let bytes = read_source(file)?.program.program().to_bytes();
    let out = out.unwrap_or_else(|| file.with_extension(BUILT));
    if out == file {
        return Err(anyhow!("{} is the source: name another file with --out", out.display()).into());
    }
    std::fs::write(&out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    let hash = code_hash(&bytes);
    if json {
        println!("{}", json!({ "file": out, "bytes": bytes.len(), "hash": hash }));
    } else {
        println!("{}  {} bytes  {hash}", out.display(), grouped(bytes.len() as u128));
    }
    Ok(())
}

fn test(file: &Path, test: Option<PathBuf>, json: bool) -> Outcome {
    let assembly = read_source(file)?;
    let test = test.unwrap_or_else(|| file.with_extension("test"));
    let text = std::fs::read_to_string(&test).with_context(|| {
        format!("cannot read {}: a test stands beside its source, or is named with --test", test.display())
    })?;
    let reports = run_script(&assembly, &text);
    if json {
        println!("{}", serde_json::to_string_pretty(&reports_as_json(&reports)).context("reports as JSON")?);
    } else {
        for report in &reports {
            println!("{}", report_line(&test, report));
        }
    }
    let failed = reports.iter().filter(|report| report.outcome.is_err()).count();
    if failed > 0 {
        return Err(Failure::Unsuccessful(format!("{failed} of {} scenarios failed", reports.len())));
    }
    Ok(())
}

fn report_line(test: &Path, report: &Report) -> String {
    match &report.outcome {
        Ok(()) => {
            let gas = grouped(u128::from(report.dearest));
            format!("ok      {} ({} calls, at most {gas} gas)", report.name, report.calls)
        }
        Err(mismatch) => format!("FAILED  {}\n        {}, {mismatch}", report.name, test.display()),
    }
}

fn reports_as_json(reports: &[Report]) -> Value {
    let report = |report: &Report| {
        let failure = report.outcome.as_ref().err();
        json!({
            "scenario": report.name,
            "ok": failure.is_none(),
            "calls": report.calls,
            "dearest_gas": report.dearest,
            "failure": failure.map(|mismatch| json!({
                "line": mismatch.line, "column": mismatch.column, "message": mismatch.problem.to_string(),
            })),
        })
    };
    reports.iter().map(report).collect()
}

fn show(file: &Path, json: bool) -> Outcome {
    let program = read_program(file)?;
    let bytes = program.program().to_bytes();
    let entries = &program.program().entries;
    if json {
        let entry = |entry: &Entry| {
            json!({
                "name": &*entry.name,
                "arguments": entry.arguments,
                "payable": entry.payable,
                "most_gas": match gas_bound(&program, entry) {
                    GasBound::AtMost(gas) => Some(gas),
                    GasBound::Loops => None,
                },
            })
        };
        let value = json!({
            "hash": code_hash(&bytes),
            "bytes": bytes.len(),
            "code_bytes": program.program().code.len(),
            "constants": program.program().constants.len(),
            "entries": entries.iter().map(entry).collect::<Vec<_>>(),
            "text": disassemble(&program),
        });
        println!("{}", serde_json::to_string_pretty(&value).context("a program as JSON")?);
        return Ok(());
    }
    let mut text = format!("hash   {}\n", code_hash(&bytes));
    let (all, code) = (grouped(bytes.len() as u128), grouped(program.program().code.len() as u128));
    text += &format!("bytes  {all} ({code} of code)\nentry points\n");
    for entry in entries.iter() {
        text += &format!("  {}\n", entry_line(&program, entry));
    }
    text += &format!("\n{}", disassemble(&program));
    // This is long, and read with a pager that may end first.
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(anyhow!("cannot print: {error}").into()),
        _ => Ok(()),
    }
}

fn entry_line(program: &VerifiedProgram, entry: &Entry) -> String {
    let arguments = match entry.arguments {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    };
    let money = if entry.payable { "takes money" } else { "takes no money" };
    let gas = match gas_bound(program, entry) {
        GasBound::AtMost(gas) => format!("at most {} gas", grouped(u128::from(gas))),
        GasBound::Loops => {
            format!("loops: only the call's limit bounds it, at most {} gas", grouped(u128::from(gas::MAX)))
        }
    };
    format!("{:<16} {arguments:<13} {money:<15} {gas}", &*entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOUCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/programs/voucher.baro");

    #[test]
    fn what_is_built_is_the_program_that_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("voucher.program");
        build(Path::new(VOUCHER), Some(out.clone()), false).unwrap();
        assert_eq!(read_program(&out).unwrap(), read_program(Path::new(VOUCHER)).unwrap());
        assert!(show(&out, true).is_ok() && show(&out, false).is_ok());
    }

    #[test]
    fn a_source_is_never_written_over() {
        let message = build(Path::new(VOUCHER), Some(VOUCHER.into()), false).unwrap_err().to_string();
        assert!(message.contains("--out"), "{message}");
    }

    #[test]
    fn a_test_that_fails_is_a_failure_of_the_command() {
        assert!(test(Path::new(VOUCHER), None, false).is_ok());
        let dir = tempfile::tempdir().unwrap();
        let wrong = dir.path().join("wrong.test");
        std::fs::write(&wrong, "scenario \"a\"\ncells 0\nscenario \"b\"\ncells 1\n").unwrap();
        let failure = test(Path::new(VOUCHER), Some(wrong), true).unwrap_err();
        assert_eq!(failure.to_string(), "1 of 2 scenarios failed");
    }

    #[test]
    fn a_mistake_in_a_source_is_told_with_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p.baro");
        std::fs::write(&file, "entry go()\n    add stop\n").unwrap();
        let message = read_source(&file).unwrap_err().to_string();
        assert!(
            message.ends_with("p.baro, line 2, column 5: add takes 2 words and the stack has 0 (offset 0)"),
            "{message}"
        );
        let message = format!("{:#}", read_program(&dir.path().join("none.program")).unwrap_err());
        assert!(message.contains("cannot read"), "{message}");
        std::fs::write(dir.path().join("no.program"), [1, 2, 3]).unwrap();
        let message = format!("{:#}", read_program(&dir.path().join("no.program")).unwrap_err());
        assert!(message.contains("is no program"), "{message}");
    }
}
