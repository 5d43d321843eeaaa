//! `baro statement` and `baro trial-balance`: what a chain that was executed again says of accounts.

use std::path::PathBuf;

use anyhow::{Context, bail};
use audit::{Auditor, Moment, Period, RecordsHold, Signatures, Statement, StatementBuilder, Supply};
use types::{Amount, Height};

use super::source::{self, SourceArgs};
use super::text::amount::grouped;
use super::{Failure, Outcome};

/// Show what moved in an account, between an opening and a closing balance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The chain is executed again from its start, with every certificate verified, so nothing is taken from a validator's word. \
Times are block time: 2026-03-01, 2026-03-01T09:30:00+09:00 or milliseconds since 1970.")]
pub(super) struct StatementArgs {
    /// The account: an address, or an account of the local network
    account: String,
    #[command(flatten)]
    source: SourceArgs,
    /// The first time that counts [default: the chain's start]
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,
    /// The first time that counts no more [default: the chain's end]
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Show where all money of each asset is, at any height
#[derive(Debug, clap::Args)]
#[command(after_help = "The chain is executed again up to the height, with every certificate verified.")]
pub(super) struct TrialBalanceArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// After which block [default: the latest]
    #[arg(long, value_name = "HEIGHT", value_parser = height)]
    height: Option<Height>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn height(text: &str) -> Result<Height, String> {
    text.parse().map(Height).map_err(|_| "a height is a whole number".to_owned())
}

pub(super) async fn statement(args: StatementArgs) -> Outcome {
    let StatementArgs { account, source, from, to, csv, json, out } = args;
    let period = Period { from: from.map(|from| from.0), to: to.map(|to| to.0) };
    if let (Some(from), Some(to)) = (period.from, period.to)
        && from >= to
    {
        return Err(anyhow::anyhow!("the period ends before it begins").into());
    }
    let account = source.address(&account)?;
    let chain = source.open().await?;
    chain.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let builder = StatementBuilder::new(account, period, chain.start.height(), chain.start.ledger());
    let (ended, builder) =
        source::run(chain, Signatures::OnCertificates, None, builder, StatementBuilder::observe).await?;
    refuse_faulty(&ended.auditor)?;
    let tied = builder.finish(ended.auditor.chain(), ended.auditor.ledger());
    let statement = tied.map_err(|error| Failure::Unsuccessful(format!("the statement does not tie: {error}")))?;
    let text = match (csv, json) {
        (true, _) => statement.to_csv(),
        (_, true) => serde_json::to_string_pretty(&statement).context("writing the statement as JSON")? + "\n",
        _ => plain(&statement),
    };
    match out {
        Some(path) => std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => print!("{text}"),
    }
    Ok(())
}

pub(super) async fn trial_balance(args: TrialBalanceArgs) -> Outcome {
    let chain = args.source.open().await?;
    chain.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let (first, last) = (chain.start.height(), chain.last);
    let wanted = args.height.unwrap_or(last);
    if wanted < first || wanted > last {
        let why = format!("there is no state of block {wanted} here: choose {first} to {last}");
        return Err(anyhow::anyhow!(why).into());
    }
    let at_start = (wanted == first).then(|| supplies_at(first, chain.start.ledger()));
    let found = (wanted, at_start);
    let observe =
        |(wanted, found): &mut (Height, Option<AtHeight>), block: &audit::Audited<'_>, ledger: &vm::Ledger| {
            if block.header.height == *wanted {
                *found = Some(supplies_at(*wanted, ledger));
            }
        };
    let until = Some(wanted);
    let (ended, (_, found)) = source::run(chain, Signatures::OnCertificates, until, found, observe).await?;
    refuse_faulty(&ended.auditor)?;
    let AtHeight { height, state_root, supplies } =
        found.with_context(|| format!("no certificate covers block {wanted} yet: choose a lower height"))?;
    let is_balanced = supplies.iter().all(|supply| supply.held() == supply.supply);
    match args.json {
        true => {
            let value = serde_json::json!({ "height": height, "state_root": state_root, "assets": supplies });
            println!("{value}");
        }
        false => {
            println!("trial balance after block {height}, state {state_root}");
            supplies.iter().for_each(say_supply);
        }
    }
    match is_balanced {
        true => Ok(()),
        false => Err(Failure::Unsuccessful("the balances do not add up to the supply".to_owned())),
    }
}

/// The trial balance after a block.
struct AtHeight {
    height: Height,
    state_root: types::Hash,
    supplies: Vec<Supply>,
}

fn supplies_at(height: Height, ledger: &vm::Ledger) -> AtHeight {
    AtHeight { height, state_root: ledger.state_root(), supplies: Supply::of(ledger, &[]) }
}

fn say_supply(supply: &Supply) {
    let line = |what: &str, amount: Amount| println!("  {what:<24} {:>28}", grouped(amount.0));
    println!("{} (asset {}), {} holders", supply.symbol, supply.asset, grouped(supply.holders.into()));
    line("issuer", supply.issuer);
    line("other accounts", supply.others);
    for RecordsHold { kind, amount } in &supply.records {
        line(&format!("records: {kind}"), *amount);
    }
    line("together", supply.held());
    line("supply", supply.supply);
}

/// Nothing is said of a chain that does not check.
fn refuse_faulty(auditor: &Auditor) -> anyhow::Result<()> {
    if let Some(finding) = auditor.findings().first() {
        bail!("the chain does not check ({finding}): see baro audit");
    }
    Ok(())
}

fn plain(statement: &Statement) -> String {
    let mut lines = vec![format!("account   {}", statement.account)];
    if let Some(merchant) = &statement.merchant {
        let active = if merchant.is_active { "" } else { ", suspended" };
        let (name, number, category) = (&merchant.name, &merchant.business_number, merchant.category);
        lines.push(format!("merchant  {name}, {number}, category {category}, region {}{active}", merchant.region));
    }
    lines.push(format!("chain     {}", statement.chain));
    lines.push(format!("after     block {}, state {}", statement.height, statement.state_root));
    for totals in &statement.totals {
        lines.push(String::new());
        lines.push(format!("{:<58} {:>20} {}", "opening", grouped(totals.opening.0), totals.symbol));
        for line in statement.lines.iter().filter(|line| line.asset == totals.asset) {
            let (sign, amount) = if line.credit == Amount::ZERO { ('-', line.debit) } else { ('+', line.credit) };
            let other = match &line.counterparties[..] {
                [] => String::new(),
                [one] => one.to_string(),
                many => format!("{} and {} more", many[0], many.len() - 1),
            };
            let moved = format!("{sign}{}", grouped(amount.0));
            let (time, balance) = (audit::iso(line.timestamp), grouped(line.balance.0));
            let texts = [line.memos.join("; "), line.references.join("; ")].join("  ");
            let text = format!("{time}  block {:<8} {moved:>18} {balance:>20}  {other}  {texts}", line.height);
            lines.push(text.trim_end().to_owned());
        }
        lines.push(format!("{:<58} {:>20}", "in", grouped(totals.credits.0)));
        lines.push(format!("{:<58} {:>20}", "out", grouped(totals.debits.0)));
        lines.push(format!("{:<58} {:>20} {}", "closing", grouped(totals.closing.0), totals.symbol));
    }
    lines.join("\n") + "\n"
}
