//! A look at sled's log before sled reads it.
//!
//! sled 0.34 takes a message that its checksum refuses for the end of a segment that is being reused, and goes on with
//! the next one. If a page is lost that way, it panics when it opens. So the log is read here first, by the same rules,
//! and a lost page is an error that names the file.
//!
//! ```text
//! segment   crc32 | first lsn i64 | stable lsn i64 | messages                each xored; 512 KiB
//! message   crc32 | kind u8 | length | segment number | page | body         numbers of variable length
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::store::StoreError;

const SEGMENT_HEADER: usize = 20;
const LONGEST_MESSAGE_HEADER: usize = 32;
const LSN_MASK: u64 = 0x7fff_ffff_ffff_ffff;

/// What a message does to its page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Defines,
    Extends,
    Nothing,
    EndsSegment,
}

struct Message {
    effect: Effect,
    page: u64,
    length: usize,
}

struct Log<'a> {
    file: File,
    path: &'a Path,
    segment_bytes: usize,
    /// Where each segment is, by its first lsn.
    segments: BTreeMap<u64, u64>,
    /// Everything below was on disk when some later segment was begun.
    stable: u64,
}

/// Refuses a log with a page that is used and was never defined.
pub(in crate::store) fn check(path: &Path, segment_bytes: usize) -> Result<(), StoreError> {
    let log = Log::open(path, segment_bytes)?;
    let end = log.end()?;
    // Whether the page is defined, by its number. sled numbers pages without gaps.
    let mut pages: Vec<bool> = Vec::new();
    for (&lsn, &offset) in &log.segments {
        log.messages(lsn, offset, |at, message| {
            if at > end {
                return;
            }
            let page = message.page as usize;
            match message.effect {
                Effect::Defines => {
                    if pages.len() <= page {
                        pages.resize(page + 1, false);
                    }
                    pages[page] = true;
                }
                // sled drops an extension of the newest page that has no definition, and makes room for others.
                Effect::Extends if pages.len() < page => pages.resize(page, false),
                Effect::Extends | Effect::Nothing | Effect::EndsSegment => {}
            }
        })?;
    }
    match pages.iter().position(|defined| !defined) {
        Some(lost) => Err(StoreError::corrupt(path, format!("page {lost} is lost"))),
        None => Ok(()),
    }
}

impl<'a> Log<'a> {
    fn open(path: &'a Path, segment_bytes: usize) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io("open", path))?;
        let length = file.metadata().map_err(StoreError::io("read", path))?.len();
        let mut log = Self { file, path, segment_bytes, segments: BTreeMap::new(), stable: 0 };
        let mut offset = 0;
        while offset + SEGMENT_HEADER as u64 <= length {
            if let Some((lsn, stable)) = segment_header(&log.read(offset, SEGMENT_HEADER)?) {
                log.stable = log.stable.max(stable);
                if log.segments.insert(lsn, offset).is_some() {
                    return Err(StoreError::corrupt(path, format!("two segments begin at {lsn}")));
                }
            }
            offset += segment_bytes as u64;
        }
        Ok(log)
    }

    /// The lsn of the last byte that counts: of what was not known to be stable, sled takes what is without a gap.
    fn end(&self) -> Result<u64, StoreError> {
        let segment = self.segment_bytes as u64;
        let mut next = self.stable / segment * segment;
        let mut end = next;
        while let Some(&offset) = self.segments.get(&next) {
            let stop = self.messages(next, offset, |_, _| {})?;
            end = stop.at;
            if !stop.is_whole {
                break;
            }
            next += segment;
        }
        Ok(end)
    }

    /// Visits the messages of a segment up to its end or to one that is damaged, each with its lsn.
    fn messages(&self, lsn: u64, offset: u64, mut visit: impl FnMut(u64, &Message)) -> Result<Stop, StoreError> {
        let segment = self.read(offset, self.segment_bytes)?;
        let number = lsn / self.segment_bytes as u64;
        let mut at = SEGMENT_HEADER;
        while at + LONGEST_MESSAGE_HEADER <= self.segment_bytes {
            let Some(message) = segment.get(at..).and_then(|bytes| parse(bytes, number)) else {
                return Ok(Stop { at: lsn + at as u64, is_whole: false });
            };
            if message.effect == Effect::EndsSegment {
                break;
            }
            visit(lsn + at as u64, &message);
            at += message.length;
        }
        Ok(Stop { at: lsn + at as u64, is_whole: true })
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; length];
        let mut read = 0;
        while read < length {
            match self.file.read_at(&mut bytes[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) => return Err(StoreError::io("read", self.path)(error)),
            }
        }
        bytes.truncate(read);
        Ok(bytes)
    }
}

/// Where reading a segment stopped, and whether that was at its end.
struct Stop {
    at: u64,
    is_whole: bool,
}

/// The first lsn of a segment and the stable lsn when it was begun.
fn segment_header(bytes: &[u8]) -> Option<(u64, u64)> {
    let (crc, rest) = bytes.split_first_chunk::<4>()?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*crc) ^ u32::MAX {
        return None;
    }
    let (lsn, rest) = rest.split_first_chunk::<8>()?;
    let stable = i64::from_le_bytes(rest.try_into().ok()?) ^ LSN_MASK as i64;
    Some((u64::from_le_bytes(*lsn) ^ LSN_MASK, stable.max(0) as u64))
}

fn parse(bytes: &[u8], segment_number: u64) -> Option<Message> {
    let (crc, mut rest) = bytes.split_first_chunk::<4>()?;
    let kind = *rest.split_off_first()?;
    let length = usize::try_from(number(&mut rest)?).ok()?;
    let segment = number(&mut rest)?;
    let page = number(&mut rest)?;
    let header = &bytes[4..bytes.len() - rest.len()];
    let body = rest.get(..length)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(body);
    hasher.update(header);
    if hasher.finalize() ^ u32::MAX != u32::from_le_bytes(*crc) || segment != segment_number {
        return None;
    }
    let effect = match kind {
        2 => Effect::EndsSegment,
        1 | 3 => Effect::Nothing,
        4..=9 => Effect::Defines,
        10 | 11 => Effect::Extends,
        _ => return None,
    };
    Some(Message { effect, page, length: 4 + header.len() + length })
}

/// sled's integers of variable length.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let first = *bytes.split_off_first()?;
    match first {
        0..=240 => Some(first.into()),
        241..=248 => Some(240 + 256 * (u64::from(first) - 241) + u64::from(*bytes.split_off_first()?)),
        249 => {
            let high = *bytes.split_off_first()?;
            Some(2288 + 256 * u64::from(high) + u64::from(*bytes.split_off_first()?))
        }
        250.. => {
            let mut value = [0; 8];
            let length = usize::from(first) - 247;
            value[..length].copy_from_slice(bytes.split_off(..length)?);
            Some(u64::from_le_bytes(value))
        }
    }
}
