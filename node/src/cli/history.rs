//! What transactions say: `baro tx` of one, `baro history` of those that touched an account.

use anyhow::Context;
use rpc::{BaroApiClient, HistoryEntry, HistoryPage, ReceiptPlace, TransactionInfo};

use super::network::{NetworkArgs, Validator};
use super::{Failure, Outcome};

/// Show the transactions that touched an account, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It follows the links of the receipts, and so tells what was signed. What moved, a program's payments included, is told by
`baro statement`, which executes the chain again.")]
pub(super) struct Args {
    /// An address, or an account of the local network
    account: String,
    #[command(flatten)]
    network: NetworkArgs,
    /// How many transactions at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print JSON, a transaction in each line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> Outcome {
    let network = args.network.open()?;
    let address = network.address(&args.account)?;
    let Validator { url, client } = network.any().await?;
    let (mut left, mut from): (u32, Option<ReceiptPlace>) = (args.limit, None);
    while left > 0 {
        let page = client.history(address, from, Some(left)).await.map_err(|error| Failure::of_call(&url, error))?;
        let HistoryPage { entries, next, .. } = page;
        for entry in &entries {
            match args.json {
                true => println!("{}", serde_json::to_string(entry).context("JSON")?),
                false => show(entry),
            }
        }
        // A page has no more entries than were asked for.
        left = left.saturating_sub(entries.len() as u32);
        match next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn show(entry: &HistoryEntry) {
    let HistoryEntry { receipt, transaction } = entry;
    let failure =
        receipt.failure.as_ref().map_or_else(String::new, |failure| format!(", without effect: {}", failure.kind));
    println!("{} in block {}{failure}", receipt.id, receipt.place.height);
    lines(transaction).iter().for_each(|line| println!("  {line}"));
}

/// What a transaction says, a line for its payer and one for each instruction.
pub(super) fn lines(transaction: &TransactionInfo) -> Vec<String> {
    let TransactionInfo { payer, sponsor, instructions, .. } = transaction;
    let sponsor = sponsor.map_or_else(String::new, |sponsor| format!(", fee by {sponsor}"));
    let mut lines = vec![format!("by {payer}{sponsor}")];
    lines.extend(instructions.iter().map(ToString::to_string));
    lines
}
