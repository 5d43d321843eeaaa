//! Proofs from a real network, checked without it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::localnet::{BARO, Localnet, baro, error_code, hex_of, in_a_minute, now, reaches, says, until};
use rpc::{BaroApiClient, TransactionStatus, code};
use types::{Address, AssetId, Deadline, TransactionId};

/// `baro receipt verify`, with nothing but two files.
fn verify(file: &Path, genesis: &Path, more: &[&str]) -> Output {
    Command::new(BARO)
        .args(["receipt", "verify"])
        .arg(file)
        .arg("--genesis")
        .arg(genesis)
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Exports a proof through validator `index`.
fn export(net: &Localnet, index: usize, what: &[&str], to: &Path) {
    let rpc = net.net.validators[index].rpc_http.as_str();
    baro(&[&["receipt"], what, &["--rpc", rpc, "--out", to.to_str().unwrap()]].concat());
}

#[tokio::test]
async fn both_outcomes_and_a_balance_are_checked_without_the_network() {
    let dir = tempfile::tempdir().unwrap();
    let mut net = Localnet::start(&dir.path().join("net"), 27_000);
    let alice = net.key("alice");
    let to = Address([5; 20]);
    let file = |name: &str| dir.path().join(name);

    // A payment that is never handed in; others of the same second are, and of no second near it.
    let second = Deadline::after(now(), 4);
    let unsent = net.transfer(&alice, to, 9, 100, second).payload.id(&net.net.genesis_hash);
    let alone = Deadline::after(now(), 5);
    let unsent_alone = net.transfer(&alice, to, 9, 101, alone).payload.id(&net.net.genesis_hash);
    let client = net.client(0);
    let mut paid: Vec<TransactionId> = Vec::new();
    for (salt, valid_until) in [(1, second), (2, second), (3, in_a_minute()), (4, second)] {
        let id = client.send(hex_of(&net.transfer(&alice, to, 4_500, salt, valid_until))).await.unwrap();
        assert!(matches!(client.wait(id, 10_000).await.unwrap(), TransactionStatus::Final { .. }));
        paid.push(id);
    }
    assert_eq!(error_code(client.prove_outcome(unsent_alone).await), code::NOT_CERTAIN, "its deadline is ahead");
    assert_eq!(error_code(client.prove_balance(Address([77; 20]), AssetId(0)).await), code::NO_SUCH_ACCOUNT);
    assert_eq!(error_code(client.prove_balance(to, AssetId(99)).await), code::NO_SUCH_ASSET);
    export(&net, 1, &["export", &paid[2].to_string()], &file("paid.json"));
    export(&net, 0, &["balance", &to.to_string()], &file("balance.json"));

    let expired = |status: &TransactionStatus| matches!(status, TransactionStatus::Expired { .. });
    for id in [unsent, unsent_alone] {
        until("the deadline to pass", async || client.transaction(id).await.ok(), expired).await;
    }
    assert_eq!(error_code(client.prove_receipt(unsent).await), code::NEVER_EXECUTED);
    export(&net, 0, &["export", &unsent.to_string()], &file("unsent.json"));
    export(&net, 0, &["export", &unsent_alone.to_string()], &file("alone.json"));
    export(&net, 0, &["export", &paid[1].to_string()], &file("closed.json"));

    // A validator that was restarted proves the same from its disk.
    net.kill(3);
    net.restart(3);
    let height = client.status().await.unwrap().height.0;
    reaches(&net.client(3), height + 1).await;
    export(&net, 3, &["export", &unsent.to_string()], &file("restarted.json"));
    let genesis = net.dir.join(&net.net.validators[0].name).join("genesis.toml");
    std::fs::copy(&genesis, file("genesis.toml")).unwrap();
    net.stop();

    let genesis = file("genesis.toml");
    let expected = [
        ("paid.json", "was executed, and it took effect"),
        ("closed.json", "was executed, and it took effect"),
        ("balance.json", "held 18,000 KRW"),
        ("unsent.json", "was not executed, and never will be"),
        ("alone.json", "was not executed, and never will be"),
        ("restarted.json", "was not executed, and never will be"),
    ];
    for (name, words) in expected {
        let output = verify(&file(name), &genesis, &[]);
        assert!(output.status.success() && says(&output).contains(words), "{name}: {}", says(&output));
        let text = std::fs::read_to_string(file(name)).unwrap();
        std::fs::write(file("altered.json"), text.replacen("\"height\": ", "\"height\": 1", 1)).unwrap();
        let output = verify(&file("altered.json"), &genesis, &["--json"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", says(&output));
        assert!(says(&output).contains("\"valid\":false"), "{}", says(&output));
    }
    let json = verify(&file("unsent.json"), &genesis, &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["valid"], &json["proves"]["what"]), (&true.into(), &"not_executed".into()));
    assert_eq!(json["proves"]["id"], unsent.to_string());

    // The genesis file of another chain.
    let text = std::fs::read_to_string(&genesis).unwrap();
    std::fs::write(file("other.toml"), text.replacen("chain_id = \"", "chain_id = \"x", 1)).unwrap();
    let output = verify(&file("paid.json"), &file("other.toml"), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", says(&output));
}
