//! The real thing: four processes, real links, real disks.

use std::time::Duration;

use crate::localnet::{Localnet, error_code, hex_of, in_a_minute, now, reaches, until};
use rpc::{BaroApiClient, HexBytes, TransactionStatus, code};
use types::{Address, AssetId, ChainTag, Deadline, Hash, SecretKey, Transaction, TransactionId};

fn is_final(status: &TransactionStatus) -> bool {
    matches!(status, TransactionStatus::Final { .. })
}

#[tokio::test]
async fn a_payment_is_final_and_bad_input_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let net = Localnet::start(&dir.path().join("net"), 21_000);
    let client = net.client(0);
    let (alice, nobody) = (net.key("alice"), SecretKey::from_seed([77; 32]));
    let to = Address([5; 20]);

    let payment = net.transfer(&alice, to, 4_500, 1, in_a_minute());
    let id = client.send(hex_of(&payment)).await.unwrap();
    assert_eq!(id, payment.payload.id(&net.net.genesis_hash));
    assert!(is_final(&client.wait(id, 10_000).await.unwrap()));
    for index in 0..4 {
        let client = net.client(index);
        let account = until(
            "the payment at each validator",
            async || client.account(to).await.ok(),
            |account: &rpc::AccountInfo| account.exists,
        )
        .await;
        assert_eq!(account.balances[0].amount.0, 4_500);
    }

    let send = async |bytes: Vec<u8>| error_code(client.send(HexBytes(hex::encode(bytes))).await);
    let good = hex::decode(hex_of(&net.transfer(&alice, to, 1, 2, in_a_minute())).0).unwrap();
    let signed = |transaction: Transaction| hex::decode(hex_of(&transaction).0).unwrap();

    assert_eq!(send(vec![7; 200_000]).await, code::MALFORMED, "oversized");
    assert_eq!(send(good[..good.len() - 1].to_vec()).await, code::MALFORMED, "truncated");
    assert_eq!(send([good.as_slice(), &[0]].concat()).await, code::MALFORMED, "trailing");
    assert_eq!(error_code(client.send(HexBytes("0xzz".to_owned())).await), code::MALFORMED, "not hexadecimal");

    let mut foreign = net.transfer(&alice, to, 1, 3, in_a_minute()).payload;
    foreign.chain = ChainTag([9; 8]);
    let foreign = Transaction::sign(foreign, &alice, &Hash([9; 32]));
    assert_eq!(send(signed(foreign)).await, code::WRONG_CHAIN);

    let others =
        Transaction::sign(net.transfer(&alice, to, 1, 4, in_a_minute()).payload, &nobody, &net.net.genesis_hash);
    assert_eq!(send(signed(others)).await, code::WRONG_KEY);

    let mut forged = good.clone();
    // The last byte says that there is no sponsor; before it the signature ends.
    let end_of_signature = forged.len() - 2;
    forged[end_of_signature] ^= 1;
    assert_eq!(send(forged).await, code::BAD_SIGNATURE);

    assert_eq!(send(signed(payment)).await, code::ALREADY_EXECUTED, "replayed");
    let late = net.transfer(&alice, to, 1, 5, Deadline(now().second() as u32 - 10));
    assert_eq!(send(signed(late)).await, code::EXPIRED);
    let far = net.transfer(&alice, to, 1, 6, Deadline::after(now(), 100_000));
    assert_eq!(send(signed(far)).await, code::DEADLINE_TOO_FAR);
    assert_eq!(send(signed(net.transfer(&nobody, to, 1, 7, in_a_minute()))).await, code::UNKNOWN_ACCOUNT);
    let overdraft = net.transfer(&alice, to, u128::MAX / 2, 8, in_a_minute());
    assert_eq!(send(signed(overdraft)).await, code::WOULD_FAIL);
    assert_eq!(error_code(client.block(Some(types::Height(1 << 40))).await), code::NO_SUCH_BLOCK);
    assert_eq!(error_code(client.supply(AssetId(99)).await), code::NO_SUCH_ASSET);

    for body in ["{", "[]", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"baro_nothing\"}", "\u{0}"] {
        let answer = post(&net.net.validators[0].rpc_http, body).await;
        assert!(answer.contains("error"), "{body:?} was answered with {answer:?}");
    }
    let long = post(&net.net.validators[0].rpc_http, &"x".repeat(6 << 20)).await;
    assert!(long.contains("413") || long.contains("error"), "{long}");

    // The node is unharmed.
    let payment = net.transfer(&alice, to, 1, 9, in_a_minute());
    let id = client.send(hex_of(&payment)).await.unwrap();
    assert!(is_final(&client.wait(id, 10_000).await.unwrap()));
    net.stop();
}

/// Sends one HTTP request as bytes; returns the answer, head included.
async fn post(url: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn killed_validators_lose_nothing_that_was_final() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("net");
    let mut net = Localnet::start(&home, 22_000);
    let alice = net.key("alice");
    let to = Address([6; 20]);
    let mut salt = 0;
    let mut finals: Vec<TransactionId> = Vec::new();

    // One validator is killed: payments go on; restarted, it catches up.
    net.kill(3);
    for _ in 0..20 {
        salt += 1;
        finals.push(pay(&net, 0, &alice, to, salt).await);
    }
    net.restart(3);
    let height = net.client(0).status().await.unwrap().height.0;
    reaches(&net.client(3), height + 2).await;

    // Two are down: nothing becomes final, and it goes on by itself when one returns.
    net.kill(2);
    net.kill(3);
    let before = until("the chain to stop", async || stopped_at(&net).await, |_| true).await;
    let waiting = net.transfer(&alice, to, 1, 1_000, in_a_minute());
    let id = net.client(0).send(hex_of(&waiting)).await.unwrap();
    let status = net.client(0).wait(id, 2_000).await.unwrap();
    assert_eq!(status, TransactionStatus::Pending);
    assert_eq!(net.client(0).status().await.unwrap().height.0, before);
    net.restart(2);
    assert!(is_final(&net.client(0).wait(id, 30_000).await.unwrap()));
    finals.push(id);

    // All are killed while payments go on; every payment that was final still is, once, with the same root.
    for _ in 0..20 {
        salt += 1;
        finals.push(pay(&net, 0, &alice, to, salt).await);
    }
    let status = net.client(0).status().await.unwrap();
    (0..3).for_each(|index| net.kill(index));
    drop(net);
    let net = Localnet::start(&home, 22_000);
    let client = net.client(0);
    for id in &finals {
        assert!(is_final(&client.transaction(*id).await.unwrap()), "{id} was final before the crash");
    }
    let block = client.block(Some(status.height)).await.unwrap();
    assert_eq!((block.hash, block.state_root), (status.block, status.state_root));
    let account = client.account(to).await.unwrap();
    assert_eq!(account.balances[0].amount.0, finals.len() as u128, "each payment of 1 won counts once");
    let supply = client.supply(AssetId(0)).await.unwrap();
    assert_eq!(supply.supply, supply.held);
    net.stop();
}

/// Pays 1 won and waits until it is final.
async fn pay(net: &Localnet, index: usize, from: &SecretKey, to: Address, salt: u64) -> TransactionId {
    let client = net.client(index);
    let id = client.send(hex_of(&net.transfer(from, to, 1, salt, in_a_minute()))).await.unwrap();
    let status = client.wait(id, 30_000).await.unwrap();
    assert!(is_final(&status), "{status:?}");
    id
}

/// The height, once it has not moved for longer than a heartbeat.
async fn stopped_at(net: &Localnet) -> Option<u64> {
    let client = net.client(0);
    let before = client.status().await.ok()?.height.0;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    (client.status().await.ok()?.height.0 == before).then_some(before)
}
