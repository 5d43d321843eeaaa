//! Messages on their way out of a machine.

use replica::{Envelope, Lane, Recipient};
use types::codec::encode;

use crate::MachineId;
use crate::address::{PeerName, peer_name};
use crate::doubles::Hand;
use crate::world::{Event, World};

impl World {
    /// The name under which replicas know a machine.
    pub(crate) fn name_of(&self, id: MachineId) -> PeerName {
        peer_name(self.machines[id.position()].validator)
    }

    /// A replica sends a message: a double may change it.
    pub(crate) fn post(&mut self, id: MachineId, envelope: Envelope) {
        self.check(id, |checker, seen| checker.released(seen, &envelope.message));
        match self.machines[id.position()].double.take() {
            Some(mut double) => {
                self.with_hand(id, |hand| double.send(hand, envelope));
                self.machines[id.position()].double = Some(double);
            }
            None => self.transmit(id, &envelope),
        }
    }

    /// Lets a double do something, and sends what it says.
    pub(crate) fn with_hand(&mut self, id: MachineId, act: impl FnOnce(&mut Hand<'_>)) {
        let machine = &self.machines[id.position()];
        let Some(process) = &machine.process else { return };
        let mut hand = Hand {
            me: machine.validator,
            secret: &self.chain.secrets[machine.validator.position()],
            committee: &self.chain.committee,
            view: process.replica.summary().view,
            random: &mut self.mischief,
            said: Vec::new(),
            misdeeds: 0,
        };
        act(&mut hand);
        let Hand { said, misdeeds, .. } = hand;
        if let Some(kind) = self.kinds.get(&id) {
            *self.misdeeds.entry(*kind).or_default() += misdeeds;
        }
        said.iter().for_each(|envelope| self.transmit(id, envelope));
    }

    /// Hands a message to the network, as bytes.
    fn transmit(&mut self, id: MachineId, envelope: &Envelope) {
        let me = self.machines[id.position()].validator;
        let is_meant = |name: PeerName| match envelope.to {
            Recipient::All => name != peer_name(me),
            Recipient::One(to) => name == to,
        };
        let machines = self.machines.iter().map(|machine| (machine.id, machine.validator));
        let to: Vec<MachineId> = machines
            .filter(|(_, validator)| *validator != me && is_meant(peer_name(*validator)))
            .map(|(to, _)| to)
            .collect();
        let lane = match envelope.message.lane() {
            Lane::Votes => 0,
            Lane::Batches => 1,
        };
        let bytes = encode(&envelope.message);
        for to in to {
            self.transmit_to(id, to, lane, bytes.clone());
        }
    }

    /// Hands bytes to one link.
    pub(crate) fn transmit_to(&mut self, from: MachineId, to: MachineId, lane: usize, bytes: Vec<u8>) {
        for (at, parcel) in self.network.send(self.now, from, to, lane, bytes) {
            self.schedule.plan(at, Event::Arrival(parcel));
        }
    }
}
