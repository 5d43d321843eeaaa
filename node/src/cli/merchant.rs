//! `baro merchant`: the registry of merchants.

use anyhow::Context;
use rpc::BaroApiClient;
use types::codec::{Bounded, Text};
use types::{Instruction, Merchant, SettlementRule, TerminalId};

use super::network::{Network, NetworkArgs, Validator};
use super::sending::Sending;
use super::{Failure, Outcome};

/// Register merchants and look at them
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show a merchant's entry
    Show {
        /// The merchant: an address, or an account of the local network
        merchant: String,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a merchant to the registry (the issuer of asset 0)
    Register {
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        entry: EntryArgs,
    },
    /// Replace a merchant's entry (the issuer of asset 0)
    Update {
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        entry: EntryArgs,
        /// Suspend the merchant
        #[arg(long)]
        suspend: bool,
    },
    /// Remove a merchant from the registry (the issuer of asset 0)
    Close {
        #[command(flatten)]
        sending: Sending,
        /// The merchant: an address, or an account of the local network
        merchant: String,
    },
}

/// A merchant's entry.
#[derive(Debug, clap::Args)]
pub(super) struct EntryArgs {
    /// The merchant: an address, or an account of the local network
    merchant: String,
    /// Its business registration number, ten digits
    #[arg(long)]
    business_number: String,
    /// The name over the door
    #[arg(long)]
    name: String,
    /// What it sells: a merchant category code of ISO 18245
    #[arg(long)]
    category: u16,
    /// Where it sells: a code of the registrar's
    #[arg(long, default_value_t = 0)]
    region: u16,
    /// A terminal's id; several for several terminals
    #[arg(long)]
    terminal: Vec<String>,
    /// Who receives the processor's fee
    #[arg(long, value_name = "ADDRESS", requires = "treasury")]
    processor: Option<String>,
    /// The fee, in basis points of the price
    #[arg(long, value_name = "POINTS", default_value_t = 0, requires = "processor")]
    fee_points: u16,
    /// Who receives the VAT
    #[arg(long, value_name = "ADDRESS", requires = "processor")]
    treasury: Option<String>,
    /// The rate of the VAT in the price, in basis points
    #[arg(long, value_name = "POINTS", default_value_t = 1_000)]
    vat_points: u16,
}

impl EntryArgs {
    fn entry(&self, network: &Network, is_active: bool) -> Result<Merchant, Failure> {
        let settlement = match (&self.processor, &self.treasury) {
            (Some(processor), Some(treasury)) => Some(SettlementRule {
                processor: network.address(processor)?,
                fee_points: self.fee_points,
                treasury: network.address(treasury)?,
                vat_points: self.vat_points,
            }),
            _ => None,
        };
        let terminal = |id: &String| TerminalId::new(id.as_str()).with_context(|| format!("terminal {id}"));
        let terminals = self.terminal.iter().map(terminal).collect::<anyhow::Result<Vec<_>>>()?;
        let entry = Merchant {
            business_number: Text::new(self.business_number.as_str()).context("--business-number")?,
            name: Text::new(self.name.as_str()).context("--name")?,
            category: self.category,
            region: self.region,
            is_active,
            terminals: Bounded::new(terminals).context("--terminal")?,
            settlement,
        };
        entry.check().map_err(anyhow::Error::from)?;
        Ok(entry)
    }
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Show { merchant, network, json } => show(&network, &merchant, json).await,
        Command::Register { sending, entry } => {
            let network = sending.network()?;
            let merchant = network.address(&entry.merchant)?;
            let entry = Box::new(entry.entry(&network, true)?);
            sending.send(&network, |_| Instruction::RegisterMerchant { merchant, entry }).await
        }
        Command::Update { sending, entry, suspend } => {
            let network = sending.network()?;
            let merchant = network.address(&entry.merchant)?;
            let entry = Box::new(entry.entry(&network, !suspend)?);
            sending.send(&network, |_| Instruction::UpdateMerchant { merchant, entry }).await
        }
        Command::Close { sending, merchant } => {
            let network = sending.network()?;
            let merchant = network.address(&merchant)?;
            sending.send(&network, |_| Instruction::CloseMerchant { merchant }).await
        }
    }
}

async fn show(network: &NetworkArgs, merchant: &str, json: bool) -> Outcome {
    let network = network.open()?;
    let address = network.address(merchant)?;
    let Validator { url, client } = network.any().await?;
    let found = client.merchant(address).await.map_err(|error| Failure::of_call(&url, error))?;
    let found = found.with_context(|| format!("{address} is not in the registry of merchants"))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&found).context("JSON")?);
        return Ok(());
    }
    let Merchant { business_number, name, category, region, is_active, terminals, settlement } = found.entry;
    println!("{} ({})", &*name, if is_active { "active" } else { "suspended" });
    println!("address    {address}");
    println!("business   {}, category {category}, region {region}", &*business_number);
    println!("terminals  {}", terminals.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(", "));
    match settlement {
        None => println!("settlement all to the merchant"),
        Some(SettlementRule { processor, fee_points, treasury, vat_points }) => {
            println!("settlement {fee_points} points to {processor}, VAT of {vat_points} points to {treasury}");
        }
    }
    Ok(())
}
