//! `baro localnet`.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use jsonrpsee::core::client::Subscription;
use jsonrpsee::http_client::HttpClient;
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use rpc::net_file::NetFile;
use rpc::{BaroApiClient, BlockInfo, HexBytes, TransactionStatus};
use tokio::signal::unix::{SignalKind, signal};
use types::codec::{Bounded, Text, encode};
use types::{Address, Amount, AssetId, ChainTag, Deadline, Instruction, Payload, Timestamp, Transaction};

use super::Outcome;
use super::query::grouped;
use crate::home::{KeyFile, KeyKind};
use crate::localnet::{ACCOUNTS, Localnet, LocalnetOptions};

/// Run a network of validators on this machine, each in a process of its own
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ctrl-C or SIGTERM stops all validators cleanly; the next start continues the same chain.
DIR/localnet.json describes the running network to other programs.

Ports: each validator takes three, from --base-port in steps of ten: validators, JSON-RPC, metrics.")]
pub(super) struct Args {
    /// How many validators [default: 4, or as many as the network in DIR has]
    #[arg(long, value_name = "N")]
    validators: Option<usize>,
    /// Where the network keeps its files
    #[arg(long, value_name = "DIR", default_value = "localnet")]
    dir: PathBuf,
    /// The first port [default: 9600, or the one that the network in DIR has]
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
    /// Delete the network in DIR and start a new chain
    #[arg(long)]
    fresh: bool,
    /// Print JSON: one object when the network is ready, then one a second
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> Outcome {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let options = LocalnetOptions {
        dir: args.dir.clone(),
        validators: args.validators,
        base_port: args.base_port,
        fresh: args.fresh,
    };
    if !args.json {
        println!("starting the validators of {}", args.dir.display());
    }
    let mut localnet = tokio::select! {
        started = Localnet::start(&options) => started?,
        _ = tokio::signal::ctrl_c() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let shown = async {
        let first = first_payment(&localnet).await?;
        if args.json {
            ready_as_json(&localnet, &first)
        } else {
            show_ready(&localnet, &first).await?
        }
        live(&mut localnet, args.json).await
    };
    let result = tokio::select! {
        result = shown => result,
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    if !args.json {
        println!("\nstopping");
    }
    localnet.stop().await?;
    Ok(result?)
}

/// The first payment: how much, and how long until it was final.
struct FirstPayment {
    status: TransactionStatus,
    id: types::TransactionId,
    took: Duration,
}

const COFFEE: u128 = 4_500;

async fn first_payment(localnet: &Localnet) -> anyhow::Result<FirstPayment> {
    let net = localnet.net();
    let account = |name: &str| net.accounts.iter().find(|account| account.name == name);
    let (alice, cafe) = (account("alice").context("alice")?, account("cafe").context("cafe")?);
    let key = KeyFile::read(&localnet.dir().join(&alice.key_file), KeyKind::Account)?.secret_key();
    let transfer = Instruction::Transfer {
        asset: AssetId(0),
        to: cafe.address,
        amount: Amount(COFFEE),
        memo: Text::new("americano")?,
        reference: Text::default(),
    };
    let payload = Payload {
        chain: ChainTag::of(&net.genesis_hash),
        payer: Address::of(&key.public()),
        valid_until: Deadline::after(now(), 60),
        salt: rand::random(),
        instructions: Bounded::new(vec![transfer])?,
    };
    let transaction = Transaction::sign(payload, &key, &net.genesis_hash);
    let client = client(net, 0)?;
    // The connection is opened before the clock starts, as a till's would be.
    client.status().await?;
    let start = Instant::now();
    let id = client.send(HexBytes(hex::encode(encode(&transaction)))).await?;
    let status = client.wait(id, 60_000).await?;
    Ok(FirstPayment { status, id, took: start.elapsed() })
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

fn client(net: &NetFile, index: usize) -> anyhow::Result<HttpClient> {
    let url = &net.validators[index].rpc_http;
    HttpClient::builder().request_timeout(Duration::from_secs(70)).build(url).with_context(|| url.clone())
}

fn ready_as_json(localnet: &Localnet, first: &FirstPayment) {
    let value = serde_json::json!({
        "net": localnet.net_path(),
        "network": localnet.net(),
        "first_payment": {
            "id": first.id,
            "final": matches!(first.status, TransactionStatus::Final { .. }),
            "took_ms": first.took.as_secs_f64() * 1000.0,
        },
    });
    println!("{value}");
}

async fn show_ready(localnet: &Localnet, first: &FirstPayment) -> anyhow::Result<()> {
    let net = localnet.net();
    println!("chain {} ({})", net.chain_id, net.genesis_hash);
    println!();
    println!("{:<14} {:<24} {:>8}  peer id", "validator", "JSON-RPC", "height");
    let validators = client(net, 0)?.chain().await?.validators;
    for (index, validator) in net.validators.iter().enumerate() {
        let height = client(net, index)?.status().await?.height;
        let peer_id = validators.get(index).map_or("", |info| info.peer_id.as_str());
        println!("{:<14} {:<24} {height:>8}  {peer_id}", validator.name, validator.rpc_http);
    }
    println!();
    println!("{:<14} {:<44} {:>26}", "account", "address", "started with, KRW");
    for (account, (_, won)) in net.accounts.iter().zip(ACCOUNTS) {
        println!("{:<14} {:<44} {:>26}", account.name, account.address.to_string(), grouped(won));
    }
    println!();
    let took = first.took.as_secs_f64() * 1000.0;
    match &first.status {
        TransactionStatus::Final { receipt } => println!(
            "first payment: alice paid the cafe {} KRW, final in block {} after {took:.1} ms",
            grouped(COFFEE),
            receipt.place.height
        ),
        other => println!("first payment: not final after {took:.0} ms: {other:?}"),
    }
    println!();
    println!("try next, in another terminal:");
    let program = std::env::args().next().unwrap_or_else(|| "baro".to_owned());
    let net_option = if localnet.net_path() == std::path::Path::new("localnet/localnet.json") {
        String::new()
    } else {
        format!(" --net {}", localnet.net_path().display())
    };
    println!("  {program} pay --from bob --to cafe 4500{net_option}");
    println!("  {program} bench --net {} --rate 500", localnet.net_path().display());
    println!();
    Ok(())
}

/// Blocks of the last second: when each arrived, how many payments it had, how long after its proposal it was final.
#[derive(Default)]
struct Recent {
    blocks: VecDeque<(Instant, usize, u64)>,
    height: u64,
}

impl Recent {
    fn add(&mut self, block: &BlockInfo) {
        let age = now().millis_since(block.timestamp);
        self.height = block.height.0;
        self.blocks.push_back((Instant::now(), block.transactions.len(), age));
        while self.blocks.front().is_some_and(|(at, ..)| at.elapsed() > Duration::from_secs(1)) {
            self.blocks.pop_front();
        }
    }

    fn payments(&self) -> usize {
        let fresh = self.blocks.iter().filter(|(at, ..)| at.elapsed() <= Duration::from_secs(1));
        fresh.map(|(_, payments, _)| payments).sum()
    }

    /// The median time from proposal to finality, in milliseconds.
    fn finality_millis(&self) -> Option<u64> {
        let mut ages: Vec<u64> = self.blocks.iter().map(|(.., age)| *age).collect();
        ages.sort_unstable();
        ages.get(ages.len() / 2).copied()
    }
}

/// Shows what happens until every validator is gone.
async fn live(localnet: &mut Localnet, json: bool) -> anyhow::Result<()> {
    let mut recent = Recent::default();
    let mut told_dead: Vec<usize> = Vec::new();
    let mut blocks = None;
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    loop {
        if blocks.is_none() {
            blocks = subscribe(localnet).await;
        }
        let next = async {
            match &mut blocks {
                Some(following) => following.blocks.next().await.and_then(Result::ok),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            block = next => match block {
                Some(block) => recent.add(&block),
                // The validator is gone, or we were too slow: another subscription begins.
                None => blocks = None,
            },
            _ = every_second.tick() => {
                show_live(&recent, json);
                for index in localnet.dead().into_iter().filter(|index| !told_dead.contains(index)).collect::<Vec<_>>() {
                    told_dead.push(index);
                    tell_dead(localnet, index);
                }
                if told_dead.len() == localnet.net().validators.len() {
                    return Err(anyhow::anyhow!("all validators have ended"));
                }
            }
        }
    }
}

/// A subscription with the connection that it needs.
struct Following {
    blocks: Subscription<BlockInfo>,
    _client: WsClient,
}

/// Follows the blocks of the first validator that lives.
async fn subscribe(localnet: &mut Localnet) -> Option<Following> {
    let dead = localnet.dead();
    for (index, validator) in localnet.net().validators.iter().enumerate() {
        if dead.contains(&index) {
            continue;
        }
        if let Ok(client) = WsClientBuilder::default().build(&validator.rpc_ws).await
            && let Ok(blocks) = client.subscribe_blocks().await
        {
            return Some(Following { blocks, _client: client });
        }
    }
    None
}

fn show_live(recent: &Recent, json: bool) {
    let (height, payments, finality) = (recent.height, recent.payments(), recent.finality_millis());
    if json {
        println!(
            "{}",
            serde_json::json!({ "height": height, "payments_per_second": payments, "finality_ms": finality })
        );
        return;
    }
    let finality = finality.map_or_else(|| "-".to_owned(), |millis| format!("{millis} ms"));
    let line = format!("height {height}   {payments} payments/s   finality {finality}");
    if std::io::stdout().is_terminal() {
        print!("\r{line:<70}");
        // A terminal that is gone does not mind.
        let _ = std::io::stdout().flush();
    } else {
        println!("{line}");
    }
}

fn tell_dead(localnet: &Localnet, index: usize) {
    let name = &localnet.net().validators[index].name;
    let home = localnet.home(index);
    eprintln!("\n{name} has ended. Its last words:\n{}", localnet.log_tail(index));
    eprintln!("start it again with: baro node --home {}", home.display());
}
