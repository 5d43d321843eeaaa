//! An empty validator fetches the ledger from the others, catches up, and takes part again: with real processes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::localnet::{BARO, Localnet, hex_of, in_a_minute, now, reaches, until};
use jsonrpsee::core::client::Error;
use rpc::{BaroApiClient, code};
use types::{Address, Deadline, Height};

/// A checkpoint at each multiple of this height.
const CHECKPOINT_BLOCKS: u64 = 20;

fn configure(home: &Path, from: &str, to: &str) {
    let path = home.join("config.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_validator_gets_the_ledger_from_the_others_and_catches_up() {
    let dir = tempfile::tempdir().unwrap();
    // The first start makes the homes.
    let net = Localnet::start(dir.path(), 24_700);
    let homes: Vec<_> = net.net.validators.iter().map(|validator| dir.path().join(&validator.name)).collect();
    net.stop();
    for home in &homes {
        configure(home, "checkpoint_blocks = 20000", &format!("checkpoint_blocks = {CHECKPOINT_BLOCKS}"));
    }
    let mut net = Localnet::start(dir.path(), 24_700);
    // What it voted for while it had its data is long past when it comes back without.
    net.kill(3);
    let client = net.client(0);
    let payer = net.key("alice");
    let pay = |salt: u64| net.transfer(&payer, Address([salt as u8; 20]), 1, salt, in_a_minute());
    // Seconds that are closed before the checkpoint, each with one payment.
    let expired = |status: &rpc::TransactionStatus| matches!(status, rpc::TransactionStatus::Expired { .. });
    let until_passed = async |id| until("a second to pass", async || client.transaction(id).await.ok(), expired).await;
    let mut never_sent = Vec::new();
    for ahead in 1..=3 {
        let valid_until = Deadline::after(now(), 1 + ahead);
        let payment = net.transfer(&payer, Address([251; 20]), 1, 2_000, valid_until);
        let id = client.send(hex_of(&payment)).await.unwrap();
        client.wait(id, 10_000).await.unwrap();
        let other = net.transfer(&payer, Address([252; 20]), 1, 2_001, valid_until);
        never_sent.push(other.payload.id(&net.net.genesis_hash));
    }
    until_passed(never_sent[2]).await;
    let early = pay(1);
    for salt in 1..=3 * CHECKPOINT_BLOCKS {
        let payment = if salt == 1 { early.clone() } else { pay(salt) };
        let id = client.send(hex_of(&payment)).await.unwrap();
        client.wait(id, 10_000).await.unwrap();
    }
    let before = client.status().await.unwrap();
    assert!(before.height.0 > 2 * CHECKPOINT_BLOCKS, "{before:?}");

    until("its data can be removed", async || fs::remove_dir_all(homes[3].join("data")).ok(), |()| true).await;
    configure(&homes[3], "sync = \"auto\"", "sync = \"state\"");
    net.restart(3);
    let synced = net.client(3);
    let status = reaches(&synced, before.height.0 + 2).await;
    assert!(!status.key_in_use_elsewhere);
    let same = client.block(Some(status.height)).await.unwrap();
    assert_eq!(same.state_root, status.state_root);
    assert_eq!(status.executed, client.status().await.unwrap().executed);

    // It did not execute the chain from genesis, and it says so.
    let Err(Error::Call(refused)) = synced.block(Some(Height(1))).await else { panic!("it has block 1") };
    assert_eq!(refused.code(), code::NOT_KEPT, "{refused:?}");
    let account = synced.account(Address::of(&payer.public())).await.unwrap();
    assert_eq!(account.balances, client.account(Address::of(&payer.public())).await.unwrap().balances);
    let Err(Error::Call(refused)) = synced.transaction(early.payload.id(&net.net.genesis_hash)).await else {
        panic!("it has the receipt of the first payment")
    };
    assert_eq!(refused.code(), code::NOT_KEPT, "{refused:?}");

    // It cannot prove what closed before its chain begins, and builds proofs on that of what closed since.
    let Err(Error::Call(refused)) = synced.prove_outcome(never_sent[1]).await else { panic!("it has a closed second") };
    assert_eq!(refused.code(), code::NOT_KEPT, "{refused:?}");
    let Err(Error::Call(refused)) = synced.prove_receipt(never_sent[1]).await else { panic!("it has a closed second") };
    assert_eq!(refused.code(), code::NOT_KEPT, "it does not know that it was never executed: {refused:?}");
    assert!(status.first_height > Height(CHECKPOINT_BLOCKS) && refused.message().contains("archive"), "{refused:?}");
    assert_eq!(client.status().await.unwrap().first_height, Height(1));
    let valid_until = Deadline::after(now(), 2);
    let payment = net.transfer(&payer, Address([251; 20]), 1, 3_000, valid_until);
    let id = client.send(hex_of(&payment)).await.unwrap();
    client.wait(id, 10_000).await.unwrap();
    let unsent = net.transfer(&payer, Address([252; 20]), 1, 3_001, valid_until).payload.id(&net.net.genesis_hash);
    until("a second to pass", async || synced.transaction(unsent).await.ok(), expired).await;
    let genesis = genesis::ChainSpec::from_toml(&fs::read_to_string(homes[3].join("genesis.toml")).unwrap()).unwrap();
    let genesis = genesis.genesis().unwrap().committee();
    for id in [unsent, id] {
        let file = synced.prove_outcome(id).await.unwrap();
        assert!(file.verify(&genesis).is_ok(), "{file:?}");
    }

    // It is a validator like the others: without another one they need it.
    net.kill(2);
    let payment = net.transfer(&payer, Address([250; 20]), 1, 1_000, in_a_minute());
    let id = client.send(hex_of(&payment)).await.unwrap();
    let is_final = |status: &rpc::TransactionStatus| matches!(status, rpc::TransactionStatus::Final { .. });
    until("a payment that needs it", async || client.wait(id, 5_000).await.ok(), is_final).await;

    // And it starts again from what it adopted.
    net.kill(3);
    net.restart(3);
    reaches(&net.client(3), status.height.0 + 1).await;

    // Who wants the whole chain is sent to another one.
    let genesis = homes[3].join("genesis.toml");
    let refused =
        refused_of(&["audit", "--rpc", &net.net.validators[3].rpc_http, "--genesis", genesis.to_str().unwrap()]);
    assert!(refused.contains("archive"), "{refused}");
    net.stop();
    let account = Address::of(&payer.public()).to_string();
    let home = homes[3].to_str().unwrap();
    let refused = refused_of(&["statement", &account, "--home", home, "--from", "2020-01-01"]);
    assert!(refused.contains("archive") && refused.contains("earliest state"), "{refused}");
    crate::localnet::baro(&["statement", &account, "--home", home]);
}

/// What a command says that does not succeed.
fn refused_of(args: &[&str]) -> String {
    let output = Command::new(BARO).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}
