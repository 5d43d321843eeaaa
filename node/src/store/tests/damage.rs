//! Bytes of the files are changed: what comes back is right, or an error.

use std::fs;

use super::*;

const HEIGHTS: u64 = 30;

/// How many places are damaged, one at a time.
const COUNT: usize = 120;

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap().path(), to.to_owned());
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy(&entry, &to) } else { fs::copy(&entry, &to).map(drop).unwrap() }
    }
}

fn original() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CHAIN).unwrap();
    for height in 1..=HEIGHTS {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
    }
    drop(store);
    // Opened again, all of it is durable in sled, and nothing is put again that damage took away.
    drop(Store::open(dir.path(), CHAIN).unwrap());
    dir
}

/// How far a damaged copy can be read; the error where it cannot.
fn read_damaged(original: &Path, damage: impl FnOnce(&Path)) -> Result<u64, StoreError> {
    let dir = tempfile::tempdir().unwrap();
    copy(original, dir.path());
    damage(&dir.path().join("volumes/00000001"));
    check_prefix(&Store::open(dir.path(), CHAIN)?)
}

#[test]
fn changed_bytes_are_never_read_as_data() {
    let original = original();
    let log = fs::read(original.path().join("volumes/00000001/db")).unwrap();
    let used = log.iter().rposition(|byte| *byte != 0).unwrap();
    let mut refused = 0;
    for n in 0..COUNT {
        let position = used / COUNT * n + n % 7;
        let read = read_damaged(original.path(), |volume| {
            let mut damaged = log.clone();
            damaged[position] ^= 0x41;
            fs::write(volume.join("db"), damaged).unwrap();
        });
        match read {
            Ok(latest) => assert_eq!(latest, HEIGHTS, "damage at {position}"),
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. }) => refused += 1,
            Err(other) => panic!("damage at {position}: {other}"),
        }
    }
    assert!(refused > COUNT / 2, "{refused} of {COUNT} were noticed");
}

#[test]
fn a_shortened_log_is_a_prefix_or_refused() {
    let original = original();
    let log = fs::read(original.path().join("volumes/00000001/db")).unwrap();
    for n in 0..20 {
        let length = log.len() / 20 * n + n;
        let read = read_damaged(original.path(), |volume| fs::write(volume.join("db"), &log[..length]).unwrap());
        match read {
            Ok(latest) => assert_eq!(latest, HEIGHTS, "shortened to {length}"),
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. }) => {}
            Err(other) => panic!("shortened to {length}: {other}"),
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let original = original();
    for name in ["db", "conf"] {
        let refused = read_damaged(original.path(), |volume| fs::remove_file(volume.join(name)).unwrap()).unwrap_err();
        assert!(refused.to_string().contains(&format!("the file {name} is missing")), "{refused}");
    }
}

#[test]
fn a_snapshot_that_a_crash_cut_short_does_no_harm() {
    let original = original();
    let read = read_damaged(original.path(), |volume| {
        fs::write(volume.join("snap.00FFFFFFFFFFFFFF.generating"), b"half").unwrap();
    });
    assert_eq!(read.unwrap(), HEIGHTS);
}
