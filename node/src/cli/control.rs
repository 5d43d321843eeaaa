//! `baro control`: freezes, tiers, policies and sanction lists.

use std::path::PathBuf;

use anyhow::Context;
use rpc::{BaroApiClient, FreezeInfo, HolderInfo, ParkedInfo};
use types::codec::{Bounded, Text};
use types::{Address, Amount, Compliance, Extent, Height, Instruction, ListId, Payment, PolicyId, PolicyTerms, Tier};

use super::network::{Network, NetworkArgs, Validator};
use super::sending::{Sending, asset};
use super::text::amount::{amount, grouped};
use super::{Failure, Outcome};

/// Freeze and thaw, set tiers, keep policies and sanction lists, claim what was parked
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show what holds for a holder of an asset
    Show {
        /// An address, or an account of the local network
        account: String,
        /// The asset's symbol
        #[arg(long, default_value = "KRW")]
        asset: String,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a policy says and who keeps it
    ShowPolicy {
        /// The policy's number
        policy: u16,
        #[command(flatten)]
        network: NetworkArgs,
    },
    /// Show a sanction list with its entries
    ShowList {
        /// The list's number
        list: u16,
        #[command(flatten)]
        network: NetworkArgs,
    },
    /// Freeze an account, whole or an amount (compliance)
    Freeze {
        #[command(flatten)]
        sending: Sending,
        /// The case of the court or the authority
        #[arg(long)]
        case: String,
        /// So much stays in it; without an amount nothing leaves and nothing arrives
        #[arg(long, value_parser = amount)]
        amount: Option<Amount>,
        /// An address, or an account of the local network
        account: String,
    },
    /// Thaw an account (compliance)
    Thaw {
        #[command(flatten)]
        sending: Sending,
        /// The case of the court or the authority
        #[arg(long)]
        case: String,
        /// An address, or an account of the local network
        account: String,
    },
    /// Give a holder a tier of a policy (compliance of the policy's asset)
    Tier {
        #[command(flatten)]
        sending: Sending,
        /// The policy's number
        #[arg(long)]
        policy: u16,
        /// The tier's number; without it the policy's default
        #[arg(long)]
        tier: Option<u8>,
        /// An address, or an account of the local network
        account: String,
    },
    /// Make or replace a policy from a TOML file (compliance; later that of the same asset)
    Policy {
        #[command(flatten)]
        sending: Sending,
        /// The policy's number
        #[arg(long)]
        policy: u16,
        /// A TOML file: default_tier, sanctions, travel_rule_from, and a table [[tiers]] for each tier with per_payment,
        /// per_day, holding
        file: PathBuf,
    },
    /// Make a new version of a sanction list (compliance; later that of the same asset)
    Sanctions {
        #[command(flatten)]
        sending: Sending,
        /// The list's number
        #[arg(long)]
        list: u16,
        /// The first block in which it holds [default: ten blocks from now]
        #[arg(long, value_name = "HEIGHT")]
        effective: Option<u64>,
        /// Who is on it from then on
        #[arg(long, value_name = "ADDRESS")]
        add: Vec<String>,
        /// Who is off it from then on
        #[arg(long, value_name = "ADDRESS")]
        remove: Vec<String>,
    },
    /// Claim what a control kept from arriving (its receiver), or after 30 days send it back to a sender that is no program
    /// (anybody)
    Claim {
        #[command(flatten)]
        sending: Sending,
        /// For whom it is parked: an address, or an account of the local network
        #[arg(long, value_name = "ADDRESS")]
        receiver: String,
        /// From whom it came: an address, or an account of the local network
        #[arg(long, value_name = "ADDRESS")]
        sender: String,
        /// How much, in the asset's smallest unit [default: all of it]
        #[arg(long, value_parser = amount)]
        amount: Option<Amount>,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    let control = |compliance| Instruction::Compliance(Box::new(compliance));
    match command {
        Command::Show { account, asset, network, json } => show(&network, &account, &asset, json).await,
        Command::ShowPolicy { policy, network } => {
            let Validator { url, client } = network.open()?.any().await?;
            let found = client.policy(PolicyId(policy)).await.map_err(|error| Failure::of_call(&url, error))?;
            print(&found.with_context(|| format!("there is no policy {policy}"))?)
        }
        Command::ShowList { list, network } => {
            let Validator { url, client } = network.open()?.any().await?;
            let found = client.sanction_list(ListId(list)).await.map_err(|error| Failure::of_call(&url, error))?;
            print(&found.with_context(|| format!("there is no sanction list {list}"))?)
        }
        Command::Freeze { sending, case, amount, account } => {
            let network = sending.network()?;
            let (account, case) = (network.address(&account)?, Text::new(case).context("--case")?);
            let extent = amount.map_or(Extent::Whole, Extent::Amount);
            sending.send(&network, |asset| control(Compliance::Freeze { asset, account, extent, case })).await
        }
        Command::Thaw { sending, case, account } => {
            let network = sending.network()?;
            let (account, case) = (network.address(&account)?, Text::new(case).context("--case")?);
            sending.send(&network, |asset| control(Compliance::Thaw { asset, account, case })).await
        }
        Command::Tier { sending, policy, tier, account } => {
            let network = sending.network()?;
            let account = network.address(&account)?;
            let set = Compliance::SetTier { policy: PolicyId(policy), account, tier };
            sending.send(&network, |_| control(set)).await
        }
        Command::Policy { sending, policy, file } => {
            let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let terms: PolicyTerms = toml::from_str(&text).with_context(|| file.display().to_string())?;
            let define = Compliance::DefinePolicy { policy: PolicyId(policy), terms: Box::new(terms) };
            sending.send(&sending.network()?, |_| control(define)).await
        }
        Command::Sanctions { sending, list, effective, add, remove } => {
            let network = sending.network()?;
            let Validator { url, client } = network.any().await?;
            let list = ListId(list);
            let newest = client.sanction_list(list).await.map_err(|error| Failure::of_call(&url, error))?;
            let status = client.status().await.map_err(|error| Failure::of_call(&url, error))?;
            let version = newest.as_ref().map_or(1, |newest| newest.version.saturating_add(1));
            let earliest = newest.map_or(Height(0), |newest| newest.effective);
            let soon = Height(status.height.0 + 10).max(earliest);
            let (add, remove) = (addresses(&network, &add)?, addresses(&network, &remove)?);
            let effective = effective.map_or(soon, Height);
            let update = Compliance::UpdateSanctions { list, version, effective, add, remove };
            sending.send(&network, |_| control(update)).await
        }
        Command::Claim { sending, receiver, sender, amount } => {
            let network = sending.network()?;
            let (receiver, sender) = (network.address(&receiver)?, network.address(&sender)?);
            let claim = |asset| Instruction::Payment(Box::new(Payment::Claim { asset, receiver, sender, amount }));
            sending.send(&network, claim).await
        }
    }
}

fn print(value: &impl serde::Serialize) -> Outcome {
    println!("{}", serde_json::to_string_pretty(value).context("JSON")?);
    Ok(())
}

fn addresses<const MAX: usize>(network: &Network, names: &[String]) -> Result<Bounded<Address, MAX>, Failure> {
    let addresses = names.iter().map(|name| network.address(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(Bounded::new(addresses).context("send the change in several versions")?)
}

async fn show(network: &NetworkArgs, account: &str, symbol: &str, json: bool) -> Outcome {
    let network = network.open()?;
    let address = network.address(account)?;
    let Validator { url, client } = network.any().await?;
    let chain = client.chain().await.map_err(|error| Failure::of_call(&url, error))?;
    let holder = client.holder(address, asset(&chain, symbol)?).await.map_err(|error| Failure::of_call(&url, error))?;
    if json {
        return print(&holder);
    }
    let HolderInfo { balance, frozen, sanctioned, limits, paid_lately, parked, height, .. } = holder;
    let Tier { per_payment, per_day, holding } = limits;
    let limit = |limit: Option<Amount>| limit.map_or_else(|| "no limit".to_owned(), |limit| grouped(limit.0));
    println!("{address} after block {height}");
    println!("holds        {} {symbol}, at most {}", grouped(balance.0), limit(holding));
    println!("one payment  {}", limit(per_payment));
    println!("a day        {}, {} were paid", limit(per_day), grouped(paid_lately.0));
    match frozen {
        None => println!("frozen       nothing"),
        Some(FreezeInfo { extent: Extent::Whole, case }) => println!("frozen       whole, by case {case}"),
        Some(FreezeInfo { extent: Extent::Amount(amount), case }) => {
            println!("frozen       {}, by case {case}", grouped(amount.0));
        }
    }
    println!("sanctioned   {}", sanctioned.map_or_else(|| "no".to_owned(), |list| format!("on list {list}")));
    for ParkedInfo { sender, amount, since } in parked {
        println!("parked       {} from {sender} since {since} ms", grouped(amount.0));
    }
    Ok(())
}
