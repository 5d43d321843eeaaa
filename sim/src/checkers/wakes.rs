use std::collections::BTreeMap;

use super::{Checker, Seen, Verdict};
use crate::time::SECONDS;
use crate::{MachineId, Micros};

/// A validator that is woken more often than this in a second, without anything else happening to it, is busy for
/// nothing.
const MAX_WAKES: u32 = 500;

#[derive(Default)]
pub(super) struct Wakes {
    /// Since when, and how many.
    counted: BTreeMap<MachineId, (Micros, u32)>,
}

impl Checker for Wakes {
    fn name(&self) -> &'static str {
        "wakes"
    }

    fn turned(&mut self, seen: &Seen<'_>, is_idle: bool) -> Verdict {
        let (since, wakes) = self.counted.entry(seen.machine.id).or_default();
        if !is_idle || seen.at > *since + SECONDS {
            (*since, *wakes) = (seen.at, 0);
        }
        *wakes += u32::from(is_idle);
        match *wakes > MAX_WAKES {
            true => Err(format!("woken {wakes} times in a second for nothing")),
            false => Ok(()),
        }
    }
}
