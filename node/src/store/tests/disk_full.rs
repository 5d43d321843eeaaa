//! A process that may not make files longer than a limit stands for a disk that is full.

use std::io::Write;
use std::process::Command;

use super::*;

const DIRECTORY: &str = "BARO_STORE_FULL_DIRECTORY";

/// The process with the limit. Does nothing where it runs as an ordinary test.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let store = Store::open(Path::new(&directory), CHAIN).unwrap();
    let mut out = std::io::stdout().lock();
    for height in 1..500 {
        match put_height(&store, height).and_then(|()| store.flush()) {
            Ok(()) => writeln!(out, "\nflushed {height}").unwrap(),
            Err(error) => {
                writeln!(out, "\nfailed {error}").unwrap();
                let after = put_height(&store, height).and_then(|()| store.flush()).unwrap_err();
                assert!(matches!(after, StoreError::Broken { .. }), "{after}");
                writeln!(out, "\nbroken").unwrap();
                out.flush().unwrap();
                return;
            }
        }
    }
}

#[test]
fn a_full_disk_is_an_error_and_costs_nothing_that_was_flushed() {
    let dir = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let command = format!(
        // Blocks of 512 bytes. Without the trap the signal would end the process.
        "trap '' XFSZ; ulimit -f 8192; exec {} store::tests::disk_full::child --exact --nocapture",
        test.display()
    );
    let output = Command::new("sh").args(["-c", &command]).env(DIRECTORY, dir.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("failed cannot"), "{text}\n{errors}");
    assert!(text.contains("broken"), "{text}\n{errors}");
    let flushed = text.lines().filter_map(|line| line.strip_prefix("flushed ")?.parse::<u64>().ok()).max().unwrap();
    assert!(check_prefix(&Store::open(dir.path(), CHAIN).unwrap()).unwrap() >= flushed);
}
