//! What this machine's processors and its loopback interface have done, as Linux tells it.

use std::fs::read_to_string;

use super::process::TICKS_PER_SECOND;

/// Counts since the machine was started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Machine {
    /// Processor time spent on anything, of all cores together, in seconds.
    pub(super) busy_seconds: f64,
    /// Processor time left over, in seconds. Where others share the hardware, some of it was never to be had.
    pub(super) idle_seconds: f64,
    /// Bytes that left on the loopback interface, with the headers of TCP and IP.
    pub(super) loopback_bytes: u64,
}

impl Machine {
    /// The counts now; `None` where the system does not tell.
    pub(super) fn now() -> Option<Machine> {
        let (busy, idle) = processors(&read_to_string("/proc/stat").ok()?)?;
        let loopback_bytes = loopback(&read_to_string("/proc/net/dev").ok()?)?;
        let seconds = |ticks: u64| ticks as f64 / TICKS_PER_SECOND;
        Some(Machine { busy_seconds: seconds(busy), idle_seconds: seconds(idle), loopback_bytes })
    }
}

/// Busy and idle ticks from the first line: user, nice, system, idle, iowait, irq, softirq, steal, and guests, which are in user.
fn processors(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> =
        line.split_ascii_whitespace().take(8).map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let [user, nice, system, idle, iowait, irq, softirq, steal] = fields[..] else { return None };
    Some((user + nice + system + irq + softirq, idle + iowait + steal))
}

/// The ninth number of an interface is what it has sent.
fn loopback(devices: &str) -> Option<u64> {
    let counts = devices.lines().find_map(|line| line.trim_start().strip_prefix("lo:"))?;
    counts.split_ascii_whitespace().nth(8)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_text() {
        assert_eq!(processors("cpu  10 20 30 40 5 1 2 3 0 0\ncpu0 1 1 1 1"), Some((63, 48)));
        assert_eq!(processors("intr 5"), None);
        let devices = "Inter-|   Receive\n face |bytes\n    lo: 100 2 0 0 0 0 0 0 300 4 0 0 0 0 0 0\n  eth0: 1 1";
        assert_eq!(loopback(devices), Some(300));
    }
}
