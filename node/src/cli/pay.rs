//! `baro pay`, `baro mint`, `baro burn`: a transaction from a key to its certain outcome.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use rpc::{BaroApiClient, ChainInfo, HexBytes, TransactionStatus};
use types::codec::{Bounded, Text, encode};
use types::{Address, Amount, AssetId, ChainTag, Deadline, Instruction, Payload, SecretKey, Timestamp, Transaction};

use super::network::{NetworkArgs, Validator};
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

fn amount(text: &str) -> Result<Amount, String> {
    let digits = text.replace('_', "");
    digits.parse().map_err(|_| "an amount is a whole number in the asset's smallest unit, such as 4500".to_owned())
}

pub(super) async fn pay(args: PayArgs) -> Outcome {
    let network = args.common.network.open()?;
    let to = network.address(&args.to)?;
    let memo = Text::new(args.memo).context("--memo")?;
    let reference = Text::new(args.reference).context("--reference")?;
    let amount = args.amount;
    send(&args.common, &network.key(&args.from)?, network.any().await?, |asset| Instruction::Transfer {
        asset,
        to,
        amount,
        memo,
        reference,
    })
    .await
}

pub(super) async fn mint(args: MintArgs) -> Outcome {
    let network = args.common.network.open()?;
    let (to, amount) = (network.address(&args.to)?, args.amount);
    let instruction = |asset| Instruction::Mint { asset, to, amount };
    send(&args.common, &network.key(&args.from)?, network.any().await?, instruction).await
}

pub(super) async fn burn(args: BurnArgs) -> Outcome {
    let network = args.common.network.open()?;
    let amount = args.amount;
    let instruction = |asset| Instruction::Burn { asset, amount };
    send(&args.common, &network.key(&args.from)?, network.any().await?, instruction).await
}

async fn send(
    common: &Common,
    key: &SecretKey,
    validator: Validator,
    instruction: impl FnOnce(AssetId) -> Instruction,
) -> Outcome {
    let Validator { url, client } = &validator;
    let chain = client.chain().await.map_err(|error| Failure::of_call(url, error))?;
    let asset = asset(&chain, &common.asset)?;
    let transaction = sign(&chain, key, instruction(asset), common.valid_seconds)?;
    let bytes = HexBytes(hex::encode(encode(&transaction)));
    let start = Instant::now();
    let id = client.send(bytes).await.map_err(|error| Failure::of_call(url, error))?;
    if common.no_wait {
        if common.json {
            println!("{}", serde_json::json!({ "id": id }))
        } else {
            println!("{id}")
        }
        return Ok(());
    }
    // Block time passes the deadline's second soon after it.
    let patience = Duration::from_secs(u64::from(common.valid_seconds) + 10);
    let timeout = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    let status = client.wait(id, timeout).await.map_err(|error| Failure::of_call(url, error))?;
    let took = start.elapsed();
    if common.json {
        let value = serde_json::json!({ "id": id, "outcome": status, "took_ms": took.as_secs_f64() * 1000.0 });
        println!("{value}");
    }
    match status {
        TransactionStatus::Final { receipt } => {
            if !common.json {
                println!("{id}");
                println!("final in block {} after {:.1} ms", receipt.place.height, took.as_secs_f64() * 1000.0);
            }
            Ok(())
        }
        TransactionStatus::Failed { reason, .. } => {
            Err(Failure::Unsuccessful(format!("{id} was executed without effect: {reason}")))
        }
        TransactionStatus::Expired { .. } => {
            Err(Failure::Unsuccessful(format!("{id} expired: it was not and never will be executed. Pay again")))
        }
        TransactionStatus::Pending | TransactionStatus::Unknown { .. } => {
            Err(Failure::Unsuccessful(format!("{id} has no certain outcome yet: ask again with `baro tx {id} --wait`")))
        }
    }
}

fn asset(chain: &ChainInfo, symbol: &str) -> Result<AssetId, Failure> {
    let found = chain.assets.iter().find(|asset| asset.symbol == symbol);
    let known: Vec<&str> = chain.assets.iter().map(|asset| asset.symbol.as_str()).collect();
    let asset = found.with_context(|| format!("there is no asset {symbol}: this chain has {}", known.join(", ")))?;
    Ok(asset.id)
}

fn sign(
    chain: &ChainInfo,
    key: &SecretKey,
    instruction: Instruction,
    valid_seconds: u32,
) -> Result<Transaction, Failure> {
    if valid_seconds == 0 || valid_seconds > chain.max_valid_seconds {
        let why = format!("--valid-seconds must be 1 to {} on this chain", chain.max_valid_seconds);
        return Err(anyhow::anyhow!(why).into());
    }
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX));
    let payload = Payload {
        chain: ChainTag::of(&chain.genesis_hash),
        payer: Address::of(&key.public()),
        valid_until: Deadline::after(now, valid_seconds),
        salt: rand::random(),
        instructions: Bounded::new(vec![instruction]).context("one instruction")?,
    };
    Ok(Transaction::sign(payload, key, &chain.genesis_hash))
}
