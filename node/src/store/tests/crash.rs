//! A process that writes is killed at arbitrary moments; what it reported as flushed must be there.

use super::killed::{report, run_and_kill};
use super::*;

const DIRECTORY: &str = "BARO_STORE_CRASH_DIRECTORY";
const ROUNDS: u64 = 10;

/// The process that is killed. Does nothing where it runs as an ordinary test.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let store = open(Path::new(&directory));
    let first = store.latest_height().map_or(1, |latest| latest.0 + 1);
    // The parent kills it long before; without a parent it ends.
    for height in first..first + 2000 {
        put_height(&store, height).unwrap();
        store.flush().unwrap();
        report("flushed", height);
        if height % 40 == 0 {
            store.write_checkpoint(Height(height), (0..20).map(|n| bytes(height ^ n, 30_000))).unwrap();
            report("checkpoint", height);
        }
    }
}

#[test]
fn what_was_flushed_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (mut flushed, mut checkpoint) = (0, 0);
    for round in 0..ROUNDS {
        // The moment differs by round, in heights and within one.
        let [heights, spins, ..] = bytes(round + 1, 2)[..] else { unreachable!("two bytes") };
        let mut count = 0;
        run_and_kill("store::tests::crash::child", (DIRECTORY, dir.path()), u64::from(spins) * 4000, |what, height| {
            match what {
                "flushed" => flushed = height,
                "checkpoint" => checkpoint = height,
                _ => return false,
            }
            count += 1;
            count == 1 + u64::from(heights) % 60
        });
        let store = open(dir.path());
        let latest = check_prefix(&store).unwrap();
        assert!(latest >= flushed, "round {round}: {flushed} was flushed, {latest} is there");
        let found = store.read_checkpoint().unwrap().map_or(0, |StoredCheckpoint { height, chunks, .. }| {
            let expected: Vec<_> = (0..20).map(|n| bytes(height.0 ^ n, 30_000)).collect();
            assert!(chunks.collect::<Vec<_>>() == expected);
            height.0
        });
        assert!(found >= checkpoint, "round {round}: checkpoint {checkpoint} was written, {found} is there");
    }
    assert!(flushed > ROUNDS, "it made progress");
}
