//! The validators of a real network change under load: four grow to seven and shrink to four again.

use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::localnet::{Localnet, baro, hex_of, in_a_minute, start_home, until};
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use rpc::{BaroApiClient, TransactionStatus};
use types::{Address, AssetId, TransactionId};

const BASE_PORT: u16 = 23_000;

/// A validator that is not in the chain spec.
struct Newcomer {
    name: String,
    home: PathBuf,
    process: Child,
    client: HttpClient,
}

impl Newcomer {
    fn join(net: &Localnet, number: u16) -> Newcomer {
        let name = format!("newcomer-{number}");
        let home = net.dir.join(&name);
        let port = |kind: u16| (BASE_PORT + number * 10 + kind).to_string();
        let hash = net.net.genesis_hash.to_string();
        let address = format!("/ip4/127.0.0.1/tcp/{}", port(0));
        let rpc = format!("127.0.0.1:{}", port(1));
        baro(&[
            "validators",
            "join",
            "--home",
            home.to_str().unwrap(),
            "--genesis",
            net.dir.join("validator-0/genesis.toml").to_str().unwrap(),
            "--hash",
            &hash,
            "--name",
            &name,
            "--address",
            &address,
            "--rpc-listen",
            &rpc,
            "--metrics-listen",
            &format!("127.0.0.1:{}", port(2)),
        ]);
        let process = start_home(&home);
        let client = HttpClientBuilder::default().build(format!("http://{rpc}")).unwrap();
        Newcomer { name, home, process, client }
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        // It has ended by itself unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Pays 1 won again and again through the first validator until told to stop; returns what was admitted.
async fn load(net: Arc<Localnet>, stop: Arc<AtomicBool>, to: Address) -> Vec<TransactionId> {
    let (client, alice) = (net.client(0), net.key("alice"));
    let mut ids = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let payment = net.transfer(&alice, to, 1, 10_000 + ids.len() as u64, in_a_minute());
        ids.push(client.send(hex_of(&payment)).await.unwrap());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    ids
}

async fn is_in_epoch(client: &HttpClient, epoch: u64, what: &str) -> rpc::NodeStatus {
    let ask = async || client.status().await.ok();
    until(what, ask, |status: &rpc::NodeStatus| status.epoch.0 == epoch && status.index.is_some()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_grow_to_seven_and_shrink_to_four_under_load() {
    let dir = tempfile::tempdir().unwrap();
    let net = Arc::new(Localnet::start(&dir.path().join("net"), BASE_PORT));
    let home = |index: usize| net.dir.join(format!("validator-{index}")).to_str().unwrap().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let to = Address([8; 20]);
    let loading = tokio::spawn(load(net.clone(), stop.clone(), to));

    let newcomers: Vec<Newcomer> = (4..7).map(|number| Newcomer::join(&net, number)).collect();
    let mut add = vec!["validators", "add", "--home"];
    let first = home(0);
    add.push(&first);
    for newcomer in &newcomers {
        add.extend(["--from", newcomer.home.to_str().unwrap()]);
    }
    baro(&add);
    baro(&["validators", "approve", "--home", &home(1)]);
    baro(&["validators", "approve", "--home", &home(2)]);
    for index in 0..4 {
        is_in_epoch(&net.client(index), 1, "the epoch of seven").await;
    }
    for newcomer in &newcomers {
        is_in_epoch(&newcomer.client, 1, "the newcomer's seat").await;
    }
    // A payment through a newcomer, by a committee that could not do without the newcomers.
    let payment = net.transfer(&net.key("bob"), to, 1, 1, in_a_minute());
    let id = newcomers[1].client.send(hex_of(&payment)).await.unwrap();
    assert!(matches!(newcomers[1].client.wait(id, 20_000).await.unwrap(), TransactionStatus::Final { .. }));

    let mut remove = vec!["validators", "remove", "--home", &first];
    remove.extend(newcomers.iter().map(|newcomer| newcomer.name.as_str()));
    baro(&remove);
    for index in 1..4 {
        baro(&["validators", "approve", "--home", &home(index)]);
    }
    baro(&["validators", "approve", "--home", newcomers[0].home.to_str().unwrap()]);
    for index in 0..4 {
        is_in_epoch(&net.client(index), 2, "the epoch of four").await;
    }
    for mut newcomer in newcomers {
        let ended = || std::future::ready(newcomer.process.try_wait().unwrap());
        let status = until("the removed validator's end", ended, |_| true).await;
        assert!(status.success(), "{} ended with {status}", newcomer.name);
    }

    stop.store(true, Ordering::Relaxed);
    let ids = loading.await.unwrap();
    let client = net.client(0);
    for id in &ids {
        let status = client.wait(*id, 20_000).await.unwrap();
        assert!(matches!(status, TransactionStatus::Final { .. }), "{id}: {status:?}");
    }
    let account = client.account(to).await.unwrap();
    assert_eq!(account.balances[0].amount.0, ids.len() as u128 + 1, "each payment of 1 won counts once");
    let supply = client.supply(AssetId(0)).await.unwrap();
    assert_eq!(supply.supply, supply.held);
    let block = client.block(None).await.unwrap();
    for index in 1..4 {
        let ask = async || net.client(index).block(Some(block.height)).await.ok();
        let other = until("the same block", ask, |_| true).await;
        assert_eq!(other.state_root, block.state_root);
    }
}
