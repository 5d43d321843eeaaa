//! Power fails: of what was written and not flushed since, each page is on disk or is not, whatever its order. What a flush
//! reported must be there.

use std::fs;

use super::*;

const PAGE: usize = 4096;

/// Heights before and after sled's last flush. What the second ones put fits into what is written ahead of sled.
const SETTLED: u64 = 20;
const HEIGHTS: u64 = 50;

const CASES: u64 = 60;

fn read(directory: &Path, name: &str) -> Vec<u8> {
    fs::read(directory.join(name)).unwrap()
}

const LOG: &str = "volumes/00000001/db";
const AHEAD: [&str; 2] = ["ahead/0", "ahead/1"];

/// A store whose sled was flushed after [`SETTLED`] heights, and then that of all heights as a running process has it on disk.
fn written() -> (tempfile::TempDir, Vec<u8>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let open = || Store::open(dir.path(), CHAIN).unwrap();
    let store = open();
    (1..=SETTLED).for_each(|height| put_height(&store, height).unwrap());
    store.flush().unwrap();
    drop(store);
    drop(open());
    let before = read(dir.path(), LOG);
    let store = open();
    for height in SETTLED + 1..=HEIGHTS {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    let crashed = tempfile::tempdir().unwrap();
    super::damage::copy(dir.path(), crashed.path());
    (dir, before, crashed)
}

/// The log after the failure: each page that differs is old or new, by the bits of `choice`.
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

#[test]
fn what_sled_had_not_flushed_is_put_again() {
    let (_running, before, crashed) = written();
    let after = read(crashed.path(), LOG);
    assert!(before != after);
    for seed in 0..CASES {
        let dir = tempfile::tempdir().unwrap();
        super::damage::copy(crashed.path(), dir.path());
        fs::write(dir.path().join(LOG), torn(&before, &after, seed)).unwrap();
        for opening in 0..2 {
            let store = Store::open(dir.path(), CHAIN).unwrap_or_else(|error| panic!("case {seed}: {error}"));
            assert_eq!(check_prefix(&store).unwrap(), HEIGHTS, "case {seed}, opening {opening}");
        }
    }
}

#[test]
fn without_what_was_written_ahead_it_would_be_lost() {
    let (_running, before, crashed) = written();
    fs::write(crashed.path().join(LOG), before).unwrap();
    for name in AHEAD {
        let length = read(crashed.path(), name).len();
        fs::write(crashed.path().join(name), vec![0; length]).unwrap();
    }
    let store = Store::open(crashed.path(), CHAIN).unwrap();
    assert_eq!(check_prefix(&store).unwrap(), SETTLED);
}

#[test]
fn a_frame_that_was_cut_short_is_left_out_and_one_that_is_damaged_is_an_error() {
    let (_running, _, crashed) = written();
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
    assert_eq!(open(&cut).unwrap(), HEIGHTS - 1);
    for page in (0..last_page / 2).step_by(PAGE * 7) {
        let mut damaged = original.clone();
        damaged[page + 100] ^= 1;
        let refused = open(&damaged).unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "page at {page}: {refused}");
    }
}
