//! A real network, paid on, then audited: through a running validator, and from a stopped one's home.

use std::path::Path;
use std::process::{Command, Output};

use crate::localnet::{BARO, Localnet, hex_of, in_a_minute};
use rpc::{BaroApiClient, TransactionStatus};
use types::codec::decode;
use types::{Address, Transaction};

fn baro(arguments: &[&str]) -> Output {
    Command::new(BARO).args(arguments).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_chain_is_audited_through_a_validator_and_from_a_home() {
    let dir = tempfile::tempdir().unwrap();
    let net = Localnet::start(&dir.path().join("net"), 21_900);
    let client = net.client(0);
    let (alice, to) = (net.key("alice"), Address([5; 20]));
    let payments: Vec<Transaction> =
        (0..60u128).map(|salt| net.transfer(&alice, to, 100 + salt, salt as u64, in_a_minute())).collect();
    for payment in &payments {
        let id = client.send(hex_of(payment)).await.unwrap();
        let status = client.wait(id, 10_000).await.unwrap();
        assert!(matches!(status, TransactionStatus::Final { .. }), "{status:?}");
    }

    // The history by links: newest first, in pages, to its end.
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = client.history(to, from, Some(25)).await.unwrap();
        assert!(page.entries.len() <= 25);
        found.extend(page.entries);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let amounts: Vec<Transaction> =
        found.iter().map(|entry| decode(&hex::decode(&entry.transaction.bytes.0).unwrap()).unwrap()).collect();
    assert!(amounts.iter().eq(payments.iter().rev()));
    assert!(
        found
            .iter()
            .all(|entry| entry.transaction.payer == Address::of(&alice.public()) && entry.receipt.failure.is_none())
    );
    let elsewhere = client.history(Address([6; 20]), Some(found[0].receipt.place), None).await.unwrap_err();
    assert!(elsewhere.to_string().contains("has no receipt"), "{elsewhere}");
    assert!(client.history(Address([6; 20]), None, None).await.unwrap().entries.is_empty());

    let home = net.dir.join(&net.net.validators[1].name);
    let (genesis, report) = (home.join("genesis.toml"), dir.path().join("report.json"));
    let url = net.net.validators[0].rpc_http.clone();
    let remote = baro(&["audit", "--rpc", &url, "--genesis", text(&genesis)]);
    let printed = String::from_utf8_lossy(&remote.stdout).into_owned();
    assert!(remote.status.success() && printed.contains("CLEAN"), "{printed}");
    let running = baro(&["audit", "--home", text(&home)]);
    assert_eq!(running.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&running.stderr).contains("--rpc"), "it says what to do instead");
    net.stop();

    let key = dir.path().join("auditor.key");
    assert!(baro(&["keys", "new", "--out", text(&key)]).status.success());
    let audited = baro(&["audit", "--home", text(&home), "--json", text(&report), "--sign-with", text(&key)]);
    let printed = String::from_utf8_lossy(&audited.stdout).into_owned();
    assert!(audited.status.success() && printed.contains("CLEAN") && printed.contains("signed by"), "{printed}");
    assert!(baro(&["audit", "verify", text(&report)]).status.success());
    let altered = std::fs::read_to_string(&report).unwrap().replacen("\"blocks\": ", "\"blocks\": 1", 1);
    std::fs::write(&report, altered).unwrap();
    assert_eq!(baro(&["audit", "verify", text(&report)]).status.code(), Some(2));

    let json = baro(&["statement", &to.to_string(), "--home", text(&home), "--json"]);
    let statement: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let total: u128 = (0..60).map(|salt| 100 + salt).sum();
    assert_eq!(statement["lines"].as_array().unwrap().len(), 60);
    assert_eq!(statement["totals"][0]["closing"], total.to_string());
    let csv = baro(&["statement", &to.to_string(), "--home", text(&home), "--csv"]);
    assert_eq!(String::from_utf8(csv.stdout).unwrap().matches("\r\nmovement,").count(), 60);

    let height = found[found.len() - 1].receipt.place.height.to_string();
    let trial = baro(&["trial-balance", "--home", text(&home), "--height", &height, "--json"]);
    let trial: serde_json::Value = serde_json::from_slice(&trial.stdout).unwrap();
    assert_eq!(trial["height"].to_string(), height);
    assert_eq!(trial["assets"][0]["symbol"], "KRW");
    let beyond = baro(&["trial-balance", "--home", text(&home), "--height", "99999999"]);
    assert_eq!(beyond.status.code(), Some(1));
}
