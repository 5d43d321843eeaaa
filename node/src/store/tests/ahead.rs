//! The two files that are written ahead of sled, through many changes from one to the other.

use std::fs;
use std::sync::Arc;

use super::super::ahead::frames::Record;
use super::super::ahead::recent::Recent;
use super::super::ahead::settling::Settlement;
use super::super::ahead::{Ahead, FILE_BYTES, Replay};
use super::super::database::Database;
use super::super::database::table::Table;
use super::*;

/// 20 of them fill a file.
const VALUE: usize = 200_000;

const VALUES: u64 = 90;

/// Where settled values go.
struct Target {
    database: Arc<Database>,
    recent: Arc<Recent>,
}

impl Target {
    fn in_directory(directory: &Path) -> Self {
        let path = directory.join("1");
        let database = Database::create(&path).unwrap().finish(&path).unwrap();
        Self { database: Arc::new(database), recent: Arc::default() }
    }

    fn settlement(&self, generation: u64) -> Settlement {
        Settlement::of(&self.database, &self.recent, generation)
    }
}

fn new_ahead(path: &Path) -> Ahead {
    Ahead::create(path).unwrap();
    Ahead::open(path, 1, FILE_BYTES, |_| Ok(())).unwrap()
}

/// The numbers of the values that would be put again.
fn reopened(path: &Path, volume: u64) -> Result<Vec<u64>, StoreError> {
    let mut numbers = Vec::new();
    let collect = |replay: &Replay| {
        let records = replay.frames.iter().flat_map(|frame| frame.records().unwrap());
        numbers.extend(records.map(|record| u64::from_be_bytes(record.key.try_into().unwrap())));
        Ok(())
    };
    Ahead::open(path, volume, FILE_BYTES, collect)?;
    Ok(numbers)
}

/// Takes a value as a volume does, without a flush.
fn put(ahead: &mut Ahead, target: &Target, number: u64) {
    let record = Record { table: Table::Journal, key: &number.to_be_bytes(), value: &bytes(number, VALUE) };
    ahead.take(|generation| target.settlement(generation), &record).unwrap();
    target.recent.put(record.table, record.key, record.value);
}

fn take(ahead: &mut Ahead, target: &Target, number: u64) {
    put(ahead, target, number);
    ahead.flush(|generation| target.settlement(generation)).unwrap();
}

/// Does `look` with a copy of the files and of the database after each value.
fn after_each(mut look: impl FnMut(u64, &Path, &Path)) {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::in_directory(dir.path());
    let path = dir.path().join("ahead");
    let mut ahead = new_ahead(&path);
    for number in 1..=VALUES {
        take(&mut ahead, &target, number);
        let copy = tempfile::tempdir().unwrap();
        damage::copy(&path, &copy.path().join("ahead"));
        damage::copy(target.database.path(), &copy.path().join("1"));
        look(number, &copy.path().join("ahead"), &copy.path().join("1"));
    }
}

#[test]
fn all_that_was_flushed_is_in_the_files_or_in_the_database_at_any_moment() {
    let mut most = 0;
    after_each(|number, copy, database| {
        let replayed = reopened(copy, 1).unwrap();
        let first = *replayed.first().unwrap();
        assert!(replayed.iter().copied().eq(first..=number), "after {number}: {replayed:?}");
        let database = Database::open(database).unwrap();
        for before in 1..first {
            let value = database.value(Table::Journal, &before.to_be_bytes()).unwrap();
            assert!(value == Some(bytes(before, VALUE)), "after {number}: {before} is nowhere");
        }
        most = most.max(replayed.len());
        assert_eq!(reopened(copy, 1).unwrap(), [0; 0], "what was put again is not put once more");
    });
    assert!((20..=42).contains(&most), "{most} values at most");
}

#[test]
fn the_database_has_nothing_that_no_frame_has() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::in_directory(dir.path());
    let path = dir.path().join("ahead");
    let mut ahead = new_ahead(&path);
    // What waits for the flush that changes the files is part of what is settled then.
    for number in 1..=VALUES {
        put(&mut ahead, &target, number);
        let flush = ahead.flush(|generation| {
            // The settlement may be in the database from here on.
            let copy = tempfile::tempdir().unwrap();
            damage::copy(&path, copy.path());
            assert_eq!(reopened(copy.path(), 1).unwrap().last(), Some(&number));
            target.settlement(generation)
        });
        flush.unwrap();
    }
}

#[test]
fn after_an_error_nothing_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::in_directory(dir.path());
    let path = dir.path().join("ahead");
    let mut ahead = new_ahead(&path);
    take(&mut ahead, &target, 1);
    // Longer than a record may be.
    let record = Record { table: Table::Journal, key: &[0; 1 << 16], value: &[] };
    assert!(ahead.take(|generation| target.settlement(generation), &record).is_err());
    take(&mut ahead, &target, 2);
    ahead.fail();
    let settlement = |generation| target.settlement(generation);
    let record = Record { table: Table::Journal, key: &[3], value: &[] };
    assert!(matches!(ahead.take(settlement, &record), Err(StoreError::Broken { .. })));
    assert!(matches!(ahead.flush(settlement), Err(StoreError::Broken { .. })));
    assert!(matches!(ahead.leave(settlement, 2), Err(StoreError::Broken { .. })));
    drop(ahead);
    assert_eq!(reopened(&path, 1).unwrap(), [1, 2]);
}

#[test]
fn a_frame_that_is_cut_short_takes_nothing_else_with_it() {
    let mut before: Option<[Vec<u8>; 2]> = None;
    after_each(|number, copy, _| {
        let files = ["0", "1"].map(|name| fs::read(copy.join(name)).unwrap());
        if let Some(before) = before.replace(files.clone()) {
            let place = (0..2).find(|place| before[*place] != files[*place]).unwrap();
            let at = before[place].iter().zip(&files[place]).position(|(old, new)| old != new).unwrap() / 4096 * 4096;
            // Its first page is there, the second is not.
            let mut torn = before[place].clone();
            torn.resize(files[place].len(), 0);
            torn[at..at + 4096].copy_from_slice(&files[place][at..at + 4096]);
            fs::write(copy.join(place.to_string()), torn).unwrap();
            let replayed = reopened(copy, 1).unwrap_or_else(|error| panic!("after {number}: {error}"));
            assert!(replayed.is_empty() || replayed.last() == Some(&(number - 1)), "after {number}: {replayed:?}");
            let first = replayed.first().copied().unwrap_or(number);
            assert!(replayed.iter().copied().eq(first..number), "after {number}: {replayed:?}");
        }
    });
}

#[test]
fn what_is_needed_and_missing_is_an_error() {
    let mut refused = 0;
    after_each(|number, copy, _| {
        // The file that was not written last, as if it had been emptied.
        let newer = (0..2).max_by_key(|place| {
            let file = fs::read(copy.join(place.to_string())).unwrap();
            u64::from_be_bytes(file[16..24].try_into().unwrap())
        });
        let other = copy.join((1 - newer.unwrap()).to_string());
        let length = fs::metadata(&other).unwrap().len();
        fs::write(&other, vec![0; length as usize]).unwrap();
        match reopened(copy, 1) {
            Ok(replayed) => assert_eq!(replayed.last(), Some(&number)),
            Err(StoreError::Corrupt { .. }) => refused += 1,
            Err(other) => panic!("after {number}: {other}"),
        }
    });
    assert!(refused > 0, "the frame after a change of files still needs the other one");
}

#[test]
fn another_volume_gets_nothing_of_the_one_before_and_a_lost_one_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::in_directory(dir.path());
    let path = dir.path().join("ahead");
    let mut ahead = new_ahead(&path);
    (1..=30).for_each(|number| take(&mut ahead, &target, number));
    ahead.leave(|generation| target.settlement(generation), 2).unwrap();
    (31..=33).for_each(|number| take(&mut ahead, &target, number));
    drop(ahead);
    let copy = tempfile::tempdir().unwrap();
    damage::copy(&path, copy.path());
    assert_eq!(reopened(copy.path(), 2).unwrap(), [31, 32, 33]);
    let refused = reopened(&path, 1).unwrap_err();
    assert!(refused.to_string().contains("volume 2 is missing"), "{refused}");
}

#[test]
fn a_store_has_checksums_of_its_own() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for dir in [&first, &second] {
        let target = Target::in_directory(dir.path());
        let mut ahead = new_ahead(&dir.path().join("ahead"));
        take(&mut ahead, &target, 1);
    }
    let copied = second.path().join("ahead/1");
    fs::copy(first.path().join("ahead/1"), &copied).unwrap();
    assert_eq!(reopened(&second.path().join("ahead"), 1).unwrap(), [0; 0], "frames of another store are none");
}
