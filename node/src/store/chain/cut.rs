//! Where a store may begin: which of its old volumes nothing needs any more.

use std::collections::BTreeMap;
use std::time::Duration;

use types::codec::CodecError;
use types::{Deadline, Height, Timestamp};

use super::blocks::{Entry, read_entry};
use super::volumes::{Span, Volumes};
use super::writer::Beginning;
use crate::store::StoreError;

/// Tells the time of an encoded block. The store itself does not look into the bytes.
pub type TimeOf = dyn Fn(&[u8]) -> Result<Timestamp, CodecError>;

/// A place where the store may begin. The volumes before it can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The first volume that stays.
    pub(in crate::store) first: Span,
    /// Nothing up to this block stays.
    pub(in crate::store) beginning: Beginning,
}

impl Cut {
    /// The first second whose ids stay.
    pub fn first_second(&self) -> Deadline {
        Deadline(self.first.first_second)
    }

    /// The place of the first closed second whose nodes stay.
    pub fn first_place(&self) -> u32 {
        self.first.first_place
    }
}

/// Looks for the latest cut that leaves everything that is still needed.
pub(in crate::store) struct Search<'s> {
    pub(in crate::store) volumes: &'s Volumes,
    /// Where the store begins now.
    pub(in crate::store) beginning: Option<Beginning>,
    /// The oldest checkpoint on disk: others may be fetching it, and then want the blocks after it.
    pub(in crate::store) oldest: Height,
    /// The newest checkpoint on disk: after a crash the ledger is made from it and from the blocks after it.
    pub(in crate::store) newest: Height,
    /// How much time before the newest checkpoint stays.
    pub(in crate::store) keep: Duration,
    pub(in crate::store) time_of: &'s TimeOf,
    /// The times of the first blocks of volumes that were looked at, by the volume's number: opening one takes a while.
    pub(in crate::store) times: &'s mut BTreeMap<u64, Timestamp>,
}

/// What a block that is older than the newest checkpoint must not pass.
struct Bounds {
    /// A block that goes is from before this time, as is the one after it.
    time: Timestamp,
    /// The oldest batch that was open at the newest checkpoint: from there on the batches are read after a crash.
    low_water: u64,
}

impl Search<'_> {
    pub(in crate::store) fn run(mut self) -> Result<Option<Cut>, StoreError> {
        let Some(newest) = read_entry(self.volumes, self.newest)? else { return Ok(None) };
        let keep = u64::try_from(self.keep.as_millis()).unwrap_or(u64::MAX);
        let Some(time) = self.time(self.newest, &newest)?.0.checked_sub(keep) else { return Ok(None) };
        let bounds = Bounds { time: Timestamp(time), low_water: newest.low_water };
        let first_block = self.beginning.map_or(Height(1), |beginning| beginning.height.next());
        let spans = self.volumes.spans();
        let candidates: Vec<Span> = spans
            .into_iter()
            .skip(1)
            .skip_while(|span| span.first_height <= first_block.0)
            .take_while(|span| span.first_height <= self.oldest.0 && span.first_sequence <= bounds.low_water)
            .collect();
        let old = self.count_old(&candidates, bounds.time)?;
        for span in candidates[..old].iter().rev() {
            if let Some(beginning) = self.beginning_with(span, &bounds)? {
                return Ok(Some(Cut { first: *span, beginning }));
            }
        }
        Ok(None)
    }

    /// How many of the volumes, from the first one on, begin with a block that is not younger than `time`.
    fn count_old(&mut self, spans: &[Span], time: Timestamp) -> Result<usize, StoreError> {
        // Mostly none: then the others are not opened.
        match spans.first() {
            Some(first) if self.first_time(first)? <= time => {}
            _ => return Ok(0),
        }
        let (mut old, mut end) = (1, spans.len());
        while old < end {
            let middle = old + (end - old) / 2;
            if self.first_time(&spans[middle])? <= time { old = middle + 1 } else { end = middle }
        }
        Ok(old)
    }

    fn first_time(&mut self, span: &Span) -> Result<Timestamp, StoreError> {
        if let Some(time) = self.times.get(&span.number) {
            return Ok(*time);
        }
        let height = Height(span.first_height);
        let time = self.time(height, &self.entry(height)?)?;
        self.times.insert(span.number, time);
        Ok(time)
    }

    /// The earliest block after which the store may begin with `first`, if there is one that is old enough.
    fn beginning_with(&self, first: &Span, bounds: &Bounds) -> Result<Option<Beginning>, StoreError> {
        let Some(mut last) = self.last_with_older_batches(first)? else { return Ok(None) };
        loop {
            if last >= self.oldest {
                return Ok(None);
            }
            let entry = self.entry(last)?;
            let timestamp = self.time(last, &entry)?;
            // What closed later must have its ids in what stays: that of an earlier second counts as not kept.
            let last_second = first.first_second.checked_sub(1).map(Deadline);
            if last_second.is_some_and(|second| !second.has_passed(timestamp)) {
                last = last.next();
                continue;
            }
            let next = last.next();
            let is_old = self.time(next, &self.entry(next)?)? <= bounds.time;
            // Otherwise a batch that it orders would be taken for an open one after a crash.
            let is_settled = entry.next_sequence <= bounds.low_water;
            return Ok((is_old && is_settled).then_some(Beginning { height: last, timestamp }));
        }
    }

    /// The last block that lies before `first`, or orders a batch that does; none if a later one still may.
    fn last_with_older_batches(&self, first: &Span) -> Result<Option<Height>, StoreError> {
        let mut height = Height(first.first_height);
        let mut last = Height(first.first_height.saturating_sub(1));
        while height <= self.oldest {
            let entry = self.entry(height)?;
            if entry.batches.iter().any(|(sequence, _)| *sequence < first.first_sequence) {
                last = height;
            }
            if entry.low_water >= first.first_sequence {
                return Ok(Some(last));
            }
            height = height.next();
        }
        Ok(None)
    }

    fn entry(&self, height: Height) -> Result<Entry, StoreError> {
        let entry = read_entry(self.volumes, height)?;
        entry.ok_or_else(|| StoreError::corrupt(self.volumes.path(), format!("block {height} is missing")))
    }

    fn time(&self, height: Height, entry: &Entry) -> Result<Timestamp, StoreError> {
        let damaged = |error| StoreError::corrupt(self.volumes.path(), format!("block {height}: {error}"));
        (self.time_of)(&entry.block).map_err(damaged)
    }
}
