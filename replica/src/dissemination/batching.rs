//! Own batches: admitted transactions gather until a batch is due.
//!
//! A batch costs a message and a verification at each validator, and acknowledgements from each to each, however few
//! transactions it has. More than one a block would be wasted: so the next one leaves when a block includes the one before,
//! and is acknowledged while that block is voted for. An idle validator's first transaction leaves at once.

use std::sync::Arc;

use types::codec::{Blob, Bounded};
use types::{AuthorizedTransaction, Batch, MAX_BATCH_TRANSACTIONS, Moment};

use super::{Dissemination, LastBatch, batch_message, send};
use crate::weight;
use crate::{Effect, Now, Recipient, VerifiedBatch};

/// So many batches may leave one after the other while the one before is in no block; distant validators need some of them.
const BATCHES_IN_A_ROW: u32 = 8;

impl Dissemination {
    /// True when this validator should admit nothing more for now.
    pub(crate) fn is_full(&self) -> bool {
        let unordered = self.me.map_or(0, |me| self.unordered[me.position()]);
        unordered + self.waiting_bytes > self.limits.unordered_bytes
    }

    /// Takes an admitted transaction for the next batch.
    pub(crate) fn add(&mut self, transaction: AuthorizedTransaction, bytes: Vec<u8>) {
        *self.known.entry(transaction.id()).or_insert(0) += 1;
        self.own.insert(transaction.id());
        self.waiting_bytes += bytes.len();
        self.waiting_weight += weight_of(&transaction, &bytes);
        self.waiting.push((transaction, bytes));
    }

    /// Sends what waits, if it is due.
    pub(crate) fn send_due_batches(&mut self, now: Now, effects: &mut Vec<Effect>) {
        while self.has_full_batch() {
            self.send_batch(now, effects);
        }
        if !self.waiting.is_empty() && self.batch_due().is_none_or(|due| due <= now.moment) {
            self.send_batch(now, effects);
        }
    }

    fn has_full_batch(&self) -> bool {
        self.waiting_bytes >= self.limits.batch_bytes
            || self.waiting_weight >= self.limits.batch_weight
            || self.waiting.len() >= MAX_BATCH_TRANSACTIONS
    }

    /// When the next batch may leave though it is not full; at once if there is no such time.
    pub(super) fn batch_due(&self) -> Option<Moment> {
        self.last_on_its_way().map(|last| last.sent.plus_millis(last.patience_millis))
    }

    /// The latest own batch, while it is in no block that may become final.
    fn last_on_its_way(&self) -> Option<&LastBatch> {
        let is_in_no_block =
            |last: &&LastBatch| self.entries.get(&last.digest).is_some_and(|entry| entry.included == 0);
        self.last_batch.as_ref().filter(is_in_no_block)
    }

    fn send_batch(&mut self, now: Now, effects: &mut Vec<Effect>) {
        // Only a validator with a seat admits transactions.
        let Some(me) = self.me else { return self.waiting.clear() };
        let (mut bytes, mut weight) = (0, 0);
        let fits = |(transaction, encoded): &&(AuthorizedTransaction, Vec<u8>)| {
            bytes += encoded.len();
            weight += weight_of(transaction, encoded);
            bytes <= self.limits.batch_bytes && weight <= self.limits.batch_weight
        };
        // A transaction that is larger than a batch should be travels alone.
        let count = self.waiting.iter().take(MAX_BATCH_TRANSACTIONS).take_while(fits).count().max(1);
        let rest = self.waiting.split_off(count.min(self.waiting.len()));
        let taken = std::mem::replace(&mut self.waiting, rest);
        let taken_bytes: usize = taken.iter().map(|(_, encoded)| encoded.len()).sum();
        self.waiting_bytes -= taken_bytes;
        self.waiting_weight -=
            taken.iter().map(|(transaction, encoded)| weight_of(transaction, encoded)).sum::<usize>();

        let (transactions, blobs): (Vec<_>, Vec<_>) =
            taken.into_iter().map(|(transaction, encoded)| (transaction, Blob::new(encoded))).unzip();
        let blobs = blobs.into_iter().collect::<Result<Vec<_>, _>>().and_then(Bounded::new);
        let transactions_blob = blobs.expect("admission and the loop above keep to the bounds");
        let batch = Batch {
            epoch: self.committee.epoch,
            creator: me,
            number: self.next_number,
            transactions: transactions_blob,
        };
        self.next_number += 1;
        // `known` has counted these transactions when they were added.
        let batch = Arc::new(VerifiedBatch::of_own(&batch, transactions));
        // While nothing is ordered, batches must not pile up in front of each other.
        let in_a_row = self.last_on_its_way().map_or(0, |last| last.in_a_row + 1);
        let doublings = in_a_row.saturating_sub(BATCHES_IN_A_ROW).min(16);
        let patience_millis = (self.limits.batch_patience_millis << doublings).min(self.limits.retry_millis);
        self.last_batch = Some(LastBatch { sent: now.moment, digest: batch.digest(), in_a_row, patience_millis });
        effects.push(send(Recipient::All, batch_message(&batch)));
        self.insert(batch, now, effects);
    }
}

/// What an own transaction counts in its batch.
fn weight_of(transaction: &AuthorizedTransaction, encoded: &[u8]) -> usize {
    encoded.len() + weight::of_instructions(transaction.payload())
}
