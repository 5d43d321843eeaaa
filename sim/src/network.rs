//! The network between machines.
//!
//! There are two classes. An *ordered* link is what a node has: reliable and in order in each lane while it is up; a cut
//! takes what is on the way with it, and a cut of one direction only holds the messages up until it heals. A *lossy*
//! link loses, doubles and reorders as it likes.

use crate::random::Random;
use crate::time::MILLIS;
use crate::{MachineId, Micros};

/// What kind of links a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Reliable and in order, like a connection, while up.
    Ordered,
    /// Like datagrams.
    Lossy {
        /// Lost messages in a thousand.
        loss: u64,
        /// Messages in a thousand that arrive twice.
        duplication: u64,
    },
}

/// How long a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay {
    /// At least this long.
    pub(crate) least: Micros,
    /// Evenly spread up to this.
    pub(crate) usual: Micros,
    /// So many messages in a thousand take up to `most` instead.
    pub(crate) tail_per_mille: u64,
    /// The longest delay.
    pub(crate) most: Micros,
}

impl Delay {
    /// A quiet network.
    pub(crate) const CALM: Delay = Delay { least: 500, usual: 2 * MILLIS, tail_per_mille: 0, most: 0 };

    fn draw(&self, random: &mut Random) -> Micros {
        if self.tail_per_mille > 0 && random.chance(self.tail_per_mille) {
            return random.between(self.usual, self.most.max(self.usual));
        }
        random.between(self.least, self.usual)
    }
}

/// One direction between two machines.
#[derive(Default)]
struct Link {
    /// How many faults cut it.
    cuts: u32,
    /// Delay on top of the usual one.
    slowness: Micros,
    /// Counts connections: what was sent on an earlier one does not arrive.
    connection: u32,
    /// When the latest message of each lane arrives.
    latest: [Micros; 2],
    /// What waits for the direction to heal.
    held: Vec<(usize, Vec<u8>)>,
}

/// A message that a machine hands to a link.
pub(crate) struct Sent {
    pub(crate) from: MachineId,
    pub(crate) to: MachineId,
    pub(crate) lane: usize,
    pub(crate) bytes: Vec<u8>,
}

/// A message on its way.
pub(crate) struct Parcel {
    pub(crate) from: MachineId,
    pub(crate) to: MachineId,
    connection: u32,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Network {
    class: Class,
    delay: Delay,
    size: usize,
    links: Vec<Link>,
    random: Random,
}

impl Network {
    pub(crate) fn new(size: usize, class: Class, delay: Delay, random: Random) -> Self {
        let links = (0..size * size).map(|_| Link::default()).collect();
        Self { class, delay, size, links, random }
    }

    fn link(&mut self, from: MachineId, to: MachineId) -> &mut Link {
        &mut self.links[from.position() * self.size + to.position()]
    }

    fn is_cut(&self, from: MachineId, to: MachineId) -> bool {
        self.links[from.position() * self.size + to.position()].cuts > 0
    }

    /// True if neither direction is cut.
    pub(crate) fn is_whole(&self, a: MachineId, b: MachineId) -> bool {
        !self.is_cut(a, b) && !self.is_cut(b, a)
    }

    /// Messages that arrive for one that is sent, each with its time.
    pub(crate) fn send(&mut self, now: Micros, sent: Sent) -> Vec<(Micros, Parcel)> {
        let Sent { from, to, ref bytes, .. } = sent;
        match self.class {
            Class::Ordered => self.send_in_order(now, sent).into_iter().collect(),
            Class::Lossy { loss, duplication } => {
                if self.is_cut(from, to) || self.random.chance(loss) {
                    return Vec::new();
                }
                let copies = 1 + usize::from(self.random.chance(duplication));
                (0..copies)
                    .map(|_| {
                        let delay = self.delay.draw(&mut self.random);
                        let link = self.link(from, to);
                        let parcel = Parcel { from, to, connection: link.connection, bytes: bytes.clone() };
                        (now + delay + link.slowness, parcel)
                    })
                    .collect()
            }
        }
    }

    fn send_in_order(&mut self, now: Micros, sent: Sent) -> Option<(Micros, Parcel)> {
        let Sent { from, to, lane, bytes } = sent;
        if self.is_cut(from, to) {
            if !self.is_cut(to, from) {
                self.link(from, to).held.push((lane, bytes));
            }
            return None;
        }
        let delay = self.delay.draw(&mut self.random);
        let link = self.link(from, to);
        let at = (now + delay + link.slowness).max(link.latest[lane] + 1);
        link.latest[lane] = at;
        Some((at, Parcel { from, to, connection: link.connection, bytes }))
    }

    /// True if the parcel's connection still stands.
    pub(crate) fn delivers(&self, parcel: &Parcel) -> bool {
        let link = &self.links[parcel.from.position() * self.size + parcel.to.position()];
        !matches!(self.class, Class::Ordered) || link.connection == parcel.connection
    }

    /// Cuts one direction. If both are cut then, the connection is gone, and what is on its way with it.
    pub(crate) fn cut(&mut self, from: MachineId, to: MachineId) {
        self.link(from, to).cuts += 1;
        if self.is_cut(to, from) {
            self.disconnect(from, to);
        }
    }

    /// Takes one cut of a direction away. Returns what waited for it, to be sent again in order.
    pub(crate) fn mend(&mut self, from: MachineId, to: MachineId) -> Vec<(usize, Vec<u8>)> {
        let link = self.link(from, to);
        link.cuts = link.cuts.saturating_sub(1);
        if link.cuts > 0 { Vec::new() } else { std::mem::take(&mut link.held) }
    }

    /// The connection of two machines ends in both directions.
    pub(crate) fn disconnect(&mut self, a: MachineId, b: MachineId) {
        for (from, to) in [(a, b), (b, a)] {
            let link = self.link(from, to);
            link.connection += 1;
            link.held.clear();
        }
    }

    /// Makes everything from and to a machine slower, or as fast again.
    pub(crate) fn slow(&mut self, machine: MachineId, slowness: Micros) {
        for other in (0..self.size).map(|other| MachineId(other as u16)) {
            self.link(machine, other).slowness = slowness;
            self.link(other, machine).slowness = slowness;
        }
    }
}
