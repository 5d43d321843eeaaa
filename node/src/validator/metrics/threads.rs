//! Processor time by thread, as Linux tells it. Elsewhere nothing is known.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Processor time that the threads of this process have used, by what they are for. Threads that have ended are not among them.
pub(super) fn times_by_role() -> BTreeMap<&'static str, Duration> {
    let mut times = BTreeMap::new();
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    // A thread may end while its files are read.
    for (role, time) in tasks.filter_map(|task| read(&task.path())) {
        *times.entry(role).or_default() += time;
    }
    times
}

fn read(task: &Path) -> Option<(&'static str, Duration)> {
    let name = fs::read_to_string(task.join("comm")).ok()?;
    let on_processor = fs::read_to_string(task.join("schedstat")).ok()?;
    let nanos = on_processor.split_ascii_whitespace().next()?.parse().ok()?;
    Some((role(name.trim()), Duration::from_nanos(nanos)))
}

/// What a thread of this name is for.
fn role(name: &str) -> &'static str {
    match name {
        "turn" => "turn",
        "store" => "store",
        "serve" => "serve",
        "checkpoint" => "checkpoint",
        "network" => "network",
        _ if name.starts_with("verify") => "verify",
        _ if name.starts_with("sled") => "sled",
        // The main thread and the general runtime, which serves clients.
        _ => "rpc",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_told_apart_by_their_names() {
        assert_eq!(["verify-1", "sled-io-3", "turn", "tokio-rt-worker"].map(role), ["verify", "sled", "turn", "rpc"]);
    }

    #[test]
    fn this_process_has_used_time() {
        assert!(times_by_role().values().sum::<Duration>() > Duration::ZERO);
    }
}
