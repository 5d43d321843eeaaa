//! `baro pay`, `baro mint`, `baro burn`: a transaction from a key to its certain outcome.

use anyhow::Context;
use types::codec::Text;
use types::{Amount, Instruction};

use super::Outcome;
use super::sending::Sending;
use super::text::amount::amount;

/// Pay an account and wait until the payment is final
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  baro pay --from alice --to cafe 4500 --memo \"one americano\" --reference order-17"
)]
pub(super) struct PayArgs {
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
    sending: Sending,
}

/// Create money (issuer only) and wait until it is final
#[derive(Debug, clap::Args)]
pub(super) struct MintArgs {
    /// Who receives: an address, or an account of the local network
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// How much, in the asset's smallest unit; underscores may group the digits
    #[arg(value_parser = amount)]
    amount: Amount,
    #[command(flatten)]
    sending: Sending,
}

/// Destroy money of the issuer's own account and wait until it is final
#[derive(Debug, clap::Args)]
pub(super) struct BurnArgs {
    /// How much, in the asset's smallest unit; underscores may group the digits
    #[arg(value_parser = amount)]
    amount: Amount,
    #[command(flatten)]
    sending: Sending,
}

pub(super) async fn pay(args: PayArgs) -> Outcome {
    let network = args.sending.network()?;
    let to = network.address(&args.to)?;
    let memo = Text::new(args.memo).context("--memo")?;
    let reference = Text::new(args.reference).context("--reference")?;
    let amount = args.amount;
    args.sending.send(&network, |asset| Instruction::Transfer { asset, to, amount, memo, reference }).await
}

pub(super) async fn mint(args: MintArgs) -> Outcome {
    let network = args.sending.network()?;
    let (to, amount) = (network.address(&args.to)?, args.amount);
    args.sending.send(&network, |asset| Instruction::Mint { asset, to, amount }).await
}

pub(super) async fn burn(args: BurnArgs) -> Outcome {
    let network = args.sending.network()?;
    let amount = args.amount;
    args.sending.send(&network, |asset| Instruction::Burn { asset, amount }).await
}
