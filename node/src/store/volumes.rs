//! The sequence of volumes: one that grows, and full ones that are only read.
//!
//! sled reads the whole log that was written since it was last opened, and holds a few hundred bytes in memory for each
//! of its pages for ever. Volumes of bounded size bound both.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use types::codec::{Bounded, decode, encode};

use super::ahead::{self, Ahead};
use super::directory::numbered;
use super::table::Table;
use super::volume::Volume;
use super::{StoreError, directory};

/// A volume whose log is this long gives way to a new one.
pub(super) const VOLUME_BYTES: u64 = 256 << 20;

const OPENING_KEY: &[u8] = b"volume";

pub(super) const MAX_VOLUMES: usize = 1 << 20;

/// Where a volume begins. It holds what follows, up to where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) number: u64,
    pub(super) first_height: u64,
    pub(super) first_sequence: u64,
    pub(super) first_second: u32,
    pub(super) first_place: u32,
}

pub(super) type SpanFields = (u64, u64, u64, u32, u32);

impl Span {
    fn fields(&self) -> SpanFields {
        (self.number, self.first_height, self.first_sequence, self.first_second, self.first_place)
    }

    fn of((number, first_height, first_sequence, first_second, first_place): SpanFields) -> Self {
        Span { number, first_height, first_sequence, first_second, first_place }
    }
}

/// All volumes of a store.
pub(super) struct Volumes {
    path: PathBuf,
    limit: u64,
    state: RwLock<State>,
    older: Mutex<Older>,
}

struct State {
    active: Arc<Volume>,
    /// In order; the last is the active one's.
    spans: Vec<Span>,
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
    pub(super) fn open(path: &Path, ahead_path: &Path, limit: u64) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(StoreError::io("create", path))?;
        if let Some(parent) = path.parent() {
            directory::sync_directory(parent)?;
        }
        let mut found = numbered(path)?;
        found.sort();
        let (active, spans) = match found.last() {
            None => {
                let span = Span { number: 1, first_height: 0, first_sequence: 0, first_second: 0, first_place: 0 };
                (create(path, &[span], |_| Ok(()))?, vec![span])
            }
            Some((_, last)) => {
                let active = Volume::open(last)?;
                let spans = spans_of(&active)?;
                (active, spans)
            }
        };
        let numbers = found.iter().map(|(number, _)| *number);
        if !found.is_empty() && !numbers.eq(spans.iter().map(|span| span.number)) {
            let missing = spans.iter().find(|span| !found.iter().any(|(number, _)| *number == span.number));
            let what = missing
                .map_or_else(|| "unknown volumes".to_owned(), |span| format!("volume {} is missing", span.number));
            return Err(StoreError::corrupt(path, what));
        }
        let number = spans.last().map_or(1, |span| span.number);
        // A volume is overshot by what waits for its database: two files.
        let file_bytes = ahead::FILE_BYTES.min(limit / 4);
        active.attach(Ahead::open(ahead_path, number, file_bytes, |replay| active.replay(replay))?);
        let state = RwLock::new(State { active: Arc::new(active), spans });
        Ok(Self { path: path.to_owned(), limit, state, older: Mutex::default() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The volume that takes what is new.
    pub(super) fn active(&self) -> Arc<Volume> {
        self.read(|state| state.active.clone())
    }

    /// The active volume's span.
    pub(super) fn active_span(&self) -> Span {
        self.read(|state| state.spans[state.spans.len() - 1])
    }

    /// The volume that holds a block.
    pub(super) fn of_height(&self, height: u64) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_height <= height)
    }

    /// The volume that holds a batch.
    pub(super) fn of_sequence(&self, sequence: u64) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_sequence <= sequence)
    }

    /// The volume that holds the ids of a second.
    pub(super) fn of_second(&self, second: u32) -> Result<Arc<Volume>, StoreError> {
        self.of(|span| span.first_second <= second)
    }

    /// The volume that holds the nodes that were complete with a closed second.
    pub(super) fn of_place(&self, place: u32) -> Result<Arc<Volume>, StoreError> {
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
    pub(super) fn first_since(&self, table: Table, second: u32) -> Result<Option<(u32, Vec<u8>)>, StoreError> {
        for number in self.since_second(second) {
            let volume = self.number(number)?;
            if let Some(entry) = volume.entries(table, &second.to_be_bytes()).next() {
                let (key, value) = entry?;
                let damaged = |_| StoreError::corrupt(volume.path(), "the key of a second is damaged");
                return Ok(Some((u32::from_be_bytes(key.try_into().map_err(damaged)?), value)));
            }
        }
        Ok(None)
    }

    /// The volumes that may hold batches from a sequence on, and what was said about them later.
    pub(super) fn since_sequence(&self, sequence: u64) -> Result<Vec<Arc<Volume>>, StoreError> {
        let numbers: Vec<u64> = self.read(|state| {
            let first = state.spans.iter().rposition(|span| span.first_sequence <= sequence).unwrap_or(0);
            state.spans[first..].iter().map(|span| span.number).collect()
        });
        numbers.into_iter().map(|number| self.number(number)).collect()
    }

    fn of(&self, begins_before: impl Fn(&Span) -> bool) -> Result<Arc<Volume>, StoreError> {
        // The first volume begins at zero everywhere, so there is one.
        let number =
            self.read(|state| state.spans.iter().rfind(|span| begins_before(span)).map_or(1, |span| span.number));
        self.number(number)
    }

    fn number(&self, number: u64) -> Result<Arc<Volume>, StoreError> {
        if let Some(active) = self.read(|state| {
            let is_active = state.spans.last().is_some_and(|span| span.number == number);
            is_active.then(|| state.active.clone())
        }) {
            return Ok(active);
        }
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
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
    pub(super) fn is_full(&self) -> Result<bool, StoreError> {
        Ok(self.active().length()? >= self.limit)
    }

    /// Begins a new volume at `next`, with what `carry` puts into it. A crash before the end leaves the old one in force.
    pub(super) fn rotate(
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
        older.recent = Some((number, full));
        state.spans = spans;
        Ok(())
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

fn spans_of(volume: &Volume) -> Result<Vec<Span>, StoreError> {
    let bytes = volume.value(Table::Opening, OPENING_KEY)?;
    let fields = bytes.and_then(|bytes| decode::<Bounded<SpanFields, MAX_VOLUMES>>(&bytes).ok());
    let fields = fields.filter(|fields| !fields.is_empty());
    let fields = fields.ok_or_else(|| StoreError::corrupt(volume.path(), "it does not say which volume it is"))?;
    Ok(fields.iter().copied().map(Span::of).collect())
}
