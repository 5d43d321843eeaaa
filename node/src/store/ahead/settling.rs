//! Putting into a volume's database what was written ahead of it, beside everything else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::recent::{Generation, Recent};
use crate::store::StoreError;
use crate::store::chain::journal;
use crate::store::database::table::Table;
use crate::store::database::{Database, Filling};

/// Values that are put before the settler rests.
const VALUES_AT_A_TIME: usize = 32;

/// How many times as long as it worked it rests: votes need the processors more.
const REST: u32 = 9;

/// It rests no longer than this at a time: somebody may come to wait for it.
const LONGEST_REST: Duration = Duration::from_millis(20);

/// A generation that is to be put into its database.
pub(in crate::store) struct Settlement {
    database: Arc<Database>,
    recent: Arc<Recent>,
    generation: Arc<Generation>,
    number: u64,
}

impl Settlement {
    /// Of all that has been put into a volume so far, as generation `number`. The settlement before is over.
    pub(in crate::store) fn of(database: &Arc<Database>, recent: &Arc<Recent>, number: u64) -> Self {
        Self { database: database.clone(), recent: recent.clone(), generation: recent.settle(), number }
    }

    /// Puts everything that still counts. It is durable in the database when this returns, and read from there.
    /// Rests in between unless somebody waits for it.
    pub(in crate::store) fn run(self, is_awaited: impl Fn() -> bool) -> Result<(), StoreError> {
        let marks = match self.generation[Table::Marks as usize].get(journal::MARKS_KEY) {
            Some(marks) => Some(marks.to_vec()),
            None => self.database.value(Table::Marks, journal::MARKS_KEY)?,
        };
        let counts = journal::counting(self.database.path(), marks.as_deref())?;
        let tables = Table::ALL.into_iter().zip(self.generation.iter());
        let entries = tables.flat_map(|(table, entries)| entries.iter().map(move |(key, value)| (table, key, value)));
        let mut began = Instant::now();
        let mut filling = Filling::of(&self.database);
        for (count, (table, key, value)) in entries.filter(|(table, key, _)| counts(*table, key)).enumerate() {
            filling.put(table, key, value)?;
            if count % VALUES_AT_A_TIME == 0 && !is_awaited() {
                thread::sleep((began.elapsed() * REST).min(LONGEST_REST));
                began = Instant::now();
            }
        }
        self.database.settled(self.number)?;
        self.database.flush()?;
        self.recent.settled();
        Ok(())
    }
}

/// A thread that settles while others write on; one settlement at a time.
pub(in crate::store) struct Settler {
    /// Gone once the settler is to end.
    orders: Option<Sender<Settlement>>,
    results: Receiver<Result<(), StoreError>>,
    is_busy: bool,
    is_awaited: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Settler {
    pub(in crate::store) fn start() -> std::io::Result<Self> {
        let (orders, queue) = bounded::<Settlement>(1);
        let (report, results) = bounded(1);
        let is_awaited = Arc::new(AtomicBool::new(false));
        let awaited = is_awaited.clone();
        let thread = thread::Builder::new().name("sled-settle".to_owned()).spawn(move || {
            for settlement in queue {
                if report.send(settlement.run(|| awaited.load(Ordering::Relaxed))).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { orders: Some(orders), results, is_busy: false, is_awaited, thread: Some(thread) })
    }

    /// Begins a settlement. The one before was waited for.
    pub(in crate::store) fn begin(&mut self, settlement: Settlement) -> Result<(), StoreError> {
        self.is_awaited.store(false, Ordering::Relaxed);
        let sent = self.orders.as_ref().is_some_and(|orders| orders.send(settlement).is_ok());
        self.is_busy = sent;
        if sent { Ok(()) } else { Err(ended()) }
    }

    /// True if there is a result to be taken.
    pub(in crate::store) fn is_done(&self) -> bool {
        !self.results.is_empty()
    }

    /// Waits for the settlement that was begun; false if none was begun since the last one.
    pub(in crate::store) fn wait(&mut self) -> Result<bool, StoreError> {
        self.is_awaited.store(true, Ordering::Relaxed);
        if !std::mem::take(&mut self.is_busy) {
            return Ok(false);
        }
        self.results.recv().map_err(|_| ended())??;
        Ok(true)
    }
}

/// The thread broke off, and with it what it was to settle.
fn ended() -> StoreError {
    StoreError::corrupt(Path::new("ahead"), "the thread that settles has ended")
}

impl Drop for Settler {
    fn drop(&mut self) {
        // A database closes when its last handle goes.
        self.orders = None;
        self.is_awaited.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
