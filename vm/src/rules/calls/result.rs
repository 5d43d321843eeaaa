//! What a call leaves in the receipt.

use bincode::{Decode, Encode};
use types::Address;
use types::codec::Bounded;

use crate::program::{Event, MAX_EVENTS, Output, Word};

/// What came of a call, or of a deployment with its `init`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CallResult {
    /// The program.
    pub program: Address,
    /// The result.
    pub value: Word,
    /// The events in their order.
    pub events: Bounded<Event, MAX_EVENTS>,
    /// The gas that the machine used.
    pub gas: u64,
}

impl CallResult {
    pub(crate) fn new(program: Address, Output { value, events, gas }: Output) -> Self {
        let events = Bounded::new(events).expect("the machine stops a call with more events");
        Self { program, value, events, gas }
    }
}
