//! The trace of a run: a digest over everything that happened, and lines for people if they want them.

use std::collections::VecDeque;

use types::{Domain, Hash};

use crate::time::SECONDS;
use crate::{MachineId, Micros};

/// Bytes that are gathered before they are hashed.
const CHUNK: usize = 64 << 10;

pub(crate) struct Trace {
    digest: Hash,
    pending: Vec<u8>,
    events: u64,
    lines: Option<VecDeque<String>>,
    max_lines: usize,
}

impl Trace {
    /// A trace that keeps its latest `max_lines` lines.
    pub(crate) fn new(max_lines: usize) -> Self {
        let lines = (max_lines > 0).then(VecDeque::new);
        Self { digest: Hash::ZERO, pending: Vec::with_capacity(CHUNK), events: 0, lines, max_lines }
    }

    /// Something happened to a machine. `bytes` is all of it; `line` says it to people.
    pub(crate) fn event(
        &mut self,
        at: Micros,
        machine: MachineId,
        kind: &'static str,
        bytes: &[u8],
        line: impl FnOnce() -> String,
    ) {
        self.events += 1;
        self.pending.extend(at.to_le_bytes());
        self.pending.extend(machine.0.to_le_bytes());
        self.pending.extend(kind.as_bytes());
        self.pending.extend((bytes.len() as u64).to_le_bytes());
        self.pending.extend(bytes);
        if self.pending.len() >= CHUNK {
            self.fold();
        }
        if let Some(lines) = &mut self.lines {
            if lines.len() == self.max_lines {
                lines.pop_front();
            }
            let (seconds, micros) = (at / SECONDS, at % SECONDS);
            lines.push_back(format!("{seconds:>4}.{micros:06} {:<4} {kind:<10} {}", machine.to_string(), line()));
        }
    }

    fn fold(&mut self) {
        self.digest = Hash::node(&self.digest, &Hash::of(Domain::Node, &self.pending));
        self.pending.clear();
    }

    /// How many events there were.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The digest over all events, and the lines kept.
    pub(crate) fn finish(mut self) -> (Hash, Vec<String>) {
        self.fold();
        (self.digest, self.lines.unwrap_or_default().into())
    }
}
