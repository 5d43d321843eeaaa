//! A process that uses a store, reports what it has done, and is killed. It is this test program, running one test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Says in the child that something was done at a height.
pub(super) fn report(what: &str, height: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what} {height}").unwrap();
    out.flush().unwrap();
}

/// Runs `test` with a directory in an environment variable, and kills it when `is_time` says so of a report, some `spins` later.
/// Reports that come after that are given to it too.
pub(super) fn run_and_kill(
    test: &str,
    (variable, directory): (&str, &Path),
    spins: u64,
    mut is_time: impl FnMut(&str, u64) -> bool,
) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(variable, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some((what, height)) = line.split_once(' ') else { continue };
        let Ok(height) = height.parse::<u64>() else { continue };
        if is_time(what, height) {
            (0..spins).for_each(|n| _ = std::hint::black_box(n));
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "it was killed");
}
