use std::fs;

use super::*;

fn volumes(path: &Path) -> usize {
    fs::read_dir(path.join("volumes")).unwrap().count()
}

#[test]
fn a_full_volume_gives_way_and_everything_is_still_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for height in 1..=150 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    assert!(volumes(dir.path()) > 2, "{} volumes", volumes(dir.path()));
    assert_eq!(check_prefix(&store).unwrap(), 150);
    drop(store);
    assert_eq!(check_prefix(&open(dir.path())).unwrap(), 150);
}

#[test]
fn a_batch_that_waits_is_found_after_its_volume_is_full() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let waiting = digest(u64::MAX);
    let forgotten = digest(u64::MAX - 1);
    store.put_batch(waiting, b"waiting").unwrap();
    store.put_batch(forgotten, b"forgotten").unwrap();
    for height in 1..=100 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    store.forget_batch(&forgotten).unwrap();
    store.flush().unwrap();
    assert!(volumes(dir.path()) > 2);
    drop(store);
    let store = open(dir.path());
    let unordered = store.unordered_batches().unwrap();
    assert_eq!(unordered[0], (waiting, b"waiting".to_vec()));
    assert!(unordered.iter().all(|(digest, _)| *digest != forgotten));
    // It is ordered at last, by a block in a later volume.
    put_height(&store, 101).unwrap();
    store.put_batch(digest(204), &batch(204)).unwrap();
    let record = BlockRecord { batches: vec![waiting, digest(204)], ..block(102) };
    store.put_block(Height(102), &record).unwrap();
    assert_eq!(store.blocks(Height(102), 0).unwrap()[0].batches[0], b"waiting");
}

#[test]
fn a_block_in_a_full_volume_can_be_put_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for height in 1..=100 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    let certificate = Some(vec![9; 300]);
    store.put_block(Height(3), &BlockRecord { certificate: certificate.clone(), ..block(3) }).unwrap();
    put_ids(&store, Deadline(3)).unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.block(Height(3)).unwrap().unwrap().certificate, certificate);
    assert_eq!(store.latest_height(), Some(Height(100)));
}

#[test]
fn a_crash_before_a_new_volume_is_complete_leaves_the_old_one_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=5).for_each(|height| put_height(&store, height).unwrap());
    store.flush().unwrap();
    drop(store);
    let unfinished = dir.path().join("volumes/00000002.new");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("db"), [0; 1000]).unwrap();
    assert_eq!(check_prefix(&open(dir.path())).unwrap(), 5);
    assert!(!unfinished.exists());
}

#[test]
fn a_missing_volume_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for height in 1..=100 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    drop(store);
    fs::remove_dir_all(dir.path().join("volumes/00000001")).unwrap();
    let refused = Store::open(dir.path(), CHAIN).err().unwrap();
    assert!(refused.to_string().contains("volume 1 is missing"), "{refused}");
}

#[test]
fn readers_and_the_writer_do_not_wait_for_a_quiet_moment() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put_height(&store, 1).unwrap();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let store = store.clone();
                scope.spawn(move || {
                    let mut height = 1;
                    while height < 120 {
                        for read in store.blocks(Height(height), 200_000).unwrap() {
                            assert_eq!(read, stored(height));
                            height += 1;
                        }
                        assert_eq!(store.block(Height(1)).unwrap().unwrap(), block(1));
                    }
                })
            })
            .collect();
        for height in 2..=120 {
            put_height(&store, height).unwrap();
            store.flush().unwrap();
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}
