//! Programs on a real network: deployed, called, read from another validator, and known after a restart.

use std::process::{Command, Output, Stdio};

use crate::localnet::{BARO, Localnet, reaches, says, until};
use rpc::{AccountInfo, BaroApiClient, TransactionStatus};
use serde_json::Value;
use types::{Address, TransactionId};
use vm::program::assembler::assemble;
use vm::program::code_hash;

const SETTLEMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/programs/settlement.baro");

/// `baro program`, on this network.
fn program(net: &Localnet, args: &[&str]) -> Output {
    Command::new(BARO)
        .arg("program")
        .args(args)
        .arg("--net")
        .arg(net.dir.join("localnet.json"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What it prints as JSON.
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", says(output)))
}

/// The events in a receipt's JSON, as topics and values.
fn events(receipt: &Value) -> Vec<(&str, &str)> {
    let events = receipt["calls"][0]["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| (event["topic"]["text"].as_str().unwrap(), event["value"]["number"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_sale_is_split_held_and_settled_by_the_shipped_program() {
    let dir = tempfile::tempdir().unwrap();
    let mut net = Localnet::start(&dir.path().join("net"), 30_000);
    let (client, other) = (net.client(0), net.client(2));

    // 2.5 % of fee to Carol, 10 % of VAT to Bob; held for no time.
    let init = ["--init", "cafe", "carol", "bob", "KRW", "250", "1_000", "0"];
    let deploy = program(&net, &[&["deploy", "--from", "bank", "--json", SETTLEMENT], &init[..]].concat());
    assert!(deploy.status.success(), "{}", says(&deploy));
    let deploy = json(&deploy);
    assert_eq!(deploy["outcome"]["status"], "final");
    let at: Address = deploy["program"].as_str().unwrap().parse().unwrap();

    let found =
        until("the program at another validator", async || other.program(at).await.ok().flatten(), |_| true).await;
    let built = assemble(&std::fs::read_to_string(SETTLEMENT).unwrap()).unwrap().program.program().to_bytes();
    assert_eq!((found.code_hash, &found.code.0), (code_hash(&built), &hex::encode(&built)));
    assert_eq!(found.deployer, Address::of(&net.key("bank").public()));
    let names: Vec<&str> = found.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["init", "pay", "refund", "top_up", "settle"]);
    assert_eq!(client.program(Address([5; 20])).await.unwrap(), None);

    let address = at.to_string();
    let pay = |order: &str| {
        program(&net, &["call", "--from", "alice", "--json", &address, "pay", order, "--attach", "11_000"])
    };
    let paid = pay("17");
    assert!(paid.status.success(), "{}", says(&paid));
    let paid = json(&paid);
    assert_eq!(events(&paid["outcome"]["receipt"]), [("fee", "275"), ("vat", "1000")]);
    let id: TransactionId = paid["id"].as_str().unwrap().parse().unwrap();
    let TransactionStatus::Final { receipt } = other.wait(id, 10_000).await.unwrap() else { panic!("not final") };
    assert_eq!(receipt.calls[0].program, at);
    assert_eq!(receipt.calls[0].events[0].value.number.as_deref(), Some("275"));
    let cell = program(&net, &["cell", &address, "left[17]"]);
    assert_eq!(says(&cell), "11000\n");

    // The order was paid: the program refuses, and the receipt says so.
    let again = pay("17");
    assert_eq!(again.status.code(), Some(1));
    let again = json(&again);
    let failure = &again["outcome"]["receipt"]["failure"];
    assert_eq!((&again["outcome"]["status"], &failure["kind"]), (&"failed".into(), &"trapped".into()));
    assert_eq!((&failure["in_program"]["trap"], &failure["in_program"]["code"]), (&"failed".into(), &4.into()));
    assert!(failure["in_program"]["gas"].as_u64().unwrap() > 0 && failure["in_program"]["at"].as_u64().unwrap() > 0);

    // Nothing is sent that cannot succeed.
    let unknown = program(&net, &["call", "--from", "alice", &address, "buy", "17"]);
    assert!(!unknown.status.success() && says(&unknown).contains("settle "), "{}", says(&unknown));
    let missing = program(&net, &["deploy", "--from", "bank", SETTLEMENT, "--init", "cafe"]);
    assert!(!missing.status.success() && says(&missing).contains("7 arguments"), "{}", says(&missing));

    let before = client.account(Address::of(&net.key("cafe").public())).await.unwrap();
    let settled = program(&net, &["call", "--from", "bob", &address, "settle"]);
    assert!(settled.status.success() && says(&settled).contains("merchant       9725"), "{}", says(&settled));
    let cafe = client.account(before.address).await.unwrap();
    assert_eq!(cafe.balances[0].amount.0, before.balances[0].amount.0 + 9_725);

    // A validator that was killed has the program and its cells from its disk.
    net.kill(3);
    net.restart(3);
    let height = client.status().await.unwrap().height.0;
    reaches(&net.client(3), height).await;
    let restarted = net.client(3);
    assert_eq!(restarted.program(at).await.unwrap(), Some(found));
    let key = types::Hash(vm::program::Word::text("gross").unwrap().0);
    assert_eq!(restarted.program_cell(at, key).await.unwrap().unwrap().value.number.as_deref(), Some("0"));
    let account: AccountInfo = restarted.account(at).await.unwrap();
    assert!(account.exists && account.balances.iter().all(|balance| balance.amount.0 == 0));
    net.stop();
}
