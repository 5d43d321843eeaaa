//! Power fails: of what was written and not flushed since, each page is on disk or is not, whatever its order. What a flush
//! reported must be there.

use std::fs;
use std::sync::Arc;

use super::*;

const PAGE: usize = 4096;

/// The most heights, of some 65 KB each: several generations.
const HEIGHTS: u64 = 300;

const LOG: &str = "volumes/00000001/db";
const AHEAD: [&str; 2] = ["ahead/0", "ahead/1"];

fn read(directory: &Path, name: &str) -> Vec<u8> {
    fs::read(directory.join(name)).unwrap()
}

/// The file after the failure: each page that differs is old or new, by the bits of `seed`.
fn torn(before: &[u8], after: &[u8], seed: u64) -> Vec<u8> {
    let mut torn = after.to_vec();
    let choice = bytes(seed + 1, after.len() / PAGE + 1);
    // Few, half, or nearly all of them are lost.
    let share = [16, 128, 240][seed as usize % 3];
    for (number, page) in torn.chunks_mut(PAGE).enumerate() {
        if choice[number] < share {
            let old = before.get(number * PAGE..).unwrap_or_default();
            let old = &old[..old.len().min(page.len())];
            page.fill(0);
            page[..old.len()].copy_from_slice(old);
        }
    }
    torn
}

/// A running store as it is on disk at one moment: with what sled's log certainly has there.
struct Moment {
    height: u64,
    files: tempfile::TempDir,
    durable: Arc<Vec<u8>>,
}

/// A moment between two flushes of sled. Nobody else writes but the thread that settles, to sled's log alone.
fn moment(store: &Store, path: &Path, height: u64) -> Moment {
    let files = tempfile::tempdir().unwrap();
    super::damage::copy(path, files.path());
    let (durable, log) = std::iter::repeat_with(|| (store.durable_log(), read(path, LOG)))
        .find(|(durable, _)| Arc::ptr_eq(durable, &store.durable_log()))
        .unwrap();
    fs::write(files.path().join(LOG), log).unwrap();
    Moment { height, files, durable }
}

#[test]
fn what_was_flushed_survives_a_power_failure_while_it_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CHAIN).unwrap();
    let mut moments = Vec::new();
    let mut last = store.durable_log();
    for height in 1..=HEIGHTS {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
        // sled flushes several times while a generation is settled.
        if !Arc::ptr_eq(&last, &store.durable_log()) {
            moments.extend((0..6).map(|_| moment(&store, dir.path(), height)));
            last = store.durable_log();
        }
    }
    let mut torn_somewhere = 0;
    for (seed, Moment { height, files, durable }) in (0u64..).zip(&moments) {
        let after = read(files.path(), LOG);
        torn_somewhere += usize::from(after != **durable);
        fs::write(files.path().join(LOG), torn(durable, &after, seed)).unwrap();
        for opening in 0..2 {
            let store = Store::open(files.path(), CHAIN)
                .unwrap_or_else(|error| panic!("height {height}, seed {seed}, opening {opening}: {error}"));
            assert_eq!(check_prefix(&store).unwrap(), *height, "seed {seed}, opening {opening}");
        }
    }
    assert!(torn_somewhere > 5, "{torn_somewhere} of {} moments had pages that were not durable", moments.len());
}

/// A store with what is flushed and not settled, as a running process has it on disk.
fn unsettled() -> (tempfile::TempDir, Store, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CHAIN).unwrap();
    for height in 1..=30 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    let crashed = tempfile::tempdir().unwrap();
    super::damage::copy(dir.path(), crashed.path());
    (dir, store, crashed)
}

#[test]
fn without_what_was_written_ahead_it_would_be_lost() {
    let (_dir, _running, crashed) = unsettled();
    for name in AHEAD {
        let length = read(crashed.path(), name).len();
        fs::write(crashed.path().join(name), vec![0; length]).unwrap();
    }
    let store = Store::open(crashed.path(), CHAIN).unwrap();
    assert_eq!(check_prefix(&store).unwrap(), 0);
}

#[test]
fn a_frame_that_was_cut_short_is_left_out_and_one_that_is_damaged_is_an_error() {
    let (_dir, _running, crashed) = unsettled();
    let file =
        AHEAD.into_iter().max_by_key(|name| read(crashed.path(), name).iter().filter(|byte| **byte != 0).count());
    let file = file.unwrap();
    let original = read(crashed.path(), file);
    let used = original.iter().rposition(|byte| *byte != 0).unwrap();
    let last_page = used / PAGE * PAGE;
    let open = |changed: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        super::damage::copy(crashed.path(), dir.path());
        fs::write(dir.path().join(file), changed).unwrap();
        check_prefix(&Store::open(dir.path(), CHAIN)?)
    };
    let mut cut = original.clone();
    cut[last_page..].fill(0);
    assert_eq!(open(&cut).unwrap(), 29);
    for page in (0..last_page / 2).step_by(PAGE * 7) {
        let mut damaged = original.clone();
        damaged[page + 100] ^= 1;
        let refused = open(&damaged).unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "page at {page}: {refused}");
    }
}
