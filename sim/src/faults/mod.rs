//! Faults: what goes wrong, when, and for how long. A plan of them is drawn from the seed before the run begins, so that
//! a failing run can be repeated with fewer.

mod carrying_out;
mod disks;
mod networks;
mod processes;

use crate::{MachineId, Micros};

pub(crate) use disks::{damage, disk_full, slow_flushes};
pub(crate) use networks::{flapping, one_way_cuts, partitions, slow_links};
pub(crate) use processes::{amnesia, clock_jumps, crashes, empty_disks, forgetful_in_a_stall, pauses};

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing gets from some machines to others, and back if it is so both ways.
    Cut {
        /// On this side.
        from: Vec<MachineId>,
        /// On that side.
        to: Vec<MachineId>,
        /// False if messages still get back.
        is_both_ways: bool,
    },
    /// Everything from and to a machine takes longer.
    SlowLinks {
        /// The machine.
        machine: MachineId,
        /// By so much.
        by: Micros,
    },
    /// A process ends where it stands. It starts again when the fault ends.
    Crash {
        /// The machine.
        machine: MachineId,
        /// At which boundary.
        point: CrashPoint,
        /// What the disk keeps of what was not flushed.
        kept: Kept,
    },
    /// A process does nothing, then gets everything that came in between.
    Pause(MachineId),
    /// No space is left: the process ends with the next write.
    DiskFull(MachineId),
    /// Flushes take longer.
    SlowFlush {
        /// The machine.
        machine: MachineId,
        /// By so much.
        by: Micros,
    },
    /// A machine crashes and a bit on its disk has changed: it does not start again.
    FlippedBit(MachineId),
    /// Civil time jumps, and jumps back when the fault ends.
    ClockJump {
        /// The machine.
        machine: MachineId,
        /// By so much; back if negative.
        millis: i64,
    },
    /// A machine crashes and starts with an empty disk.
    EmptyDisk(MachineId),
    /// A copy of the disk is kept.
    DiskCopied(MachineId),
    /// A machine crashes and starts with the disk as it was when it was copied.
    DiskRolledBack(MachineId),
}

/// Where a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// At once.
    Now,
    /// After so many further effects were carried out.
    AfterEffects(u32),
    /// Right after the next flush, before anything is sent.
    AfterFlush,
    /// After so many of the messages that waited for a flush were sent.
    AfterMessages(u32),
    /// After those messages were sent, before the replica is told that its commit is durable.
    BeforeDurable,
}

/// What a crash leaves of the writes that were not flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All is lost.
    Nothing,
    /// So many thousandths of them, from the first on.
    PerMille(u64),
    /// The process ended; the operating system goes on and writes everything.
    Everything,
}

/// A fault with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// When it begins.
    pub at: Micros,
    /// When it ends.
    pub until: Micros,
    /// What it is.
    pub fault: Fault,
}

impl std::fmt::Display for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = |at: Micros| format!("{}.{:03}", at / 1_000_000, at / 1_000 % 1_000);
        write!(f, "{} to {} s: {:?}", millis(self.at), millis(self.until), self.fault)
    }
}
