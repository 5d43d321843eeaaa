//! A process's writer, which works as a node's: everything in order, one flush for all commits that have gathered, only
//! then their messages; checkpoints beside it, one at a time.

use replica::{Commit, Write};
use types::Height;
use vm::Snapshot;

use crate::disk::{Disk, WriteError};

/// Something for the disk.
pub(crate) enum Order {
    Write(Write),
    Commit(Commit),
    Checkpoint { height: Height, snapshot: Snapshot },
}

/// Commits under one flush.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) commits: Vec<Commit>,
    pub(crate) checkpoint: Option<(Height, Snapshot)>,
}

#[derive(Default)]
pub(crate) struct Writer {
    queue: Vec<Order>,
    /// What waits for the flush that is under way.
    flushing: Option<Group>,
    /// The checkpoint that is being written.
    checkpoint: Option<(Height, Snapshot)>,
}

impl Writer {
    pub(crate) fn take(&mut self, order: Order) {
        self.queue.push(order);
    }

    /// Puts what has gathered, unless a flush is under way. True if one has begun.
    pub(crate) fn put(&mut self, disk: &mut Disk) -> Result<bool, WriteError> {
        if self.flushing.is_some() || self.queue.is_empty() {
            return Ok(false);
        }
        let mut group = Group::default();
        for order in std::mem::take(&mut self.queue) {
            match order {
                Order::Write(write) => disk.write(&write)?,
                Order::Commit(commit) => {
                    commit.writes().iter().try_for_each(|write| disk.write(write))?;
                    group.commits.push(commit);
                }
                Order::Checkpoint { height, snapshot } => group.checkpoint = Some((height, snapshot)),
            }
        }
        let is_due = !group.commits.is_empty() || group.checkpoint.is_some();
        if is_due {
            self.flushing = Some(group);
        }
        Ok(is_due)
    }

    /// The flush has ended.
    pub(crate) fn flushed(&mut self) -> Group {
        self.flushing.take().unwrap_or_default()
    }

    /// Begins a checkpoint, unless one is being written.
    pub(crate) fn begin_checkpoint(&mut self, checkpoint: Option<(Height, Snapshot)>) -> bool {
        let begins = self.checkpoint.is_none() && checkpoint.is_some();
        if begins {
            self.checkpoint = checkpoint;
        }
        begins
    }

    /// The checkpoint is written.
    pub(crate) fn end_checkpoint(&mut self) -> Option<(Height, Snapshot)> {
        self.checkpoint.take()
    }
}
