//! Which kind of work a thread is at, told to whoever measures it.
//!
//! What decides has no clock. It only says what it begins; a thread that nobody measures says it to nobody, and what is
//! decided is the same.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

/// A kind of work that takes a validator's processor time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Transactions, batches and messages between bytes and values.
    Coding,
    /// Signatures of transactions, with the ids they are about.
    Verification,
    /// What a transaction needs to be taken from a client, and to be carried.
    Admission,
    /// Batches: making, acknowledging, choosing and forgetting them.
    Dissemination,
    /// Proposals, votes and certificates.
    Consensus,
    /// Transactions executed in order.
    Execution,
    /// The Merkle roots of state and receipts.
    Roots,
    /// A final block's changes folded into the ledger.
    Folding,
    /// Blocks, batches and votes encoded for the store, put into it and flushed.
    Storage,
    /// What else the loop does: queues, wake-ups, clients that wait.
    Loop,
}

impl Stage {
    /// All of them.
    pub const ALL: [Stage; 10] = [
        Stage::Coding,
        Stage::Verification,
        Stage::Admission,
        Stage::Dissemination,
        Stage::Consensus,
        Stage::Execution,
        Stage::Roots,
        Stage::Folding,
        Stage::Storage,
        Stage::Loop,
    ];

    /// Its name in metrics and reports.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Coding => "coding",
            Stage::Verification => "verification",
            Stage::Admission => "admission",
            Stage::Dissemination => "dissemination",
            Stage::Consensus => "consensus",
            Stage::Execution => "execution",
            Stage::Roots => "roots",
            Stage::Folding => "folding",
            Stage::Storage => "storage",
            Stage::Loop => "loop",
        }
    }

    /// Says that this thread begins such work; what it was at before goes on when the guard is dropped.
    #[must_use = "the stage ends when this is dropped"]
    pub fn enter(self) -> Entered {
        let before = PRESENT.get();
        if let Some(before) = before {
            change(before, self);
        }
        Entered { before, _thread: PhantomData }
    }
}

/// Told of each change: the stage that ends.
type Observer = Box<dyn FnMut(Stage)>;

thread_local! {
    /// The present stage, where somebody observes.
    static PRESENT: Cell<Option<Stage>> = const { Cell::new(None) };
    static OBSERVER: RefCell<Option<Observer>> = const { RefCell::new(None) };
}

/// From now on `observer` is told whenever a stage of this thread ends, and which. The thread begins with `first`.
pub fn observe(first: Stage, observer: impl FnMut(Stage) + 'static) {
    OBSERVER.set(Some(Box::new(observer)));
    PRESENT.set(Some(first));
}

fn change(from: Stage, to: Stage) {
    if from == to {
        return;
    }
    OBSERVER.with_borrow_mut(|observer| observer.iter_mut().for_each(|observer| observer(from)));
    PRESENT.set(Some(to));
}

/// A stage that lasts until this is dropped.
#[derive(Debug)]
pub struct Entered {
    before: Option<Stage>,
    /// It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let (Some(before), Some(present)) = (self.before, PRESENT.get()) {
            change(present, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn stages_nest_and_each_end_is_told() {
        // Nobody observes yet.
        drop(Stage::Consensus.enter());
        let ended = Rc::new(RefCell::new(Vec::new()));
        let told = ended.clone();
        observe(Stage::Loop, move |stage| told.borrow_mut().push(stage));
        {
            let _execution = Stage::Execution.enter();
            let _again = Stage::Execution.enter();
            drop(Stage::Roots.enter());
        }
        drop(Stage::Consensus.enter());
        let expected = [Stage::Loop, Stage::Execution, Stage::Roots, Stage::Execution, Stage::Loop, Stage::Consensus];
        assert_eq!(*ended.borrow(), expected);
    }
}
