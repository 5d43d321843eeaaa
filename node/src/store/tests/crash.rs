//! A process that writes is killed at arbitrary moments; what it reported as flushed must be there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

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

fn report(what: &str, height: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {height}").unwrap();
    out.flush().unwrap();
}

#[test]
fn what_was_flushed_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (mut flushed, mut checkpoint) = (0, 0);
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["store::tests::crash::child", "--exact", "--nocapture"])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The moment differs by round, in heights and within one.
        let [heights, spins, ..] = bytes(round + 1, 2)[..] else { unreachable!("two bytes") };
        let mut count = 0;
        for line in lines.map_while(Result::ok) {
            let Some((what, height)) = line.split_once(' ') else { continue };
            let Ok(height) = height.parse::<u64>() else { continue };
            match what {
                "flushed" => flushed = height,
                "checkpoint" => checkpoint = height,
                _ => continue,
            }
            count += 1;
            if count == 1 + u64::from(heights) % 60 {
                (0..u64::from(spins) * 4000).for_each(|n| _ = std::hint::black_box(n));
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success(), "it was killed");
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
