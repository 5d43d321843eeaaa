//! What writing must know: what comes next, and what the last blocks and the journal left open.

use types::codec::{decode, encode};
use types::{BatchDigest, Deadline, Epoch, Hash, Height, Timestamp, TransactionId, View};

use super::batches::batch_key;
use super::blocks::{self, BlockRecord, Entry, Places};
use super::cut::Cut;
use super::journal::{Journal, proposal_key};
use super::volume::Volume;
use super::volumes::{Span, Volumes};
use crate::store::BatchIndex;
use crate::store::StoreError;
use crate::store::database::table::Table;

/// Writes to the volumes of a store. There is one, under a lock; so the active volume does not change under it.
pub(in crate::store) struct Writer {
    pub(in crate::store) journal: Journal,
    pub(in crate::store) latest: Option<Height>,
    pub(in crate::store) beginning: Option<Beginning>,
    next_second: u32,
    next_place: u32,
}

const BEGINNING_KEY: &[u8] = b"beginning";

/// The last block that is not in the store, and nothing before it is: that of an adopted checkpoint, or the last one
/// that was pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub timestamp: Timestamp,
}

impl Writer {
    pub(in crate::store) fn recover(volumes: &Volumes) -> Result<Self, StoreError> {
        let active = volumes.active();
        let damaged = |_| StoreError::corrupt(active.path(), "the key of a second is damaged");
        let next_second = match active.last_key(Table::Ids)? {
            Some(key) => u32::from_be_bytes(key.try_into().map_err(damaged)?).saturating_add(1),
            None => volumes.active_span().first_second,
        };
        let damaged = |_| StoreError::corrupt(active.path(), "the key of a closed second is damaged");
        let next_place = match active.last_key(Table::Nodes)? {
            Some(key) => u32::from_be_bytes(key.try_into().map_err(damaged)?).saturating_add(1),
            None => volumes.active_span().first_place,
        };
        let beginning = active.value(Table::Marks, BEGINNING_KEY)?;
        let damaged = |_| StoreError::corrupt(active.path(), "the mark of the beginning is damaged");
        let beginning = beginning.map(|bytes| decode::<(u64, u64)>(&bytes).map_err(damaged)).transpose()?;
        let beginning = beginning.filter(|(height, _)| *height > 0);
        let beginning =
            beginning.map(|(height, time)| Beginning { height: Height(height), timestamp: Timestamp(time) });
        let latest = blocks::latest(volumes)?.max(beginning.map(|beginning| beginning.height));
        Ok(Self { journal: Journal::recover(&active)?, latest, beginning, next_second, next_place })
    }

    pub(in crate::store) fn put_batch(
        &mut self,
        volumes: &Volumes,
        sequence: u64,
        digest: &BatchDigest,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        volumes.active().put(Table::Batches, &batch_key(sequence, digest), bytes)
    }

    pub(in crate::store) fn put_proposal(
        &mut self,
        volumes: &Volumes,
        view: View,
        hash: &Hash,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        volumes.active().put(Table::Proposals, &proposal_key(view, hash), bytes)
    }

    /// The places of a block's batches, and what stands under its height already. Refuses a block that may not come now.
    pub(in crate::store) fn places(
        &self,
        volumes: &Volumes,
        index: &BatchIndex,
        height: Height,
        record: &BlockRecord,
    ) -> Result<(Places, Option<Entry>), StoreError> {
        if let Some(latest) = self.latest.filter(|latest| height > latest.next()) {
            return Err(StoreError::Gap { height, latest });
        }
        if let Some(beginning) = self.beginning.filter(|beginning| height <= beginning.height) {
            return Err(StoreError::NotKept { first: beginning.height.next() });
        }
        let is_again = self.latest.is_some_and(|latest| height <= latest);
        let before = if is_again { blocks::read_entry(volumes, height)? } else { None };
        let place = |digest: &BatchDigest| {
            let known = before.iter().flat_map(|entry| &entry.batches).find(|(_, known)| known == digest);
            let sequence = index.sequence(digest).or(known.map(|(sequence, _)| *sequence));
            sequence.map(|sequence| (sequence, *digest)).ok_or(StoreError::UnknownBatch { height, digest: *digest })
        };
        Ok((record.batches.iter().map(place).collect::<Result<_, _>>()?, before))
    }

    /// Puts a block. One that is there already is replaced; it keeps a certificate that it had.
    pub(in crate::store) fn put_block(
        &mut self,
        volumes: &Volumes,
        height: Height,
        receipts: &[u8],
        entry: Entry,
    ) -> Result<(), StoreError> {
        let key = height.0.to_be_bytes();
        let entry = entry.encoded().map_err(|error| StoreError::TooLong { height, what: error.to_string() })?;
        let is_old = height.0 < volumes.active_span().first_height;
        let volume = volumes.of_height(height.0)?;
        if is_old {
            // It may name batches that are not durable yet.
            volumes.active().flush()?;
        }
        volume.put(Table::Receipts, &key, receipts)?;
        // Last, because where it is, everything that belongs to the block is.
        volume.put(Table::Blocks, &key, &entry)?;
        if is_old {
            volume.flush()?;
        }
        self.latest = self.latest.max(Some(height));
        Ok(())
    }

    /// Puts pages of a second's ids, each under its last id.
    pub(in crate::store) fn put_id_pages(
        &mut self,
        volumes: &Volumes,
        second: Deadline,
        pages: &[(TransactionId, Vec<u8>)],
    ) -> Result<(), StoreError> {
        let volume = volumes.of_second(second.0)?;
        for (last, page) in pages {
            volume.put(Table::IdPages, &last.0, page)?;
        }
        // A volume that begins from here on begins after this second, so that the rest comes here too.
        self.next_second = self.next_second.max(second.0.saturating_add(1));
        if second.0 < volumes.active_span().first_second {
            // It has nothing ahead, and would gather all of the second.
            volume.flush()?;
        }
        Ok(())
    }

    /// Puts a second, after the pages of its ids.
    pub(in crate::store) fn put_ids(
        &mut self,
        volumes: &Volumes,
        second: Deadline,
        ids: &[u8],
    ) -> Result<(), StoreError> {
        let key = second.0.to_be_bytes();
        let volume = volumes.of_second(second.0)?;
        if second.0 < self.next_second && volume.value(Table::Ids, &key)?.as_deref() == Some(ids) {
            // Execution was repeated after a restart.
            return Ok(());
        }
        volume.put(Table::Ids, &key, ids)?;
        if second.0 < volumes.active_span().first_second {
            volume.flush()?;
        }
        self.next_second = self.next_second.max(second.0.saturating_add(1));
        Ok(())
    }

    pub(in crate::store) fn put_nodes(
        &mut self,
        volumes: &Volumes,
        place: u32,
        nodes: &[u8],
    ) -> Result<(), StoreError> {
        let key = place.to_be_bytes();
        let volume = volumes.of_place(place)?;
        if place < self.next_place && volume.value(Table::Nodes, &key)?.as_deref() == Some(nodes) {
            // Execution was repeated after a restart.
            return Ok(());
        }
        volume.put(Table::Nodes, &key, nodes)?;
        if place < volumes.active_span().first_place {
            volume.flush()?;
        }
        self.next_place = self.next_place.max(place.saturating_add(1));
        Ok(())
    }

    /// Lets the chain in the store begin after a block; without one, at genesis. Only while there are no blocks.
    pub(in crate::store) fn begin(
        &mut self,
        volumes: &Volumes,
        beginning: Option<Beginning>,
    ) -> Result<(), StoreError> {
        self.beginning = beginning;
        self.latest = beginning.map(|beginning| beginning.height);
        self.put_beginning(&volumes.active())
    }

    /// Lets the chain in the store begin later, and volumes that hold nothing of it be dropped, durably.
    pub(in crate::store) fn begin_later(&mut self, volumes: &Volumes, cut: &Cut) -> Result<(), StoreError> {
        let active = volumes.active();
        self.beginning = Some(cut.beginning);
        // Before the mark of the volumes: a crash in between leaves more than is needed.
        self.put_beginning(&active)?;
        volumes.put_first_kept(cut.first.number)?;
        active.flush()
    }

    fn put_beginning(&self, volume: &Volume) -> Result<(), StoreError> {
        let fields = self.beginning.map_or((0, 0), |beginning| (beginning.height.0, beginning.timestamp.0));
        volume.put(Table::Marks, BEGINNING_KEY, &encode(&fields))
    }

    pub(in crate::store) fn put_handover(
        &mut self,
        volumes: &Volumes,
        epoch: Epoch,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        volumes.active().put(Table::Handovers, &epoch.0.to_be_bytes(), bytes)
    }

    /// Begins a new volume.
    pub(in crate::store) fn rotate(&mut self, volumes: &Volumes, next_sequence: u64) -> Result<(), StoreError> {
        let full = volumes.active();
        let next = Span {
            number: volumes.active_span().number + 1,
            first_height: self.latest.map_or(0, |latest| latest.0 + 1),
            first_sequence: next_sequence,
            first_second: self.next_second,
            first_place: self.next_place,
        };
        volumes.rotate(next, |volume| {
            self.journal.carry(&full, volume)?;
            if self.beginning.is_some() {
                self.put_beginning(volume)?;
            }
            full.entries(Table::Handovers, &[]).try_for_each(|entry| {
                let (key, value) = entry?;
                volume.put(Table::Handovers, &key, &value)
            })
        })
    }
}
