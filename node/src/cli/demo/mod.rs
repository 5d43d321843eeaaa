//! `baro demo`: what the ledger can do, shown on a running local network.

mod audited;
mod life;
mod stage;

use super::Outcome;
use super::network::NetworkArgs;

/// Show what the ledger can do, on a running local network
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// The life of a won: reserve, mint, coffee, refund, voucher, freeze, remittance, redemption, audit
    #[command(after_help = "\
Needs a running `baro localnet`, whose bank plays the issuer. Each run creates two assets of its own and new accounts, so it
can be repeated on the same chain. Every step is a transaction of its own over JSON-RPC, and is checked against the balances
that it must leave; in the end the whole chain is checked again from genesis. The exit code is 1 if anything is not as it must
be.")]
    Life {
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON: one object for each step
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Life { network, json } => life::run(&network, json).await,
    }
}
