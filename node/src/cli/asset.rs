//! `baro asset`: an asset's life, from its roles to its reserve.

use std::path::PathBuf;

use anyhow::Context;
use audit::Moment;
use rpc::{AssetDetails, BaroApiClient, ProposalInfo, RedemptionInfo};
use types::codec::Text;
use types::{
    Action, Address, Amount, AssetRoles, Compliance, Domain, Hash, Instruction, Issuance, Operation, Operations,
    PolicyId, Role, Timestamp,
};

use super::network::{Network, NetworkArgs, Validator};
use super::sending::submission::now;
use super::sending::{Sending, asset};
use super::text::amount::{amount, grouped};
use super::text::origin::{OriginArg, origin};
use super::{Failure, Outcome};

/// Show an asset, propose and approve what changes it
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Four eyes: where an asset has an approver, what is proposed takes effect when the approver approves it.
  1. the issuer    baro asset propose --from issuer mint --to bank 1_000_000      prints ID
  2. the approver  baro asset approve --from approver ID
Without an approver it takes effect at once. See docs/controls.md.")]
pub(super) enum Command {
    /// Show what holds for an asset and what waits for approval or redemption
    Show {
        /// The asset's symbol
        #[arg(default_value = "KRW")]
        symbol: String,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Propose what somebody else is to approve
    Propose {
        #[command(flatten)]
        sending: Sending,
        /// How long the proposal may wait for approval, in seconds
        #[arg(long, value_name = "S", default_value_t = 86_400)]
        proposal_seconds: u32,
        #[command(subcommand)]
        action: ActionArgs,
    },
    /// Approve a proposal, which takes effect (approver)
    Approve {
        #[command(flatten)]
        sending: Sending,
        /// The proposal: the id of its transaction
        #[arg(value_parser = origin)]
        proposal: OriginArg,
    },
    /// Remove a proposal (proposer or approver; after its time anybody)
    Dismiss {
        #[command(flatten)]
        sending: Sending,
        /// The proposal: the id of its transaction
        #[arg(value_parser = origin)]
        proposal: OriginArg,
    },
    /// Attest how much is in reserve (attestor)
    Attest {
        #[command(flatten)]
        sending: Sending,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        reserve: Amount,
        /// The document that says so; the ledger gets its hash
        #[arg(long, value_name = "FILE")]
        document: PathBuf,
        /// When it was counted: 2026-03-01, 2026-03-01T09:30:00+09:00 or milliseconds since 1970 [default: now]
        #[arg(long, value_name = "TIME")]
        as_of: Option<Moment>,
    },
    /// Pause kinds of movements; what is not named is resumed (pauser)
    Pause {
        #[command(flatten)]
        sending: Sending,
        /// mint, burn, transfer, payment, capture, refund, call, program, redeem, release, claim, seize, fee; none to
        /// resume all
        operations: Vec<Operation>,
    },
}

/// What is proposed.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ActionArgs {
    /// Create money (issuer)
    Mint {
        /// Who receives: an address, or an account of the local network
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Destroy money of the issuer's own account (issuer)
    Burn {
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Take money from an account, frozen or not (compliance)
    Seize {
        /// Whose it is
        #[arg(long, value_name = "ADDRESS")]
        account: String,
        /// Who receives it
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// The case of the court or the authority
        #[arg(long)]
        case: String,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Take money that a control has kept from arriving (compliance)
    SeizeParked {
        /// For whom it is parked
        #[arg(long, value_name = "ADDRESS")]
        receiver: String,
        /// From whom it came
        #[arg(long, value_name = "ADDRESS")]
        sender: String,
        /// Who receives it
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// The case of the court or the authority
        #[arg(long)]
        case: String,
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Amount,
    },
    /// Set who does what (issuer); a role that is not named is nobody's
    Roles {
        /// The second pair of eyes
        #[arg(long, value_name = "ADDRESS")]
        approver: Option<String>,
        /// Who freezes, thaws and keeps policies
        #[arg(long, value_name = "ADDRESS")]
        compliance: Option<String>,
        /// Who pauses
        #[arg(long, value_name = "ADDRESS")]
        pauser: Option<String>,
        /// Who attests the reserve
        #[arg(long, value_name = "ADDRESS")]
        attestor: Option<String>,
    },
    /// Set the most that there may be (issuer); without an amount there is no cap
    Cap {
        /// How much, in the asset's smallest unit
        #[arg(value_parser = amount)]
        amount: Option<Amount>,
    },
    /// Set how long a redemption may take, in seconds (issuer)
    RedemptionTime {
        /// Seconds
        seconds: u32,
    },
    /// Put the holders under a policy (compliance); without a number they are under none
    Policy {
        /// The policy's number
        policy: Option<u16>,
    },
    /// Create an asset (issuer of asset 0)
    Create {
        /// Its symbol
        symbol: String,
        /// How many decimals its unit has
        #[arg(long, default_value_t = 0)]
        decimals: u8,
        /// Who issues it
        #[arg(long, value_name = "ADDRESS")]
        issuer: String,
    },
}

impl ActionArgs {
    fn action(self, network: &Network) -> Result<Action, Failure> {
        let optional = |name: Option<String>| name.map(|name| network.address(&name)).transpose();
        Ok(match self {
            ActionArgs::Mint { to, amount } => Action::Mint { to: network.address(&to)?, amount },
            ActionArgs::Burn { amount } => Action::Burn { amount },
            ActionArgs::Seize { account, to, case, amount } => Action::Seize {
                from: network.address(&account)?,
                to: network.address(&to)?,
                amount,
                case: Text::new(case).context("--case")?,
            },
            ActionArgs::SeizeParked { receiver, sender, to, case, amount } => Action::SeizeParked {
                receiver: network.address(&receiver)?,
                sender: network.address(&sender)?,
                to: network.address(&to)?,
                amount,
                case: Text::new(case).context("--case")?,
            },
            ActionArgs::Roles { approver, compliance, pauser, attestor } => Action::SetRoles(AssetRoles {
                approver: optional(approver)?,
                compliance: optional(compliance)?,
                pauser: optional(pauser)?,
                attestor: optional(attestor)?,
            }),
            ActionArgs::Cap { amount } => Action::SetSupplyCap(amount),
            ActionArgs::RedemptionTime { seconds } => Action::SetRedemptionTime(seconds),
            ActionArgs::Policy { policy } => Action::SetPolicy(policy.map(PolicyId)),
            ActionArgs::Create { symbol, decimals, issuer } => Action::CreateAsset {
                symbol: Text::new(symbol).context("the symbol")?,
                decimals,
                issuer: network.address(&issuer)?,
            },
        })
    }
}

pub(super) async fn run(command: Command) -> Outcome {
    let issuance = |issuance| Instruction::Issuance(Box::new(issuance));
    match command {
        Command::Show { symbol, network, json } => show(&network, &symbol, json).await,
        Command::Propose { sending, proposal_seconds, action } => {
            let network = sending.network()?;
            let action = action.action(&network)?;
            let propose = |asset| Issuance::Propose { asset, action, valid_seconds: proposal_seconds };
            sending.send(&network, |asset| issuance(propose(asset))).await
        }
        Command::Approve { sending, proposal } => {
            sending.send(&sending.network()?, |_| issuance(Issuance::Approve { proposal: proposal.0 })).await
        }
        Command::Dismiss { sending, proposal } => {
            sending.send(&sending.network()?, |_| issuance(Issuance::Dismiss { proposal: proposal.0 })).await
        }
        Command::Attest { sending, reserve, document, as_of } => {
            let bytes = std::fs::read(&document).with_context(|| document.display().to_string())?;
            let document = Hash::of(Domain::ReserveDocument, &bytes);
            // Block time may be a little behind this machine's.
            let as_of = as_of.map_or(Timestamp(now().0.saturating_sub(5_000)), |Moment(as_of)| as_of);
            let attest = |asset| Issuance::Attest { asset, reserve, as_of, document };
            sending.send(&sending.network()?, |asset| issuance(attest(asset))).await
        }
        Command::Pause { sending, operations } => {
            let operations: Operations = operations.into_iter().collect();
            let pause = |asset| Instruction::Compliance(Box::new(Compliance::Pause { asset, operations }));
            sending.send(&sending.network()?, pause).await
        }
    }
}

async fn show(network: &NetworkArgs, symbol: &str, json: bool) -> Outcome {
    let Validator { url, client } = network.open()?.any().await?;
    let chain = client.chain().await.map_err(|error| Failure::of_call(&url, error))?;
    let details = client.asset(asset(&chain, symbol)?).await.map_err(|error| Failure::of_call(&url, error))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&details).context("JSON")?);
    } else {
        say(&details);
    }
    Ok(())
}

fn say(details: &AssetDetails) {
    let AssetDetails { asset, roles, supply_cap, reserve, paused, policy, proposals, redemptions, height, .. } =
        details;
    let AssetRoles { approver, compliance, pauser, attestor } = *roles;
    println!("{} (asset {}, {} decimals), after block {height}", asset.symbol, asset.id, asset.decimals);
    println!("supply      {}", grouped(asset.supply.0));
    println!("cap         {}", supply_cap.map_or_else(|| "none".to_owned(), |cap| grouped(cap.0)));
    match reserve {
        Some(reserve) => println!("reserve     {} counted at {} ms", grouped(reserve.reserve.0), reserve.as_of),
        None => println!("reserve     not attested"),
    }
    let holders = [
        (Role::Issuer, Some(asset.issuer)),
        (Role::Approver, approver),
        (Role::Compliance, compliance),
        (Role::Pauser, pauser),
        (Role::Attestor, attestor),
    ];
    for (role, holder) in holders {
        println!(
            "{:<11} {}",
            role.name(),
            holder.map_or_else(|| "nobody".to_owned(), |holder: Address| holder.to_string())
        );
    }
    println!("policy      {}", policy.map_or_else(|| "none".to_owned(), |policy| policy.to_string()));
    let paused: Vec<&str> = paused.iter().map(Operation::name).collect();
    println!("paused      {}", if paused.is_empty() { "nothing".to_owned() } else { paused.join(", ") });
    for ProposalInfo { proposal, action, proposer, until } in proposals {
        println!("proposed    {proposal} by {proposer} until {until} ms: {action:?}");
    }
    for RedemptionInfo { redemption, owner, amount, deadline, paid_out, .. } in redemptions {
        let status = if paid_out.is_some() { "paid out, to be confirmed" } else { "to be paid out" };
        println!("redemption  {redemption} of {} by {owner}, {status}, due {deadline} ms", grouped(amount.0));
    }
}
