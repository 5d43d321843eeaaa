//! Old volumes go, and what stays is whole. In these chains each block is an hour after the one before.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use types::codec::{CodecError, encode};
use types::{Epoch, Timestamp};

use super::super::database::table::Table;
use super::super::{Beginning, CheckpointBlock, Cut};
use super::killed::{report, run_and_kill};
use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

/// How many heights most chains here have: several volumes full.
const HEIGHTS: u64 = 260;

/// Where their checkpoint is.
const CHECKPOINT: u64 = 250;

/// The heights of all blocks that the tests put, by their bytes.
static BLOCKS: LazyLock<BTreeMap<Vec<u8>, u64>> =
    LazyLock::new(|| (1..3_000).map(|height| (block(height).block, height)).collect());

fn time(height: u64) -> Timestamp {
    Timestamp(height * HOUR.as_millis() as u64)
}

fn time_of(block: &[u8]) -> Result<Timestamp, CodecError> {
    Ok(time(BLOCKS[block]))
}

fn hours(hours: u64) -> Duration {
    HOUR * u32::try_from(hours).unwrap()
}

fn grow(store: &Store, heights: impl IntoIterator<Item = u64>) {
    for height in heights {
        put_height(store, height).unwrap();
        store.flush().unwrap();
    }
}

fn write_checkpoint(store: &Store, height: u64) {
    store.write_checkpoint(Height(height), std::iter::once(bytes(height, 1_000))).unwrap();
}

fn grown(path: &Path) -> Store {
    let store = open(path);
    store.put_handover(Epoch(0), b"the end of epoch 0").unwrap();
    grow(&store, 1..=HEIGHTS);
    write_checkpoint(&store, CHECKPOINT);
    assert!(store.spans().len() > 5, "{} volumes", store.spans().len());
    store
}

fn cut(store: &Store, keep: u64) -> Option<Cut> {
    store.cut(hours(keep), &time_of).unwrap()
}

fn on_disk(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path.join("volumes")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names.into_iter().map(|name| name.into_string().unwrap()).collect()
}

fn directory(path: &Path, number: u64) -> std::path::PathBuf {
    path.join(format!("volumes/{number:08}"))
}

/// Checks that everything from `first` on is there, and that what is before is refused as not kept.
fn check_kept(store: &Store, first: u64, latest: u64) {
    assert_eq!((store.first_height(), store.latest_height()), (Height(first), Some(Height(latest))));
    for height in first..=latest {
        assert_eq!(store.block(Height(height)).unwrap().unwrap(), block(height), "block {height}");
        assert_eq!(store.blocks(Height(height), 0).unwrap(), [stored(height)], "batches of block {height}");
        check_ids(store, Deadline(height as u32)).unwrap();
        assert_eq!(store.nodes(height as u32).unwrap().unwrap(), nodes(height), "nodes {height}");
    }
    for height in (0..first).filter(|_| first > 1) {
        let refused = [
            store.block(Height(height)).err(),
            store.block_alone(Height(height)).err(),
            store.receipts(Height(height)).err(),
            store.blocks(Height(height), usize::MAX).err(),
            store.put_block(Height(height), &BlockRecord { batches: vec![], ..block(height) }).err(),
        ];
        for refused in refused {
            assert!(matches!(refused, Some(StoreError::NotKept { first: kept }) if kept == Height(first)), "{height}");
        }
    }
    assert_eq!(store.handovers(Epoch(0), 9).unwrap(), [b"the end of epoch 0"]);
    check_open(store, latest).unwrap();
}

#[test]
fn volumes_older_than_what_is_kept_go_and_the_rest_stays_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = grown(dir.path());
    let spans = store.spans();
    let cut = cut(&store, 100).unwrap();
    let before = store.size_on_disk().unwrap();
    let pruned = store.prune(&cut).unwrap();
    let first = store.first_height().0;

    // Not less is kept than was asked for, and not a volume more.
    assert!(time(first) <= time(CHECKPOINT - 100), "block {first} is too young");
    let old = spans.iter().rfind(|span| span.first_height < CHECKPOINT - 100).unwrap();
    assert_eq!((store.spans()[0], first), (*old, old.first_height + 1));
    assert_eq!(pruned.volumes, old.number - 1);
    assert!(pruned.volumes > 1 && on_disk(dir.path()).len() == store.spans().len());
    let freed = before - store.size_on_disk().unwrap();
    assert!(freed.abs_diff(pruned.bytes) < 100_000, "{freed} bytes freed, {} are said to be", pruned.bytes);
    assert_eq!(store.pruned(), pruned);
    check_kept(&store, first, HEIGHTS);
    drop(store);

    // It goes on like that: after a start, through new volumes, and when it is pruned again.
    let store = open(dir.path());
    check_kept(&store, first, HEIGHTS);
    assert_eq!(self::cut(&store, 100), None);
    grow(&store, HEIGHTS + 1..=HEIGHTS + 100);
    check_kept(&store, first, HEIGHTS + 100);
    drop(store);
    let store = open(dir.path());
    check_kept(&store, first, HEIGHTS + 100);
    write_checkpoint(&store, HEIGHTS + 90);
    store.prune(&self::cut(&store, 100).unwrap()).unwrap();
    let second = store.first_height().0;
    assert!(second > first && second <= HEIGHTS + 90 - 100);
    check_kept(&store, second, HEIGHTS + 100);
    drop(store);
    check_kept(&open(dir.path()), second, HEIGHTS + 100);
}

#[test]
fn a_crash_at_any_step_leaves_a_store_that_opens_and_goes_on() {
    /// Does some of the steps, as a process that is killed after them.
    type Steps = fn(&Store, &Cut, &Path);
    let steps: [(&str, Steps, bool); 6] = [
        ("nodes were carried", |store, cut, _| store.put_kept_nodes(cut, 3, b"peak").unwrap(), false),
        ("it begins later", |store, cut, _| drop(store.begin_at(cut).unwrap()), true),
        (
            "a volume is gone",
            |store, cut, _| {
                let dropped = store.begin_at(cut).unwrap();
                store.remove_dropped(&dropped[..1]).unwrap();
            },
            true,
        ),
        (
            "a volume is half gone, under its other name",
            |store, cut, path| {
                let dropped = store.begin_at(cut).unwrap();
                let renamed = directory(path, dropped[0]).with_extension("new");
                fs::rename(directory(path, dropped[0]), &renamed).unwrap();
                fs::remove_file(renamed.join("db")).unwrap();
            },
            true,
        ),
        (
            "a volume is half gone, and its other name was lost",
            |store, cut, path| {
                let dropped = store.begin_at(cut).unwrap();
                fs::remove_file(directory(path, dropped[1]).join("db")).unwrap();
            },
            true,
        ),
        ("all is done", |store, cut, _| assert!(store.prune(cut).unwrap().volumes > 1), true),
    ];
    let original = tempfile::tempdir().unwrap();
    drop(grown(original.path()));
    for (what, step, has_begun) in steps {
        let dir = tempfile::tempdir().unwrap();
        copy(original.path(), dir.path());
        let store = open(dir.path());
        let cut = cut(&store, 100).unwrap();
        step(&store, &cut, dir.path());
        drop(store);

        let store = open(dir.path());
        let first = if has_begun { cut.beginning.height.0 + 1 } else { 1 };
        check_kept(&store, first, HEIGHTS);
        assert_eq!(on_disk(dir.path()).len(), store.spans().len(), "{what}: nothing is left over");
        // It grows, and what was not done is done.
        grow(&store, HEIGHTS + 1..=HEIGHTS + 30);
        if !has_begun {
            store.prune(&self::cut(&store, 100).unwrap()).unwrap();
        }
        drop(store);
        check_kept(&open(dir.path()), cut.beginning.height.0 + 1, HEIGHTS + 30);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy(&entry, &to) } else { fs::copy(&entry, &to).map(drop).unwrap() }
    }
}

#[test]
fn a_volume_that_was_lost_is_damage() {
    let original = tempfile::tempdir().unwrap();
    let store = grown(original.path());
    store.prune(&cut(&store, 100).unwrap()).unwrap();
    let kept: Vec<u64> = store.spans().iter().map(|span| span.number).collect();
    drop(store);
    for rotates in [false, true] {
        if rotates {
            // The volume that is active now says it by itself.
            let store = open(original.path());
            grow(&store, HEIGHTS + 1..=HEIGHTS + 60);
            assert!(store.spans().last().unwrap().number > *kept.last().unwrap());
        }
        for number in &kept[..kept.len() - 1] {
            let dir = tempfile::tempdir().unwrap();
            copy(original.path(), dir.path());
            fs::remove_dir_all(directory(dir.path(), *number)).unwrap();
            let refused = Store::open_with(dir.path(), CHAIN, SMALL_VOLUME).err().unwrap();
            let is_named = refused.to_string().contains(&format!("volume {number} is missing"));
            assert!(matches!(refused, StoreError::Corrupt { .. }) && is_named, "{refused}");
        }
    }
}

#[test]
fn the_active_volume_and_what_the_checkpoint_needs_never_go() {
    let dir = tempfile::tempdir().unwrap();
    let store = grown(dir.path());
    assert_eq!(cut(&store, CHECKPOINT + 1), None, "nothing is so old");
    write_checkpoint(&store, HEIGHTS);
    let cut = cut(&store, 0).unwrap();
    assert!(cut.beginning.height < Height(HEIGHTS));
    store.prune(&cut).unwrap();
    let first = store.first_height().0;
    check_kept(&store, first, HEIGHTS);
    drop(store);
    let store = open(dir.path());
    check_kept(&store, first, HEIGHTS);
    assert_eq!(store.read_checkpoint().unwrap().unwrap().height, Height(HEIGHTS));
}

#[test]
fn the_blocks_after_a_checkpoint_that_others_fetch_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_handover(Epoch(0), b"the end of epoch 0").unwrap();
    grow(&store, 1..=HEIGHTS);
    let early = 70;
    write_checkpoint(&store, early);
    assert_eq!(store.offered_checkpoint().unwrap().unwrap().height, Height(early));
    write_checkpoint(&store, CHECKPOINT);
    let cut = cut(&store, 1).unwrap();
    assert!(cut.beginning.height < Height(early), "{cut:?}");
    store.prune(&cut).unwrap();
    check_kept(&store, cut.beginning.height.0 + 1, HEIGHTS);
    assert_eq!(self::cut(&store, 1), None);
}

#[test]
fn without_a_checkpoint_nothing_goes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    grow(&store, 1..=100);
    assert!(store.spans().len() > 2);
    assert_eq!(cut(&store, 0), None);
}

#[test]
fn a_batch_that_waits_keeps_its_volume_and_its_block_keeps_it_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_handover(Epoch(0), b"the end of epoch 0").unwrap();
    grow(&store, 1..=40);
    // It waits while several volumes become full; so does one that is never ordered.
    let (late, never) = (digest(1 << 40), digest(1 << 41));
    store.put_batch(late, b"late").unwrap();
    store.put_batch(never, b"never").unwrap();
    grow(&store, 41..=CHECKPOINT);
    write_checkpoint(&store, CHECKPOINT);
    let volume = store.spans().iter().rfind(|span| span.first_height <= 41).unwrap().number;
    let first = cut(&store, 1);
    assert!(first.is_none_or(|cut| cut.first.number <= volume), "its volume stays: {first:?}");

    let next = CHECKPOINT + 1;
    for n in [2 * next, 2 * next + 1, 2 * next + 2] {
        store.put_batch(digest(n), &batch(n)).unwrap();
    }
    let mut record = block(next);
    record.batches.push(late);
    store.put_block(Height(next), &record).unwrap();
    store.forget_batch(&never).unwrap();
    grow(&store, next + 1..=next + 60);
    write_checkpoint(&store, next + 60);
    let cut = cut(&store, 1).unwrap();
    assert!(cut.first.number > volume && cut.beginning.height >= Height(next), "{cut:?}");
    let waiting = store.unordered_batches().unwrap();
    store.prune(&cut).unwrap();
    assert_eq!((store.unordered_batches().unwrap(), store.batch(&late).unwrap()), (waiting.clone(), None));
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.unordered_batches().unwrap(), waiting);
}

#[test]
fn an_ordered_batch_is_not_taken_for_an_open_one_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut height = 0;
    while store.spans().len() < 4 {
        height += 1;
        grow(&store, [height]);
    }
    // The first batch of a volume waits to the end. Those after it are read again after a crash, and the blocks that order
    // them tell that they are not open. The next block is the first one of those.
    let waiting = digest(1 << 40);
    store.put_batch(waiting, b"waiting").unwrap();
    grow(&store, height + 1..=HEIGHTS);
    write_checkpoint(&store, HEIGHTS);
    let cut = cut(&store, 0).unwrap();
    assert!(cut.beginning.height <= Height(height), "{cut:?}");
    let before = store.unordered_batches().unwrap();
    assert!(before.iter().any(|(digest, _)| *digest == waiting));
    store.prune(&cut).unwrap();
    drop(store);
    assert_eq!(open(dir.path()).unordered_batches().unwrap(), before);
}

#[test]
fn a_block_that_is_put_again_does_not_hide_what_was_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // A batch of the first volume is ordered by a block some way into the second one.
    let late = digest(1 << 40);
    store.put_batch(late, b"late").unwrap();
    let mut height = 0;
    while store.spans().len() == 1 {
        height += 1;
        grow(&store, [height]);
    }
    let orders_it = height + 8;
    grow(&store, height + 1..=orders_it - 1);
    for n in [2 * orders_it, 2 * orders_it + 1, 2 * orders_it + 2] {
        store.put_batch(digest(n), &batch(n)).unwrap();
    }
    let mut record = block(orders_it);
    record.batches.push(late);
    store.put_block(Height(orders_it), &record).unwrap();
    grow(&store, [orders_it + 1]);
    // As after a crash within a run of blocks: they are put again.
    for again in height - 3..=orders_it - 1 {
        store.put_block(Height(again), &block(again)).unwrap();
    }
    store.put_block(Height(orders_it), &record).unwrap();
    grow(&store, orders_it + 2..=HEIGHTS);
    write_checkpoint(&store, CHECKPOINT);
    let second = store.spans()[1];
    let cut = cut(&store, CHECKPOINT - orders_it - 1).unwrap();
    assert_eq!((cut.first, cut.beginning.height), (second, Height(orders_it)));
}

#[test]
fn seconds_whose_ids_go_have_passed_where_the_store_begins() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_handover(Epoch(0), b"the end of epoch 0").unwrap();
    grow(&store, 1..=10);
    // Ids come before the block that closes their second, and the volume becomes full in between: here the last of them
    // are of a second that passes only five blocks later.
    let mut height = 11;
    let passes_after = 5;
    while store.spans().len() == 1 {
        put_height(&store, height).unwrap();
        let ahead = time(height + passes_after).second() as u32;
        store.put_ids(Deadline(ahead), b"ids of a late second").unwrap();
        store.flush().unwrap();
        height += 1;
    }
    // Later ids have later seconds.
    let first = store.spans()[1];
    for height in height..=HEIGHTS {
        for n in [2 * height, 2 * height + 1, 2 * height + 2] {
            store.put_batch(digest(n), &batch(n)).unwrap();
        }
        put_ids(&store, Deadline(time(height + passes_after).second() as u32)).unwrap();
        store.put_block(Height(height), &block(height)).unwrap();
        store.flush().unwrap();
    }
    write_checkpoint(&store, CHECKPOINT);
    let cut = cut(&store, CHECKPOINT - first.first_height - 20).unwrap();
    assert_eq!(cut.first, first);
    let last_second = Deadline(cut.first_second().0 - 1);
    assert!(store.ids(last_second).unwrap().is_some());
    store.prune(&cut).unwrap();
    assert_eq!(store.ids(last_second).unwrap(), None);
    let Beginning { height, timestamp } = store.beginning().unwrap();
    assert!(last_second.has_passed(timestamp), "its ids are not kept, and it passes after block {height}");
    assert_eq!(timestamp, time(height.0));
}

#[test]
fn who_holds_a_volume_goes_on_reading_it_and_nobody_opens_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = grown(dir.path());
    let held = store.hold(1).unwrap();
    let cut = cut(&store, 100).unwrap();
    let dropped = store.begin_at(&cut).unwrap();
    // Its files are there, but it counts no more.
    assert!(directory(dir.path(), 1).exists());
    assert!(matches!(store.hold(1), Err(StoreError::NotKept { .. })));
    store.remove_dropped(&dropped).unwrap();
    assert!(matches!(store.hold(1), Err(StoreError::NotKept { .. })));
    for height in 1..=5u64 {
        assert_eq!(held.value(Table::Receipts, &height.to_be_bytes()).unwrap(), Some(receipts(height)));
    }
    drop(held);
    assert!(!directory(dir.path(), 1).exists(), "closing it leaves nothing");
    check_kept(&store, cut.beginning.height.0 + 1, HEIGHTS);
}

#[test]
fn readers_get_what_is_right_or_learn_that_it_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = grown(dir.path());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for step in [7, 11] {
            let (store, is_over) = (store.clone(), &is_over);
            scope.spawn(move || {
                let mut height = 1;
                while !is_over.load(Ordering::Relaxed) {
                    height = height % HEIGHTS + step;
                    match store.blocks(Height(height.min(HEIGHTS)), 0) {
                        Ok(blocks) => assert_eq!(blocks, [stored(height.min(HEIGHTS))]),
                        Err(StoreError::NotKept { first }) => assert!(first > Height(height)),
                        Err(other) => panic!("block {height}: {other}"),
                    }
                    match store.first_ids_since(Deadline(height as u32)) {
                        Ok(_) | Err(StoreError::NotKept { .. }) => {}
                        Err(other) => panic!("second {height}: {other}"),
                    }
                }
            });
        }
        for keep in (0..CHECKPOINT).rev().step_by(20) {
            if let Some(cut) = cut(&store, keep) {
                store.prune(&cut).unwrap();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(store.pruned().volumes > 4);
    check_kept(&store, store.first_height().0, HEIGHTS);
}

#[test]
fn a_store_that_began_with_a_checkpoint_is_pruned_like_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_handover(Epoch(0), b"the end of epoch 0").unwrap();
    let part = bytes(5, 1_000);
    let hash = Hash::of(types::Domain::CheckpointPart, &part);
    store.begin_incoming(b"which", &[hash]).unwrap();
    store.put_incoming_part(&hash, &part).unwrap();
    let beginning = Beginning { height: Height(500), timestamp: time(500) };
    let its_block = CheckpointBlock { block: block(500).block, certificate: encode(&0u64) };
    store.adopt_checkpoint(beginning, &its_block, &[hash]).unwrap();
    assert_eq!(cut(&store, 0), None);
    grow(&store, 501..=700);
    assert_eq!(cut(&store, 0), None, "the only checkpoint is where it began");
    write_checkpoint(&store, 690);
    let cut = cut(&store, 50).unwrap();
    assert!(cut.beginning.height > Height(501) && cut.beginning.height < Height(640));
    store.prune(&cut).unwrap();
    check_kept(&store, cut.beginning.height.0 + 1, 700);
    drop(store);
    check_kept(&open(dir.path()), cut.beginning.height.0 + 1, 700);
}

const DIRECTORY: &str = "BARO_STORE_PRUNING_DIRECTORY";

/// How much history the process that is killed keeps.
const KEPT_BY_CHILD: u64 = 30;

/// The process that is killed. Does nothing where it runs as an ordinary test.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let store = open(Path::new(&directory));
    store.put_handover(Epoch(0), b"the end of epoch 0").unwrap();
    let first = store.latest_height().map_or(1, |latest| latest.0 + 1);
    // The parent kills it long before; without a parent it ends.
    for height in first..first + 1_000 {
        grow(&store, [height]);
        report("flushed", height);
        if height % 5 == 0 {
            write_checkpoint(&store, height);
            if let Some(cut) = cut(&store, KEPT_BY_CHILD) {
                report("prunes", cut.beginning.height.0);
                store.prune(&cut).unwrap();
                report("pruned", cut.beginning.height.0);
            }
        }
    }
}

#[test]
fn what_is_kept_survives_a_kill_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (mut flushed, mut pruned) = (0, 0);
    for round in 0..8u64 {
        // Half of them are killed while they prune.
        let [heights, spins, ..] = bytes(round + 40, 2)[..] else { unreachable!("two bytes") };
        let mut count = 0;
        run_and_kill(
            "store::tests::pruning::child",
            (DIRECTORY, dir.path()),
            u64::from(spins) * 4_000,
            |what, height| {
                match what {
                    "flushed" => (flushed, count) = (height, count + 1),
                    "pruned" => pruned = height,
                    "prunes" => {}
                    _ => return false,
                }
                count > 40 + u64::from(heights) % 20 && (what == "prunes" || round % 2 == 0)
            },
        );
        let store = open(dir.path());
        let (first, latest) = (store.first_height().0, store.latest_height().unwrap().0);
        assert!(latest >= flushed && first > pruned, "round {round}: {first} to {latest}");
        assert!(first < 2 || first + KEPT_BY_CHILD < latest + 1, "round {round}: {first} to {latest}");
        check_kept(&store, first, latest);
        assert_eq!(on_disk(dir.path()).len(), store.spans().len());
    }
    assert!(pruned > 100, "{pruned}");
}
