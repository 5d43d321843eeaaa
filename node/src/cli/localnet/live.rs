//! The live line: height, payments a second, finality, and who is down.

use std::collections::VecDeque;
use std::io::{ErrorKind, IsTerminal, Write};
use std::time::{Duration, Instant};

use jsonrpsee::core::client::Subscription;
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use rpc::{BaroApiClient, BlockInfo};

use super::program;
use crate::cli::network::Validator;
use crate::cli::sending::submission::now;
use crate::localnet::Localnet;

/// What the figures are about.
const WINDOW: Duration = Duration::from_secs(1);

/// How long a validator whose process has ended may take to answer, in case somebody started it again by hand.
const GLANCE: Duration = Duration::from_millis(200);

/// Shows what happens until every validator is down or nobody reads any more.
pub(super) async fn show(localnet: &mut Localnet, json: bool) -> anyhow::Result<()> {
    let mut recent = Recent {
        height: Validator::at(&localnet.net().validators[0].rpc_http)?.status().await?.height.0,
        ..Recent::default()
    };
    let mut told: Vec<usize> = Vec::new();
    let mut following: Option<Following> = None;
    let mut every_second = tokio::time::interval(WINDOW);
    loop {
        if following.is_none() {
            following = follow(localnet).await;
        }
        let next = async {
            match &mut following {
                Some(following) => following.blocks.next().await.and_then(Result::ok),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            block = next => match block {
                Some(block) => recent.add(&block),
                // The validator is gone, or we were too slow: another subscription begins.
                None => following = None,
            },
            _ = every_second.tick() => {
                let down = down(localnet).await;
                told.retain(|index| down.contains(index));
                for index in down.iter().filter(|index| !told.contains(index)) {
                    tell_down(localnet, *index);
                }
                told.clone_from(&down);
                if down.len() == localnet.net().validators.len() {
                    anyhow::bail!("all validators have ended");
                }
                let names: Vec<&str> = down.iter().map(|index| localnet.net().validators[*index].name.as_str()).collect();
                match show_line(&recent, &names, json) {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                    shown => shown?,
                }
            }
        }
    }
}

/// Blocks of the last second: when each arrived, how many payments it had, how long after its proposal it was final.
#[derive(Default)]
struct Recent {
    blocks: VecDeque<(Instant, usize, u64)>,
    height: u64,
}

impl Recent {
    fn add(&mut self, block: &BlockInfo) {
        self.height = block.height.0;
        self.blocks.push_back((Instant::now(), block.transactions.len(), now().millis_since(block.timestamp)));
        while self.blocks.front().is_some_and(|(at, ..)| at.elapsed() > WINDOW) {
            self.blocks.pop_front();
        }
    }

    fn fresh(&self) -> impl Iterator<Item = &(Instant, usize, u64)> {
        self.blocks.iter().filter(|(at, ..)| at.elapsed() <= WINDOW)
    }

    fn payments(&self) -> usize {
        self.fresh().map(|(_, payments, _)| payments).sum()
    }

    /// The median time from proposal to finality, in milliseconds.
    fn finality_millis(&self) -> Option<u64> {
        let mut ages: Vec<u64> = self.fresh().map(|(.., age)| *age).collect();
        ages.sort_unstable();
        ages.get(ages.len() / 2).copied()
    }
}

/// A subscription with the connection that it needs.
struct Following {
    blocks: Subscription<BlockInfo>,
    _client: WsClient,
}

/// Follows the blocks of the first validator that answers.
async fn follow(localnet: &Localnet) -> Option<Following> {
    for validator in &localnet.net().validators {
        if let Ok(client) = WsClientBuilder::default().build(&validator.rpc_ws).await
            && let Ok(blocks) = client.subscribe_blocks().await
        {
            return Some(Following { blocks, _client: client });
        }
    }
    None
}

/// The validators whose processes have ended, but for those that somebody started again by hand.
async fn down(localnet: &mut Localnet) -> Vec<usize> {
    let mut down = Vec::new();
    for index in localnet.dead() {
        let answers = match Validator::at(&localnet.net().validators[index].rpc_http) {
            Ok(validator) => tokio::time::timeout(GLANCE, validator.status()).await.is_ok_and(|status| status.is_ok()),
            Err(_) => false,
        };
        if !answers {
            down.push(index);
        }
    }
    down
}

fn show_line(recent: &Recent, down: &[&str], json: bool) -> std::io::Result<()> {
    let (height, payments, finality) = (recent.height, recent.payments(), recent.finality_millis());
    let mut out = std::io::stdout().lock();
    if json {
        let value = serde_json::json!({
            "height": height, "payments_per_second": payments, "finality_ms": finality, "down": down,
        });
        return writeln!(out, "{value}");
    }
    let finality = finality.map_or_else(|| "-".to_owned(), |millis| format!("{millis} ms"));
    let down = if down.is_empty() { String::new() } else { format!("   down: {}", down.join(", ")) };
    let line = format!("height {height}   {payments} payments/s   finality {finality}{down}");
    if out.is_terminal() {
        write!(out, "\r{line:<70}")?;
        out.flush()
    } else {
        writeln!(out, "{line}")
    }
}

fn tell_down(localnet: &Localnet, index: usize) {
    let name = &localnet.net().validators[index].name;
    let home = localnet.home(index);
    eprintln!("\n{name} has ended. Its last words:\n{}", localnet.log_tail(index));
    eprintln!("start it again with: {} node --home {}", program(), home.display());
}

#[cfg(test)]
mod tests {
    use types::{BatchDigest, Epoch, Hash, Height, Timestamp, TransactionId, ValidatorIndex, View};

    use super::*;

    fn block(height: u64, payments: usize, timestamp: Timestamp) -> BlockInfo {
        let executed = |_| rpc::ExecutedInfo { id: TransactionId([0; 32]), failed: None };
        BlockInfo {
            height: Height(height),
            hash: Hash::ZERO,
            parent: Hash::ZERO,
            view: View(height),
            epoch: Epoch(0),
            timestamp,
            proposer: ValidatorIndex(0),
            state_root: Hash::ZERO,
            receipts_root: Hash::ZERO,
            batches: vec![BatchDigest([0; 32])],
            transactions: (0..payments).map(executed).collect(),
        }
    }

    #[test]
    fn the_figures_are_about_the_last_second() {
        let mut recent = Recent::default();
        assert_eq!((recent.payments(), recent.finality_millis()), (0, None));
        recent.add(&block(7, 3, Timestamp(now().0 - 50)));
        recent.add(&block(8, 4, Timestamp(now().0 - 50)));
        assert_eq!((recent.height, recent.payments()), (8, 7));
        assert!(recent.finality_millis().is_some_and(|millis| millis >= 50));
        for (at, ..) in &mut recent.blocks {
            *at -= 2 * WINDOW;
        }
        assert_eq!((recent.height, recent.payments(), recent.finality_millis()), (8, 0, None));
    }
}
