//! A checkpoint comes from others, part by part, and becomes where the chain in the store begins.

use std::fs;
use std::time::{Duration, Instant};

use types::{Domain, Epoch, Timestamp};

use super::super::serving::Serving;
use super::super::{Beginning, CheckpointBlock, OfferedCheckpoint};
use super::*;

const HEIGHT: u64 = 500;

fn parts() -> Vec<Vec<u8>> {
    (0..12).map(|n| bytes(n + 77, 30_000)).collect()
}

fn hash_of(part: &[u8]) -> Hash {
    Hash::of(Domain::CheckpointPart, part)
}

fn hashes() -> Vec<Hash> {
    parts().iter().map(|part| hash_of(part)).collect()
}

fn beginning() -> Beginning {
    Beginning { height: Height(HEIGHT), timestamp: Timestamp(1_800_000_000_123) }
}

fn its_block() -> CheckpointBlock {
    CheckpointBlock { block: bytes(1, 700), certificate: bytes(2, 500) }
}

fn put_parts(store: &Store, from: usize, to: usize) {
    parts()[from..to].iter().for_each(|part| store.put_incoming_part(&hash_of(part), part).unwrap());
}

fn check_adopted(store: &Store) {
    assert!(!store.is_new().unwrap());
    assert_eq!(store.beginning(), Some(beginning()));
    assert_eq!(store.latest_height(), Some(Height(HEIGHT)));
    assert_eq!(store.incoming().unwrap(), None);
    let StoredCheckpoint { height, block, chunks } = store.read_checkpoint().unwrap().unwrap();
    assert_eq!((height, block), (Height(HEIGHT), Some(its_block())));
    assert!(chunks.eq(parts()));
}

#[test]
fn what_came_before_a_crash_is_there_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(store.is_new().unwrap());
    assert_eq!(store.incoming().unwrap(), None);
    store.begin_incoming(b"which", &hashes()).unwrap();
    put_parts(&store, 0, 7);
    drop(store);
    // One part was cut short, and another one has a changed byte.
    let incoming = dir.path().join("incoming");
    fs::write(incoming.join(hashes()[2].to_string()), &parts()[2][..100]).unwrap();
    let mut changed = parts()[3].clone();
    changed[5] ^= 1;
    fs::write(incoming.join(hashes()[3].to_string()), changed).unwrap();

    let store = open(dir.path());
    let left = store.incoming().unwrap().unwrap();
    assert_eq!(left.chosen.as_deref(), Some(&b"which"[..]));
    let mut expected: Vec<Hash> = [0, 1, 4, 5, 6].iter().map(|n| hashes()[*n]).collect();
    expected.sort_unstable();
    assert_eq!(left.parts, expected);
    assert_eq!(store.incoming_part(&hashes()[3]).unwrap(), None);
    assert!(store.is_new().unwrap());
    put_parts(&store, 2, 12);
    store.adopt_checkpoint(beginning(), &its_block(), &hashes()).unwrap();
    check_adopted(&store);
    drop(store);
    check_adopted(&open(dir.path()));
}

#[test]
fn a_damaged_part_is_not_adopted_and_the_store_stays_new() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.begin_incoming(b"which", &hashes()).unwrap();
    put_parts(&store, 0, 11);
    store.put_incoming_part(&hashes()[11], b"something else").unwrap();
    let refused = store.adopt_checkpoint(beginning(), &its_block(), &hashes()).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    drop(store);
    let store = open(dir.path());
    assert!(store.is_new().unwrap(), "a crash between the mark and the checkpoint leaves a new store");
    assert!(store.read_checkpoint().unwrap().is_none());
    assert_eq!(store.incoming().unwrap().unwrap().parts.len(), 11);
    // Whether it is adopted after all, or the chain begins at genesis: both go on from here.
    store.drop_incoming().unwrap();
    assert_eq!((store.beginning(), store.latest_height()), (None, None));
    put_height(&store, 1).unwrap();
    assert_eq!(check_prefix(&store).unwrap(), 1);
}

#[test]
fn parts_of_another_checkpoint_go_and_common_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.begin_incoming(b"first", &hashes()).unwrap();
    put_parts(&store, 0, 4);
    let mut second = hashes();
    second[0] = Hash([1; 32]);
    store.begin_incoming(b"second", &second).unwrap();
    let left = store.incoming().unwrap().unwrap();
    assert_eq!(left.chosen.as_deref(), Some(&b"second"[..]));
    assert_eq!(left.parts.len(), 3);
}

#[test]
fn blocks_follow_the_checkpoint_through_new_volumes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_handover(Epoch(0), &bytes(50, 3_000)).unwrap();
    store.put_handover(Epoch(1), &bytes(51, 3_000)).unwrap();
    store.begin_incoming(b"which", &hashes()).unwrap();
    put_parts(&store, 0, 12);
    store.adopt_checkpoint(beginning(), &its_block(), &hashes()).unwrap();
    assert!(matches!(
        store.put_block(Height(HEIGHT + 2), &BlockRecord { batches: vec![], ..block(1) }),
        Err(StoreError::Gap { .. })
    ));
    for height in HEIGHT + 1..HEIGHT + 60 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    drop(store);
    assert!(fs::read_dir(dir.path().join("volumes")).unwrap().count() > 1, "the volumes are small");
    let store = open(dir.path());
    assert_eq!(store.beginning(), Some(beginning()));
    assert_eq!(store.latest_height(), Some(Height(HEIGHT + 59)));
    for height in HEIGHT + 1..HEIGHT + 60 {
        assert_eq!(store.blocks(Height(height), 0).unwrap(), [stored(height)], "block {height}");
    }
    let first = Height(HEIGHT + 1);
    assert!(matches!(store.block(Height(HEIGHT)), Err(StoreError::NotKept { first: kept }) if kept == first));
    assert!(matches!(store.blocks(Height(1), 1 << 20), Err(StoreError::NotKept { first: kept }) if kept == first));
    assert_eq!(store.handovers(Epoch(0), 64).unwrap(), [bytes(50, 3_000), bytes(51, 3_000)]);
    assert_eq!(store.handovers(Epoch(1), 64).unwrap(), [bytes(51, 3_000)]);
    assert_eq!(store.handovers(Epoch(0), 1).unwrap().len(), 1);
    store.drop_incoming().unwrap();
    assert_eq!(store.beginning(), Some(beginning()), "what was adopted stays adopted");
}

/// A store with blocks of their own certificates and a checkpoint at 10.
fn with_checkpoint(path: &Path) -> Store {
    let store = open(path);
    (1..=40).for_each(|height| put_height(&store, height).unwrap());
    write(&store, 10);
    store
}

fn write(store: &Store, height: u64) {
    store.write_checkpoint(Height(height), (0..5).map(|n| bytes(height << 8 | n, 20_000))).unwrap();
}

#[test]
fn others_read_its_parts_by_the_hashes_in_the_offer() {
    let dir = tempfile::tempdir().unwrap();
    let store = with_checkpoint(dir.path());
    drop(store);
    let store = open(dir.path());
    let OfferedCheckpoint { height, block: its, parts, bytes } = store.offered_checkpoint().unwrap().unwrap();
    assert_eq!((height, bytes), (Height(10), 5 * 20_000));
    assert_eq!(its.block, block(10).block);
    assert_eq!(Some(its.certificate), block(10).certificate);
    for (index, hash) in (0..).zip(&parts) {
        assert_eq!(hash_of(&store.offered_part(Height(10), index).unwrap().unwrap()), *hash);
    }
    assert_eq!(store.offered_part(Height(10), 5).unwrap(), None);
    assert_eq!(store.offered_part(Height(11), 0).unwrap(), None);
}

#[test]
fn nothing_is_offered_without_a_certified_block() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.offered_checkpoint().unwrap(), None);
    write(&store, 10);
    assert_eq!(store.offered_checkpoint().unwrap(), None);
}

#[test]
fn a_checkpoint_that_is_being_fetched_stays_until_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = with_checkpoint(dir.path());
    let checkpoints = dir.path().join("checkpoints");
    let count = || fs::read_dir(&checkpoints).unwrap().count();
    assert_eq!(store.offered_checkpoint().unwrap().unwrap().height, Height(10));
    write(&store, 20);
    write(&store, 40);
    assert_eq!(store.offered_checkpoint().unwrap().unwrap().height, Height(10), "it is still being fetched");
    assert!(store.offered_part(Height(10), 4).unwrap().is_some());
    assert_eq!(count(), 2, "the newest and the one that is being fetched");
    let newest = store.read_checkpoint().unwrap().unwrap().height;
    assert_eq!(newest, Height(40));
    drop(store);

    // The same with time passing.
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut serving = Serving::new(checkpoints.clone(), Some(Height(10)));
    assert_eq!(serving.offer(start).unwrap().unwrap().height, Height(10));
    serving.written(Height(40), after(1)).unwrap();
    for seconds in (50..=1_800).step_by(50) {
        assert_eq!(serving.offer(after(seconds)).unwrap().unwrap().height, Height(10), "{seconds} s");
    }
    assert_eq!(serving.offer(after(1_805)).unwrap().unwrap().height, Height(40), "nobody holds it for ever");
    serving.written(Height(40), after(1_806)).unwrap();
    assert_eq!(count(), 1);
}
