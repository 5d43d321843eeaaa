//! `baro account`: the keys of an account and its session keys.

use std::path::PathBuf;

use anyhow::Context;
use rpc::{BaroApiClient, KeysInfo, SessionInfo};
use types::codec::Bounded;
use types::{
    AccountKey, Amount, Deadline, Instruction, KeyPolicy, KeyRole, PolicyKey, SessionGrant, SessionScope, Thresholds,
};

use super::network::{Network, NetworkArgs, Validator};
use super::sending::Sending;
use super::sending::submission::now;
use super::text::amount::{amount, grouped};
use super::text::span::seconds;
use super::{Failure, Outcome};

/// Show and change what opens an account: its keys and session keys
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show an account's keys and session keys
    Show {
        /// An address, or an account of the local network
        account: String,
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace the account's keys and end all its sessions; the address stays as it is
    #[command(after_help = "\
The file, with as many keys as needed (at most 16):
  thresholds = { pay = 1, manage = 2 }        # and sponsor, if keys may pay the fees of others
  [[keys]]
  key = \"ed25519:8a88...\"                     # or secp256k1:, p256:; `baro keys show` prints it
  weight = 1
  roles = [\"pay\", \"manage\"]

Examples:
  baro account set-keys --from alice.key keys.toml
  baro account set-keys --from new.key --co-sign other.key --account 0xADDRESS keys.toml")]
    SetKeys {
        #[command(flatten)]
        sending: Sending,
        /// The keys and their thresholds, as TOML
        file: PathBuf,
    },
    /// Give the account back to the key whose address it is, alone, and end all its sessions
    ResetKeys {
        #[command(flatten)]
        sending: Sending,
    },
    /// Let another key pay from the account, within limits, until a time
    #[command(after_help = "\
A session key makes transfers and pays orders, or with --program calls that program, and does nothing else. It pays with
--from SESSION.key --account ADDRESS.

Example:
  baro account grant --from alice --key ed25519:8a88... --limit 100_000 --per-payment 10_000 --category 5814 --for 7d")]
    Grant {
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// End a session
    Revoke {
        #[command(flatten)]
        sending: Sending,
        /// The session's key
        #[arg(long)]
        key: AccountKey,
    },
}

/// What a session key may do.
#[derive(Debug, clap::Args)]
pub(super) struct GrantArgs {
    /// The key that may pay, such as ed25519:8a88...
    #[arg(long)]
    key: AccountKey,
    /// How much of --asset it pays in all, in the smallest unit
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    limit: Amount,
    /// How much it pays at once [default: --limit]
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    per_payment: Option<Amount>,
    /// For how long, such as 90s, 15m, 2h or 7d
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    seconds: u32,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// To whom a session key pays; to anyone without these.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct ScopeArgs {
    /// Only to this account; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Only to merchants of this category (ISO 18245)
    #[arg(long)]
    category: Option<u16>,
    /// Only into calls of this program
    #[arg(long, value_name = "ADDRESS")]
    program: Option<String>,
}

impl ScopeArgs {
    fn scope(&self, network: &Network) -> Result<SessionScope, Failure> {
        Ok(match (&self.program, self.category) {
            (Some(program), _) => SessionScope::Program(network.address(program)?),
            (None, Some(category)) => SessionScope::Category(category),
            (None, None) if self.to.is_empty() => SessionScope::Anyone,
            (None, None) => {
                let receivers = self.to.iter().map(|to| network.address(to)).collect::<Result<Vec<_>, _>>();
                let mut receivers = receivers?;
                receivers.sort_unstable();
                receivers.dedup();
                SessionScope::Receivers(Bounded::new(receivers).context("--to")?)
            }
        })
    }
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Show { account, network, json } => show(&network, &account, json).await,
        Command::SetKeys { sending, file } => {
            let place = || file.display().to_string();
            let text = std::fs::read_to_string(&file).with_context(place)?;
            let policy = toml::from_str::<KeyPolicy>(&text).with_context(place)?.sorted();
            policy.check().with_context(place)?;
            let set = Instruction::SetKeys { policy: Some(Box::new(policy)) };
            sending.send(&sending.network()?, |_| set).await
        }
        Command::ResetKeys { sending } => {
            sending.send(&sending.network()?, |_| Instruction::SetKeys { policy: None }).await
        }
        Command::Grant { sending, grant } => {
            let network = sending.network()?;
            let scope = grant.scope.scope(&network)?;
            let GrantArgs { key, limit, per_payment, seconds, .. } = grant;
            let session = |asset| SessionGrant {
                asset,
                limit_total: limit,
                limit_per_payment: per_payment.unwrap_or(limit),
                scope,
                valid_until: Deadline::after(now(), seconds),
            };
            sending.send(&network, |asset| Instruction::GrantSession { key, session: Box::new(session(asset)) }).await
        }
        Command::Revoke { sending, key } => {
            sending.send(&sending.network()?, |_| Instruction::RevokeSession { key }).await
        }
    }
}

async fn show(network: &NetworkArgs, account: &str, json: bool) -> Outcome {
    let network = network.open()?;
    let address = network.address(account)?;
    let Validator { url, client } = network.any().await?;
    let keys = client.keys(address).await.map_err(|error| Failure::of_call(&url, error))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&keys).context("JSON")?);
        return Ok(());
    }
    let KeysInfo { policy, sessions, height, .. } = keys;
    println!("{address} after block {height}");
    match policy {
        None => println!("keys       the one whose address it is, alone"),
        Some(KeyPolicy { thresholds: Thresholds { pay, manage, sponsor }, keys }) => {
            println!("needs      {pay} to pay, {manage} to manage, {sponsor} to sponsor");
            for PolicyKey { key, weight, roles } in keys.iter() {
                let roles: Vec<&str> =
                    KeyRole::ALL.into_iter().filter(|role| roles.has(*role)).map(KeyRole::name).collect();
                println!("key        {key} of weight {weight}: {}", roles.join(", "));
            }
        }
    }
    for SessionInfo { key, grant, spent } in sessions {
        let SessionGrant { asset, limit_total, limit_per_payment, scope, valid_until } = grant;
        let [spent, total, once] = [spent, limit_total, limit_per_payment].map(|amount| grouped(amount.0));
        let scope = match scope {
            SessionScope::Anyone => "anyone".to_owned(),
            SessionScope::Receivers(receivers) => {
                receivers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            SessionScope::Category(category) => format!("merchants of category {category}"),
            SessionScope::Program(program) => format!("the program {program}"),
        };
        println!("session    {key} until second {valid_until}");
        println!("           {spent} of {total} of asset {asset} spent, at most {once} at once, to {scope}");
    }
    Ok(())
}
