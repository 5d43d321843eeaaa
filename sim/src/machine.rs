//! One machine: a disk, clocks, and now and then a process.

use std::collections::BTreeSet;

use replica::{JobResult, Replica, StateSync};
use types::{Hash, SecretKey};

use crate::address::PeerName;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::doubles::Double;
use crate::faults::{CrashPoint, Kept};
use crate::writer::Writer;
use crate::{MachineId, Micros};

/// Something that happens to a process.
pub(crate) enum Happening {
    Message { from: PeerName, bytes: Vec<u8> },
    PeerUp(PeerName),
    PeerDown(PeerName),
    Submit { ticket: u64, transactions: Vec<Vec<u8>> },
    Verified(JobResult),
    Flushed,
    CheckpointWritten,
    PartWritten { hash: Hash, bytes: Vec<u8> },
    PartsRead,
    Wake,
}

/// A running process.
pub(crate) struct Process {
    pub(crate) replica: Replica,
    pub(crate) writer: Writer,
}

/// A process that fetches a checkpoint, and has no replica yet.
pub(crate) struct Syncing {
    pub(crate) sync: StateSync,
    /// Whose links are up: the replica has to be told as well.
    pub(crate) up: BTreeSet<PeerName>,
}

pub(crate) struct Machine {
    pub(crate) id: MachineId,
    /// The consensus key.
    pub(crate) secret: SecretKey,
    /// Its name for the others.
    pub(crate) name: PeerName,
    pub(crate) disk: Disk,
    pub(crate) clock: Clock,
    /// Either this or `syncing` while a process runs.
    pub(crate) process: Option<Process>,
    pub(crate) syncing: Option<Syncing>,
    /// When the process has asked to be woken, in the time of the world.
    pub(crate) wake: Option<Micros>,
    /// Counts processes, so that nothing of an earlier one reaches a later one.
    pub(crate) life: u32,
    /// What makes it Byzantine; a twin is so without.
    pub(crate) double: Option<Box<dyn Double>>,
    pub(crate) is_honest: bool,
    /// How many faults keep it from starting.
    pub(crate) kept_down: u32,
    pub(crate) pauses: u32,
    /// What waits for the pause to end.
    pub(crate) backlog: Vec<Happening>,
    /// Where it is going to crash, and what the disk then keeps.
    pub(crate) doom: Option<(CrashPoint, Kept)>,
    /// Its disk was put back or emptied: it may find that it has forgotten votes, and then casts none.
    pub(crate) has_forgotten: bool,
    /// It will not start again: its store is damaged.
    pub(crate) is_lost: bool,
    /// It has ended by itself, for it is no validator any more.
    pub(crate) is_removed: bool,
}

impl Machine {
    pub(crate) fn new(id: MachineId, secret: SecretKey, clock: Clock) -> Self {
        Self {
            id,
            name: secret.public(),
            secret,
            disk: Disk::default(),
            clock,
            process: None,
            syncing: None,
            wake: None,
            life: 0,
            double: None,
            is_honest: true,
            kept_down: 0,
            pauses: 0,
            backlog: Vec::new(),
            doom: None,
            has_forgotten: false,
            is_lost: false,
            is_removed: false,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some() || self.syncing.is_some()
    }

    /// True at the step of a countdown at which the machine is to crash.
    pub(crate) fn meets_doom(&mut self, here: impl FnOnce(&mut CrashPoint) -> bool) -> bool {
        self.doom.as_mut().is_some_and(|(point, _)| here(point))
    }
}
