//! `baro statement` and `baro trial-balance`: what a chain that was executed again says of accounts.

use std::path::PathBuf;

use anyhow::{Context, bail};
use audit::{
    Auditor, Line, MerchantReport, MerchantReportBuilder, Moment, Period, RecordsHold, Signatures, Statement,
    StatementBuilder, Supply,
};
use types::{Address, Amount, Height};

use super::source::{self, SourceArgs};
use super::text::amount::grouped;
use super::{Failure, Outcome};
use crate::reexecution::Chain;

/// Show what moved in an account, between an opening and a closing balance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The chain is executed again from its start, with every certificate verified, so nothing is taken from a validator's word. \
Times are block time: 2026-03-01, 2026-03-01T09:30:00+09:00 or milliseconds since 1970.

A merchant's day: baro statement cafe --orders --from 2026-03-01+09:00 --to 2026-03-02+09:00")]
pub(super) struct StatementArgs {
    /// The account: an address, or an account of the local network
    account: String,
    /// Show instead what came of the orders of this merchant: each step with gross, fee, VAT and net
    #[arg(long)]
    orders: bool,
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
    let StatementArgs { account, orders, source, from, to, csv, json, out } = args;
    let period = Period { from: from.map(|from| from.0), to: to.map(|to| to.0) };
    if let (Some(from), Some(to)) = (period.from, period.to)
        && from >= to
    {
        return Err(anyhow::anyhow!("the period ends before it begins").into());
    }
    let account = source.address(&account)?;
    let chain = source.open().await?;
    chain.notes.iter().for_each(|note| eprintln!("note: {note}"));
    refuse_earlier(&chain, period)?;
    let text = if orders {
        let report = of_orders(chain, account, period).await?;
        match (csv, json) {
            (true, _) => report.to_csv(),
            (_, true) => pretty(&report)?,
            _ => report.to_string(),
        }
    } else {
        let statement = of_account(chain, account, period).await?;
        match (csv, json) {
            (true, _) => statement.to_csv(),
            (_, true) => pretty(&statement)?,
            _ => plain(&statement),
        }
    };
    match out {
        Some(path) => std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => print!("{text}"),
    }
    Ok(())
}

/// Refuses a period of which the source knows only the end.
fn refuse_earlier(chain: &Chain, period: Period) -> anyhow::Result<()> {
    if let (Some(from), Some(since)) = (period.from, chain.since)
        && from <= since
    {
        bail!(
            "the earliest state here is that of block {} at {}: what moved before is not in {}. Choose a later --from, or \
             read from an archive: its home, or --rpc URL with --genesis FILE",
            chain.start.height(),
            audit::iso(since),
            chain.source
        );
    }
    Ok(())
}

async fn of_account(chain: Chain, account: Address, period: Period) -> Result<Statement, Failure> {
    let builder = StatementBuilder::new(account, period, chain.start.height(), chain.start.ledger());
    let (ended, builder) =
        source::run(chain, Signatures::OnCertificates, None, builder, StatementBuilder::observe).await?;
    refuse_faulty(&ended.auditor)?;
    let tied = builder.finish(ended.auditor.chain(), ended.auditor.ledger());
    tied.map_err(|error| Failure::Unsuccessful(format!("the statement does not tie: {error}")))
}

async fn of_orders(chain: Chain, merchant: Address, period: Period) -> Result<MerchantReport, Failure> {
    let builder = MerchantReportBuilder::new(merchant, period, chain.start.height(), chain.start.ledger());
    let (ended, builder) =
        source::run(chain, Signatures::OnCertificates, None, builder, MerchantReportBuilder::observe).await?;
    refuse_faulty(&ended.auditor)?;
    let tied = builder.finish(ended.auditor.chain(), ended.auditor.ledger());
    let report = tied.map_err(|error| Failure::Unsuccessful(format!("the report does not tie: {error}")))?;
    if report.merchant.is_none() && report.totals.is_empty() {
        return Err(anyhow::anyhow!("{merchant} is not in the registry of merchants and has no orders").into());
    }
    Ok(report)
}

fn pretty(what: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(what).context("writing JSON")? + "\n")
}

pub(super) async fn trial_balance(args: TrialBalanceArgs) -> Outcome {
    let chain = args.source.open().await?;
    chain.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let (first, last) = (chain.start.height(), chain.last);
    let wanted = args.height.unwrap_or(last);
    if wanted < first || wanted > last {
        let why = format!(
            "there is no state of block {wanted} here: choose {first} to {last}, or read from an archive with --home or --rpc"
        );
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
            let orders = orders(line, &statement.account);
            let texts = [line.memos.join("; "), line.references.join("; "), orders].join("  ");
            let text = format!("{time}  block {:<8} {moved:>18} {balance:>20}  {other}  {texts}", line.height);
            lines.push(text.trim_end().to_owned());
        }
        lines.push(format!("{:<58} {:>20}", "in", grouped(totals.credits.0)));
        lines.push(format!("{:<58} {:>20}", "out", grouped(totals.debits.0)));
        lines.push(format!("{:<58} {:>20} {}", "closing", grouped(totals.closing.0), totals.symbol));
    }
    lines.join("\n") + "\n"
}

/// The orders that a line names, with their merchants unless that is the account itself.
fn orders(line: &Line, account: &Address) -> String {
    let orders = line.orders.iter().map(|named| match named.merchant == *account {
        true => format!("order {}", &*named.order),
        false => format!("order {} of merchant {}", &*named.order, named.merchant),
    });
    orders.collect::<Vec<_>>().join("; ")
}
