//! Checkers: what must be true after every step, whatever goes wrong. They watch honest validators only.

mod agreement;
mod books;
mod deadlines;
mod memory;
mod once;
mod persistence;
mod promises;
mod roots;
mod supply;
mod tips;
mod wakes;

use replica::{FinalizedBlock, Message, Replica, Write};

use crate::address::PeerName;
use crate::chain::Chain;
use crate::clients::Clients;
use crate::machine::Machine;
use crate::{MachineId, Micros};

/// Something happened that must never happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Who noticed it.
    pub checker: &'static str,
    /// When.
    pub at: Micros,
    /// On which machine, if on one.
    pub machine: Option<MachineId>,
    /// What it was.
    pub what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, micros) = (self.at / 1_000_000, self.at % 1_000_000);
        write!(f, "{} at {seconds}.{micros:06} s", self.checker)?;
        if let Some(machine) = self.machine {
            write!(f, " on {machine}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What a checker sees of an honest validator.
pub(crate) struct Seen<'a> {
    pub(crate) at: Micros,
    pub(crate) machine: &'a Machine,
    pub(crate) replica: &'a Replica,
    pub(crate) chain: &'a Chain,
    pub(crate) clients: &'a Clients,
}

/// Why it must not be so.
pub(crate) type Verdict = Result<(), String>;

/// Watches one promise.
pub(crate) trait Checker {
    /// The promise, as it is named in reports.
    fn name(&self) -> &'static str;

    /// A message is about to be heard.
    fn hears(&mut self, _seen: &Seen<'_>, _from: PeerName, _message: &Message) -> Verdict {
        Ok(())
    }

    /// A message leaves.
    fn released(&mut self, _seen: &Seen<'_>, _message: &Message) -> Verdict {
        Ok(())
    }

    /// The replica wants something written.
    fn wrote(&mut self, _seen: &Seen<'_>, _write: &Write) -> Verdict {
        Ok(())
    }

    /// A block is reported final.
    fn finalized(&mut self, _seen: &Seen<'_>, _block: &FinalizedBlock) -> Verdict {
        Ok(())
    }

    /// A process has started.
    fn started(&mut self, _seen: &Seen<'_>) -> Verdict {
        Ok(())
    }

    /// A turn has ended; `is_idle` if the process had been woken and had nothing to do.
    fn turned(&mut self, _seen: &Seen<'_>, _is_idle: bool) -> Verdict {
        Ok(())
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Box<dyn Checker>> {
    vec![
        Box::new(agreement::Agreement::default()),
        Box::new(promises::Promises::default()),
        Box::new(persistence::Persistence),
        Box::new(once::Once::default()),
        Box::new(deadlines::Deadlines),
        Box::new(books::Books::default()),
        Box::new(supply::Supply),
        Box::new(roots::Roots),
        Box::new(tips::Tips),
        Box::new(memory::Memory),
        Box::new(wakes::Wakes::default()),
    ]
}
