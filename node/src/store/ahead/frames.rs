//! Frames as they are read back: which of them the database may not have, and whether any is missing. See `ahead` for their form.

use std::fs;
use std::path::PathBuf;

use super::salt::Salt;
use crate::store::StoreError;
use crate::store::checksum::CHECKSUM_BYTES;
use crate::store::database::table::Table;

/// A frame begins at a multiple of so many bytes: writing one never rewrites a page of another.
pub(in crate::store) const FRAME_ALIGNMENT: usize = 4096;

const FIELDS: usize = 6;

/// Checksum and numbers of a frame.
pub(in crate::store) const HEADER_BYTES: usize = CHECKSUM_BYTES + FIELDS * 8;

/// The numbers of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Header {
    pub(in crate::store) generation: u64,
    pub(in crate::store) number: u64,
    pub(in crate::store) volume: u64,
    pub(in crate::store) settled: u64,
    pub(in crate::store) before: u64,
    /// Of the records, in bytes.
    pub(in crate::store) length: u64,
}

impl Header {
    pub(in crate::store) fn encoded(&self) -> [u8; FIELDS * 8] {
        let fields = [self.generation, self.number, self.volume, self.settled, self.before, self.length];
        let mut bytes = [0; FIELDS * 8];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_be_bytes());
        }
        bytes
    }

    fn decoded(bytes: &[u8; FIELDS * 8]) -> Self {
        let (fields, _) = bytes.as_chunks::<8>();
        let field = |place: usize| u64::from_be_bytes(fields[place]);
        let [generation, number, volume, settled, before, length] = std::array::from_fn(field);
        Self { generation, number, volume, settled, before, length }
    }
}

/// A frame that was read back whole.
pub(in crate::store) struct Frame {
    pub(in crate::store) header: Header,
    records: Vec<u8>,
}

impl Frame {
    /// The records, in the order in which they were put; none where one is not what was written.
    pub(in crate::store) fn records(&self) -> Option<Vec<Record<'_>>> {
        Record::decoded(&self.records)
    }
}

/// A record of a frame: what was put.
pub(in crate::store) struct Record<'a> {
    pub(in crate::store) table: Table,
    pub(in crate::store) key: &'a [u8],
    pub(in crate::store) value: &'a [u8],
}

impl<'a> Record<'a> {
    /// Appends the record to a frame; false if key or value is too long for one.
    pub(in crate::store) fn append_to(&self, frame: &mut Vec<u8>) -> bool {
        let Ok(key_length) = u16::try_from(self.key.len()) else { return false };
        let Ok(value_length) = u32::try_from(self.value.len()) else { return false };
        frame.push(self.table as u8);
        frame.extend_from_slice(&key_length.to_be_bytes());
        frame.extend_from_slice(&value_length.to_be_bytes());
        frame.extend_from_slice(self.key);
        frame.extend_from_slice(self.value);
        true
    }

    /// All records of a frame; none where one is not what was written.
    pub(in crate::store) fn decoded(mut bytes: &'a [u8]) -> Option<Vec<Self>> {
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let ([table], rest) = bytes.split_first_chunk::<1>()?;
            let (key_length, rest) = rest.split_first_chunk::<2>()?;
            let (value_length, rest) = rest.split_first_chunk::<4>()?;
            let (key, rest) = rest.split_at_checked(u16::from_be_bytes(*key_length) as usize)?;
            let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*value_length) as usize)?;
            records.push(Record { table: Table::from_number(*table)?, key, value });
            bytes = rest;
        }
        Some(records)
    }
}

/// What the files hold.
pub(in crate::store) struct Recovered {
    /// The newest frame, and where the next one would begin; none where there are no frames.
    pub(in crate::store) last: Option<(Header, u64)>,
    /// The frames that the database may not have, in their order.
    pub(in crate::store) frames: Vec<Frame>,
}

/// Reads both files. A frame at the end that a crash cut short was never reported as durable and is left out; any other one
/// that is missing is damage.
pub(in crate::store) fn recover(files: &[PathBuf; 2], salt: &Salt) -> Result<Recovered, StoreError> {
    let path = &files[0];
    let read = |file: &PathBuf| Ok(Run::of(&fs::read(file).map_err(StoreError::io("read", file))?, salt));
    let (mut older, mut newer) = (read(&files[0])?, read(&files[1])?);
    if older.generation() > newer.generation() {
        std::mem::swap(&mut older, &mut newer);
    }
    let Some(last) = newer.frames.last().map(|frame| frame.header) else {
        // Nothing but, perhaps, the very first frame cut short.
        return match newer.strays.max(older.strays) {
            None => Ok(Recovered { last: None, frames: Vec::new() }),
            Some(_) => Err(StoreError::corrupt(path, "the first frame of a file is damaged")),
        };
    };
    let is_later = |stray: &(u64, u64)| *stray > (last.generation, last.number);
    if newer.strays.iter().chain(&older.strays).any(is_later) {
        return Err(StoreError::corrupt(
            path,
            format!("frame {} of generation {} is damaged", last.number + 1, last.generation),
        ));
    }
    if last.settled + 2 < last.generation {
        return Err(StoreError::corrupt(path, format!("generation {} is not settled, and gone", last.settled + 1)));
    }
    let mut frames = Vec::new();
    if last.settled + 1 < last.generation {
        let is_whole = older.generation() == Some(last.generation - 1) && older.frames.len() as u64 == last.before;
        if !is_whole {
            return Err(StoreError::corrupt(path, format!("frames of generation {} are missing", last.generation - 1)));
        }
        frames.append(&mut older.frames);
    }
    if last.settled < last.generation {
        frames.append(&mut newer.frames);
    }
    Ok(Recovered { last: Some((last, newer.end)), frames })
}

/// One file: the frames of one generation, from its beginning up to the first place where none is.
struct Run {
    frames: Vec<Frame>,
    end: u64,
    /// The latest frame after that: of an older generation, or damage lies before it.
    strays: Option<(u64, u64)>,
}

impl Run {
    fn of(bytes: &[u8], salt: &Salt) -> Self {
        let mut run = Self { frames: Vec::new(), end: 0, strays: None };
        while let Some(frame) = frame_at(bytes, run.end as usize, salt) {
            let first = run.frames.first().map_or(frame.header.generation, |first| first.header.generation);
            if (frame.header.generation, frame.header.number) != (first, run.frames.len() as u64) {
                break;
            }
            run.end += (HEADER_BYTES + frame.records.len()).next_multiple_of(FRAME_ALIGNMENT) as u64;
            run.frames.push(frame);
        }
        let places = (run.end as usize..bytes.len()).step_by(FRAME_ALIGNMENT);
        let strays = places.filter_map(|place| frame_at(bytes, place, salt));
        run.strays = strays.map(|frame| (frame.header.generation, frame.header.number)).max();
        run
    }

    fn generation(&self) -> Option<u64> {
        self.frames.first().map(|frame| frame.header.generation)
    }
}

fn frame_at(bytes: &[u8], place: usize, salt: &Salt) -> Option<Frame> {
    let (check, rest) = bytes.get(place..)?.split_first_chunk::<CHECKSUM_BYTES>()?;
    let (header, records) = rest.split_first_chunk::<{ FIELDS * 8 }>()?;
    let header = Header::decoded(header);
    let length =
        usize::try_from(header.length).ok().filter(|length| header.generation > 0 && *length <= records.len())?;
    let is_whole = salt.checksum(&rest[..FIELDS * 8 + length]) == *check;
    is_whole.then(|| Frame { header, records: records[..length].to_vec() })
}
