//! What is shown once a network is ready: its first payment, its validators, its accounts, what to try next.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use rpc::{BaroApiClient, ReceiptInfo, TransactionStatus};
use types::codec::Text;
use types::{Amount, AssetId, Instruction, TransactionId};

use super::program;
use crate::cli::Failure;
use crate::cli::network::Validator;
use crate::cli::sending::signing::Signers;
use crate::cli::sending::submission::Submission;
use crate::cli::text::amount::grouped;
use crate::home::{KeyFile, KeyKind};
use crate::localnet::{ACCOUNTS, Localnet};

/// What alice pays the cafe, in won.
const COFFEE: u128 = 4_500;

/// Makes the first payment and shows everything.
pub(super) async fn show(localnet: &Localnet, json: bool) -> anyhow::Result<()> {
    let first = first_payment(localnet).await?;
    if json {
        show_json(localnet, &first);
        return Ok(());
    }
    show_table(localnet, &first).await
}

/// The first payment: what became of it, and how long that took.
struct FirstPayment {
    id: TransactionId,
    took: Duration,
    /// Alice may have spent all she had: then the payment is refused, and the network is none the worse for it.
    result: Result<TransactionStatus, Failure>,
}

impl FirstPayment {
    fn receipt(&self) -> Option<&ReceiptInfo> {
        match &self.result {
            Ok(TransactionStatus::Final { receipt }) => Some(receipt),
            _ => None,
        }
    }

    /// Why it is not final.
    fn trouble(&self) -> Option<String> {
        match &self.result {
            Ok(TransactionStatus::Final { .. }) => None,
            Ok(TransactionStatus::Failed { reason, .. }) => Some(format!("executed without effect: {reason}")),
            Ok(TransactionStatus::Expired { .. }) => Some("expired".to_owned()),
            Ok(TransactionStatus::Pending | TransactionStatus::Unknown { .. }) => Some("not final yet".to_owned()),
            Err(failure) => Some(failure.to_string()),
        }
    }
}

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
    let submission = Submission::sign(&net.genesis_hash, &Signers::one(&key), vec![transfer], 60)?;
    let validators: Vec<Validator> =
        net.validators.iter().map(|validator| Validator::at(&validator.rpc_http)).collect::<Result<_, _>>()?;
    // The connection is opened before the clock starts, as a till's would be.
    validators[0].status().await?;
    let start = Instant::now();
    let result = match submission.send(&validators).await {
        Ok(()) => submission.wait(&validators, Duration::from_secs(70)).await,
        Err(failure) => Err(failure),
    };
    Ok(FirstPayment { id: submission.id, took: start.elapsed(), result })
}

fn show_json(localnet: &Localnet, first: &FirstPayment) {
    let value = serde_json::json!({
        "net": localnet.net_path(),
        "network": localnet.net(),
        "first_payment": {
            "id": first.id,
            "final": first.receipt().is_some(),
            "took_ms": first.took.as_secs_f64() * 1000.0,
            "trouble": first.trouble(),
        },
    });
    println!("{value}");
}

async fn show_table(localnet: &Localnet, first: &FirstPayment) -> anyhow::Result<()> {
    let net = localnet.net();
    println!("chain {} ({})", net.chain_id, net.genesis_hash);
    println!();
    println!("{:<14} {:<24} {:>8}  peer id", "validator", "JSON-RPC", "height");
    let validators = Validator::at(&net.validators[0].rpc_http)?.client.chain().await?.validators;
    for (index, validator) in net.validators.iter().enumerate() {
        let height = Validator::at(&validator.rpc_http)?.status().await?.height;
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
    let coffee = grouped(COFFEE);
    if let Some(receipt) = first.receipt() {
        let height = receipt.place.height;
        println!("first payment: alice paid the cafe {coffee} KRW, final in block {height} after {took:.1} ms");
    }
    if let Some(trouble) = first.trouble() {
        println!("first payment: alice did not pay the cafe {coffee} KRW: {trouble}");
    }
    println!();
    println!("try next, in another terminal:");
    let program = program();
    let net_option = if localnet.net_path() == Path::new("localnet/localnet.json") {
        String::new()
    } else {
        format!(" --net {}", localnet.net_path().display())
    };
    println!("  {program} pay --from bob --to cafe 4500{net_option}");
    println!("  {program} bench --net {} --rate 500", localnet.net_path().display());
    println!();
    Ok(())
}
