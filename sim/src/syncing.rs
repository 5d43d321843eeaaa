//! State sync at work: a process on a machine without blocks fetches a checkpoint first, as a node does.

use std::collections::BTreeSet;

use replica::{Envelope, Manifest, Recipient, StateSync, SyncEffect, SyncInput, SyncLimits, SyncOutcome};
use types::{Hash, Height};

use crate::MachineId;
use crate::address::{PeerName, machine_of};
use crate::disk::WriteError;
use crate::faults::Kept;
use crate::machine::{Happening, Syncing};
use crate::world::World;

/// What a node takes, for chains and patience as short as a run's.
fn limits() -> SyncLimits {
    SyncLimits {
        worth_height: Height(8),
        part_millis: 1_000,
        patience_millis: 300,
        agreement_millis: 2_000,
        refresh_millis: 2_000,
        stall_millis: 4_000,
        give_up_millis: Some(3_000),
        ..SyncLimits::default()
    }
}

impl World {
    pub(crate) fn start_syncing(&mut self, id: MachineId) {
        let machine = &mut self.machines[id.position()];
        let now = machine.clock.now(self.now).moment;
        let partial = machine.disk.partially_synced();
        let parts = partial.parts.len();
        let committee = self.chain.genesis.committee();
        let (sync, effects) = StateSync::new(committee, machine.name, limits(), partial, now);
        machine.syncing = Some(Syncing { sync, up: BTreeSet::new() });
        let number = (parts as u64).to_le_bytes();
        self.trace.event(self.now, id, "syncs", &number, || format!("{parts} parts are there"));
        self.carry_out_sync(id, effects);
        self.plan_wake(id);
    }

    /// A link has come up or is gone.
    pub(crate) fn peer_of_sync(&mut self, id: MachineId, name: PeerName, is_up: bool) {
        let Some(syncing) = &mut self.machines[id.position()].syncing else { return };
        let input = match is_up {
            true => {
                syncing.up.insert(name);
                SyncInput::PeerUp(name)
            }
            false => {
                syncing.up.remove(&name);
                SyncInput::PeerDown(name)
            }
        };
        self.step_sync(id, input);
    }

    pub(crate) fn step_sync(&mut self, id: MachineId, input: SyncInput) {
        let machine = &mut self.machines[id.position()];
        let now = machine.clock.now(self.now).moment;
        let Some(syncing) = &mut machine.syncing else { return };
        let mut effects = Vec::new();
        syncing.sync.step(now, input, &mut effects);
        self.carry_out_sync(id, effects);
    }

    fn carry_out_sync(&mut self, id: MachineId, effects: Vec<SyncEffect>) {
        for effect in effects {
            match effect {
                SyncEffect::Send { to, message } => {
                    self.transmit(id, &Envelope { to: Recipient::One(to), message: *message });
                }
                SyncEffect::Begin { manifest, handovers } => {
                    let height = manifest.height();
                    self.trace.event(self.now, id, "fetches", &height.0.to_le_bytes(), || format!("block {height}"));
                    self.machines[id.position()].disk.begin_incoming(&manifest, handovers);
                }
                SyncEffect::StorePart { hash, bytes } => {
                    let duration = self.random.between(200, 5_000);
                    self.schedule_for(id, duration, Happening::PartWritten { hash, bytes });
                }
                SyncEffect::Restore(_) => {
                    let duration = self.random.between(500, 20_000);
                    self.schedule_for(id, duration, Happening::PartsRead);
                }
                SyncEffect::Liar { peer, lie } => {
                    let liar = machine_of(&peer);
                    self.trace.event(self.now, id, "unmasks", &liar.0.to_le_bytes(), || format!("{liar}: {lie}"));
                    if !self.is_byzantine(&peer) {
                        self.accuse(id, "sync", format!("calls {liar} a liar, which is honest: {lie}"));
                    }
                }
                SyncEffect::Finished(outcome) => return self.end_sync(id, outcome),
            }
        }
    }

    pub(crate) fn part_written(&mut self, id: MachineId, hash: Hash, bytes: Vec<u8>) {
        let machine = &mut self.machines[id.position()];
        match machine.disk.put_part(hash, bytes) {
            Ok(()) => self.step_sync(id, SyncInput::PartStored(hash)),
            Err(WriteError::Full) => self.crash(id, Kept::Everything),
            Err(WriteError::Refused(why)) => self.accuse(id, "store", why),
        }
    }

    /// The parts on disk are put together.
    pub(crate) fn parts_read(&mut self, id: MachineId) {
        let Some(manifest) = self.machines[id.position()].disk.incoming() else { return };
        let disk = &self.machines[id.position()].disk;
        let (there, lost): (Vec<Hash>, Vec<Hash>) = manifest.parts.iter().partition(|hash| disk.part(hash).is_some());
        let input = match lost.is_empty() {
            true => {
                let parts = there.iter().filter_map(|hash| disk.part(hash).cloned());
                SyncInput::Restored { is_right: Manifest::restore(&manifest, parts).is_ok() }
            }
            false => SyncInput::PartsLost(lost),
        };
        self.step_sync(id, input);
    }

    /// The replica starts from what is there now.
    fn end_sync(&mut self, id: MachineId, outcome: SyncOutcome) {
        let machine = &mut self.machines[id.position()];
        let Some(Syncing { up, .. }) = machine.syncing.take() else { return };
        let height = match &outcome {
            SyncOutcome::Adopt { manifest, .. } => manifest.height(),
            SyncOutcome::CatchUp(_) => Height(0),
        };
        self.trace.event(self.now, id, "synced", &height.0.to_le_bytes(), || match &outcome {
            SyncOutcome::Adopt { .. } => format!("has the ledger of block {height}"),
            SyncOutcome::CatchUp(reason) => format!("begins at genesis: {reason}"),
        });
        match outcome {
            SyncOutcome::Adopt { manifest, handovers } => {
                self.synced += 1;
                machine.disk.adopt(&manifest, handovers);
            }
            SyncOutcome::CatchUp(_) => machine.disk.drop_incoming(),
        }
        machine.wake = None;
        self.start_replica(id);
        for name in up {
            self.schedule_for(id, 1, Happening::PeerUp(name));
        }
    }
}
