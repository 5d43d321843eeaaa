//! What a validator counts, in the OpenMetrics text format.

mod costs;
mod stages;
mod threads;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use replica::{FinalizedBlock, SubmitError, Summary};
use types::TransactionId;

use crate::network::Network;
use crate::store::Store;
use costs::Costs;
use stages::StageTimes;

type Count = Counter<u64, AtomicU64>;

/// The registry with everything in it.
pub(crate) struct Metrics {
    registry: Registry,
    height: Gauge,
    view: Gauge,
    views_given_up: Count,
    view_timeout: Gauge,
    epoch: Gauge,
    seat: Gauge,
    silenced: Gauge,
    pending: Gauge,
    accounts: Gauge,
    blocks: Count,
    final_transactions: Count,
    failed_transactions: Count,
    admitted: Count,
    refused: Count,
    malformed_messages: Count,
    refused_peers: Count,
    evidence: Count,
    flush_seconds: Histogram,
    commits_per_flush: Histogram,
    block_transactions: Histogram,
    verified_together: Histogram,
    stages: StageTimes,
}

impl Metrics {
    pub(super) fn new(network: Network, store: Store) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("baro"),
            height: Gauge::default(),
            view: Gauge::default(),
            views_given_up: Count::default(),
            view_timeout: Gauge::default(),
            epoch: Gauge::default(),
            seat: Gauge::default(),
            silenced: Gauge::default(),
            pending: Gauge::default(),
            accounts: Gauge::default(),
            blocks: Count::default(),
            final_transactions: Count::default(),
            failed_transactions: Count::default(),
            admitted: Count::default(),
            refused: Count::default(),
            malformed_messages: Count::default(),
            refused_peers: Count::default(),
            evidence: Count::default(),
            flush_seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 14)),
            commits_per_flush: Histogram::new(exponential_buckets(1.0, 2.0, 6)),
            block_transactions: Histogram::new(exponential_buckets(1.0, 2.0, 18)),
            verified_together: Histogram::new(exponential_buckets(1.0, 2.0, 14)),
            stages: StageTimes::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("height", "Latest finalized height", metrics.height.clone());
        registry.register("view", "Consensus view", metrics.view.clone());
        registry.register(
            "given_up_views",
            "Views that this validator voted to give up",
            metrics.views_given_up.clone(),
        );
        registry.register(
            "view_timeout_milliseconds",
            "How long this validator waits for a view at present",
            metrics.view_timeout.clone(),
        );
        registry.register("epoch", "Epoch of the committee", metrics.epoch.clone());
        registry.register("seat", "1 for a validator of the epoch, 0 for a node that follows", metrics.seat.clone());
        registry.register(
            "silenced",
            "1 once it refuses to vote: its key signs elsewhere, or its home is old",
            metrics.silenced.clone(),
        );
        registry.register("pending_transactions", "Transactions that are not final", metrics.pending.clone());
        registry.register("accounts", "Accounts in the ledger", metrics.accounts.clone());
        registry.register("blocks", "Blocks finalized by this process", metrics.blocks.clone());
        registry.register("final_transactions", "Transactions with effect", metrics.final_transactions.clone());
        registry.register("failed_transactions", "Transactions without effect", metrics.failed_transactions.clone());
        registry.register("admitted_transactions", "Transactions admitted here", metrics.admitted.clone());
        registry.register("refused_transactions", "Transactions refused here", metrics.refused.clone());
        registry.register("malformed_messages", "Messages that did not decode", metrics.malformed_messages.clone());
        registry.register("refused_peers", "Peers that the committee does not name", metrics.refused_peers.clone());
        registry.register("evidence", "Pairs of contradicting votes", metrics.evidence.clone());
        registry.register("flush_seconds", "Time for a flush of the store", metrics.flush_seconds.clone());
        registry.register("commits_per_flush", "Commits that one flush covers", metrics.commits_per_flush.clone());
        registry.register("block_transactions", "Transactions in a final block", metrics.block_transactions.clone());
        registry.register(
            "transactions_verified_together",
            "Transactions whose signatures a thread verified at once",
            metrics.verified_together.clone(),
        );
        registry.register_collector(Box::new(Costs { stages: metrics.stages.clone(), network, store }));
        metrics
    }

    /// From now on counts what this thread's time is spent on.
    pub(super) fn measure_thread(&self) {
        self.stages.measure_thread();
    }

    pub(super) fn finalized(&self, block: &FinalizedBlock) {
        let failed = block.receipts.iter().filter(|receipt| receipt.failure().is_some()).count() as u64;
        self.blocks.inc();
        self.block_transactions.observe(block.receipts.len() as f64);
        self.failed_transactions.inc_by(failed);
        self.final_transactions.inc_by(block.receipts.len() as u64 - failed);
    }

    pub(super) fn submitted(&self, results: &[Result<TransactionId, SubmitError>]) {
        let admitted = results.iter().filter(|result| result.is_ok()).count() as u64;
        self.admitted.inc_by(admitted);
        self.refused.inc_by(results.len() as u64 - admitted);
    }

    pub(super) fn summary(&self, summary: &Summary, ledger: &vm::Ledger) {
        self.height.set(summary.tip.height.0.cast_signed());
        self.view.set(summary.view.0.cast_signed());
        self.views_given_up.inc_by(summary.views_given_up - self.views_given_up.get());
        self.view_timeout.set(summary.timeout_millis.cast_signed());
        self.epoch.set(summary.epoch.0.cast_signed());
        self.seat.set(i64::from(summary.has_seat));
        self.silenced.set(i64::from(summary.is_silenced));
        self.pending.set(summary.pending as i64);
        self.accounts.set(ledger.account_count() as i64);
    }

    pub(super) fn malformed_message(&self) {
        self.malformed_messages.inc();
    }

    pub(super) fn refused_peer(&self) {
        self.refused_peers.inc();
    }

    pub(super) fn evidence(&self) {
        self.evidence.inc();
    }

    pub(super) fn flushed(&self, time: Duration, commits: usize) {
        self.flush_seconds.observe(time.as_secs_f64());
        self.commits_per_flush.observe(commits as f64);
    }

    pub(super) fn verified(&self, transactions: usize) {
        self.verified_together.observe(transactions as f64);
    }

    /// Everything as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
