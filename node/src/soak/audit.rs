//! What clients were told against what is on the chain.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use benches::load::Outcome;
use futures::future::{join_all, try_join_all};
use hashbrown::HashMap;
use jsonrpsee::http_client::HttpClient;
use rpc::{BaroApiClient, BlockInfo};
use types::{Hash, Height, TransactionId};

/// All validators are up and at one height within this time after the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many blocks are asked for at once.
const AT_ONCE: u64 = 32;

/// What the audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Audit {
    /// The height up to which every validator's chain was read.
    pub blocks: u64,
    /// Transactions on it.
    pub transactions: u64,
    /// Transactions that are on it twice.
    pub twice: u64,
    /// Payments that a client was told are final, or have failed, and that are not so on the chain.
    pub missing: u64,
    /// Payments that a client was told have expired or were refused, and that are on the chain.
    pub unexpected: u64,
    /// Payments without a certain outcome for the client.
    pub unknown: u64,
    /// Whether every validator has the same blocks, with the same state roots.
    pub chains_agree: bool,
    /// Whether at every validator each asset's supply is the sum of all balances.
    pub supply_conserved: bool,
}

impl Audit {
    /// True if nothing is wrong.
    pub fn is_sound(&self) -> bool {
        let wrong = self.twice + self.missing + self.unexpected + self.unknown;
        wrong == 0 && self.chains_agree && self.supply_conserved
    }
}

/// Reads the whole chain of every validator and compares it with `outcomes`.
pub(super) async fn audit(validators: &[HttpClient], outcomes: &[(TransactionId, Outcome)]) -> anyhow::Result<Audit> {
    let end = common_height(validators).await?;
    let mut executed: HashMap<TransactionId, bool> = HashMap::with_capacity(outcomes.len());
    let mut audit = Audit { blocks: end.0, chains_agree: true, supply_conserved: true, ..Audit::default() };
    let mut parent: Option<Hash> = None;
    for first in (1..=end.0).step_by(AT_ONCE as usize) {
        let heights = first..(first + AT_ONCE).min(end.0 + 1);
        let lists = try_join_all(validators.iter().map(|validator| blocks(validator, heights.clone()))).await?;
        let (mine, others) = lists.split_first().context("a network has validators")?;
        for (place, block) in mine.iter().enumerate() {
            let same =
                |other: &Vec<BlockInfo>| (other[place].hash, other[place].state_root) == (block.hash, block.state_root);
            audit.chains_agree &= others.iter().all(same) && parent.is_none_or(|parent| parent == block.parent);
            parent = Some(block.hash);
            for transaction in &block.transactions {
                audit.transactions += 1;
                audit.twice += u64::from(executed.insert(transaction.id, transaction.failed.is_some()).is_some());
            }
        }
    }
    for (id, outcome) in outcomes {
        match (outcome, executed.get(id)) {
            (Outcome::Final, Some(false)) | (Outcome::Failed, Some(true)) => {}
            (Outcome::Final | Outcome::Failed, _) => audit.missing += 1,
            (Outcome::Expired | Outcome::Rejected, None) => {}
            (Outcome::Expired | Outcome::Rejected, Some(_)) => audit.unexpected += 1,
            (Outcome::Lost, _) => audit.unknown += 1,
        }
    }
    for validator in validators {
        for asset in validator.chain().await?.assets {
            let supply = validator.supply(asset.id).await?;
            audit.supply_conserved &= supply.supply == supply.held;
        }
    }
    Ok(audit)
}

/// The greatest height that any validator has now, once all have it.
async fn common_height(validators: &[HttpClient]) -> anyhow::Result<Height> {
    let start = Instant::now();
    let mut goal = None;
    loop {
        let heights: Vec<Option<Height>> =
            join_all(validators.iter().map(|validator| async { Some(validator.status().await.ok()?.height) })).await;
        if goal.is_none() && heights.iter().all(Option::is_some) {
            goal = heights.iter().copied().max().flatten();
        }
        if goal.is_some() && heights.iter().all(|height| *height >= goal) {
            return goal.context("a goal");
        }
        if start.elapsed() > PATIENCE {
            bail!("the validators did not all return to one height within {PATIENCE:?}: they are at {heights:?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn blocks(validator: &HttpClient, heights: std::ops::Range<u64>) -> anyhow::Result<Vec<BlockInfo>> {
    let count = heights.end - heights.start;
    let blocks = try_join_all(heights.map(|height| validator.block(Some(Height(height))))).await;
    let blocks = blocks.context("reading a block for the audit")?;
    ensure!(blocks.len() as u64 == count, "a block was passed over");
    Ok(blocks)
}
