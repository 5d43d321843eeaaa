//! Questions that wait for an answer from the disk: each peer has a short queue of its own, and they are answered in
//! turn, so that a peer that asks for much delays itself and nobody else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Questions of one peer that may wait. More are dropped: who asked asks again, elsewhere.
const MAX_WAITING: usize = 8;

/// The asking side. When the last one is dropped, the answering side ends.
pub(super) struct Questions<P, Q> {
    shared: Arc<Shared<P, Q>>,
}

/// The answering side.
pub(super) struct Answering<P, Q> {
    shared: Arc<Shared<P, Q>>,
}

struct Shared<P, Q> {
    queues: Mutex<Queues<P, Q>>,
    changed: Condvar,
}

struct Queues<P, Q> {
    waiting: BTreeMap<P, VecDeque<Q>>,
    /// Peers with questions, the next one to be answered first.
    turns: VecDeque<P>,
    is_over: bool,
}

/// Both sides.
pub(super) fn questions<P: Ord + Copy, Q>() -> (Questions<P, Q>, Answering<P, Q>) {
    let queues = Queues { waiting: BTreeMap::new(), turns: VecDeque::new(), is_over: false };
    let shared = Arc::new(Shared { queues: Mutex::new(queues), changed: Condvar::new() });
    (Questions { shared: shared.clone() }, Answering { shared })
}

impl<P, Q> Shared<P, Q> {
    /// A panic elsewhere leaves queues that are whole: each change is complete before the lock goes.
    fn lock(&self) -> MutexGuard<'_, Queues<P, Q>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Ord + Copy, Q> Questions<P, Q> {
    /// Lets a question wait; false if the peer has too many already.
    pub(super) fn ask(&self, peer: P, question: Q) -> bool {
        let mut queues = self.shared.lock();
        let queue = queues.waiting.entry(peer).or_default();
        if queue.len() >= MAX_WAITING {
            return false;
        }
        let is_first = queue.is_empty();
        queue.push_back(question);
        if is_first {
            queues.turns.push_back(peer);
        }
        drop(queues);
        self.shared.changed.notify_one();
        true
    }
}

impl<P, Q> Drop for Questions<P, Q> {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_one();
    }
}

impl<P: Ord + Copy, Q> Iterator for Answering<P, Q> {
    type Item = (P, Q);

    /// The next question, peer by peer. Waits for one; ends with the asking side.
    fn next(&mut self) -> Option<(P, Q)> {
        let queues = self.shared.lock();
        let waiting = |queues: &mut Queues<P, Q>| queues.turns.is_empty() && !queues.is_over;
        let mut queues = self.shared.changed.wait_while(queues, waiting).unwrap_or_else(PoisonError::into_inner);
        if queues.is_over {
            return None;
        }
        let peer = queues.turns.pop_front()?;
        let queue = queues.waiting.get_mut(&peer)?;
        let question = queue.pop_front()?;
        if queue.is_empty() {
            queues.waiting.remove(&peer);
        } else {
            queues.turns.push_back(peer);
        }
        Some((peer, question))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_asks_for_much_delays_only_itself() {
        let (questions, answering) = questions();
        (0..MAX_WAITING).for_each(|n| assert!(questions.ask("greedy", n)));
        assert!(!questions.ask("greedy", 100), "more are dropped");
        assert!(questions.ask("modest", 0));
        assert!(questions.ask("other", 0));
        let order: Vec<_> = answering.take(5).collect();
        assert_eq!(order, [("greedy", 0), ("modest", 0), ("other", 0), ("greedy", 1), ("greedy", 2)]);
    }

    #[test]
    fn ends_with_the_asking_side() {
        let (questions, mut answering) = questions::<u8, u8>();
        let waiter = std::thread::spawn(move || answering.next());
        drop(questions);
        assert_eq!(waiter.join().unwrap(), None);
    }
}
