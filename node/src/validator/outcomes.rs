//! What became of transactions: recent blocks in memory, and clients that wait for an outcome.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;
use replica::{FinalizedBlock, Replica};
use tokio::sync::oneshot;
use types::{Deadline, Hash, Timestamp, TransactionId};
use vm::{Receipt, ReceiptPointer};

/// Blocks whose receipts are answered from memory; older ones are read from disk.
const RECENT_BLOCKS: usize = 512;

/// Receipts that are kept in memory at most, but for those of the latest block.
const RECENT_RECEIPTS: usize = 50_000;

/// Transactions that clients wait for at most; a further client is answered with the status of the moment.
const MAX_WAITING: usize = 100_000;

/// Clients that wait for one transaction at most.
const MAX_WAITERS: usize = 64;

/// A receipt with its block.
#[derive(Debug, Clone)]
pub(crate) struct PlacedReceipt {
    /// Where it is.
    pub(crate) place: ReceiptPointer,
    /// The block's hash.
    pub(crate) block: Hash,
    /// The block's time.
    pub(crate) timestamp: Timestamp,
    /// The receipt.
    pub(crate) receipt: Receipt,
}

/// What a validator knows of a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// Executed; the receipt is at hand.
    Executed(Box<PlacedReceipt>),
    /// Executed; the receipt is on disk.
    Stored(ReceiptPointer),
    /// Admitted or in a batch.
    Pending,
    /// Its second is closed. Whether it was executed in it is on disk.
    Closed,
    /// Not seen, and its deadline has not passed.
    Unknown,
}

/// Recent blocks and waiting clients.
#[derive(Default)]
pub(super) struct Outcomes {
    recent: VecDeque<Arc<FinalizedBlock>>,
    recent_receipts: usize,
    waiting: HashMap<TransactionId, Vec<oneshot::Sender<()>>>,
    deadlines: BTreeMap<Deadline, Vec<TransactionId>>,
}

impl Outcomes {
    /// Remembers a block and wakes whoever waits for one of its transactions, or for time to pass a deadline.
    pub(super) fn finalized(&mut self, block: &Arc<FinalizedBlock>) {
        if !self.waiting.is_empty() {
            block.receipts.iter().for_each(|receipt| self.wake(&receipt.id));
        }
        let time = block.block.header.timestamp;
        while let Some(entry) = self.deadlines.first_entry()
            && entry.key().has_passed(time)
        {
            entry.remove().iter().for_each(|id| self.wake(id));
        }
        self.recent_receipts += block.receipts.len();
        self.recent.push_back(block.clone());
        while self.recent.len() > 1
            && (self.recent.len() > RECENT_BLOCKS || self.recent_receipts > RECENT_RECEIPTS)
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_receipts -= oldest.receipts.len();
        }
    }

    fn wake(&mut self, id: &TransactionId) {
        for waiter in self.waiting.remove(id).into_iter().flatten() {
            // A client that went away does not mind.
            let _ = waiter.send(());
        }
    }

    /// Tells `waiter` when the outcome of `id` becomes certain.
    pub(super) fn wait(&mut self, id: TransactionId, waiter: oneshot::Sender<()>) {
        if self.waiting.len() >= MAX_WAITING && !self.waiting.contains_key(&id) {
            return;
        }
        if !self.waiting.contains_key(&id) {
            self.deadlines.entry(id.deadline()).or_default().push(id);
        }
        let waiters = self.waiting.entry(id).or_default();
        if waiters.len() >= MAX_WAITERS {
            waiters.retain(|waiter| !waiter.is_closed());
        }
        if waiters.len() < MAX_WAITERS {
            waiters.push(waiter);
        }
    }

    /// What is known of `id` without reading the disk.
    pub(super) fn of(&self, replica: &Replica, id: &TransactionId) -> Outcome {
        if let Some(place) = replica.ledger().executed(id) {
            return self.recent_receipt(place).map_or(Outcome::Stored(place), Outcome::Executed);
        }
        if id.deadline().has_passed(replica.tip().timestamp) {
            return Outcome::Closed;
        }
        if replica.is_pending(id) { Outcome::Pending } else { Outcome::Unknown }
    }

    fn recent_receipt(&self, place: ReceiptPointer) -> Option<Box<PlacedReceipt>> {
        let block = self.recent_block(place.height)?;
        let receipt = block.receipts.get(place.index as usize)?.clone();
        let timestamp = block.block.header.timestamp;
        Some(Box::new(PlacedReceipt { place, block: block.hash, timestamp, receipt }))
    }

    /// A recent block.
    pub(super) fn recent_block(&self, height: types::Height) -> Option<&Arc<FinalizedBlock>> {
        let first = self.recent.front()?.block.header.height;
        let place = usize::try_from(height.0.checked_sub(first.0)?).ok()?;
        self.recent.get(place)
    }
}
