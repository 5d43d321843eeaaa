//! The queue of what is going to happen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::Micros;

/// Events by time; those of one time in the order in which they were planned.
pub(crate) struct Schedule<E> {
    order: BinaryHeap<Reverse<(Micros, u64)>>,
    events: BTreeMap<u64, E>,
    next: u64,
}

impl<E> Schedule<E> {
    pub(crate) fn new() -> Self {
        Self { order: BinaryHeap::new(), events: BTreeMap::new(), next: 0 }
    }

    pub(crate) fn plan(&mut self, at: Micros, event: E) {
        self.order.push(Reverse((at, self.next)));
        self.events.insert(self.next, event);
        self.next += 1;
    }

    /// The next event, if it is due by `end`.
    pub(crate) fn next_until(&mut self, end: Micros) -> Option<(Micros, E)> {
        let &Reverse((at, number)) = self.order.peek()?;
        if at > end {
            return None;
        }
        self.order.pop();
        self.events.remove(&number).map(|event| (at, event))
    }
}
