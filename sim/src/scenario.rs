//! What a run is made of: drawn from the seed, as its profile wants it, before the run begins.

use std::collections::BTreeMap;

use crate::council::PlannedChange;
use crate::doubles::DoubleKind;
use crate::faults::Planned;
use crate::network::{Class, Delay};
use crate::random::Random;
use crate::time::SECONDS;
use crate::{MachineId, Micros};

/// Faults begin after this time.
const QUIET_START: Micros = SECONDS;

/// Faults have ended by a time between these.
const FAULTY: (Micros, Micros) = (20 * SECONDS, 45 * SECONDS);

/// A run before it begins.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// How many validators there are.
    pub(crate) size: usize,
    /// The network's links.
    pub(crate) class: Class,
    /// Their delays.
    pub(crate) delay: Delay,
    /// By how much civil clocks are off, at most, in milliseconds. Well within what the chain allows.
    pub(crate) skew_millis: u64,
    /// By how much clocks run fast or slow, at most, in millionths.
    pub(crate) drift_ppm: u64,
    /// How many payments clients make.
    pub(crate) payments: u64,
    /// Byzantine validators.
    pub(crate) doubles: BTreeMap<MachineId, DoubleKind>,
    /// The validator of which there are two.
    pub(crate) twin: Option<MachineId>,
    /// Machines that are not validators at genesis, and when they are started.
    pub(crate) candidates: Vec<(MachineId, Micros)>,
    /// How the validator set changes, in order.
    pub(crate) changes: Vec<PlannedChange>,
    /// What goes wrong, by time.
    pub(crate) faults: Vec<Planned>,
    /// When everything has healed.
    pub(crate) healed_at: Micros,
}

/// Where a profile prepares a scenario.
pub(crate) struct Stage<'a> {
    pub(crate) random: &'a mut Random,
    /// The machines that faults may hit: the validators in order, then those that join.
    pub(crate) machines: Vec<MachineId>,
    pub(crate) faults: Vec<Planned>,
    healed_at: Micros,
    /// Validators that may still become faulty for good: Byzantine, lost, or without memory.
    budget: usize,
    faulty: Vec<MachineId>,
    pub(crate) class: Class,
    pub(crate) delay: Delay,
    pub(crate) skew_millis: u64,
    pub(crate) drift_ppm: u64,
    pub(crate) payments: u64,
    pub(crate) doubles: BTreeMap<MachineId, DoubleKind>,
    pub(crate) twin: Option<MachineId>,
    pub(crate) candidates: Vec<(MachineId, Micros)>,
    pub(crate) changes: Vec<PlannedChange>,
}

impl Stage<'_> {
    /// Any validator's machine.
    pub(crate) fn machine(&mut self) -> MachineId {
        *self.random.pick(&self.machines)
    }

    /// A beginning and an end, `least` to `most` apart, while faults are on.
    pub(crate) fn period(&mut self, least: Micros, most: Micros) -> (Micros, Micros) {
        let length = self.random.between(least, most);
        let at = self.random.between(QUIET_START, self.healed_at.saturating_sub(least).max(QUIET_START));
        (at, (at + length).min(self.healed_at))
    }

    /// A validator that may be faulty for good; none if that would be more than f of them.
    pub(crate) fn spend_fault(&mut self) -> Option<MachineId> {
        if self.budget == 0 {
            return None;
        }
        self.budget -= 1;
        let is_new = |machine: &MachineId| self.candidates.iter().any(|(candidate, _)| candidate == machine);
        let is_honest = |machine: &MachineId| !self.faulty.contains(machine) && !is_new(machine);
        let honest: Vec<MachineId> = self.machines.iter().copied().filter(is_honest).collect();
        let machine = *self.random.pick(&honest);
        self.faulty.push(machine);
        Some(machine)
    }

    /// Machines that are started later, none of them a validator at genesis.
    pub(crate) fn join(&mut self, count: u64) -> Vec<MachineId> {
        let new: Vec<MachineId> =
            (self.machines.len()..).take(count as usize).map(|number| MachineId(number as u16)).collect();
        for machine in &new {
            let at = self.random.between(QUIET_START, self.healed_at - SECONDS);
            self.candidates.push((*machine, at));
            self.machines.push(*machine);
        }
        new
    }

    /// True for a machine that is faulty for good.
    pub(crate) fn is_faulty(&self, machine: MachineId) -> bool {
        self.faulty.contains(&machine)
    }

    /// True if a committee of these machines stands those of them that are faulty for good.
    pub(crate) fn tolerates(&self, committee: &[MachineId]) -> bool {
        let faulty = committee.iter().filter(|machine| self.faulty.contains(machine)).count();
        committee.len() >= 4 && faulty <= (committee.len() - 1) / 3
    }

    /// How many more validators may be faulty for good.
    pub(crate) fn budget(&self) -> usize {
        self.budget
    }

    /// While faults are on, they have ended by then.
    pub(crate) fn healed_at(&self) -> Micros {
        self.healed_at
    }
}

impl Scenario {
    /// The scenario that `prepare` makes of a seed.
    pub(crate) fn draw(seed: u64, size: Option<usize>, prepare: fn(&mut Stage<'_>)) -> Scenario {
        let mut random = Random::new(seed, "scenario");
        let size = size.unwrap_or_else(|| *random.pick(&[4, 4, 4, 4, 5, 7]));
        let healed_at = random.between(FAULTY.0, FAULTY.1);
        let payments = random.between(6, 24);
        let mut stage = Stage {
            random: &mut random,
            // At most 16 validators.
            machines: (0..size).map(|index| MachineId(index as u16)).collect(),
            faults: Vec::new(),
            healed_at,
            budget: (size - 1) / 3,
            faulty: Vec::new(),
            class: Class::Ordered,
            delay: Delay::CALM,
            skew_millis: 20,
            drift_ppm: 50,
            payments,
            doubles: BTreeMap::new(),
            twin: None,
            candidates: Vec::new(),
            changes: Vec::new(),
        };
        prepare(&mut stage);
        let Stage {
            mut faults,
            class,
            delay,
            skew_millis,
            drift_ppm,
            payments,
            doubles,
            twin,
            candidates,
            changes,
            ..
        } = stage;
        faults.sort_by_key(|planned| planned.at);
        Scenario {
            size,
            class,
            delay,
            skew_millis,
            drift_ppm,
            payments,
            doubles,
            twin,
            candidates,
            changes,
            faults,
            healed_at,
        }
    }
}

/// What each validator chooses for itself: small enough that a run reaches the limits.
pub(crate) fn limits() -> replica::Limits {
    replica::Limits {
        checkpoint_blocks: 6,
        trim_after_views: 8,
        unordered_bytes_per_peer: 256 << 10,
        ..replica::Limits::default()
    }
}
