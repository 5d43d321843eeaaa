//! What processes on this machine use, from `/proc`. Elsewhere, and for processes that ended, nothing is known.

/// Linux reports processor time to programs in hundredths of a second (`USER_HZ`).
pub(super) const TICKS_PER_SECOND: f64 = 100.0;

/// A process: this one, or another by its id.
#[derive(Debug, Clone, Copy)]
pub(super) enum Process {
    /// This process.
    Own,
    /// The process of this id.
    Other(u32),
}

impl Process {
    fn read(self, file: &str) -> Option<String> {
        let path = match self {
            Process::Own => format!("/proc/self/{file}"),
            Process::Other(pid) => format!("/proc/{pid}/{file}"),
        };
        std::fs::read_to_string(path).ok()
    }

    /// Processor time used so far by all its threads, in seconds.
    pub(super) fn cpu_seconds(self) -> Option<f64> {
        ticks(&self.read("stat")?).map(|ticks| ticks as f64 / TICKS_PER_SECOND)
    }

    /// Bytes that it had written to the disk, from when it wrote them or when the system did so for it.
    pub(super) fn disk_bytes(self) -> Option<u64> {
        field(&self.read("io")?, "write_bytes:")
    }

    /// Memory that it has resident, in bytes.
    pub(super) fn resident_bytes(self) -> Option<u64> {
        field(&self.read("status")?, "VmRSS:").map(|kilobytes| kilobytes * 1024)
    }
}

/// User and system time, fields 14 and 15. The second field, the name, may contain spaces and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The number after a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernels_text() {
        let stat = "42 (a ) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 5 1000 10 18446744073709551615";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(field("Name:\tbaro\nVmRSS:\t  1024 kB\n", "VmRSS:"), Some(1024));
        assert_eq!(field("wchar: 5\nwrite_bytes: 4096\n", "write_bytes:"), Some(4096));
        assert_eq!(ticks(""), None);
    }
}
