//! One run: from a seed and a profile to a report.

use std::collections::BTreeMap;

use types::Hash;

use crate::checkers::Violation;
use crate::doubles::DoubleKind;
use crate::faults::Planned;
use crate::profiles::Profile;
use crate::scenario::Scenario;
use crate::time::SECONDS;
use crate::world::World;
use crate::{MachineId, Micros};

/// Once everything has healed, a new payment to any honest validator is final everywhere within this time.
pub const LIVENESS: Micros = 20 * SECONDS;

/// What to run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: &'static Profile,
    /// How many validators; the seed says if this does not.
    pub validators: Option<usize>,
    /// How many lines of the trace to keep, from the last one back.
    pub lines: usize,
    /// The faults to leave in, by number; all if none.
    pub faults: Option<Vec<usize>>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was wrong, if anything.
    pub violation: Option<Violation>,
    /// A digest over everything that happened.
    pub digest: Hash,
    /// The last lines of the trace.
    pub trace: Vec<String>,
    /// How many validators there were.
    pub validators: usize,
    /// The faults that were planned.
    pub faults: Vec<Planned>,
    /// Simulated time.
    pub simulated: Micros,
    /// Events.
    pub events: u64,
    /// Blocks that became final.
    pub blocks: u64,
    /// Payments that became final.
    pub payments: usize,
    /// How long the last payments took to be final everywhere, after all had healed.
    pub recovery: Micros,
    /// How often a machine took over a checkpoint.
    pub synced: u64,
    /// How often the validator set changed.
    pub epochs: u64,
    /// What doubles did.
    pub misdeeds: BTreeMap<DoubleKind, u64>,
}

impl Run {
    /// The whole run of a seed.
    pub fn new(seed: u64, profile: &'static Profile) -> Self {
        Self { seed, profile, validators: None, lines: 0, faults: None }
    }

    /// Runs it.
    pub fn report(&self) -> Report {
        let mut scenario = Scenario::draw(self.seed, self.validators, self.profile.prepare);
        if let Some(kept) = &self.faults {
            scenario.faults = kept.iter().filter_map(|number| scenario.faults.get(*number).cloned()).collect();
        }
        let healed_at = scenario.healed_at;
        let mut world = World::new(self.seed, &scenario, self.lines);
        world.run(healed_at, |_| false);
        if world.violation.is_none() {
            recover(&mut world, healed_at);
        }
        let blocks = world.honest().filter_map(|id| world.tip(id)).max().unwrap_or_default();
        let events = world.trace.events();
        let (digest, trace) = world.trace.finish();
        Report {
            violation: world.violation,
            digest,
            trace,
            validators: scenario.size,
            faults: scenario.faults,
            simulated: world.now,
            events,
            blocks,
            payments: world.clients.executed(),
            recovery: world.now.saturating_sub(healed_at),
            synced: world.synced,
            epochs: world.chain.newest().epoch.0,
            misdeeds: world.misdeeds,
        }
    }
}

/// Everything has healed: a new payment to each honest validator is final on all of them in time.
fn recover(world: &mut World, healed_at: Micros) {
    let validators: Vec<MachineId> = world.honest().filter(|id| world.is_validator(*id)).collect();
    let mut payments = Vec::new();
    for machine in &validators {
        let payment = world.clients.good_payment(&world.chain, healed_at);
        world.insist(payment, *machine);
        payments.push((*machine, payment));
    }
    let is_done = |world: &World| {
        // A validator that was removed meanwhile owes nothing more.
        let owed = payments.iter().filter(|(machine, _)| !world.machines[machine.position()].is_removed);
        let heights: Option<Vec<u64>> = owed.map(|(_, payment)| Some(world.clients.height_of(*payment)?.0)).collect();
        let highest = heights.and_then(|heights| heights.into_iter().max());
        highest.is_some_and(|height| world.honest().all(|id| world.tip(id).is_some_and(|tip| tip >= height)))
    };
    if !world.run(healed_at + LIVENESS, is_done) && world.violation.is_none() {
        let tips: Vec<String> =
            world.honest().map(|id| format!("{id} at block {}", world.tip(id).unwrap_or_default())).collect();
        let what =
            format!("new payments are not final {} s after all has healed: {}", LIVENESS / SECONDS, tips.join(", "));
        world.violation = Some(Violation { checker: "liveness", at: world.now, machine: None, what });
    }
}

impl World {
    /// Honest machines that run.
    fn honest(&self) -> impl Iterator<Item = MachineId> {
        self.machines.iter().filter(|machine| machine.is_honest && machine.is_running()).map(|machine| machine.id)
    }

    /// True for a validator of the newest epoch.
    fn is_validator(&self, id: MachineId) -> bool {
        self.chain.newest().index_of(&self.machines[id.position()].name).is_some()
    }

    fn tip(&self, id: MachineId) -> Option<u64> {
        self.machines[id.position()].process.as_ref().map(|process| process.replica.tip().height.0)
    }
}
