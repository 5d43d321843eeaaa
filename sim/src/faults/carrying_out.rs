//! Making things go wrong, and right again.

use crate::MachineId;
use crate::network::Sent;
use crate::world::World;

use super::{CrashPoint, Fault, Kept};

impl World {
    pub(crate) fn begin_fault(&mut self, number: usize) {
        let planned = self.faults[number].clone();
        self.note(&planned.fault, "begins", number);
        match planned.fault {
            Fault::Cut { from, to, is_both_ways } => self.each_pair(&from, &to, |world, from, to| {
                world.network.cut(from, to);
                if is_both_ways {
                    world.network.cut(to, from);
                    world.disconnect(from, to);
                }
            }),
            Fault::SlowLinks { machine, by } => self.network.slow(machine, by),
            Fault::Crash { machine, point, kept } => {
                self.machines[machine.position()].kept_down += 1;
                match point {
                    CrashPoint::Now => self.crash(machine, kept),
                    point => self.machines[machine.position()].doom = Some((point, kept)),
                }
            }
            Fault::Pause(machine) => self.machines[machine.position()].pauses += 1,
            Fault::DiskFull(machine) => {
                let machine = &mut self.machines[machine.position()];
                machine.disk.is_full = true;
                machine.kept_down += 1;
            }
            Fault::SlowFlush { machine, by } => self.machines[machine.position()].disk.slowness = by,
            Fault::FlippedBit(machine) => {
                self.bring_down(machine);
                self.machines[machine.position()].disk.is_damaged = true;
            }
            Fault::ClockJump { machine, millis } => self.machines[machine.position()].clock.skew_millis += millis,
            Fault::EmptyDisk(machine) => {
                self.bring_down(machine);
                let machine = &mut self.machines[machine.position()];
                machine.disk.erase();
                machine.has_forgotten = true;
            }
            Fault::DiskCopied(machine) => self.machines[machine.position()].disk.keep_copy(),
            Fault::DiskRolledBack(machine) => {
                self.bring_down(machine);
                let machine = &mut self.machines[machine.position()];
                machine.disk.roll_back();
                machine.has_forgotten = true;
            }
        }
    }

    pub(crate) fn end_fault(&mut self, number: usize) {
        let planned = self.faults[number].clone();
        self.note(&planned.fault, "ends", number);
        match planned.fault {
            Fault::Cut { from, to, is_both_ways } => self.each_pair(&from, &to, |world, from, to| {
                world.mend(from, to);
                if is_both_ways {
                    world.mend(to, from);
                }
                world.connect(from, to);
            }),
            Fault::SlowLinks { machine, .. } => self.network.slow(machine, 0),
            Fault::Crash { machine, .. } => {
                self.machines[machine.position()].doom = None;
                self.bring_up(machine);
            }
            Fault::Pause(machine) => {
                let machine = &mut self.machines[machine.position()];
                machine.pauses = machine.pauses.saturating_sub(1);
                if machine.pauses == 0 {
                    let id = machine.id;
                    self.resume(id);
                }
            }
            Fault::DiskFull(machine) => {
                self.machines[machine.position()].disk.is_full = false;
                self.bring_up(machine);
            }
            Fault::SlowFlush { machine, .. } => self.machines[machine.position()].disk.slowness = 0,
            Fault::ClockJump { machine, millis } => self.machines[machine.position()].clock.skew_millis -= millis,
            Fault::FlippedBit(machine) | Fault::EmptyDisk(machine) | Fault::DiskRolledBack(machine) => {
                self.bring_up(machine);
            }
            Fault::DiskCopied(_) => {}
        }
    }

    fn note(&mut self, fault: &Fault, what: &'static str, number: usize) {
        self.trace.event(self.now, MachineId(u16::MAX), what, &number.to_le_bytes(), || format!("{fault:?}"));
    }

    fn bring_down(&mut self, machine: MachineId) {
        self.machines[machine.position()].kept_down += 1;
        self.crash(machine, Kept::Nothing);
    }

    pub(crate) fn bring_up(&mut self, machine: MachineId) {
        let kept_down = &mut self.machines[machine.position()].kept_down;
        *kept_down = kept_down.saturating_sub(1);
        self.start(machine);
    }

    fn mend(&mut self, from: MachineId, to: MachineId) {
        for (lane, bytes) in self.network.mend(from, to) {
            self.transmit_to(Sent { from, to, lane, bytes });
        }
    }

    fn each_pair(
        &mut self,
        from: &[MachineId],
        to: &[MachineId],
        mut act: impl FnMut(&mut World, MachineId, MachineId),
    ) {
        for from in from {
            for to in to {
                act(self, *from, *to);
            }
        }
    }
}
