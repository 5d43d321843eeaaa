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
    let mut reading = Reading::new(outcomes.len());
    for first in (1..=end.0).step_by(AT_ONCE as usize) {
        let heights = first..(first + AT_ONCE).min(end.0 + 1);
        let lists = try_join_all(validators.iter().map(|validator| blocks(validator, heights.clone()))).await?;
        reading.take(&lists);
    }
    let mut audit = reading.compare(outcomes);
    for validator in validators {
        for asset in validator.chain().await?.assets {
            let supply = validator.supply(asset.id).await?;
            audit.supply_conserved &= supply.supply == supply.held;
        }
    }
    Ok(audit)
}

/// The chains as they are read, from genesis on.
struct Reading {
    /// What is on the chain, and whether it failed.
    executed: HashMap<TransactionId, bool>,
    parent: Option<Hash>,
    audit: Audit,
}

impl Reading {
    fn new(expected: usize) -> Self {
        let audit = Audit { chains_agree: true, supply_conserved: true, ..Audit::default() };
        Self { executed: HashMap::with_capacity(expected), parent: None, audit }
    }

    /// Takes the next blocks: equally many of each validator.
    fn take(&mut self, chains: &[Vec<BlockInfo>]) {
        let Some((mine, others)) = chains.split_first() else { return };
        for (place, block) in mine.iter().enumerate() {
            let is_same = |other: &Vec<BlockInfo>| {
                let other = other.get(place).map(|other| (other.hash, other.state_root));
                other == Some((block.hash, block.state_root))
            };
            let follows = self.parent.is_none_or(|parent| parent == block.parent);
            self.audit.chains_agree &= others.iter().all(is_same) && follows;
            self.parent = Some(block.hash);
            self.audit.blocks += 1;
            for transaction in &block.transactions {
                self.audit.transactions += 1;
                let before = self.executed.insert(transaction.id, transaction.failed.is_some());
                self.audit.twice += u64::from(before.is_some());
            }
        }
    }

    /// Compares what is on the chain with what clients were told.
    fn compare(self, outcomes: &[(TransactionId, Outcome)]) -> Audit {
        let Self { executed, mut audit, .. } = self;
        for (id, outcome) in outcomes {
            match (outcome, executed.get(id)) {
                (Outcome::Final, Some(false)) | (Outcome::Failed, Some(true)) => {}
                (Outcome::Final | Outcome::Failed, _) => audit.missing += 1,
                (Outcome::Expired | Outcome::Rejected, None) => {}
                (Outcome::Expired | Outcome::Rejected, Some(_)) => audit.unexpected += 1,
                (Outcome::Lost, _) => audit.unknown += 1,
            }
        }
        audit
    }
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

#[cfg(test)]
mod tests {
    use rpc::ExecutedInfo;
    use types::{Epoch, Timestamp, ValidatorIndex, View};

    use super::*;

    fn id(number: u8) -> TransactionId {
        TransactionId([number; 32])
    }

    /// Ten blocks; block n executes transaction n, and the third one failed.
    fn chain() -> Vec<BlockInfo> {
        let block = |n: u8| BlockInfo {
            height: Height(n.into()),
            hash: Hash([n; 32]),
            parent: Hash([n - 1; 32]),
            view: View(n.into()),
            epoch: Epoch(0),
            timestamp: Timestamp(n.into()),
            proposer: ValidatorIndex(0),
            state_root: Hash([100 + n; 32]),
            receipts_root: Hash::ZERO,
            batches: Vec::new(),
            transactions: vec![ExecutedInfo { id: id(n), failed: (n == 3).then(|| "overdraft".to_owned()) }],
        };
        (1..=10).map(block).collect()
    }

    fn told() -> Vec<(TransactionId, Outcome)> {
        let outcome = |n: u8| if n == 3 { Outcome::Failed } else { Outcome::Final };
        (1..=10).map(|n| (id(n), outcome(n))).chain([(id(11), Outcome::Expired)]).collect()
    }

    fn audit_of(chains: &[Vec<BlockInfo>], told: &[(TransactionId, Outcome)]) -> Audit {
        let mut reading = Reading::new(told.len());
        for half in [0..5, 5..10] {
            let lists: Vec<Vec<BlockInfo>> = chains.iter().map(|chain| chain[half.clone()].to_vec()).collect();
            reading.take(&lists);
        }
        reading.compare(told)
    }

    #[test]
    fn a_sound_chain_is_sound() {
        let audit = audit_of(&[chain(), chain(), chain()], &told());
        assert!(audit.is_sound(), "{audit:?}");
        assert_eq!((audit.blocks, audit.transactions), (10, 10));
    }

    #[test]
    fn each_planted_fault_is_found() {
        let altered = |alter: fn(&mut Vec<BlockInfo>)| {
            let mut chain = chain();
            alter(&mut chain);
            chain
        };
        let on_all = |alter: fn(&mut Vec<BlockInfo>)| vec![altered(alter); 2];
        let lost = audit_of(&on_all(|chain| chain[6].transactions.clear()), &told());
        assert!((lost.missing, lost.is_sound()) == (1, false), "a payment that was told final is gone: {lost:?}");
        let failed = audit_of(&on_all(|chain| chain[1].transactions[0].failed = Some("frozen".to_owned())), &told());
        assert_eq!((failed.missing, failed.is_sound()), (1, false), "told final, and failed");
        let twice =
            audit_of(&on_all(|chain| chain[9].transactions.push(ExecutedInfo { id: id(1), failed: None })), &told());
        assert_eq!((twice.twice, twice.is_sound()), (1, false));
        let late = audit_of(&on_all(|chain| chain[9].transactions[0].id = id(11)), &told());
        assert_eq!((late.unexpected, late.missing, late.is_sound()), (1, 1, false), "told expired, and executed");
        let fork = [chain(), altered(|chain| chain[7].hash = Hash([99; 32]))];
        assert!(!audit_of(&fork, &told()).is_sound());
        let state = [chain(), altered(|chain| chain[7].state_root = Hash([99; 32]))];
        assert!(!audit_of(&state, &told()).is_sound());
        assert!(!audit_of(&on_all(|chain| chain[5].parent = Hash([99; 32])), &told()).is_sound());
        let unknown = [told(), vec![(id(12), Outcome::Lost)]].concat();
        assert!(!audit_of(&[chain(), chain()], &unknown).is_sound(), "nobody was told what became of it");
    }
}
