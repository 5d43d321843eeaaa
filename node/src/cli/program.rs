//! `baro program`: from a program's text to what is deployed, and its calls.

mod call;
mod deploy;
mod show;
mod value;

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use vm::program::assembler::{Assembly, assemble};
use vm::program::testing::{Report, run_script};
use vm::program::{VerifiedProgram, code_hash, verify};

use super::network::NetworkArgs;
use super::text::amount::grouped;
use super::{Failure, Outcome};

/// The end of a source file's name.
const SOURCE: &str = "baro";
/// The end of the name of a program that was built.
const BUILT: &str = "program";

/// Write programs that move money by rule, test them, deploy and call them
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
NAME.baro is a program's source, NAME.test beside it its test, NAME.program what is deployed.

Examples:
  baro program test vm/programs/voucher.baro
  baro program build vm/programs/voucher.baro -o voucher.program
  baro program show voucher.program
  baro program deploy --from alice vm/programs/voucher.baro
  baro program call --from alice 0xADDRESS issue 1 bob 0 0 +7d --attach 20000
  baro program cell 0xADDRESS left[1]")]
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
    /// Show a program's entry points, what they cost at most, and its instructions with their places
    Show {
        /// The source (.baro), what was built, or the address of a program on the ledger
        program: String,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a program on the ledger and wait until it is there
    Deploy(deploy::Args),
    /// Call a program and wait until the call is final
    Call(call::Args),
    /// Show what a cell of a program on the ledger holds
    Cell {
        /// The program's address
        program: String,
        /// The cell as in the program's text: settle_at, or left[17]
        cell: String,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Build { file, out, json } => build(&file, out, json),
        Command::Test { file, test, json } => self::test(&file, test, json),
        Command::Show { program, network, json } => show::show(&program, &network, json).await,
        Command::Deploy(args) => deploy::run(args).await,
        Command::Call(args) => call::run(args).await,
        Command::Cell { program, cell, network, json } => show::cell(&program, &cell, &network, json).await,
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
