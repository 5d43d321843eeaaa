//! Messages on their way out of a machine.

use replica::{Envelope, Lane, Recipient};
use types::codec::encode;

use crate::MachineId;
use crate::address::PeerName;
use crate::doubles::Hand;
use crate::network::Sent;
use crate::world::{Event, World};

impl World {
    /// A replica sends a message: a double may change it.
    pub(crate) fn post(&mut self, id: MachineId, envelope: Envelope) {
        self.check(id, |checker, seen| checker.released(seen, &envelope.message));
        match self.machines[id.position()].double.take() {
            Some(mut double) if self.has_seat(id) => {
                self.with_hand(id, |hand| double.send(hand, envelope));
                self.machines[id.position()].double = Some(double);
            }
            double => {
                self.machines[id.position()].double = double;
                self.transmit(id, &envelope);
            }
        }
    }

    /// True for a validator of the present epoch. Only then has a double something to be Byzantine with.
    fn has_seat(&self, id: MachineId) -> bool {
        let machine = &self.machines[id.position()];
        machine.process.as_ref().is_some_and(|process| process.replica.committee().index_of(&machine.name).is_some())
    }

    /// Lets a double do something, and sends what it says.
    pub(crate) fn with_hand(&mut self, id: MachineId, act: impl FnOnce(&mut Hand<'_>)) {
        let machine = &self.machines[id.position()];
        let Some(process) = &machine.process else { return };
        let committee = process.replica.committee();
        let Some(me) = committee.index_of(&machine.name) else { return };
        let mut hand = Hand {
            me,
            secret: &machine.secret,
            committee,
            checkpoint: machine.disk.checkpoint(),
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
    pub(crate) fn transmit(&mut self, id: MachineId, envelope: &Envelope) {
        let me = self.machines[id.position()].name;
        let is_meant = |name: PeerName| match envelope.to {
            Recipient::All => true,
            Recipient::One(to) => name == to,
        };
        let others = self.machines.iter().filter(|machine| machine.name != me && is_meant(machine.name));
        let to: Vec<MachineId> = others.map(|machine| machine.id).collect();
        let lane = match envelope.message.lane() {
            Lane::Votes => 0,
            Lane::Batches => 1,
        };
        let bytes = encode(&envelope.message);
        for to in to {
            self.transmit_to(Sent { from: id, to, lane, bytes: bytes.clone() });
        }
    }

    /// Hands bytes to one link.
    pub(crate) fn transmit_to(&mut self, sent: Sent) {
        for (at, parcel) in self.network.send(self.now, sent) {
            self.schedule.plan(at, Event::Arrival(parcel));
        }
    }
}
