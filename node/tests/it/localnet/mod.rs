//! A real local network for a test: `baro localnet` in a process of its own, each validator in another, on loopback.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use jsonrpsee::core::ClientError;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use rpc::BaroApiClient;
use rpc::net_file::NetFile;
use types::codec::{Bounded, Text, encode};
use types::{
    Address, Amount, AssetId, ChainTag, Deadline, Hash, Instruction, Payload, SecretKey, Timestamp, Transaction,
};

use crate::turn::Turn;

/// The program.
pub(crate) const BARO: &str = env!("CARGO_BIN_EXE_baro");

/// Everything that is waited for comes well within this time, or the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running network. Dropping it stops every process that it started, as its fields are ordered.
pub(crate) struct Localnet {
    restarted: Vec<Stopped>,
    _starter: Stopped,
    _turn: Turn,
    pub(crate) dir: PathBuf,
    pub(crate) net: NetFile,
}

impl Localnet {
    /// Starts a network, or the one in `dir` again.
    pub(crate) fn start(dir: &Path, base_port: u16) -> Localnet {
        let turn = Turn::take();
        let starter = Command::new(BARO)
            .args(["localnet", "--json", "--base-port", &base_port.to_string(), "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        // From here on, also if the network does not come up.
        let mut starter = Stopped(starter);
        let mut lines = BufReader::new(starter.0.stdout.take().unwrap()).lines();
        let ready = lines.next().expect("localnet ended before it was ready").unwrap();
        assert!(ready.starts_with('{'), "{ready}");
        // Its further lines are of no interest, but the pipe must not fill.
        std::thread::spawn(move || lines.for_each(drop));
        let file = std::fs::read_to_string(dir.join("localnet.json")).unwrap();
        let net = serde_json::from_str(&file).unwrap();
        Localnet { restarted: Vec::new(), _starter: starter, _turn: turn, dir: dir.to_owned(), net }
    }

    /// A client of one validator.
    pub(crate) fn client(&self, index: usize) -> HttpClient {
        HttpClientBuilder::default()
            .request_timeout(Duration::from_secs(10))
            .build(&self.net.validators[index].rpc_http)
            .unwrap()
    }

    /// `kill -9` of one validator.
    pub(crate) fn kill(&self, index: usize) {
        let status = Command::new("kill").args(["-9", &self.net.validators[index].pid.to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Starts a killed validator as a user would.
    pub(crate) fn restart(&mut self, index: usize) {
        let home = self.dir.join(&self.net.validators[index].name);
        let child = start_home(&home);
        self.net.validators[index].pid = child.id();
        self.restarted.push(Stopped(child));
    }

    /// The key of a funded test account.
    pub(crate) fn key(&self, name: &str) -> SecretKey {
        let account = self.net.accounts.iter().find(|account| account.name == name).unwrap();
        let path = Path::new(&account.key_file);
        let path = if path.is_absolute() { path.to_owned() } else { self.dir.join(path) };
        let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let seed: Hash = file["secret"].as_str().unwrap().parse().unwrap();
        SecretKey::from_seed(seed.0)
    }

    /// A signed transfer.
    pub(crate) fn transfer(
        &self,
        from: &SecretKey,
        to: Address,
        amount: u128,
        salt: u64,
        valid_until: Deadline,
    ) -> Transaction {
        transfer(&self.net.genesis_hash, from, to, amount, salt, valid_until)
    }

    /// Stops the network as Ctrl-C does, and waits for it.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

/// A process that is stopped when this is dropped, as Ctrl-C does, and waited for.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        terminate(&mut self.0);
    }
}

fn terminate(child: &mut Child) {
    if child.try_wait().is_ok_and(|status| status.is_some()) {
        return;
    }
    let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts the validator of a home as a user would.
pub(crate) fn start_home(home: &Path) -> Child {
    Command::new(BARO)
        .args(["node", "--home"])
        .arg(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a command of the program to its end, which must be a good one; returns what it printed.
pub(crate) fn baro(args: &[&str]) -> String {
    let output = Command::new(BARO).args(args).stdin(Stdio::null()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "baro {args:?}: {out}{err}");
    out.into_owned()
}

/// All that a command printed.
pub(crate) fn says(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The code of the error with which the node answered.
pub(crate) fn error_code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> i32 {
    match result {
        Err(ClientError::Call(error)) => error.code(),
        other => panic!("expected an error of the node, got {other:?}"),
    }
}

/// A signed transfer on a chain.
pub(crate) fn transfer(
    chain: &Hash,
    from: &SecretKey,
    to: Address,
    amount: u128,
    salt: u64,
    valid_until: Deadline,
) -> Transaction {
    let transfer = Instruction::Transfer {
        asset: AssetId(0),
        to,
        amount: Amount(amount),
        memo: Text::default(),
        reference: Text::default(),
    };
    let payload = Payload {
        chain: ChainTag::of(chain),
        payer: Address::of(&from.public()),
        valid_until,
        salt,
        instructions: Bounded::new(vec![transfer]).unwrap(),
    };
    Transaction::sign(payload, from, chain)
}

/// Civil time.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as u64)
}

/// A deadline one minute from now.
pub(crate) fn in_a_minute() -> Deadline {
    Deadline::after(now(), 60)
}

/// A transaction as it travels.
pub(crate) fn hex_of(transaction: &Transaction) -> rpc::HexBytes {
    rpc::HexBytes(hex::encode(encode(transaction)))
}

/// Asks again until `done` accepts the answer.
pub(crate) async fn until<T, F, Fut>(what: &str, mut ask: F, done: impl Fn(&T) -> bool) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await
            && done(&answer)
        {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "{what} did not happen within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until a validator's finalized height is at least `height`.
pub(crate) async fn reaches(client: &HttpClient, height: u64) -> rpc::NodeStatus {
    until("a height", async || client.status().await.ok(), |status| status.height.0 >= height).await
}
