//! `baro pay`, `baro mint`, `baro burn`: a transaction from a key to its certain outcome.

use std::time::{Duration, Instant};

use anyhow::Context;
use rpc::{BaroApiClient, ChainInfo, TransactionStatus};
use types::codec::Text;
use types::{Amount, AssetId, Instruction};

use super::amount::amount;
use super::network::{Network, NetworkArgs, Validator};
use super::submission::Submission;
use super::{Failure, Outcome};

/// What every transaction needs.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    network: NetworkArgs,
    /// The asset's symbol
    #[arg(long, value_name = "SYMBOL", default_value = "KRW")]
    asset: String,
    /// How long the transaction may wait to be executed, in seconds; after that it never will be
    #[arg(long, value_name = "S", default_value_t = 60)]
    valid_seconds: u32,
    /// Print the id and do not wait for the outcome
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for the outcome, in seconds [default: until it is certain, soon after --valid-seconds]
    #[arg(long, value_name = "S", conflicts_with = "no_wait")]
    timeout: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Pay an account and wait until the payment is final
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  baro pay --from alice --to cafe 4500 --memo \"one americano\" --reference order-17"
)]
pub(super) struct PayArgs {
    /// Who pays: a key file, or an account of the local network
    #[arg(long, value_name = "KEY")]
    from: String,
    /// Who receives: an address, or an account of the local network
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// How much, in the asset's smallest unit; underscores may group the digits
    #[arg(value_parser = amount)]
    amount: Amount,
    /// Text for people
    #[arg(long, default_value = "")]
    memo: String,
    /// The payee's mark for the payment, such as an order number
    #[arg(long, default_value = "")]
    reference: String,
    #[command(flatten)]
    common: Common,
}

/// Create money (issuer only) and wait until it is final
#[derive(Debug, clap::Args)]
pub(super) struct MintArgs {
    /// The issuer: a key file, or an account of the local network
    #[arg(long, value_name = "KEY")]
    from: String,
    /// Who receives: an address, or an account of the local network
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// How much, in the asset's smallest unit; underscores may group the digits
    #[arg(value_parser = amount)]
    amount: Amount,
    #[command(flatten)]
    common: Common,
}

/// Destroy money of the issuer's own account and wait until it is final
#[derive(Debug, clap::Args)]
pub(super) struct BurnArgs {
    /// The issuer: a key file, or an account of the local network
    #[arg(long, value_name = "KEY")]
    from: String,
    /// How much, in the asset's smallest unit; underscores may group the digits
    #[arg(value_parser = amount)]
    amount: Amount,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn pay(args: PayArgs) -> Outcome {
    let network = args.common.network.open()?;
    let to = network.address(&args.to)?;
    let memo = Text::new(args.memo).context("--memo")?;
    let reference = Text::new(args.reference).context("--reference")?;
    let amount = args.amount;
    let instruction = |asset| Instruction::Transfer { asset, to, amount, memo, reference };
    send(&args.common, &network, &args.from, instruction).await
}

pub(super) async fn mint(args: MintArgs) -> Outcome {
    let network = args.common.network.open()?;
    let (to, amount) = (network.address(&args.to)?, args.amount);
    let instruction = |asset| Instruction::Mint { asset, to, amount };
    send(&args.common, &network, &args.from, instruction).await
}

pub(super) async fn burn(args: BurnArgs) -> Outcome {
    let network = args.common.network.open()?;
    let amount = args.amount;
    let instruction = |asset| Instruction::Burn { asset, amount };
    send(&args.common, &network, &args.from, instruction).await
}

/// Signs, sends, and waits for the outcome.
async fn send(
    common: &Common,
    network: &Network,
    from: &str,
    instruction: impl FnOnce(AssetId) -> Instruction,
) -> Outcome {
    let key = network.key(from)?;
    let validators = network.answering_first().await?;
    let Validator { url, client } = &validators[0];
    let chain = client.chain().await.map_err(|error| Failure::of_call(url, error))?;
    if common.valid_seconds == 0 || common.valid_seconds > chain.max_valid_seconds {
        let why = format!("--valid-seconds must be 1 to {} on this chain", chain.max_valid_seconds);
        return Err(anyhow::anyhow!(why).into());
    }
    let instruction = instruction(asset(&chain, &common.asset)?);
    let submission = Submission::sign(&chain.genesis_hash, &key, instruction, common.valid_seconds)?;
    let id = submission.id;

    let start = Instant::now();
    match submission.send(&validators).await {
        Err(Failure::Unreachable { .. }) if common.no_wait => {
            let why = format!("nobody confirmed {id}: do not pay again, ask with `baro tx {id} --wait`");
            return Err(Failure::Unsuccessful(why));
        }
        // It may have arrived, and will be sent again while we wait.
        Err(Failure::Unreachable { .. }) => {}
        sent => sent?,
    }
    // Whatever happens while we wait, the payer has the id to ask with.
    match (common.json, common.no_wait) {
        (true, true) => println!("{}", serde_json::json!({ "id": id })),
        (true, false) => {}
        (false, _) => println!("{id}"),
    }
    if common.no_wait {
        return Ok(());
    }
    // Block time passes the deadline's second soon after it.
    let seconds = common.timeout.unwrap_or_else(|| common.valid_seconds.saturating_add(10));
    let waited = submission.wait(&validators, Duration::from_secs(u64::from(seconds))).await;
    let took_ms = start.elapsed().as_secs_f64() * 1000.0;
    let status = waited.or_else(|failure| match failure {
        // It was admitted: that nobody answers now says nothing about its outcome.
        Failure::Unreachable { .. } => Ok(TransactionStatus::Unknown { valid_until: id.deadline() }),
        failure => Err(failure),
    })?;
    if common.json {
        println!("{}", serde_json::json!({ "id": id, "outcome": status, "took_ms": took_ms }));
    }
    match status {
        TransactionStatus::Final { receipt } => {
            if !common.json {
                println!("final in block {} after {took_ms:.1} ms", receipt.place.height);
            }
            Ok(())
        }
        TransactionStatus::Failed { reason, .. } => {
            Err(Failure::Unsuccessful(format!("{id} was executed without effect: {reason}")))
        }
        TransactionStatus::Expired { .. } => {
            Err(Failure::Unsuccessful(format!("{id} expired: it was not and never will be executed. Pay again")))
        }
        TransactionStatus::Pending | TransactionStatus::Unknown { .. } => Err(Failure::Unsuccessful(format!(
            "{id} has no certain outcome yet: do not pay again, ask with `baro tx {id} --wait`"
        ))),
    }
}

fn asset(chain: &ChainInfo, symbol: &str) -> Result<AssetId, Failure> {
    let found = chain.assets.iter().find(|asset| asset.symbol == symbol);
    let known: Vec<&str> = chain.assets.iter().map(|asset| asset.symbol.as_str()).collect();
    let asset = found.with_context(|| format!("there is no asset {symbol}: this chain has {}", known.join(", ")))?;
    Ok(asset.id)
}
