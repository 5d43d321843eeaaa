//! What reaches the disk in its own time, so that votes do not wait for it: the ids of seconds that have closed, and whatever has to
//! come after them.
//!
//! A validator that starts again executes the blocks after its checkpoint once more, and with them closes their seconds once more. So the
//! ids of a second need not be on disk before the block that has closed it; but they do before a checkpoint of that block or of a later one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::oneshot;
use types::Height;
use vm::{ClosedSecond, Snapshot};

use super::checkpoints::Checkpoints;
use crate::closed_seconds::Putting;
use crate::store::Store;

/// How much is put at a time. With the ids of 3,000 payments in each, votes are never far behind.
const SLICE_BYTES: usize = 128 << 10;

/// The time between two slices: 6 MB a second, seven times what 20,000 payments a second need.
const PACE: Duration = Duration::from_millis(20);

/// What waits, in the order in which it came.
pub(super) struct Deferred {
    waiting: VecDeque<Item>,
    checkpoints: Checkpoints,
    /// When the next slice may be put.
    next: Instant,
}

enum Item {
    Second(Putting),
    Checkpoint { height: Height, snapshot: Snapshot },
    Fence(oneshot::Sender<()>),
}

impl Deferred {
    pub(super) fn new(checkpoints: Checkpoints) -> Self {
        Self { waiting: VecDeque::new(), checkpoints, next: Instant::now() }
    }

    pub(super) fn second(&mut self, closed: ClosedSecond) {
        self.waiting.push_back(Item::Second(Putting::new(closed)));
    }

    /// Left out while another one waits: each holds a ledger.
    pub(super) fn checkpoint(&mut self, height: Height, snapshot: Snapshot) {
        if !self.waiting.iter().any(|item| matches!(item, Item::Checkpoint { .. })) {
            self.waiting.push_back(Item::Checkpoint { height, snapshot });
        }
    }

    pub(super) fn fence(&mut self, reply: oneshot::Sender<()>) {
        if self.waiting.is_empty() {
            // Whoever asked may be gone.
            let _ = reply.send(());
        } else {
            self.waiting.push_back(Item::Fence(reply));
        }
    }

    /// When to go on, if anything waits.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.next)
    }

    /// Puts another slice if it is time, and does what waited for nothing else.
    pub(super) fn go_on(&mut self, store: &Store) -> anyhow::Result<()> {
        if !self.waiting.is_empty() && self.next <= Instant::now() {
            self.put(store, SLICE_BYTES)?;
            self.next = Instant::now() + PACE;
        }
        Ok(())
    }

    /// Puts all that waits.
    pub(super) fn finish(&mut self, store: &Store) -> anyhow::Result<()> {
        self.put(store, usize::MAX)
    }

    fn put(&mut self, store: &Store, mut room: usize) -> anyhow::Result<()> {
        while let Some(mut item) = self.waiting.pop_front() {
            match item {
                Item::Second(ref mut putting) => {
                    let is_whole = putting.go_on(store, &mut room).context("storing the ids of a second")?;
                    if !is_whole {
                        self.waiting.push_front(item);
                        return Ok(());
                    }
                }
                Item::Checkpoint { height, snapshot } => {
                    // A checkpoint whose block a crash could take away would be of no use.
                    store.flush().context("flushing the store")?;
                    self.checkpoints.write(store, height, snapshot);
                }
                Item::Fence(reply) => drop(reply.send(())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;
    use types::{Deadline, Hash, TransactionId};
    use vm::{IdPages, ReceiptPointer, SecondLeaf};

    use super::*;
    use crate::closed_seconds;
    use crate::home::History;

    /// A second of so many ids, and the last of them.
    fn second(second: u32, count: u32) -> (ClosedSecond, TransactionId) {
        let id = |number: u32| {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&second.to_be_bytes());
            id[4..8].copy_from_slice(&number.to_be_bytes());
            TransactionId(id)
        };
        let at = ReceiptPointer { height: Height(1), index: 0 };
        let ids = Arc::new(IdPages::new((0..count).map(|number| (id(number), at))));
        let leaf = SecondLeaf { previous: None, second: Deadline(second), ids: Hash::ZERO };
        (ClosedSecond { leaf, place: second, nodes: vec![leaf.hash()], ids }, id(count - 1))
    }

    #[test]
    fn a_slice_at_a_time_and_what_follows_waits_for_all_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Hash([1; 32])).unwrap();
        let mut deferred = Deferred::new(Checkpoints::begin(History::All, mpsc::unbounded_channel().0).unwrap());
        assert_eq!(deferred.due(), None);
        let ((long, last), (short, other)) = (second(1, 20_000), second(2, 1));
        let ([mut before, mut after], [first, fence]) = {
            let [(a, b), (c, d)] = [oneshot::channel(), oneshot::channel()];
            ([b, d], [a, c])
        };
        deferred.fence(first);
        assert!(before.try_recv().is_ok(), "nothing is before it");
        deferred.second(long);
        deferred.second(short);
        deferred.fence(fence);
        let found = |id| closed_seconds::find(&store, id).unwrap().is_some();
        let mut slices = 0;
        while let Some(due) = deferred.due() {
            assert!(!found(&last) && !found(&other) && after.try_recv().is_err(), "after {slices} slices");
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let bytes = store.written().bytes;
            deferred.go_on(&store).unwrap();
            slices += 1;
            // And the rest of a page, what is said of a second, and nodes.
            assert!(store.written().bytes - bytes < SLICE_BYTES as u64 + 20_000);
            let again = store.written().bytes;
            deferred.go_on(&store).unwrap();
            assert!(store.written().bytes == again, "not so soon");
        }
        assert!(slices > 4 && found(&last) && found(&other) && after.try_recv().is_ok(), "{slices}");
    }

    #[test]
    fn a_checkpoint_waits_for_the_seconds_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Hash([1; 32])).unwrap();
        let mut deferred = Deferred::new(Checkpoints::begin(History::All, mpsc::unbounded_channel().0).unwrap());
        let ledger = crate::validator::tests::genesis(&types::SecretKey::from_seed([3; 32])).ledger().unwrap();
        deferred.second(second(1, 20_000).0);
        deferred.checkpoint(Height(0), ledger.snapshot());
        deferred.go_on(&store).unwrap();
        std::thread::sleep(2 * PACE);
        assert!(store.read_checkpoint().unwrap().is_none());
        deferred.finish(&store).unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while store.read_checkpoint().unwrap().is_none() {
            assert!(Instant::now() < end, "no checkpoint");
            std::thread::sleep(PACE);
        }
        assert!(store.ids(Deadline(1)).unwrap().is_some());
    }
}
