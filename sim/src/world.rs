//! The world: machines, the network between them, clients, and one queue of events on one clock.

use std::collections::BTreeMap;

use crate::address::{PeerName, secret_of};
use crate::chain::Chain;
use crate::checkers::{self, Checker, Seen, Verdict, Violation};
use crate::clients::Clients;
use crate::clock::Clock;
use crate::council::PlannedChange;
use crate::doubles::DoubleKind;
use crate::faults::Planned;
use crate::machine::{Happening, Machine};
use crate::network::{Network, Parcel};
use crate::random::Random;
use crate::scenario::Scenario;
use crate::schedule::Schedule;
use crate::trace::Trace;
use crate::{MachineId, Micros};

/// Something that is going to happen.
pub(crate) enum Event {
    /// To a process, if it is still the same.
    Process { machine: MachineId, life: u32, happening: Happening },
    /// A message arrives.
    Arrival(Parcel),
    /// A client sends a payment, for the first time or again.
    Payment(usize),
    /// A client sends a payment to this machine until it is executed.
    Insistence { payment: usize, machine: MachineId },
    /// A machine that was not there at genesis is started.
    Joins(MachineId),
    /// The validators approve a change of their set, for the first time or again.
    Council(usize),
    /// A fault begins.
    FaultBegins(usize),
    /// A fault ends.
    FaultEnds(usize),
}

/// A run is some ten thousand events long, one with many validators and a flood some hundred thousand.
const MAX_EVENTS: u64 = 2_000_000;

pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) now: Micros,
    pub(crate) schedule: Schedule<Event>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) network: Network,
    pub(crate) clients: Clients,
    pub(crate) faults: Vec<Planned>,
    pub(crate) changes: Vec<PlannedChange>,
    pub(crate) trace: Trace,
    checkers: Vec<Box<dyn Checker>>,
    pub(crate) violation: Option<Violation>,
    /// Delays of disks and processors.
    pub(crate) random: Random,
    /// What doubles draw from.
    pub(crate) mischief: Random,
    /// How often each kind of double did what it is named for.
    pub(crate) misdeeds: BTreeMap<DoubleKind, u64>,
    pub(crate) kinds: BTreeMap<MachineId, DoubleKind>,
    /// How often a machine took over a checkpoint.
    pub(crate) synced: u64,
}

impl World {
    /// The world of a scenario, with all machines started.
    pub(crate) fn new(seed: u64, scenario: &Scenario, max_lines: usize) -> Self {
        let chain = Chain::new(scenario.size);
        let mut clocks = Random::new(seed, "clocks");
        // At most 16 validators.
        let own = (0..(scenario.size + scenario.candidates.len()) as u16).map(MachineId);
        let machines: Vec<Machine> = own
            .chain(scenario.twin)
            .zip(0..)
            .map(|(key, number)| {
                let mut either = |most: u64| clocks.below(2 * most + 1) as i64 - most as i64;
                let (skew_millis, drift_ppm) = (either(scenario.skew_millis), either(scenario.drift_ppm));
                Machine::new(MachineId(number), secret_of(key), Clock { skew_millis, drift_ppm, started: 0 })
            })
            .collect();
        let network = Network::new(machines.len(), scenario.class, scenario.delay, Random::new(seed, "network"));
        let mut world = Self {
            now: 0,
            schedule: Schedule::new(),
            network,
            clients: Clients::new(Random::new(seed, "clients")),
            faults: scenario.faults.clone(),
            changes: scenario.changes.clone(),
            trace: Trace::new(max_lines),
            checkers: checkers::all(),
            violation: None,
            random: Random::new(seed, "machines"),
            mischief: Random::new(seed, "mischief"),
            misdeeds: BTreeMap::new(),
            kinds: BTreeMap::new(),
            synced: 0,
            chain,
            machines,
        };
        world.appoint(scenario);
        for (number, planned) in scenario.faults.iter().enumerate() {
            world.schedule.plan(planned.at, Event::FaultBegins(number));
            world.schedule.plan(planned.until, Event::FaultEnds(number));
        }
        for (at, payment) in world.clients.plan(&world.chain, scenario.payments, scenario.healed_at) {
            world.schedule.plan(at, Event::Payment(payment));
        }
        for (number, planned) in scenario.changes.iter().enumerate() {
            world.schedule.plan(planned.at, Event::Council(number));
        }
        for (machine, at) in &scenario.candidates {
            world.machines[machine.position()].kept_down += 1;
            world.schedule.plan(*at, Event::Joins(*machine));
        }
        for number in 0..world.machines.len() {
            world.start(MachineId(number as u16));
        }
        world
    }

    /// Makes Byzantine who is to be.
    fn appoint(&mut self, scenario: &Scenario) {
        for (machine, kind) in &scenario.doubles {
            let machine = &mut self.machines[machine.position()];
            machine.double = Some(kind.make());
            machine.is_honest = false;
            self.kinds.insert(machine.id, *kind);
        }
        if let Some(twin) = scenario.twin {
            let name = self.machines[twin.position()].name;
            let twins = self.machines.iter_mut().filter(|machine| machine.name == name);
            twins.for_each(|machine| machine.is_honest = false);
        }
    }

    /// Runs until `end`, or until `done`, or until something is wrong. True if `done`.
    pub(crate) fn run(&mut self, end: Micros, done: impl Fn(&World) -> bool) -> bool {
        while self.violation.is_none() {
            if done(self) {
                return true;
            }
            let Some((at, event)) = self.schedule.next_until(end) else {
                self.now = end;
                return done(self);
            };
            self.now = at;
            self.happen(event);
            if self.trace.events() > MAX_EVENTS && self.violation.is_none() {
                let what = format!("more than {MAX_EVENTS} things happen in one run: what is said grows by itself");
                self.violation = Some(Violation { checker: "traffic", at, machine: None, what });
            }
        }
        false
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Process { machine, life, happening } => {
                if self.machines[machine.position()].life == life {
                    self.happen_to(machine, happening);
                }
            }
            Event::Arrival(parcel) => self.arrive(parcel),
            Event::Payment(payment) => self.pay(payment),
            Event::Insistence { payment, machine } => self.insist(payment, machine),
            Event::Joins(machine) => self.bring_up(machine),
            Event::Council(number) => self.approve(number),
            Event::FaultBegins(number) => self.begin_fault(number),
            Event::FaultEnds(number) => self.end_fault(number),
        }
    }

    pub(crate) fn pay(&mut self, payment: usize) {
        let Some((ticket, bytes)) = self.clients.send(payment, self.now) else { return };
        for place in self.clients.destinations(self.machines.len()) {
            self.submit(MachineId(place as u16), ticket, bytes.clone());
        }
        let again = self.now + self.clients.silence();
        self.schedule.plan(again, Event::Payment(payment));
    }

    /// A client that stays with one validator.
    pub(crate) fn insist(&mut self, payment: usize, machine: MachineId) {
        let Some((ticket, bytes)) = self.clients.send(payment, self.now) else { return };
        self.submit(machine, ticket, bytes);
        let again = self.now + self.clients.silence();
        self.schedule.plan(again, Event::Insistence { payment, machine });
    }

    fn submit(&mut self, machine: MachineId, ticket: u64, bytes: Vec<u8>) {
        let happening = Happening::Submit { ticket, transactions: vec![bytes] };
        self.schedule_for(machine, 200, happening);
    }

    /// Plans something for the process that runs on a machine now.
    pub(crate) fn schedule_for(&mut self, machine: MachineId, after: Micros, happening: Happening) {
        let life = self.machines[machine.position()].life;
        self.schedule.plan(self.now + after, Event::Process { machine, life, happening });
    }

    /// Asks all checkers about an honest machine.
    pub(crate) fn check(&mut self, id: MachineId, ask: impl Fn(&mut dyn Checker, &Seen<'_>) -> Verdict) {
        let machine = &self.machines[id.position()];
        let Some(process) = machine.process.as_ref().filter(|_| machine.is_honest) else { return };
        let replica = &process.replica;
        let seen = Seen { at: self.now, machine, replica, chain: &self.chain, clients: &self.clients };
        for checker in &mut self.checkers {
            if let Err(what) = ask(checker.as_mut(), &seen)
                && self.violation.is_none()
            {
                let (checker, machine) = (checker.name(), Some(id));
                self.violation = Some(Violation { checker, at: self.now, machine, what });
            }
        }
    }

    /// Notes that a machine did what it must not.
    pub(crate) fn accuse(&mut self, id: MachineId, checker: &'static str, what: String) {
        if self.violation.is_none() && self.machines[id.position()].is_honest {
            self.violation = Some(Violation { checker, at: self.now, machine: Some(id), what });
        }
    }

    /// True if no honest machine is this validator.
    pub(crate) fn is_byzantine(&self, validator: &PeerName) -> bool {
        self.machines.iter().all(|machine| machine.name != *validator || !machine.is_honest)
    }
}
