//! Old volumes go. What is to stay of them is put into the first one that stays, then the store begins later, durably,
//! and then their files are removed.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Store, Table};
use crate::store::chain::cut::{Cut, Search, TimeOf};
use crate::store::directory::numbered;
use crate::store::{BatchIndex, StoreError};
use types::Height;

/// What was pruned since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// How many volumes.
    pub volumes: u64,
    /// How many bytes their files had.
    pub bytes: u64,
}

impl Store {
    /// Where the store may begin so that `keep` of block time before the newest checkpoint stays, and everything that is
    /// needed from the oldest checkpoint on; none while no whole volume is older.
    pub fn cut(&self, keep: Duration, time_of: &TimeOf) -> Result<Option<Cut>, StoreError> {
        let checkpoints = {
            let _alone = self.0.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
            numbered(&self.0.directory.checkpoints())?
        };
        let heights = checkpoints.iter().map(|(height, _)| Height(*height));
        let (Some(oldest), Some(newest)) = (heights.clone().min(), heights.max()) else { return Ok(None) };
        let mut times = self.0.volume_times.lock().unwrap_or_else(PoisonError::into_inner);
        let volumes = &self.0.volumes;
        Search { volumes, beginning: self.beginning(), oldest, newest, keep, time_of, times: &mut times }.run()
    }

    /// Puts nodes of the accumulator over closed seconds into the first volume that stays: those that were complete with
    /// the leaf at `place`, which lies in a volume that goes, or what is needed of them. [`Store::prune`] makes them
    /// durable.
    pub fn put_kept_nodes(&self, cut: &Cut, place: u32, nodes: &[u8]) -> Result<(), StoreError> {
        self.refuse_if_broken()?;
        let (first, key) = (self.0.volumes.number(cut.first.number)?, place.to_be_bytes());
        if first.value(Table::Nodes, &key)?.as_deref() == Some(nodes) {
            return Ok(());
        }
        self.wrote(nodes.len(), first.put(Table::Nodes, &key, nodes))
    }

    /// Lets the store begin at a cut and removes the volumes before it. A crash in between leaves files that go when the
    /// store is opened.
    pub fn prune(&self, cut: &Cut) -> Result<Pruned, StoreError> {
        let dropped = self.begin_at(cut)?;
        self.remove_dropped(&dropped)
    }

    /// From when this returns, the volumes before the cut do not count, also after a crash. Returns their numbers.
    pub(in crate::store) fn begin_at(&self, cut: &Cut) -> Result<Vec<u64>, StoreError> {
        self.refuse_if_broken()?;
        self.noted(self.0.volumes.number(cut.first.number)?.flush())?;
        let mut writer = self.writer()?;
        self.noted(writer.begin_later(&self.0.volumes, cut))?;
        // First: whoever finds nothing in a volume learns that it was before the beginning.
        *self.0.beginning.write().unwrap_or_else(PoisonError::into_inner) = Some(cut.beginning);
        self.change_index(|index: &mut BatchIndex| index.drop_before(cut.first.first_sequence));
        let (dropped, open) = self.0.volumes.forget_before(cut.first.number, cut.beginning.height.next());
        // In this order: who writes must not wait for a volume to close.
        drop(writer);
        drop(open);
        Ok(dropped)
    }

    pub(in crate::store) fn remove_dropped(&self, numbers: &[u64]) -> Result<Pruned, StoreError> {
        let pruned = Pruned { volumes: numbers.len() as u64, bytes: self.0.volumes.remove(numbers)? };
        self.0.pruned_volumes.fetch_add(pruned.volumes, Ordering::Relaxed);
        self.0.pruned_bytes.fetch_add(pruned.bytes, Ordering::Relaxed);
        Ok(pruned)
    }

    /// What was pruned since the store was opened.
    pub fn pruned(&self) -> Pruned {
        Pruned {
            volumes: self.0.pruned_volumes.load(Ordering::Relaxed),
            bytes: self.0.pruned_bytes.load(Ordering::Relaxed),
        }
    }
}
