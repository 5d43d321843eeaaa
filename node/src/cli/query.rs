//! Commands that only look.

use std::time::Duration;

use anyhow::Context;
use futures::future::join_all;
use rpc::{BaroApiClient, NodeStatus, TransactionStatus};
use types::{Height, TransactionId};

use super::history::lines;
use super::network::{NetworkArgs, Validator};
use super::sending::submission::outcome;
use super::text::amount::grouped;
use super::{Failure, Outcome};

/// How long `baro tx --wait` waits.
const WAIT: Duration = Duration::from_secs(120);

/// Which network, and how to print.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    network: NetworkArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Show what an account holds
#[derive(Debug, clap::Args)]
pub(super) struct BalanceArgs {
    /// An address, or an account of the local network
    account: String,
    #[command(flatten)]
    common: Common,
}

/// Show what became of a transaction
#[derive(Debug, clap::Args)]
pub(super) struct TxArgs {
    /// The transaction's id
    id: TransactionId,
    /// Wait until the outcome is certain, at most two minutes
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    common: Common,
}

/// Show a finalized block
#[derive(Debug, clap::Args)]
pub(super) struct BlockArgs {
    /// Its height, or `latest`
    #[arg(value_parser = height, default_value = "latest")]
    height: BlockHeight,
    #[command(flatten)]
    common: Common,
}

/// Which block; `None` is the latest. A name of its own, because clap takes `Option` for an optional argument.
type BlockHeight = std::option::Option<Height>;

fn height(text: &str) -> Result<BlockHeight, String> {
    if text == "latest" {
        return Ok(None);
    }
    let height = text.parse().map_err(|_| "a height is a whole number, or latest".to_owned())?;
    Ok(Some(Height(height)))
}

/// Show how validators are
#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    common: Common,
}

/// Show the peers of a validator
#[derive(Debug, clap::Args)]
pub(super) struct PeersArgs {
    #[command(flatten)]
    common: Common,
}

pub(super) async fn balance(args: BalanceArgs) -> Outcome {
    let network = args.common.network.open()?;
    let address = network.address(&args.account)?;
    let Validator { url, client } = network.any().await?;
    let account = client.account(address).await.map_err(|error| Failure::of_call(&url, error))?;
    if args.common.json {
        println!("{}", json(&account)?);
        return Ok(());
    }
    println!("{address} at height {}", account.height);
    if account.balances.is_empty() {
        println!("  {}", if account.exists { "holds nothing" } else { "never received anything" });
    }
    for balance in account.balances {
        println!("  {:>24} {}", grouped(balance.amount.0), balance.symbol);
    }
    Ok(())
}

pub(super) async fn tx(args: TxArgs) -> Outcome {
    let validators = args.common.network.open()?.answering_first().await?;
    let patience = if args.wait { WAIT } else { Duration::ZERO };
    let status = outcome(&validators, args.id, patience).await?;
    let contents = match &status {
        TransactionStatus::Final { .. } | TransactionStatus::Failed { .. } => {
            let Validator { url, client } = &validators[0];
            client.contents(args.id).await.map_err(|error| Failure::of_call(url, error))?
        }
        _ => None,
    };
    if args.common.json {
        let mut value = serde_json::to_value(&status).context("JSON")?;
        value["contents"] = serde_json::to_value(&contents).context("JSON")?;
        println!("{}", json(&value)?);
        return Ok(());
    }
    match status {
        TransactionStatus::Final { receipt } => {
            println!("final: block {}, place {}", receipt.place.height, receipt.place.index);
        }
        TransactionStatus::Failed { reason, receipt, .. } => {
            println!("failed: {reason} (block {}, place {})", receipt.place.height, receipt.place.index);
        }
        TransactionStatus::Pending => println!("pending"),
        TransactionStatus::Expired { valid_until } => {
            println!("expired: it was not executed by second {valid_until}, and never will be");
        }
        TransactionStatus::Unknown { valid_until } => {
            println!("unknown here: it may still arrive until second {valid_until}");
        }
    }
    contents.iter().flat_map(lines).for_each(|line| println!("{line}"));
    Ok(())
}

pub(super) async fn block(args: BlockArgs) -> Outcome {
    let Validator { url, client } = args.common.network.open()?.any().await?;
    let block = client.block(args.height).await.map_err(|error| Failure::of_call(&url, error))?;
    if args.common.json {
        println!("{}", json(&block)?);
        return Ok(());
    }
    println!("block         {}", block.height);
    println!("hash          {}", block.hash);
    println!("parent        {}", block.parent);
    println!("view          {}", block.view);
    println!("time          {} ms since 1970", block.timestamp);
    println!("proposer      validator {}", block.proposer);
    println!("state root    {}", block.state_root);
    println!("receipts root {}", block.receipts_root);
    println!("batches       {}", block.batches.len());
    println!("transactions  {}", block.transactions.len());
    for transaction in block.transactions {
        println!("  {} {}", transaction.id, transaction.failed.as_deref().unwrap_or("done"));
    }
    Ok(())
}

pub(super) async fn status(args: StatusArgs) -> Outcome {
    let network = args.common.network.open()?;
    let ask = async |validator: Validator| (validator.url.clone(), validator.status().await);
    let answers = join_all(network.validators()?.into_iter().map(ask)).await;
    if args.common.json {
        let values: Vec<serde_json::Value> = answers
            .iter()
            .map(|(url, answer)| match answer {
                Ok(status) => serde_json::json!({ "rpc": url, "status": status }),
                Err(failure) => serde_json::json!({ "rpc": url, "error": failure.to_string() }),
            })
            .collect();
        println!("{}", json(&values)?);
    } else {
        println!(
            "{:<14} {:>8} {:>8} {:>9} {:>12}  {:<12} state",
            "validator", "height", "view", "pending", "executed", "state root"
        );
        for (url, answer) in &answers {
            match answer {
                Ok(status) => println!("{}", row(status)),
                Err(_) => println!("{url:<24} does not answer"),
            }
        }
    }
    match answers.into_iter().find_map(|(_, answer)| answer.err()) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn row(status: &NodeStatus) -> String {
    let state = if status.key_in_use_elsewhere {
        "its key signs elsewhere, or its home is old: not voting"
    } else if status.index.is_none() {
        "following"
    } else if status.listening {
        "listening before it votes"
    } else if status.catching_up {
        "catching up"
    } else {
        "voting"
    };
    let kept = match status.first_height {
        Height(0..=1) => String::new(),
        first => format!(", blocks from {first} on"),
    };
    let root = status.state_root.short();
    format!(
        "{:<14} {:>8} {:>8} {:>9} {:>12}  {:<12} {state}{kept}",
        status.name, status.height, status.view, status.pending, status.executed, root
    )
}

pub(super) async fn peers(args: PeersArgs) -> Outcome {
    let Validator { url, client } = args.common.network.open()?.any().await?;
    let peers = client.peers().await.map_err(|error| Failure::of_call(&url, error))?;
    if args.common.json {
        println!("{}", json(&peers)?);
        return Ok(());
    }
    println!("{:<14} {:<12} {:>14} {:>14} {:>8}  peer id", "validator", "link", "sent", "received", "dropped");
    for peer in peers {
        let link = if peer.connected { "up" } else { "down" };
        println!(
            "{:<14} {link:<12} {:>14} {:>14} {:>8}  {}",
            peer.name, peer.bytes_sent, peer.bytes_received, peer.dropped, peer.peer_id
        );
    }
    Ok(())
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Failed(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_named_by_height_or_as_the_latest() {
        assert_eq!(height("latest"), Ok(None));
        assert_eq!(height("17"), Ok(Some(Height(17))));
        assert!(height("-1").is_err() && height("soon").is_err());
    }
}
