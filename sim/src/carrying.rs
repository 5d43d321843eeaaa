//! Carrying out what a replica wants done.

use replica::{Effect, Envelope, MAX_HANDOVERS, MAX_SERVED_BYTES, Message, Recipient, Write};
use types::codec::{Blob, Bounded};
use types::{BatchDigest, Epoch, Handover, Height};

use crate::MachineId;
use crate::address::{PeerName, machine_of};
use crate::disk::WriteError;
use crate::faults::{CrashPoint, Kept};
use crate::machine::Happening;
use crate::world::World;
use crate::writer::Order;

/// Blocks in one answer to a validator that lags: few, so that it has to ask often.
const SERVED_BLOCKS: usize = 8;

impl World {
    pub(crate) fn carry_out(&mut self, id: MachineId, effects: Vec<Effect>) {
        for effect in effects {
            let counts_down = |point: &mut CrashPoint| match point {
                CrashPoint::AfterEffects(0) => true,
                CrashPoint::AfterEffects(left) => {
                    *left -= 1;
                    false
                }
                _ => false,
            };
            if self.dies_at(id, counts_down) {
                return;
            }
            self.carry_out_one(id, effect);
        }
    }

    fn carry_out_one(&mut self, id: MachineId, effect: Effect) {
        match effect {
            Effect::Send(envelope) => self.post(id, envelope),
            Effect::Write(write) => {
                self.check(id, |checker, seen| checker.wrote(seen, &write));
                if let Write::Handover(handover) = &write {
                    self.handed_over(id, handover);
                }
                self.order(id, Order::Write(write));
            }
            Effect::Commit(commit) => self.order(id, Order::Commit(commit)),
            Effect::Checkpoint { height, snapshot } => self.order(id, Order::Checkpoint { height, snapshot }),
            Effect::Verify(job) => {
                let result = job.run(&self.chain.genesis.hash());
                let duration = self.random.between(30, 400);
                self.schedule_for(id, duration, Happening::Verified(result));
            }
            Effect::Reply { ticket, results } => {
                let text = format!("{results:?}");
                self.trace.event(self.now, id, "replies", text.as_bytes(), || text.clone());
                if let Err(what) = self.clients.answered(ticket, &results) {
                    self.accuse(id, "admission", what);
                }
            }
            Effect::Finalized(block) => {
                self.trace.event(self.now, id, "finalizes", &block.hash.0, || {
                    let (header, receipts) = (&block.block.header, block.receipts.len());
                    format!(
                        "block {} {} of view {}, {receipts} payments",
                        header.height,
                        block.hash.short(),
                        header.view
                    )
                });
                self.check(id, |checker, seen| checker.finalized(seen, &block));
                if self.machines[id.position()].is_honest {
                    self.clients.finalized(&block);
                }
            }
            Effect::ServeBlocks { to, from } => self.serve_blocks(id, to, from),
            Effect::ServeBatches { to, digests } => self.serve_batches(id, to, &digests),
            Effect::Evidence(evidence) => {
                let Some(signer) = self.chain.signer(&evidence.first) else { return };
                let machine = machine_of(&signer);
                self.trace.event(self.now, id, "evidence", &machine.0.to_le_bytes(), || format!("against {machine}"));
                if !self.is_byzantine(&signer) {
                    self.accuse(id, "evidence", format!("has evidence against {machine}, which is honest"));
                }
            }
            Effect::KeyInUseElsewhere => {
                self.trace.event(self.now, id, "silenced", &[], || "its key signs elsewhere too".to_owned());
                if !self.machines[id.position()].has_forgotten {
                    self.accuse(id, "silence", "stops voting though its key is in one place".to_owned());
                }
            }
            // The network of a run connects everybody.
            Effect::Members { .. } => {}
            Effect::Removed { epoch, .. } => self.removed(id, epoch),
            Effect::ServeCheckpoint { to } => self.serve_checkpoint(id, to),
            Effect::ServeHandovers { to, from } => self.serve_handovers(id, to, from),
            Effect::ServePart { to, height, index } => self.serve_part(id, to, height, index),
            Effect::Diverged(divergence) => {
                let text = divergence.to_string();
                self.trace.event(self.now, id, "diverges", text.as_bytes(), || text.clone());
                self.accuse(id, "divergence", text);
            }
        }
    }

    fn order(&mut self, id: MachineId, order: Order) {
        if let Some(process) = &mut self.machines[id.position()].process {
            process.writer.take(order);
        }
    }

    /// Lets the writer of a process go on.
    pub(crate) fn put(&mut self, id: MachineId) {
        let machine = &mut self.machines[id.position()];
        let Some(process) = &mut machine.process else { return };
        match process.writer.put(&mut machine.disk) {
            Ok(true) => {
                let duration = self.random.between(200, 2_500) + machine.disk.slowness;
                self.schedule_for(id, duration, Happening::Flushed);
            }
            Ok(false) => {}
            Err(WriteError::Full) => {
                self.trace.event(self.now, id, "disk full", &[], String::new);
                self.crash(id, Kept::Everything);
            }
            Err(WriteError::Refused(why)) => self.accuse(id, "store", why),
        }
    }

    fn serve_blocks(&mut self, id: MachineId, to: PeerName, from: Height) {
        let blocks = self.machines[id.position()].disk.served_blocks(from, SERVED_BLOCKS, MAX_SERVED_BYTES);
        self.answer(id, to, Message::Blocks(Bounded::new(blocks).unwrap_or_default()));
    }

    fn serve_checkpoint(&mut self, id: MachineId, to: PeerName) {
        let offer = self.machines[id.position()].disk.offered();
        self.answer(id, to, Message::CheckpointOffer(offer.map(Box::new)));
    }

    fn serve_handovers(&mut self, id: MachineId, to: PeerName, from: Epoch) {
        let handovers = self.machines[id.position()].disk.handovers(from, MAX_HANDOVERS);
        self.answer(id, to, Message::Handovers(Bounded::new(handovers).unwrap_or_default()));
    }

    fn serve_part(&mut self, id: MachineId, to: PeerName, height: Height, index: u32) {
        let parts = self.machines[id.position()].disk.offered_parts(height);
        let part = parts.and_then(|parts| Blob::new(parts.get(index as usize)?.clone()).ok());
        self.answer(id, to, Message::Part { height, index, bytes: part.unwrap_or_default() });
    }

    /// Answers a question from the disk: a double may lie.
    fn answer(&mut self, id: MachineId, to: PeerName, message: Message) {
        self.post(id, Envelope { to: Recipient::One(to), message });
    }

    /// A machine knows the end of an epoch.
    fn handed_over(&mut self, id: MachineId, handover: &Handover) {
        if self.machines[id.position()].is_honest {
            self.chain.handed_over(handover);
        }
    }

    /// A validator ends by itself.
    fn removed(&mut self, id: MachineId, epoch: Epoch) {
        let name = self.machines[id.position()].name;
        self.trace.event(self.now, id, "leaves", &epoch.0.to_le_bytes(), || format!("in epoch {epoch}"));
        if self.chain.index(epoch, &name).is_some() {
            return self.accuse(id, "removal", format!("takes itself for removed in epoch {epoch}"));
        }
        self.machines[id.position()].is_removed = true;
        self.crash(id, Kept::Everything);
    }

    fn serve_batches(&mut self, id: MachineId, to: PeerName, digests: &[BatchDigest]) {
        for digest in digests {
            if let Some(bytes) = self.machines[id.position()].disk.batch(digest) {
                self.post(id, Envelope { to: Recipient::One(to), message: Message::Batch(bytes) });
            }
        }
    }
}
