//! A validator's process.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::home::History;

/// Where a validator's words go, in its home.
const LOG: &str = "node.log";

/// So many lines of a log are shown when a validator fails.
const TAIL_LINES: usize = 12;

/// The `baro` program, and how it is to run the validators of a network.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) link_delay: u64,
    pub(super) history: Option<History>,
}

/// A validator that this process started. It ends when this process does: its standard input closes.
pub(super) struct ValidatorProcess {
    child: Child,
    pid: u32,
    /// Held open as long as the validator shall live.
    _stdin: Option<ChildStdin>,
}

impl ValidatorProcess {
    /// Starts the program for the validator of this home.
    pub(super) fn start(program: &Program, name: &str, home: &Path) -> anyhow::Result<Self> {
        let path = home.join(LOG);
        let mut log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(log, "---- {name} starts")?;
        let mut command = Command::new(&program.path);
        command.args(["node", "--until-stdin-closes", "--home"]).arg(home);
        if program.link_delay > 0 {
            command.arg("--link-delay").arg(program.link_delay.to_string());
        }
        if let Some(history) = program.history {
            command.arg("--history").arg(history.to_string());
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {} for {name}", program.path.display()))?;
        let (pid, stdin) = (child.id(), child.stdin.take());
        Ok(Self { child, pid, _stdin: stdin })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(super) fn ask_to_stop(&mut self) {
        if !self.has_ended()
            && let Ok(pid) = i32::try_from(self.pid)
        {
            // The process is our child and not reaped: the id is still its own. It may end by itself meanwhile.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }

    /// Ends it at once, and waits until it is gone.
    pub(super) fn kill(&mut self) {
        // Does nothing if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ValidatorProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last lines of a validator's log.
pub(super) fn log_tail(home: &Path) -> String {
    let path = home.join(LOG);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
    format!("{tail}\n(from {})", path.display())
}
