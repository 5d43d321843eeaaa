use super::{Checker, Seen, Verdict};

/// A restart comes to the latest finalized block that is on disk for good. What was reported final lately and not
/// flushed comes again from the others.
pub(super) struct Tips;

impl Checker for Tips {
    fn name(&self) -> &'static str {
        "tips"
    }

    fn started(&mut self, seen: &Seen<'_>) -> Verdict {
        let (tip, stored) = (seen.replica.tip().height, seen.machine.disk.certified_tip());
        match tip < stored {
            true => Err(format!("starts at block {tip}, though block {stored} is on its disk")),
            false => Ok(()),
        }
    }
}
