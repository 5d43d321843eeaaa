//! `baro redemption`: won back to the bank.

use anyhow::Context;
use types::codec::Text;
use types::{Amount, Instruction, Issuance};

use super::Outcome;
use super::sending::Sending;
use super::text::amount::amount;
use super::text::origin::{OriginArg, origin};

/// Redeem money at par
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
  1. a holder      baro redemption request --from alice --payout ACCOUNT 50_000   prints ID; the money is set aside
  2. the issuer    baro redemption pay-out --from issuer --bank-reference REF ID  once the bank has paid
  3. the approver  baro redemption confirm --from approver ID                     the money is burnt
`baro asset show` lists what is open. After its time anybody returns what was not paid: baro redemption return ID")]
pub(super) enum Command {
    /// Ask for redemption: the money is set aside
    Request {
        #[command(flatten)]
        sending: Sending,
        /// Where the bank is to pay, in a form agreed on with the issuer
        #[arg(long)]
        payout: String,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Say that the bank has paid (issuer)
    PayOut {
        #[command(flatten)]
        sending: Sending,
        /// The bank's reference of the payment
        #[arg(long)]
        bank_reference: String,
        /// The redemption: the id of its transaction
        #[arg(value_parser = origin)]
        redemption: OriginArg,
    },
    /// Confirm that the bank has paid: the money is burnt (approver)
    Confirm {
        #[command(flatten)]
        sending: Sending,
        /// The redemption: the id of its transaction
        #[arg(value_parser = origin)]
        redemption: OriginArg,
    },
    /// Send the money back (issuer or approver; after its time anybody)
    Return {
        #[command(flatten)]
        sending: Sending,
        /// The redemption: the id of its transaction
        #[arg(value_parser = origin)]
        redemption: OriginArg,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    let issuance = |issuance| Instruction::Issuance(Box::new(issuance));
    match command {
        Command::Request { sending, payout, amount } => {
            let payout = Text::new(payout).context("--payout")?;
            let request = |asset| issuance(Issuance::Redeem { asset, amount, payout });
            sending.send(&sending.network()?, request).await
        }
        Command::PayOut { sending, bank_reference, redemption } => {
            let bank_reference = Text::new(bank_reference).context("--bank-reference")?;
            let pay_out = Issuance::PayOut { redemption: redemption.0, bank_reference };
            sending.send(&sending.network()?, |_| issuance(pay_out)).await
        }
        Command::Confirm { sending, redemption } => {
            let confirm = Issuance::ConfirmPayOut { redemption: redemption.0 };
            sending.send(&sending.network()?, |_| issuance(confirm)).await
        }
        Command::Return { sending, redemption } => {
            let give_back = Issuance::ReturnRedemption { redemption: redemption.0 };
            sending.send(&sending.network()?, |_| issuance(give_back)).await
        }
    }
}
