//! The sequence of volumes: one that grows, and full ones that are only read.
//!
//! sled reads the whole log that was written since it was last opened, and holds a few hundred bytes in memory for each
//! of its pages for ever. Volumes of bounded size bound both.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use types::Height;
use types::codec::{Bounded, decode, encode};

use super::volume::Volume;
use crate::store::StoreError;
use crate::store::ahead::{self, Ahead};
use crate::store::database::table::Table;
use crate::store::directory::{numbered, remove_whole, size, sync_directory};

/// A volume whose log is this long gives way to a new one.
pub(in crate::store) const VOLUME_BYTES: u64 = 256 << 20;

const OPENING_KEY: &[u8] = b"volume";

/// In the active volume: the number of the first one that is kept, where older ones were dropped since it was begun.
const FIRST_KEPT_KEY: &[u8] = b"first kept";

pub(in crate::store) const MAX_VOLUMES: usize = 1 << 20;

/// Where a volume begins. It holds what follows, up to where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Span {
    pub(in crate::store) number: u64,
    pub(in crate::store) first_height: u64,
    pub(in crate::store) first_sequence: u64,
    pub(in crate::store) first_second: u32,
    pub(in crate::store) first_place: u32,
}

pub(in crate::store) type SpanFields = (u64, u64, u64, u32, u32);

impl Span {
    fn fields(&self) -> SpanFields {
        (self.number, self.first_height, self.first_sequence, self.first_second, self.first_place)
    }

    fn of((number, first_height, first_sequence, first_second, first_place): SpanFields) -> Self {
        Span { number, first_height, first_sequence, first_second, first_place }
    }
}

/// All volumes of a store.
pub(in crate::store) struct Volumes {
    path: PathBuf,
    limit: u64,
    state: RwLock<State>,
    older: Mutex<Older>,
}

struct State {
    active: Arc<Volume>,
    /// In order, from the first volume that is kept; the last is the active one's.
    spans: Vec<Span>,
    /// The first block that is kept, once volumes were dropped while the store was open.
    first_block: Height,
}

/// Full volumes that are open.
#[derive(Default)]
struct Older {
    /// The one read last stays open.
    recent: Option<(u64, Arc<Volume>)>,
    /// Those that some reader still holds: sled opens a database only once.
    held: Vec<(u64, Weak<Volume>)>,
}

impl Volumes {
    /// Opens the volumes in a directory; what is written ahead of the last one is in another.
    pub(in crate::store) fn open(path: &Path, ahead_path: &Path, limit: u64) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(StoreError::io("create", path))?;
        if let Some(parent) = path.parent() {
            sync_directory(parent)?;
        }
        let mut found = numbered(path)?;
        found.sort();
        let (number, active) = match found.last() {
            None => {
                let span = Span { number: 1, first_height: 0, first_sequence: 0, first_second: 0, first_place: 0 };
                (span.number, create(path, &[span], |_| Ok(()))?)
            }
            Some((number, last)) => (*number, Volume::open(last)?),
        };
        // A volume is overshot by what waits for its database: two files.
        let file_bytes = ahead::FILE_BYTES.min(limit / 4);
        active.attach(Ahead::open(ahead_path, number, file_bytes, |replay| active.replay(replay))?);
        // Which volumes are kept may have been put last.
        let spans = kept_spans(&active)?;
        let first = spans[0];
        let (dropped, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|(number, _)| *number < first.number);
        let numbers = found.iter().map(|(number, _)| *number);
        if !found.is_empty() && !numbers.eq(spans.iter().map(|span| span.number)) {
            let missing = spans.iter().find(|span| !found.iter().any(|(number, _)| *number == span.number));
            let what = missing
                .map_or_else(|| "unknown volumes".to_owned(), |span| format!("volume {} is missing", span.number));
            return Err(StoreError::corrupt(path, what));
        }
        // Their files were going when the process ended.
        dropped.iter().try_for_each(|(_, path)| remove_whole(path))?;
        let first_block = Height(first.first_height);
        let state = RwLock::new(State { active: Arc::new(active), spans, first_block });
        Ok(Self { path: path.to_owned(), limit, state, older: Mutex::default() })
    }

    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    /// The volume that takes what is new.
    pub(in crate::store) fn active(&self) -> Arc<Volume> {
        self.read(|state| state.active.clone())
    }

    /// The active volume's span.
    pub(in crate::store) fn active_span(&self) -> Span {
        self.read(|state| state.spans[state.spans.len() - 1])
    }

    /// The volume that holds a block.
    pub(in crate::store) fn of_height(&self, height: u64) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_height <= height)
    }

    /// The volume that holds a batch.
    pub(in crate::store) fn of_sequence(&self, sequence: u64) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_sequence <= sequence)
    }

    /// The volume that holds the ids of a second.
    pub(in crate::store) fn of_second(&self, second: u32) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_second <= second)
    }

    /// The volume that holds the nodes that were complete with a closed second.
    pub(in crate::store) fn of_place(&self, place: u32) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_place <= place)
    }

    /// The numbers of the volumes that may hold the ids of a second or a later one, in order.
    fn since_second(&self, second: u32) -> Vec<u64> {
        self.read(|state| {
            let first = state.spans.iter().rposition(|span| span.first_second <= second).unwrap_or(0);
            state.spans[first..].iter().map(|span| span.number).collect()
        })
    }

    /// The first entry of a table of seconds that is of `second` or a later one.
    pub(in crate::store) fn first_since(
        &self,
        table: Table,
        second: u32,
    ) -> Result<Option<(u32, Vec<u8>)>, StoreError> {
        for number in self.since_second(second) {
            let volume = self.number(number)?;
            if let Some((key, value)) = volume.first(table, &second.to_be_bytes())? {
                let damaged = |_| StoreError::corrupt(volume.path(), "the key of a second is damaged");
                return Ok(Some((u32::from_be_bytes(key.try_into().map_err(damaged)?), value)));
            }
        }
        Ok(None)
    }

    /// The volumes that may hold batches from a sequence on, and what was said about them later.
    pub(in crate::store) fn since_sequence(&self, sequence: u64) -> Result<Vec<Arc<Volume>>, StoreError> {
        let numbers: Vec<u64> = self.read(|state| {
            let first = state.spans.iter().rposition(|span| span.first_sequence <= sequence).unwrap_or(0);
            state.spans[first..].iter().map(|span| span.number).collect()
        });
        numbers.into_iter().map(|number| self.number(number)).collect()
    }

    /// What is kept of before the first kept volume began is in that one.
    fn of(&self, begins_before: impl Fn(&Span) -> bool) -> Result<Arc<Volume>, StoreError> {
        let number = self.read(|state| {
            let span = state.spans.iter().rfind(|span| begins_before(span));
            span.unwrap_or(&state.spans[0]).number
        });
        self.number(number)
    }

    /// Where each volume that is kept begins, in order; the last is the active one.
    pub(in crate::store) fn spans(&self) -> Vec<Span> {
        self.read(|state| state.spans.clone())
    }

    /// A volume by its number. One that was dropped is not opened again.
    pub(in crate::store) fn number(&self, number: u64) -> Result<Arc<Volume>, StoreError> {
        if let Some(active) = self.read(|state| {
            let is_active = state.spans.last().is_some_and(|span| span.number == number);
            is_active.then(|| state.active.clone())
        }) {
            return Ok(active);
        }
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        // Volumes are dropped under this lock: what is kept now is there until it is open.
        self.read(|state| match state.spans.binary_search_by_key(&number, |span| span.number) {
            Ok(_) => Ok(()),
            Err(_) => Err(StoreError::NotKept { first: state.first_block }),
        })?;
        if let Some((_, volume)) = older.recent.as_ref().filter(|(recent, _)| *recent == number) {
            return Ok(volume.clone());
        }
        older.held.retain(|(_, volume)| volume.strong_count() > 0);
        let held = older.held.iter().find(|(held, _)| *held == number).and_then(|(_, volume)| volume.upgrade());
        let volume = match held {
            Some(volume) => volume,
            None => {
                let volume = Arc::new(Volume::open(&directory_of(&self.path, number))?);
                older.held.push((number, Arc::downgrade(&volume)));
                volume
            }
        };
        older.recent = Some((number, volume.clone()));
        Ok(volume)
    }

    /// Whether the active volume has reached its size.
    pub(in crate::store) fn is_full(&self) -> Result<bool, StoreError> {
        Ok(self.active().length()? >= self.limit)
    }

    /// Begins a new volume at `next`, with what `carry` puts into it. A crash before the end leaves the old one in force.
    pub(in crate::store) fn rotate(
        &self,
        next: Span,
        carry: impl FnOnce(&Volume) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut spans = self.read(|state| state.spans.clone());
        spans.push(next);
        let ahead = self.active().detach(next.number)?;
        let settled = ahead.as_ref().map_or(0, Ahead::settled);
        let volume = create(&self.path, &spans, |volume| {
            carry(volume)?;
            volume.begins_after(settled)
        })?;
        let volume = Arc::new(volume);
        ahead.into_iter().for_each(|ahead| volume.attach(ahead));
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let full = std::mem::replace(&mut state.active, volume);
        let number = next.number - 1;
        older.held.push((number, Arc::downgrade(&full)));
        let closing = older.recent.replace((number, full));
        state.spans = spans;
        drop(state);
        drop(older);
        // Nobody waits for a volume to close.
        drop(closing);
        Ok(())
    }

    /// Notes in the active volume that those before `number` are dropped.
    pub(in crate::store) fn put_first_kept(&self, number: u64) -> Result<(), StoreError> {
        self.active().put(Table::Marks, FIRST_KEPT_KEY, &encode(&number))
    }

    /// Drops the volumes before `number`, which must be noted. Nobody opens them any more; who holds one goes on reading
    /// it. Returns their numbers, and the one that was kept open: closing it takes a while.
    pub(in crate::store) fn forget_before(&self, number: u64, first_block: Height) -> (Vec<u64>, Option<Arc<Volume>>) {
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let place = state.spans.partition_point(|span| span.number < number);
        state.first_block = first_block;
        let open = older.recent.take_if(|(recent, _)| *recent < number);
        older.held.retain(|(held, _)| *held >= number);
        (state.spans.drain(..place).map(|span| span.number).collect(), open.map(|(_, volume)| volume))
    }

    /// Removes the files of volumes that were dropped, and returns how many bytes they had.
    pub(in crate::store) fn remove(&self, numbers: &[u64]) -> Result<u64, StoreError> {
        let mut bytes = 0;
        for number in numbers {
            let path = directory_of(&self.path, *number);
            bytes += size(&path)?;
            remove_whole(&path)?;
        }
        sync_directory(&self.path)?;
        Ok(bytes)
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn directory_of(path: &Path, number: u64) -> PathBuf {
    path.join(format!("{number:08}"))
}

fn create(
    path: &Path,
    spans: &[Span],
    carry: impl FnOnce(&Volume) -> Result<(), StoreError>,
) -> Result<Volume, StoreError> {
    let fields = Bounded::<SpanFields, MAX_VOLUMES>::new(spans.iter().map(Span::fields).collect());
    let fields = fields.map_err(|_| StoreError::corrupt(path, "there are too many volumes"))?;
    let number = spans.last().map_or(1, |span| span.number);
    let directory = directory_of(path, number);
    let volume = Volume::create(&directory)?;
    volume.put(Table::Opening, OPENING_KEY, &encode(&fields))?;
    carry(&volume)?;
    volume.finish(&directory)
}

/// The volumes that are kept, as the active one says: those of when it was begun, less those that were dropped since.
fn kept_spans(active: &Volume) -> Result<Vec<Span>, StoreError> {
    let damaged = || StoreError::corrupt(active.path(), "it does not say which volume it is");
    let bytes = active.value(Table::Opening, OPENING_KEY)?;
    let fields = bytes.and_then(|bytes| decode::<Bounded<SpanFields, MAX_VOLUMES>>(&bytes).ok()).ok_or_else(damaged)?;
    let first_kept = active.value(Table::Marks, FIRST_KEPT_KEY)?;
    let first_kept = first_kept.map(|bytes| decode::<u64>(&bytes)).transpose().map_err(|_| damaged())?;
    let spans = fields.iter().copied().map(Span::of);
    let kept: Vec<Span> = spans.filter(|span| first_kept.is_none_or(|first| span.number >= first)).collect();
    if kept.is_empty() { Err(damaged()) } else { Ok(kept) }
}
