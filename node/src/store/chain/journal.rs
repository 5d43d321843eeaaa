//! What consensus must remember until its view is past: its own records, in the order in which they were written, and
//! the proposals that it accepted.

use std::collections::VecDeque;
use std::path::Path;

use types::codec::{decode, encode};
use types::{Hash, View};

use super::volume::Volume;
use crate::store::StoreError;
use crate::store::database::table::Table;

/// Under which the marks stand.
pub(in crate::store) const MARKS_KEY: &[u8] = b"journal";

/// Numbers journal records and knows which still count. Those that do not may stay on disk until their volume is
/// dropped; they are not read again.
pub(in crate::store) struct Journal {
    /// Records and proposals of views below this one do not count.
    floor: View,
    /// The records that count, and possibly some between them that do not: number and view.
    live: VecDeque<(u64, View)>,
    next: u64,
}

impl Journal {
    /// Takes up numbering where the volume ends.
    pub(in crate::store) fn recover(volume: &Volume) -> Result<Self, StoreError> {
        let (floor, first) = decode_marks(volume.path(), volume.value(Table::Marks, MARKS_KEY)?.as_deref())?;
        let mut journal = Self { floor: View(floor), live: VecDeque::new(), next: first };
        for record in volume.entries(Table::Journal, &first.to_be_bytes()) {
            let (key, value) = record?;
            let damaged = || StoreError::corrupt(volume.path(), format!("journal record {} is missing", journal.next));
            if key != journal.next.to_be_bytes() {
                return Err(damaged());
            }
            let (view, _) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
            journal.live.push_back((journal.next, View(u64::from_be_bytes(*view))));
            journal.next += 1;
        }
        Ok(journal)
    }

    pub(in crate::store) fn append(&mut self, volume: &Volume, view: View, record: &[u8]) -> Result<(), StoreError> {
        let value = [&view.0.to_be_bytes(), record].concat();
        volume.put(Table::Journal, &self.next.to_be_bytes(), &value)?;
        self.live.push_back((self.next, view));
        self.next += 1;
        Ok(())
    }

    /// The records of views from the floor on, in the order in which they were written.
    pub(in crate::store) fn records(&self, volume: &Volume) -> Result<Vec<Vec<u8>>, StoreError> {
        let live = self.live.iter().filter(|(_, view)| *view >= self.floor);
        live.map(|(number, _)| Ok(self.stored(volume, *number)?.split_off(8))).collect()
    }

    /// The proposals of views from the floor on, by view.
    pub(in crate::store) fn proposals(&self, volume: &Volume) -> Result<Vec<Vec<u8>>, StoreError> {
        let from = self.floor.0.to_be_bytes();
        volume.entries(Table::Proposals, &from).map(|entry| Ok(entry?.1)).collect()
    }

    /// Forgets the views below `floor`.
    pub(in crate::store) fn trim(&mut self, volume: &Volume, floor: View) -> Result<(), StoreError> {
        if floor <= self.floor {
            return Ok(());
        }
        self.floor = floor;
        while self.live.front().is_some_and(|(_, view)| *view < floor) {
            self.live.pop_front();
        }
        self.put_marks(volume)
    }

    /// Puts what still counts into the volume that follows `from`.
    pub(in crate::store) fn carry(&self, from: &Volume, to: &Volume) -> Result<(), StoreError> {
        self.put_marks(to)?;
        for (number, _) in &self.live {
            to.put(Table::Journal, &number.to_be_bytes(), &self.stored(from, *number)?)?;
        }
        for proposal in from.entries(Table::Proposals, &self.floor.0.to_be_bytes()) {
            let (key, value) = proposal?;
            to.put(Table::Proposals, &key, &value)?;
        }
        Ok(())
    }

    fn put_marks(&self, volume: &Volume) -> Result<(), StoreError> {
        let first = self.live.front().map_or(self.next, |(number, _)| *number);
        volume.put(Table::Marks, MARKS_KEY, &encode(&(self.floor.0, first)))
    }

    fn stored(&self, volume: &Volume, number: u64) -> Result<Vec<u8>, StoreError> {
        let value = volume.value(Table::Journal, &number.to_be_bytes())?.filter(|value| value.len() >= 8);
        value.ok_or_else(|| StoreError::corrupt(volume.path(), format!("journal record {number} is missing")))
    }
}

/// The first view and the first record that count.
fn decode_marks(path: &Path, marks: Option<&[u8]>) -> Result<(u64, u64), StoreError> {
    let damaged = |error| StoreError::corrupt(path, format!("the journal's marks: {error}"));
    marks.map_or(Ok((0, 0)), |bytes| decode(bytes).map_err(damaged))
}

/// Tells by table and key what need not be kept: records and proposals that do not count any more after these marks.
pub(in crate::store) fn counting(
    path: &Path,
    marks: Option<&[u8]>,
) -> Result<impl Fn(Table, &[u8]) -> bool + use<>, StoreError> {
    let (floor, first) = decode_marks(path, marks)?;
    Ok(move |table, key: &[u8]| match table {
        Table::Journal => key >= &first.to_be_bytes()[..],
        Table::Proposals => key >= &floor.to_be_bytes()[..],
        _ => true,
    })
}

/// The key of a proposal.
pub(in crate::store) fn proposal_key(view: View, hash: &Hash) -> Vec<u8> {
    [&view.0.to_be_bytes()[..], &hash.0].concat()
}
