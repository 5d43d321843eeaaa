//! Carrying out what a replica wants done.

use replica::{Effect, Envelope, MAX_SERVED_BYTES, Message, Recipient};
use types::codec::Bounded;
use types::{BatchDigest, Height};

use crate::MachineId;
use crate::address::PeerName;
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
                let signer = evidence.first.signer;
                self.trace.event(self.now, id, "evidence", &signer.0.to_le_bytes(), || format!("against {signer}"));
                if !self.is_byzantine(signer) {
                    self.accuse(id, "evidence", format!("has evidence against validator {signer}, which is honest"));
                }
            }
            Effect::KeyInUseElsewhere => {
                self.trace.event(self.now, id, "silenced", &[], || "its key signs elsewhere too".to_owned());
                if !self.machines[id.position()].has_forgotten {
                    self.accuse(id, "silence", "stops voting though its key is in one place".to_owned());
                }
            }
            // Nobody is added or removed here, and the network of a run connects everybody.
            Effect::Members(_) => {}
            Effect::Removed { .. } => self.accuse(id, "removal", "takes itself for removed".to_owned()),
            // Nobody asks: state sync is over before there is a replica.
            Effect::ServeCheckpoint { .. } | Effect::ServeHandovers { .. } | Effect::ServePart { .. } => {}
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
        match self.machines[id.position()].double.take() {
            Some(mut double) => {
                self.with_hand(id, |hand| double.serve(hand, to, from, blocks));
                self.machines[id.position()].double = Some(double);
            }
            None => {
                let message = Message::Blocks(Bounded::new(blocks).unwrap_or_default());
                self.post(id, Envelope { to: Recipient::One(to), message });
            }
        }
    }

    fn serve_batches(&mut self, id: MachineId, to: PeerName, digests: &[BatchDigest]) {
        for digest in digests {
            if let Some(bytes) = self.machines[id.position()].disk.batch(digest) {
                self.post(id, Envelope { to: Recipient::One(to), message: Message::Batch(bytes) });
            }
        }
    }
}
