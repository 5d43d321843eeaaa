//! `baro audit`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use audit::{Auditor, Report, Signatures, SignedReport, Speed};

use super::source::{self, SourceArgs};
use super::text::amount::grouped;
use super::{Failure, Outcome};
use crate::home::{KeyFile, KeyKind};
use crate::reexecution::{Chain, Ended};

/// The most findings and supply changes that are printed; the report has them all.
const MAX_PRINTED: usize = 20;

/// Check a whole chain again, from genesis, without believing any validator
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Without options it checks the local network of localnet/localnet.json.

Exit codes: 0 nothing found, 1 findings, 2 it cannot be audited; 3 and 4 as for other commands."
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    source: SourceArgs,
    /// Write the report, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Sign the report with this account key
    #[arg(long, value_name = "KEYFILE", requires = "json")]
    sign_with: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check the signature of a report, and say what it says
    Verify {
        /// The report
        report: PathBuf,
    },
}

pub(super) async fn run(args: Args) -> Outcome {
    let outcome = match args {
        Args { command: Some(Command::Verify { report }), .. } => verify(&report),
        Args { source, json, sign_with, .. } => audit(source, json.as_deref(), sign_with.as_deref()).await,
    };
    match outcome {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::Unsuccessful("the audit has findings".to_owned())),
        Err(error) => Err(match error.downcast::<Failure>() {
            Ok(Failure::Failed(error)) | Err(error) => Failure::Cannot(error),
            Ok(failure) => failure,
        }),
    }
}

async fn audit(source: SourceArgs, json: Option<&Path>, sign_with: Option<&Path>) -> anyhow::Result<bool> {
    // First: nobody wants to wait for an audit and then learn that the key is not good.
    let key = sign_with.map(|path| KeyFile::read(path, KeyKind::Account)).transpose()?;
    let (report, _) = examine(source.open().await?).await?;
    say(&report);
    if let Some(path) = json {
        let signed = match &key {
            Some(key) => SignedReport::sign(report.clone(), &key.secret_key())?,
            None => SignedReport::unsigned(report.clone()),
        };
        std::fs::write(path, signed.to_text()?).with_context(|| format!("cannot write {}", path.display()))?;
        let how = signed.signer.map_or("not signed".to_owned(), |key| format!("signed by {key}"));
        println!("report    {}, {how}", path.display());
    }
    Ok(report.is_clean())
}

/// Checks all of a chain again.
pub(super) async fn examine(chain: Chain) -> anyhow::Result<(Report, Auditor)> {
    let (chain_id, from, notes) = (chain.genesis.spec().chain_id.clone(), chain.source.clone(), chain.notes.clone());
    let (Ended { auditor, took, threads, .. }, ()) =
        source::run(chain, Signatures::Verified, None, (), |(), _, _| {}).await?;
    // A process does not run for so long.
    let speed = Speed::of(auditor.progress().transactions, took.as_millis() as u64, threads as u64);
    Ok((Report::of(&auditor, &chain_id, &from, notes, speed), auditor))
}

fn verify(path: &Path) -> anyhow::Result<bool> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let signed = SignedReport::parse(&text)?;
    let key = signed.verify()?;
    say(&signed.report);
    println!("signed by {key}");
    Ok(signed.report.is_clean())
}

fn say(report: &Report) {
    println!("chain     {} {}", report.chain_id, report.genesis_hash);
    println!("source    {}", report.source);
    let (from, to) = (report.from, report.to);
    println!("blocks    {from} to {to}, {} executed, {} certificates", report.blocks, report.certificates);
    if report.uncertified > 0 {
        println!("          {} more at the end have no certificate: not final here, not executed", report.uncertified);
    }
    let (transactions, signatures) = (grouped(report.transactions.into()), grouped(report.signatures.into()));
    println!("executed  {transactions} transactions, {signatures} signatures verified");
    println!("state     {} at {}", report.state_root, audit::iso(report.timestamp));
    for supply in &report.supplies {
        let (total, minted, burnt) = (grouped(supply.supply.0), grouped(supply.minted.0), grouped(supply.burnt.0));
        println!(
            "supply    {total} {} held by {} accounts; minted {minted}, burnt {burnt}",
            supply.symbol, supply.holders
        );
    }
    for change in report.supply_changes.iter().take(MAX_PRINTED) {
        let role = change.role.map_or("NO ROLE", |role| role.name());
        let proposer = change.proposed_by.map(|by| format!(", proposed by {by}")).unwrap_or_default();
        let by = change.by.map(|by| by.to_string()).unwrap_or_default();
        let (height, asset) = (change.height, change.asset);
        let (before, after) = (grouped(change.before.0), grouped(change.after.0));
        println!("  block {height:>8}  asset {asset}: {before} -> {after}  {role} {by}{proposer}");
    }
    more(report.supply_changes.len(), "changes of supplies");
    for attested in report.reserves.iter().rev().take(MAX_PRINTED).rev() {
        let (height, asset) = (attested.height, attested.asset);
        let (reserve, supply) = (grouped(attested.reserve.0), grouped(attested.supply.0));
        println!("reserve   block {height:>8}  asset {asset}: {reserve} attested, supply {supply}");
    }
    more(report.reserves.len(), "attested reserves");
    report.notes.iter().for_each(|note| println!("note      {note}"));
    let Speed { millis, transactions_per_second, threads } = report.speed;
    let (seconds, rate) = (millis as f64 / 1_000.0, grouped(transactions_per_second.into()));
    println!("speed     {seconds:.1} s, {rate} transactions a second on {threads} threads");
    for finding in report.findings.iter().take(MAX_PRINTED) {
        println!("FINDING   block {}: {} ({})", finding.height, finding.reason, finding.kind);
    }
    more(report.findings.len() + report.more_findings as usize, "findings");
    match &report.stopped {
        Some(stop) => println!("STOPPED   at block {}: {}", stop.height, stop.reason),
        None if report.findings.is_empty() => println!("CLEAN     nothing was found"),
        None => {}
    }
}

fn more(count: usize, what: &str) {
    if count > MAX_PRINTED {
        println!("          ... {} {what} in all: see the report (--json)", grouped(count as u128));
    }
}
