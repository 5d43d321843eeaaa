use std::fs;

use super::*;

fn part(height: u64, n: u64) -> Vec<u8> {
    bytes(height << 20 | n, 1000 * n as usize)
}

fn write(store: &Store, height: u64, parts: u64) {
    store.write_checkpoint(Height(height), (0..parts).map(|n| part(height, n))).unwrap();
}

fn check(store: &Store, height: u64, parts: u64) {
    let StoredCheckpoint { height: found, chunks, .. } = store.read_checkpoint().unwrap().expect("a checkpoint");
    assert_eq!(found, Height(height));
    let expected: Vec<_> = (0..parts).map(|n| part(height, n)).collect();
    assert!(chunks.collect::<Vec<_>>() == expected, "the parts at {height}");
}

#[test]
fn the_newest_counts_and_the_older_ones_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    write(&store, 10, 30);
    check(&store, 10, 30);
    write(&store, 20, 0);
    check(&store, 20, 0);
    write(&store, 30, 40);
    drop(store);
    let store = open(dir.path());
    check(&store, 30, 40);
    assert_eq!(fs::read_dir(dir.path().join("checkpoints")).unwrap().count(), 1);
}

#[test]
fn an_unfinished_one_leaves_the_older_one_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    write(&store, 10, 30);
    drop(store);
    let checkpoints = dir.path().join("checkpoints");
    fs::create_dir(checkpoints.join("000000000020.new")).unwrap();
    let store = open(dir.path());
    check(&store, 10, 30);
    assert_eq!(fs::read_dir(checkpoints).unwrap().count(), 1);
    write(&store, 20, 5);
    check(&store, 20, 5);
}

#[test]
fn a_damaged_one_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    write(&store, 10, 30);
    drop(store);
    let log = dir.path().join("checkpoints/000000000010/db");
    let whole = fs::read(&log).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for position in (0..used).step_by(used / 40) {
        let mut damaged = whole.clone();
        damaged[position] ^= 0x20;
        fs::write(&log, damaged).unwrap();
        // sled's own snapshot belongs to the undamaged file.
        let store = open(dir.path());
        if let Some(StoredCheckpoint { height, chunks, .. }) = store.read_checkpoint().unwrap() {
            assert_eq!(height, Height(10));
            let expected: Vec<_> = (0..30).map(|n| part(10, n)).collect();
            assert!(chunks.collect::<Vec<_>>() == expected, "damage at {position}");
        }
    }
}

#[test]
fn is_written_while_blocks_are_put() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    std::thread::scope(|scope| {
        let other = store.clone();
        let writing = scope.spawn(move || write(&other, 50, 60));
        for height in 1..=60 {
            put_height(&store, height).unwrap();
            store.flush().unwrap();
        }
        writing.join().unwrap();
    });
    check(&store, 50, 60);
    assert_eq!(check_prefix(&store).unwrap(), 60);
}
