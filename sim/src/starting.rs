//! Starting and ending processes.

use replica::Replica;

use crate::MachineId;
use crate::address::PeerName;
use crate::faults::Kept;
use crate::machine::{Happening, Process};
use crate::scenario::limits;
use crate::time::MILLIS;
use crate::world::World;
use crate::writer::Writer;

impl World {
    /// Starts a process, unless one runs or something keeps it from starting.
    pub(crate) fn start(&mut self, id: MachineId) {
        let now = self.now;
        let machine = &mut self.machines[id.position()];
        if machine.is_running() || machine.kept_down > 0 || machine.is_lost || machine.is_removed {
            return;
        }
        if machine.disk.is_damaged {
            // The store finds the wrong checksum and refuses by name.
            machine.is_lost = true;
            self.trace.event(now, id, "refuses", &[], || "its store is damaged".to_owned());
            return;
        }
        machine.clock.started = now;
        machine.wake = None;
        if machine.disk.is_new() {
            self.start_syncing(id);
        } else {
            self.start_replica(id);
        }
        for other in self.others(id) {
            self.network.disconnect(id, other);
            self.connect(id, other);
        }
    }

    /// Makes a replica of what is on disk.
    pub(crate) fn start_replica(&mut self, id: MachineId) {
        let now = self.now;
        let machine = &mut self.machines[id.position()];
        let time = machine.clock.now(now);
        let secret = machine.secret.clone();
        let made = machine.disk.recovered().and_then(|recovered| {
            Replica::new(&self.chain.genesis, secret, limits(), recovered, time).map_err(|error| error.to_string())
        });
        let (replica, effects) = match made {
            Ok(made) => made,
            Err(error) => return self.accuse(id, "recovery", format!("does not start again: {error}")),
        };
        let tip = replica.tip().height;
        self.trace.event(now, id, "starts", &tip.0.to_le_bytes(), || format!("at block {tip}"));
        machine.process = Some(Process { replica, writer: Writer::default() });
        self.check(id, |checker, seen| checker.started(seen));
        self.carry_out(id, effects);
        self.finish_turn(id, false);
    }

    pub(crate) fn others(&self, id: MachineId) -> Vec<MachineId> {
        self.machines.iter().map(|machine| machine.id).filter(|other| *other != id).collect()
    }

    /// Tells two machines that the link between them is up, if it is.
    pub(crate) fn connect(&mut self, a: MachineId, b: MachineId) {
        let [first, second] = [a, b].map(|id| &self.machines[id.position()]);
        let is_up = first.is_running() && second.is_running() && self.network.is_whole(a, b);
        if !is_up || first.name == second.name {
            return;
        }
        self.tell_both(a, b, Happening::PeerUp);
    }

    /// Tells two machines that the link between them is gone.
    pub(crate) fn disconnect(&mut self, a: MachineId, b: MachineId) {
        self.tell_both(a, b, Happening::PeerDown);
    }

    fn tell_both(&mut self, a: MachineId, b: MachineId, what: fn(PeerName) -> Happening) {
        for (id, other) in [(a, b), (b, a)] {
            let name = self.machines[other.position()].name;
            if self.machines[id.position()].is_running() {
                let delay = self.random.between(MILLIS / 2, 3 * MILLIS);
                self.schedule_for(id, delay, what(name));
            }
        }
    }

    /// Ends a process where it stands.
    pub(crate) fn crash(&mut self, id: MachineId, kept: Kept) {
        let machine = &mut self.machines[id.position()];
        if !machine.is_running() {
            return;
        }
        let unflushed = machine.disk.unflushed();
        let kept = match kept {
            Kept::Nothing => 0,
            Kept::Everything => unflushed,
            // At most as many as there are.
            Kept::PerMille(part) => (unflushed as u64 * part.min(1000) / 1000) as usize,
        };
        machine.disk.crash(kept);
        machine.process = None;
        machine.syncing = None;
        machine.life += 1;
        machine.doom = None;
        machine.backlog.clear();
        let bytes = (kept as u64).to_le_bytes();
        self.trace.event(self.now, id, "crashes", &bytes, || format!("{kept} of {unflushed} unflushed writes stay"));
        for other in self.others(id) {
            self.disconnect(id, other);
        }
    }
}
