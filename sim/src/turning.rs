//! What happens to a process: a turn of its loop.

use replica::{Input, Message, SyncInput};
use types::codec::decode;

use crate::MachineId;
use crate::address::machine_of;
use crate::describe::message_line;
use crate::doubles::Hand;
use crate::faults::CrashPoint;
use crate::machine::Happening;
use crate::network::Parcel;
use crate::world::World;

/// Replicas are told that their turns took less than this, in milliseconds: some longer than a view's timeout.
const MAX_TURN_MILLIS: u64 = 701;

impl World {
    /// A message arrives at a machine.
    pub(crate) fn arrive(&mut self, parcel: Parcel) {
        let stands = self.network.delivers(&parcel) && self.machines[parcel.to.position()].is_running();
        if stands {
            let from = self.machines[parcel.from.position()].name;
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
        self.end_turn(id, is_wake);
    }

    /// The pause is over: everything that has gathered is taken in one turn.
    pub(crate) fn resume(&mut self, id: MachineId) {
        for happening in std::mem::take(&mut self.machines[id.position()].backlog) {
            self.take(id, happening);
        }
        self.end_turn(id, false);
    }

    fn end_turn(&mut self, id: MachineId, is_wake: bool) {
        match self.machines[id.position()].syncing {
            Some(_) => self.plan_wake(id),
            None => self.finish_turn(id, is_wake),
        }
    }

    /// Gives a process one thing that happened.
    fn take(&mut self, id: MachineId, happening: Happening) {
        let is_syncing = self.machines[id.position()].syncing.is_some();
        match happening {
            Happening::Message { from, bytes } => {
                // An honest machine sends what decodes; what a double says is encoded as well.
                let Ok(message) = decode::<Message>(&bytes) else { return };
                let sender = machine_of(&from);
                self.trace.event(self.now, id, "hears", &bytes, || format!("{sender}: {}", message_line(&message)));
                let message = Box::new(message);
                if is_syncing {
                    return self.step_sync(id, SyncInput::Message { from, message });
                }
                self.check(id, |checker, seen| checker.hears(seen, from, &message));
                if self.overhear(id, &message) {
                    self.step(id, Input::Message { from, message });
                }
            }
            Happening::PeerUp(name) => {
                let other = machine_of(&name);
                self.trace.event(self.now, id, "link up", &other.0.to_le_bytes(), || format!("to {other}"));
                match is_syncing {
                    true => self.peer_of_sync(id, name, true),
                    false => self.step(id, Input::PeerUp(name)),
                }
            }
            // A replica notices by itself who does not answer.
            Happening::PeerDown(name) if is_syncing => self.peer_of_sync(id, name, false),
            Happening::PeerDown(_) => {}
            Happening::Submit { ticket, transactions } => {
                let bytes = transactions.concat();
                self.trace.event(self.now, id, "submit", &bytes, || format!("ticket {ticket}"));
                self.step(id, Input::Submit { ticket, transactions });
            }
            Happening::Verified(result) => self.step(id, Input::Verified(result)),
            Happening::Flushed => self.flushed(id),
            Happening::CheckpointWritten => self.checkpoint_written(id),
            Happening::PartWritten { hash, bytes } => self.part_written(id, hash, bytes),
            Happening::PartsRead => self.parts_read(id),
            Happening::Wake => {
                self.machines[id.position()].wake = None;
                match is_syncing {
                    true => self.step_sync(id, SyncInput::Tick),
                    false => self.step(id, Input::Tick),
                }
            }
        }
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
        // Turns take no simulated time; what replicas are told of it makes their blocks small and large.
        let ended = now.moment.plus_millis(self.now % MAX_TURN_MILLIS);
        process.replica.settle(now, &mut effects).at(ended);
        let is_idle = is_wake && effects.is_empty();
        self.carry_out(id, effects);
        self.put(id);
        self.plan_wake(id);
        self.check(id, |checker, seen| checker.turned(seen, is_idle));
    }

    pub(crate) fn plan_wake(&mut self, id: MachineId) {
        let machine = &mut self.machines[id.position()];
        let now = machine.clock.now(self.now);
        let of_replica = machine.process.as_ref().and_then(|process| process.replica.next_deadline(now));
        let of_sync = machine.syncing.as_ref().and_then(|syncing| syncing.sync.next_deadline());
        let Some(deadline) = of_replica.or(of_sync) else { return };
        // A deadline in the past is met in the next microsecond, so that time goes on.
        let at = machine.clock.world_time(deadline).max(self.now + 1);
        if machine.wake.is_none_or(|wake| at < wake) {
            machine.wake = Some(at);
            let after = at - self.now;
            self.schedule_for(id, after, Happening::Wake);
        }
    }

    /// A double hears a message first. False if its replica is not to hear it: that its votes contradict each other must
    /// not silence it.
    fn overhear(&mut self, id: MachineId, message: &Message) -> bool {
        let machine = &mut self.machines[id.position()];
        let Some(mut double) = machine.double.take() else { return true };
        let hears = match message {
            Message::Consensus { message: consensus::Message::Evidence(_), .. } => false,
            Message::Consensus { epoch, message: consensus::Message::Vote(vote) } => {
                self.chain.index(*epoch, &machine.name) != Some(vote.signer)
            }
            _ => true,
        };
        self.with_hand(id, |hand: &mut Hand<'_>| double.hear(hand, message));
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
