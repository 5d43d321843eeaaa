//! `baro order`: a merchant's orders from payment to refund.

use anyhow::Context;
use rpc::{BaroApiClient, OrderInfo};
use types::codec::Text;
use types::{Address, Amount, Instruction, OrderId, Payment};

use super::network::{NetworkArgs, Validator};
use super::sending::Sending;
use super::text::amount::{amount, grouped};
use super::{Failure, Outcome};

/// Pay orders of registered merchants: charge, hold, capture, void, refund
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show an order, or all orders of a merchant
    Show {
        /// The merchant: an address, or an account of the local network
        merchant: String,
        /// The order; all where it is left out
        order: Option<String>,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Pay an order at once
    Charge {
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        order: OrderArgs,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Set money aside for an order
    Hold {
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        order: OrderArgs,
        /// For how long, in seconds
        #[arg(long, value_name = "S", default_value_t = 604_800)]
        seconds: u32,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Take what was set aside, or a part of it (merchant)
    Capture {
        #[command(flatten)]
        sending: Sending,
        /// The order
        order: String,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
        /// Leave the rest set aside for another capture; otherwise it goes back to the customer
        #[arg(long)]
        keep_rest: bool,
    },
    /// Give back what is set aside (merchant)
    Void {
        #[command(flatten)]
        sending: Sending,
        /// The order
        order: String,
    },
    /// Send back what was set aside and whose time has passed (anybody)
    Expire {
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        order: OrderArgs,
    },
    /// Give back what was paid, or a part of it (merchant)
    Refund {
        #[command(flatten)]
        sending: Sending,
        /// The order
        order: String,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Open an address for an order: a plain transfer of the amount to it pays the order (merchant)
    Open {
        #[command(flatten)]
        sending: Sending,
        /// The order
        order: String,
        /// How much is awaited, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
}

/// Which order of which merchant.
#[derive(Debug, clap::Args)]
pub(super) struct OrderArgs {
    /// The merchant: an address, or an account of the local network
    #[arg(long, value_name = "ADDRESS")]
    merchant: String,
    /// The order
    #[arg(long)]
    order: String,
}

fn order_id(order: &str) -> anyhow::Result<OrderId> {
    Text::new(order).context("the order")
}

pub(super) async fn run(command: Command) -> Outcome {
    let payment = |payment| Instruction::Payment(Box::new(payment));
    match command {
        Command::Show { merchant, order, network, json } => show(&network, &merchant, order, json).await,
        Command::Charge { sending, order: OrderArgs { merchant, order }, amount } => {
            let network = sending.network()?;
            let (merchant, order) = (network.address(&merchant)?, order_id(&order)?);
            sending.send(&network, |asset| payment(Payment::Charge { merchant, order, asset, amount })).await
        }
        Command::Hold { sending, order: OrderArgs { merchant, order }, seconds: valid_seconds, amount } => {
            let network = sending.network()?;
            let (merchant, order) = (network.address(&merchant)?, order_id(&order)?);
            let hold = |asset| payment(Payment::Hold { merchant, order, asset, amount, valid_seconds });
            sending.send(&network, hold).await
        }
        Command::Capture { sending, order, amount, keep_rest } => {
            let capture = Payment::Capture { order: order_id(&order)?, amount, release_rest: !keep_rest };
            sending.send(&sending.network()?, |_| payment(capture)).await
        }
        Command::Void { sending, order } => {
            let void = Payment::Void { order: order_id(&order)? };
            sending.send(&sending.network()?, |_| payment(void)).await
        }
        Command::Expire { sending, order: OrderArgs { merchant, order } } => {
            let network = sending.network()?;
            let expire = Payment::Expire { merchant: network.address(&merchant)?, order: order_id(&order)? };
            sending.send(&network, |_| payment(expire)).await
        }
        Command::Refund { sending, order, amount } => {
            let refund = Payment::Refund { order: order_id(&order)?, amount };
            sending.send(&sending.network()?, |_| payment(refund)).await
        }
        Command::Open { sending, order, amount } => {
            let network = sending.network()?;
            let order = order_id(&order)?;
            let merchant = sending.payer(&network)?;
            let address = Address::of_order(&merchant, &order);
            sending.send(&network, |asset| payment(Payment::OpenOrder { order, asset, amount })).await?;
            // Not before: what arrives at an address that is not open pays no order.
            eprintln!("address {address}");
            Ok(())
        }
    }
}

async fn show(network: &NetworkArgs, merchant: &str, order: Option<String>, json: bool) -> Outcome {
    let network = network.open()?;
    let merchant = network.address(merchant)?;
    let Validator { url, client } = network.any().await?;
    let orders = match order {
        Some(order) => {
            let found = client.order(merchant, order_id(&order)?).await;
            let found = found.map_err(|error| Failure::of_call(&url, error))?;
            vec![found.with_context(|| format!("{merchant} has no order {order}"))?]
        }
        None => client.orders(merchant, None, 1_000).await.map_err(|error| Failure::of_call(&url, error))?,
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&orders).context("JSON")?);
        return Ok(());
    }
    for OrderInfo { order, customer, held, paid, refunded, fee, vat, .. } in &orders {
        let [held, paid, refunded, fee, vat] = [held, paid, refunded, fee, vat].map(|amount| grouped(amount.0));
        println!("{order}: paid {paid} by {customer}, refunded {refunded}, set aside {held}, fee {fee}, VAT {vat}");
    }
    Ok(())
}
