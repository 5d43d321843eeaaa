//! Validators on hosts of their own, with delay, loss and partitions between them. Needs root, `ip` and `tc`; where the
//! machine lacks something, the tests say what and do nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::hosts::{Hosts, Weather};
use crate::localnet::{PATIENCE, hex_of, in_a_minute, transfer};
use rpc::{BaroApiClient, NodeStatus, ReceiptPlace, TransactionStatus};
use types::{Address, AssetId, Hash, Height, TransactionId};

/// The links of the short test.
const FAIR: Weather = Weather { delay_ms: 20, jitter_ms: 5, loss_percent: 1 };

/// The links of the long one.
const FOUL: Weather = Weather { delay_ms: 40, jitter_ms: 20, loss_percent: 5 };

/// Whoever was away has caught up within this time after the network healed.
const CATCH_UP: Duration = Duration::from_secs(20);

const PAYEE: Address = Address([5; 20]);

#[test]
fn partitions_lose_nothing_and_heal() {
    let Some(mut run) = Run::start(FAIR) else { return };
    for index in 0..4 {
        run.pay(index);
    }
    run.all_are_final(PATIENCE);

    // No side has a quorum: neither finalizes anything.
    run.hosts.partition(&[0, 1]);
    let stopped = run.stand_still(&[0, 1, 2, 3]);
    let waiting = [run.pay(0), run.pay(2)];
    for (index, id) in [0, 2].into_iter().zip(waiting) {
        assert_eq!(run.wait(index, id, 2_000), TransactionStatus::Pending, "final without a quorum");
    }
    assert_eq!(run.heights(), stopped, "finalized without a quorum");
    run.hosts.heal();
    run.all_are_final(PATIENCE);

    // Three have a quorum and go on, the fourth stands still.
    run.hosts.partition(&[3]);
    let alone = run.stand_still(&[3])[3];
    for index in [0, 1, 2, 0, 1, 2] {
        let id = run.pay(index);
        let status = run.wait(index, id, 10_000);
        assert!(matches!(status, TransactionStatus::Final { .. }), "{status:?}");
    }
    let waiting = run.pay(3);
    assert_eq!(run.wait(3, waiting, 1_000), TransactionStatus::Pending, "final at a validator that is cut off");
    assert_eq!(run.heights()[3], alone, "finalized alone");
    let missed = run.heights()[0];
    assert!(missed.0 > alone.0 + 3, "three of four did not go on");
    run.hosts.heal();
    let healed = Instant::now();
    run.reaches(3, missed, CATCH_UP);
    eprintln!("the lone validator caught up {} blocks in {:?}", missed.0 - alone.0, healed.elapsed());
    run.all_are_final(CATCH_UP);
    run.all_agree();
}

/// The long form: `cargo test --release -p node --test it namespaces -- --ignored --nocapture`.
#[test]
#[ignore = "takes some minutes"]
fn ten_partitions_in_foul_weather_lose_nothing() {
    let Some(mut run) = Run::start(FOUL) else { return };
    let sides: [&[usize]; 5] = [&[3], &[0, 1], &[0], &[1, 2], &[2]];
    for (round, side) in sides.iter().cycle().take(10).enumerate() {
        run.hosts.partition(side);
        for index in 0..4 {
            run.pay(index);
        }
        // Some time apart, which differs from round to round.
        std::thread::sleep(Duration::from_secs(2 + round as u64 % 5));
        run.hosts.heal();
        let healed = Instant::now();
        run.all_are_final(PATIENCE);
        eprintln!("round {round}: without {side:?}; all is final {:?} after it healed", healed.elapsed());
    }
    run.all_agree();
}

/// A network and what was paid on it.
struct Run {
    hosts: Hosts,
    /// Every payment that a validator took.
    acknowledged: Vec<TransactionId>,
}

impl Run {
    fn start(weather: Weather) -> Option<Run> {
        match Hosts::start(4, weather) {
            Ok(hosts) => {
                let run = Run { hosts, acknowledged: Vec::new() };
                (0..4).for_each(|index| run.reaches(index, Height(2), PATIENCE));
                Some(run)
            }
            Err(why) => {
                eprintln!("skipped: this machine does not let us make network namespaces: {why}");
                None
            }
        }
    }

    /// Hands a payment of 1 won to a validator, which takes it.
    fn pay(&mut self, index: usize) -> TransactionId {
        let salt = self.acknowledged.len() as u64;
        let payment = transfer(&self.hosts.chain, &self.hosts.payer, PAYEE, 1, salt, in_a_minute());
        let id = self.hosts.ask(index, async move |client| client.send(hex_of(&payment)).await).unwrap();
        self.acknowledged.push(id);
        id
    }

    fn wait(&self, index: usize, id: TransactionId, millis: u64) -> TransactionStatus {
        self.hosts.ask(index, async move |client| client.wait(id, millis).await).unwrap()
    }

    fn status(&self, index: usize) -> NodeStatus {
        self.hosts.ask(index, async |client| client.status().await).unwrap()
    }

    fn heights(&self) -> Vec<Height> {
        (0..self.hosts.count()).map(|index| self.status(index).height).collect()
    }

    fn reaches(&self, index: usize, height: Height, patience: Duration) {
        let status = async |client: &jsonrpsee::http_client::HttpClient| client.status().await.ok();
        self.hosts.until(index, "a height", patience, status, |status| status.height >= height);
    }

    /// Waits until these validators have finalized nothing for longer than a heartbeat and a timeout of consensus.
    fn stand_still(&self, indices: &[usize]) -> Vec<Height> {
        const QUIET: Duration = Duration::from_secs(3);
        let of = |heights: &[Height]| indices.iter().map(|&index| heights[index]).collect::<Vec<_>>();
        let start = Instant::now();
        let (mut heights, mut since) = (self.heights(), Instant::now());
        while since.elapsed() < QUIET {
            assert!(start.elapsed() < PATIENCE, "validators without a quorum go on");
            let now = self.heights();
            if of(&now) != of(&heights) {
                (heights, since) = (now, Instant::now());
            }
        }
        heights
    }

    /// Every payment that was ever taken is final at every validator, in one place.
    fn all_are_final(&self, patience: Duration) {
        let mut places: BTreeMap<TransactionId, ReceiptPlace> = BTreeMap::new();
        for index in 0..self.hosts.count() {
            for &id in &self.acknowledged {
                let ask = async |client: &jsonrpsee::http_client::HttpClient| client.transaction(id).await.ok();
                let status = self.hosts.until(index, "a payment", patience, ask, TransactionStatus::is_certain);
                let TransactionStatus::Final { receipt } = status else { panic!("{id} was lost: {status:?}") };
                assert_eq!(*places.entry(id).or_insert(receipt.place), receipt.place, "{id} is final twice");
            }
        }
    }

    /// Blocks and roots are equal, each payment counts once, and the books balance.
    fn all_agree(&self) {
        let height = self.heights().into_iter().min().unwrap();
        let mut seen: Option<(Hash, Hash)> = None;
        for index in 0..self.hosts.count() {
            let block = self.hosts.ask(index, async |client| client.block(Some(height)).await).unwrap();
            let got = (block.hash, block.state_root);
            assert_eq!(*seen.get_or_insert(got), got, "validator {index} has another block {height}");
            let account = self.hosts.ask(index, async |client| client.account(PAYEE).await).unwrap();
            assert_eq!(account.balances[0].amount.0, self.acknowledged.len() as u128, "each payment counts once");
            let supply = self.hosts.ask(index, async |client| client.supply(AssetId(0)).await).unwrap();
            assert_eq!(supply.supply, supply.held);
        }
    }
}
