//! What happens to a process: a turn of its loop.

use replica::{Input, Message};
use types::codec::decode;

use crate::MachineId;
use crate::address::validator_of;
use crate::describe::message_line;
use crate::doubles::Hand;
use crate::faults::CrashPoint;
use crate::machine::Happening;
use crate::network::Parcel;
use crate::world::World;

impl World {
    /// A message arrives at a machine.
    pub(crate) fn arrive(&mut self, parcel: Parcel) {
        let stands = self.network.delivers(&parcel) && self.machines[parcel.to.position()].is_running();
        if stands {
            let from = self.name_of(parcel.from);
            self.happen_to(parcel.to, Happening::Message { from, bytes: parcel.bytes });
        }
    }

    /// Something happens to a process: at once, or after its pause.
    pub(crate) fn happen_to(&mut self, id: MachineId, happening: Happening) {
        let machine = &mut self.machines[id.position()];
        if !machine.is_running() {
            return;
        }
        if machine.pauses > 0 {
            machine.backlog.push(happening);
            return;
        }
        let is_wake = matches!(happening, Happening::Wake);
        self.take(id, happening);
        self.finish_turn(id, is_wake);
    }

    /// The pause is over: everything that has gathered is taken in one turn.
    pub(crate) fn resume(&mut self, id: MachineId) {
        for happening in std::mem::take(&mut self.machines[id.position()].backlog) {
            self.take(id, happening);
        }
        self.finish_turn(id, false);
    }

    /// Gives a process one thing that happened.
    fn take(&mut self, id: MachineId, happening: Happening) {
        let input = match happening {
            Happening::Message { from, bytes } => {
                // An honest machine sends what decodes; what a double says is encoded as well.
                let Ok(message) = decode::<Message>(&bytes) else { return };
                self.trace.event(self.now, id, "hears", &bytes, || format!("{from}: {}", message_line(&message)));
                self.check(id, |checker, seen| checker.hears(seen, validator_of(from), &message));
                if !self.overhear(id, validator_of(from), &message) {
                    return;
                }
                Input::Message { from, message: Box::new(message) }
            }
            Happening::PeerUp(name) => {
                let number = validator_of(name).0.to_le_bytes();
                self.trace.event(self.now, id, "link up", &number, || format!("to {name}"));
                Input::PeerUp(name)
            }
            Happening::Submit { ticket, transactions } => {
                let bytes = transactions.concat();
                self.trace.event(self.now, id, "submit", &bytes, || format!("ticket {ticket}"));
                Input::Submit { ticket, transactions }
            }
            Happening::Verified(result) => Input::Verified(result),
            Happening::Flushed => return self.flushed(id),
            Happening::CheckpointWritten => return self.checkpoint_written(id),
            Happening::Wake => {
                if let Some(process) = &mut self.machines[id.position()].process {
                    process.wake = None;
                }
                Input::Tick
            }
        };
        self.step(id, input);
    }

    pub(crate) fn step(&mut self, id: MachineId, input: Input) {
        let machine = &mut self.machines[id.position()];
        let now = machine.clock.now(self.now);
        let Some(process) = &mut machine.process else { return };
        let mut effects = Vec::new();
        process.replica.step(now, input, &mut effects);
        self.carry_out(id, effects);
    }

    /// Ends a turn, as the loop of a node does.
    pub(crate) fn finish_turn(&mut self, id: MachineId, is_wake: bool) {
        let machine = &mut self.machines[id.position()];
        let now = machine.clock.now(self.now);
        let Some(process) = &mut machine.process else { return };
        let mut effects = Vec::new();
        process.replica.settle(now, &mut effects);
        self.carry_out(id, effects);
        self.put(id);
        self.plan_wake(id);
        self.check(id, |checker, seen| checker.turned(seen, is_wake));
    }

    fn plan_wake(&mut self, id: MachineId) {
        let machine = &mut self.machines[id.position()];
        let Some(process) = &mut machine.process else { return };
        let Some(deadline) = process.replica.next_deadline(machine.clock.now(self.now)) else { return };
        // A deadline in the past is met in the next microsecond, so that time goes on.
        let at = machine.clock.world_time(deadline).max(self.now + 1);
        if process.wake.is_none_or(|wake| at < wake) {
            process.wake = Some(at);
            let after = at - self.now;
            self.schedule_for(id, after, Happening::Wake);
        }
    }

    /// A double hears a message first. False if its replica is not to hear it: that its votes contradict each other must
    /// not silence it.
    fn overhear(&mut self, id: MachineId, from: types::ValidatorIndex, message: &Message) -> bool {
        let Some(mut double) = self.machines[id.position()].double.take() else { return true };
        let validator = self.machines[id.position()].validator;
        let hears = match message {
            Message::Consensus { message: consensus::Message::Evidence(_), .. } => false,
            Message::Consensus { message: consensus::Message::Vote(vote), .. } => vote.signer != validator,
            _ => true,
        };
        self.with_hand(id, |hand: &mut Hand<'_>| double.hear(hand, from, message));
        self.machines[id.position()].double = Some(double);
        hears
    }

    /// The flush has ended: its messages leave, then the replica hears of it.
    fn flushed(&mut self, id: MachineId) {
        let machine = &mut self.machines[id.position()];
        let Some(process) = &mut machine.process else { return };
        machine.disk.flush();
        let group = process.writer.flushed();
        self.trace.event(self.now, id, "flushed", &[], || format!("{} commits", group.commits.len()));
        if self.dies_at(id, |point| *point == CrashPoint::AfterFlush) {
            return;
        }
        let last = group.commits.last().map(replica::Commit::number);
        for envelope in group.commits.into_iter().flat_map(replica::Commit::after_flush) {
            let counts_down = |point: &mut CrashPoint| match point {
                CrashPoint::AfterMessages(0) => true,
                CrashPoint::AfterMessages(left) => {
                    *left -= 1;
                    false
                }
                _ => false,
            };
            if self.dies_at(id, counts_down) {
                return;
            }
            self.post(id, envelope);
        }
        if self.dies_at(id, |point| *point == CrashPoint::BeforeDurable) {
            return;
        }
        if let Some(process) = &mut self.machines[id.position()].process
            && process.writer.begin_checkpoint(group.checkpoint)
        {
            let duration = self.random.between(10_000, 1_500_000);
            self.schedule_for(id, duration, Happening::CheckpointWritten);
        }
        if let Some(commit) = last {
            self.step(id, Input::Durable { commit });
        }
    }

    fn checkpoint_written(&mut self, id: MachineId) {
        let machine = &mut self.machines[id.position()];
        let Some(process) = &mut machine.process else { return };
        if let Some((height, snapshot)) = process.writer.end_checkpoint() {
            machine.disk.put_checkpoint(height, snapshot.chunks().collect());
            self.trace.event(self.now, id, "checkpoint", &height.0.to_le_bytes(), || format!("at block {height}"));
        }
    }

    /// Crashes the machine if it was to crash here.
    pub(crate) fn dies_at(&mut self, id: MachineId, here: impl FnOnce(&mut CrashPoint) -> bool) -> bool {
        let machine = &mut self.machines[id.position()];
        let dies = machine.meets_doom(here);
        if dies && let Some((_, kept)) = machine.doom.take() {
            self.crash(id, kept);
        }
        dies
    }
}
