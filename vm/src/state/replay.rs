//! Replay protection: ids that were executed are remembered until block time has passed their deadline. After that the
//! deadline itself keeps them out.
//!
//! The ids of one deadline second are a list in the order of their execution. The state commits to each such list by a
//! hash chain with a link for each block, which costs a block only its own ids.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use bincode::{Decode, Encode};
use hashbrown::{DefaultHashBuilder, HashTable};
use types::breakage::{Breakage, is_on};
use types::codec::encode;
use types::{Deadline, Domain, Hash, Height, Timestamp, TransactionId};

use crate::execution::receipt::ReceiptPointer;
use crate::state::pages::Pages;

/// Whether a block of a certain time may execute transactions with a certain deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    Expired,
    TooFar,
}

/// The standing of `deadline` in a block of time `now`: its second may be the block's own and any until
/// `max_valid_seconds` later, both included.
pub(crate) fn standing(deadline: Deadline, now: Timestamp, max_valid_seconds: u32) -> Standing {
    if deadline.has_passed(now) && !is_on(Breakage::DeadlineIgnored) {
        Standing::Expired
    } else if deadline > Deadline::after(now, max_valid_seconds) && !is_on(Breakage::DeadlineUnbounded) {
        Standing::TooFar
    } else {
        Standing::Open
    }
}

/// The time up to which ids are forgotten.
fn window_end(now: Timestamp) -> Timestamp {
    now.plus_millis(if is_on(Breakage::ReplayWindowOffByOne) { 1_000 } else { 0 })
}

/// A remembered id with the place of its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Executed {
    pub(crate) id: TransactionId,
    pub(crate) at: ReceiptPointer,
}

/// The ids of one deadline second in the order of their execution.
pub(crate) type Entries = Pages<Executed, 256>;

#[derive(Default)]
struct Second {
    entries: Entries,
    /// Places in `entries`, found by id.
    places: HashTable<Slot>,
}

/// A place in the list of a second. With half of the id's hash beside it, a table that grows need not read the ids again: a
/// million of them would take a tenth of a second.
#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    place: u32,
}

impl Slot {
    /// What the table goes by. Its bits are as good as the tag's.
    fn hash(tag: u32) -> u64 {
        u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// The ids remembered after the latest finalized block.
#[derive(Default)]
pub(crate) struct Replay {
    seconds: BTreeMap<Deadline, Second>,
    hasher: DefaultHashBuilder,
}

impl Replay {
    /// The place of the receipt of `id`, if `id` is remembered.
    pub(crate) fn find(&self, id: &TransactionId) -> Option<ReceiptPointer> {
        let Second { entries, places } = self.seconds.get(&id.deadline())?;
        let tag = self.tag(id);
        let entry = |slot: &Slot| entries.get(slot.place as usize).filter(|entry| entry.id == *id);
        let is_it = |slot: &Slot| slot.tag == tag && entry(slot).is_some();
        places.find(Slot::hash(tag), is_it).and_then(entry).map(|entry| entry.at)
    }

    pub(crate) fn remember(&mut self, entry: Executed) {
        let tag = self.tag(&entry.id);
        let Second { entries, places } = self.seconds.entry(entry.id.deadline()).or_default();
        // A second's ids fit in memory, so their number fits.
        let place = entries.len() as u32;
        entries.push(entry);
        places.insert_unique(Slot::hash(tag), Slot { tag, place }, |slot| Slot::hash(slot.tag));
    }

    /// Half of an id's hash, which nobody outside can choose.
    fn tag(&self, id: &TransactionId) -> u32 {
        (self.hasher.hash_one(id) >> 32) as u32
    }

    /// How many ids are remembered.
    pub(crate) fn len(&self) -> usize {
        self.seconds.values().map(|second| second.entries.len()).sum()
    }

    /// The list of one second; cheap.
    pub(crate) fn of(&self, second: Deadline) -> Entries {
        self.seconds.get(&second).map_or_else(Entries::default, |second| second.entries.clone())
    }

    /// Forgets the seconds that `now` has passed.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        while let Some(first) = self.seconds.first_entry()
            && first.key().has_passed(window_end(now))
        {
            first.remove();
        }
    }

    /// The lists of all open seconds; cheap.
    pub(crate) fn entries(&self) -> Vec<Entries> {
        self.seconds.values().map(|second| second.entries.clone()).collect()
    }

    /// The hash chains of all open seconds, computed from the ids.
    pub(crate) fn chains(&self) -> Vec<(Deadline, Hash)> {
        let chain = |second: &Second| {
            let entries: Vec<Executed> = second.entries.iter().copied().collect();
            let blocks = entries.chunk_by(|a, b| a.at.height == b.at.height);
            blocks.fold(Hash::ZERO, |previous, block| {
                let ids: Vec<(TransactionId, u32)> = block.iter().map(|entry| (entry.id, entry.at.index)).collect();
                link(&previous, block[0].at.height, &ids)
            })
        };
        self.seconds.iter().map(|(deadline, second)| (*deadline, chain(second))).collect()
    }
}

/// A second's chain after a block that executed these of its ids, with their places among the block's receipts.
fn link(previous: &Hash, height: Height, ids: &[(TransactionId, u32)]) -> Hash {
    Hash::of(Domain::State, &encode(&(*b"baro executed v1", *previous, height, ids)))
}

/// The chains after a block at `height` and `now` that executed `executed`, in the order of its receipts.
pub(crate) fn next_chains(
    open: &[(Deadline, Hash)],
    height: Height,
    now: Timestamp,
    executed: &[TransactionId],
) -> Vec<(Deadline, Hash)> {
    let mut open: Vec<(Deadline, Hash)> =
        open.iter().filter(|(deadline, _)| !deadline.has_passed(now)).copied().collect();
    let mut ids: Vec<(TransactionId, u32)> = executed.iter().copied().zip(0..).collect();
    // Stable, so that each second's ids stay in their order.
    ids.sort_by_key(|(id, _)| id.deadline());
    for ids in ids.chunk_by(|(a, _), (b, _)| a.deadline() == b.deadline()) {
        let deadline = ids[0].0.deadline();
        match open.binary_search_by_key(&deadline, |(deadline, _)| *deadline) {
            Ok(place) => open[place].1 = link(&open[place].1, height, ids),
            Err(place) => open.insert(place, (deadline, link(&Hash::ZERO, height, ids))),
        }
    }
    open
}

/// What the state root says of the open seconds.
pub(crate) fn open_hash(open: &[(Deadline, Hash)]) -> Hash {
    Hash::of(Domain::State, &encode(&(*b"baro replay v1", open)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(deadline: u32, number: u8) -> TransactionId {
        let mut id = [number; 32];
        id[..4].copy_from_slice(&deadline.to_be_bytes());
        TransactionId(id)
    }

    fn at(height: u64, index: u32) -> ReceiptPointer {
        ReceiptPointer { height: Height(height), index }
    }

    #[test]
    fn the_window_holds_both_its_ends() {
        let standings = [99, 100, 160, 161].map(|second| standing(Deadline(second), Timestamp(100_999), 60));
        assert_eq!(standings, [Standing::Expired, Standing::Open, Standing::Open, Standing::TooFar]);
        assert_eq!(standing(Deadline(100), Timestamp(101_000), 60), Standing::Expired);
        assert_eq!(standing(Deadline(161), Timestamp(101_000), 60), Standing::Open);
    }

    #[test]
    fn ids_are_remembered_until_their_second_closes() {
        let mut replay = Replay::default();
        let ids: Vec<TransactionId> = (0..=255).rev().map(|number| id(10, number)).collect();
        for (id, index) in ids.iter().zip(0..) {
            assert_eq!(replay.find(id), None);
            replay.remember(Executed { id: *id, at: at(1, index) });
        }
        replay.remember(Executed { id: id(11, 0), at: at(1, 256) });
        assert!(ids.iter().zip(0..).all(|(id, index)| replay.find(id) == Some(at(1, index))));
        assert_eq!(replay.find(&id(11, 1)), None);

        replay.forget(Timestamp(10_999));
        assert_eq!((replay.of(Deadline(10)).len(), replay.len()), (256, 257));
        replay.forget(Timestamp(11_000));
        assert_eq!((replay.of(Deadline(10)).len(), replay.len()), (0, 1));
        assert_eq!(replay.find(&ids[0]), None);
        assert_eq!(replay.find(&id(11, 0)), Some(at(1, 256)));
    }

    #[test]
    fn chains_made_block_by_block_are_those_made_from_the_ids() {
        let mut replay = Replay::default();
        let mut open = Vec::new();
        let blocks = [vec![id(12, 1), id(10, 2), id(12, 3)], vec![], vec![id(11, 4), id(10, 5), id(12, 6), id(10, 7)]];
        for (executed, height) in blocks.iter().zip(1..) {
            open = next_chains(&open, Height(height), Timestamp(9_000), executed);
            for (id, index) in executed.iter().zip(0..) {
                replay.remember(Executed { id: *id, at: at(height, index) });
            }
            assert_eq!(replay.chains(), open);
        }
        let later = next_chains(&open, Height(4), Timestamp(11_000), &[]);
        assert_eq!(later, open[1..], "a second that has passed is left out");
    }

    #[test]
    fn a_chain_depends_on_order_height_and_place() {
        let executed = [id(10, 1), id(10, 2)];
        let chain = |height, executed: &[TransactionId]| next_chains(&[], Height(height), Timestamp(0), executed);
        let base = chain(1, &executed);
        assert_ne!(base, chain(2, &executed));
        assert_ne!(base, chain(1, &[executed[1], executed[0]]));
        assert_ne!(chain(1, &[id(11, 0), id(10, 1)])[0], chain(1, &[id(10, 1), id(11, 0)])[0]);
    }
}
