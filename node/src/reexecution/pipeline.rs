//! Reading ahead, verifying on all cores, executing in order.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use audit::{Audited, Auditor, Entry, EntryError, PreparedBlock, Signatures};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use types::{Hash, Height};
use vm::Ledger;

use super::{Blocks, Chain};

/// Blocks that are read and not executed yet: at most so many.
const IN_FLIGHT: usize = 64;

/// A chain that was executed again.
pub struct Ended {
    /// The auditor, with all that it found.
    pub auditor: Auditor,
    /// How long it took.
    pub took: Duration,
    /// How many threads verified signatures.
    pub threads: usize,
}

type Numbered<T> = (u64, T);
type Prepared = Result<PreparedBlock, (Height, EntryError)>;

/// Executes the chain again, to its end or until `until` is executed, and shows each block to `observe` and the height
/// that is reached to `progress`. Fails only where the source cannot be read: what is wrong with the chain is among the
/// auditor's findings.
pub fn reexecute(
    chain: Chain,
    signatures: Signatures,
    until: Option<Height>,
    observe: &mut dyn FnMut(&Audited<'_>, &Ledger),
    progress: &mut dyn FnMut(&Auditor),
) -> anyhow::Result<Ended> {
    let Chain { genesis, start, blocks, .. } = chain;
    let hash = genesis.hash();
    let began = Instant::now();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut auditor = Auditor::new(start);
    let read = thread::scope(|scope| {
        let (room, taken) = bounded::<()>(IN_FLIGHT);
        let (entries, waiting) = unbounded::<Numbered<Entry>>();
        let (prepared, ready) = unbounded::<Numbered<Prepared>>();
        let reader = scope.spawn(move || read_ahead(blocks, &entries, &room));
        for _ in 0..threads {
            let (waiting, prepared) = (waiting.clone(), prepared.clone());
            scope.spawn(move || prepare_all(&waiting, &prepared, &hash, signatures));
        }
        // What is left are the threads' own.
        drop((waiting, prepared));
        take_in_order(&mut auditor, &ready, &taken, until, observe, progress);
        // Nobody takes any more: whoever still has something to hand on ends.
        drop((ready, taken));
        reader.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the thread that reads blocks broke off")))
    });
    read?;
    if auditor.stop().is_none() {
        auditor.finish();
    }
    Ok(Ended { auditor, took: began.elapsed(), threads })
}

/// Reads until the end or until nobody wants more.
fn read_ahead(mut blocks: Box<dyn Blocks>, entries: &Sender<Numbered<Entry>>, room: &Sender<()>) -> anyhow::Result<()> {
    let mut number = 0;
    loop {
        let next = blocks.next()?;
        if next.is_empty() {
            return Ok(());
        }
        for entry in next {
            if room.send(()).is_err() || entries.send((number, entry)).is_err() {
                return Ok(());
            }
            number += 1;
        }
    }
}

fn prepare_all(
    waiting: &Receiver<Numbered<Entry>>,
    prepared: &Sender<Numbered<Prepared>>,
    chain: &Hash,
    signatures: Signatures,
) {
    for (number, entry) in waiting {
        let result = entry.prepare(chain, signatures).map_err(|error| (entry.height, error));
        if prepared.send((number, result)).is_err() {
            return;
        }
    }
}

fn take_in_order(
    auditor: &mut Auditor,
    ready: &Receiver<Numbered<Prepared>>,
    taken: &Receiver<()>,
    until: Option<Height>,
    observe: &mut dyn FnMut(&Audited<'_>, &Ledger),
    progress: &mut dyn FnMut(&Auditor),
) {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, block) in ready {
        early.insert(number, block);
        while let Some(block) = early.remove(&next) {
            next += 1;
            // Makes room for another block to be read.
            let _ = taken.recv();
            let goes_on = auditor.take(block, observe);
            progress(auditor);
            if !goes_on || until.is_some_and(|until| auditor.tip().0.height >= until) {
                return;
            }
        }
    }
}
