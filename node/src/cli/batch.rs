//! `baro batch`: a custodian's payments for its customers.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use types::codec::{Bounded, Text};
use types::{Address, CustodialPayment, Instruction, MAX_BATCH_PAYMENTS, Payment};

use super::network::{Network, NetworkArgs};
use super::sending::Sending;
use super::text::amount::amount;
use super::{Failure, Outcome};

/// Pay for a custodian's customers, many payments under one signature
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make the payments of a file
    #[command(after_help = "\
The file has a line for each payment, under the heading customer,to,amount,reference. A customer is a number of the
custodian's own; `baro batch address` shows the account that belongs to it. Up to 1,000 lines are one transaction: all of
them or none. A longer file is paid in groups of 1,000, one after the other; if a group has no effect, the groups before it
stay, and the error says from which line to go on.

Example:
  baro batch pay --from custodian.key payments.csv")]
    Pay {
        #[command(flatten)]
        sending: Sending,
        /// Comma-separated values
        file: PathBuf,
        /// Begin at this line of the file, counted without the heading
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        from_line: u64,
    },
    /// Show the account of a custodian's customer; nobody but the custodian pays from it
    Address {
        /// The custodian: an address, or an account of the local network
        custodian: String,
        /// The customer's number
        customer: u64,
        #[command(flatten)]
        network: NetworkArgs,
    },
}

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    customer: u64,
    to: String,
    amount: String,
    #[serde(default)]
    reference: String,
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Pay { sending, file, from_line } => pay(&sending, &file, from_line).await,
        Command::Address { custodian, customer, network } => {
            println!("{}", Address::of_customer(&network.open()?.address(&custodian)?, customer));
            Ok(())
        }
    }
}

async fn pay(sending: &Sending, file: &Path, from_line: u64) -> Outcome {
    let network = sending.network()?;
    let mut payments = read(file, &network)?;
    let skipped = usize::try_from(from_line - 1).unwrap_or(usize::MAX);
    if skipped >= payments.len() {
        return Err(anyhow!("{} has {} lines of payments: none to make", file.display(), payments.len()).into());
    }
    payments.drain(..skipped);
    let mut line = from_line;
    for group in payments.chunks(MAX_BATCH_PAYMENTS) {
        let last = line + group.len() as u64 - 1;
        if !sending.json() {
            println!("lines {line} to {last}");
        }
        let payments = Bounded::new(group.to_vec()).context("a group of payments")?;
        let batch = |asset| Instruction::Payment(Box::new(Payment::Batch { asset, payments }));
        sending.send(&network, batch).await.map_err(|failure| at(line, last, failure))?;
        line = last + 1;
    }
    Ok(())
}

/// Says where to go on after a failure.
fn at(line: u64, last: u64, failure: Failure) -> Failure {
    let before = match line {
        1 => "nothing was paid before".to_owned(),
        _ => format!("the lines before {line} are paid: once this is mended, go on with --from-line {line}"),
    };
    match failure {
        Failure::Unsuccessful(why) => Failure::Unsuccessful(format!("lines {line} to {last}: {why} ({before})")),
        Failure::Refused { code, kind, message } => {
            Failure::Refused { code, kind, message: format!("lines {line} to {last}: {message} ({before})") }
        }
        other => other,
    }
}

/// Reads all payments before the first is made, so that a slip in the last line stops the first group too.
fn read(file: &Path, network: &Network) -> anyhow::Result<Vec<CustodialPayment>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let payment = |line: Line| {
        let amount = amount(&line.amount).map_err(|why| anyhow!("{:?}: {why}", line.amount))?;
        ensure!(amount.0 > 0, "nothing is to be paid");
        let to = network.address(&line.to)?;
        let reference = Text::new(line.reference).context("the reference")?;
        Ok(CustodialPayment { customer: line.customer, to, amount, reference })
    };
    let numbered = (1u64..).zip(reader.deserialize());
    let payments = numbered.map(|(number, line)| {
        let place = || format!("{}, line {number} of payments", file.display());
        payment(line.with_context(place)?).with_context(place)
    });
    payments.collect()
}
