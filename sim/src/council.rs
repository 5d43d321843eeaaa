//! Changes of the validator set: those that a scenario wants, and the approvals that bring them about.

use types::codec::Bounded;
use types::{Epoch, SecretKey, ValidatorChange};
use vm::Changes;

use crate::address::{machine_of, name_of, secret_of};
use crate::chain::member;
use crate::time::SECONDS;
use crate::world::{Event, World};
use crate::{MachineId, Micros};

/// One change, of machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A machine becomes a validator.
    Add(MachineId),
    /// A validator leaves.
    Remove(MachineId),
    /// A machine, with its key, takes the place of a validator.
    Replace { leaves: MachineId, comes: MachineId },
}

/// Changes that are approved as one. The first ones in a scenario end epoch 0, the second ones epoch 1, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedChange {
    /// When the validators first approve it, if its epoch has begun.
    pub(crate) at: Micros,
    pub(crate) changes: Vec<Change>,
}

/// How long after an approval it is looked whether more are needed.
const PATIENCE: Micros = 3 * SECONDS;

impl PlannedChange {
    fn on_the_ledger(&self) -> Changes {
        let change = |change: &Change| match *change {
            Change::Add(machine) => ValidatorChange::Add(member(machine)),
            Change::Remove(machine) => ValidatorChange::Remove(name_of(machine)),
            Change::Replace { leaves, comes } => ValidatorChange::Replace { key: name_of(leaves), by: member(comes) },
        };
        Bounded::new(self.changes.iter().map(change).collect()).unwrap_or_default()
    }
}

impl World {
    /// Has all validators approve a change, until it has taken effect.
    pub(crate) fn approve(&mut self, number: usize) {
        let Epoch(epoch) = self.chain.newest().epoch;
        if epoch > number as u64 {
            return;
        }
        if epoch == number as u64 {
            let changes = self.changes[number].on_the_ledger();
            let keys = self.chain.newest().validators.keys().to_vec();
            let secrets: Vec<SecretKey> = keys.iter().map(|key| secret_of(machine_of(key))).collect();
            for secret in secrets {
                let approval = self.clients.approval(&self.chain, &secret, &changes, self.now);
                self.pay(approval);
            }
        }
        let again = self.now + PATIENCE;
        self.schedule.plan(again, Event::Council(number));
    }
}
