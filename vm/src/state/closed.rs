//! Deadline seconds that have passed, each with the ids that were executed for it, under one accumulator that only grows:
//! a Merkle mountain range.
//!
//! A mountain is a full binary tree. A new leaf is a mountain of height 0; two of one height become one. So there is a
//! mountain for each bit that is set in the number of leaves, highest first, and the state needs their peaks alone: at
//! most 32 hashes, whatever has passed. A node never changes once it is there; hence what proves something about an old
//! second is kept as it was written, and only the upper end of a path grows with the mountain.
//!
//! A leaf names the second that was closed before it. One leaf therefore proves of every second in between that nothing
//! was executed for it.

use std::sync::Arc;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::error::DecodeError;
use bincode::{BorrowDecode, Decode, Encode};
use types::codec::{Bounded, encode};
use types::{Deadline, Domain, Hash};

use crate::proofs::path::climb;
use crate::state::id_page::IdPages;
use crate::state::merkle::{MAX_DEPTH, list_root};

/// The accumulator: one leaf for each second that has passed and for which something was executed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode)]
pub struct ClosedSeconds {
    count: u32,
    last: Option<Deadline>,
    /// From the highest mountain to the lowest.
    peaks: Bounded<Hash, MAX_DEPTH>,
}

/// A leaf of the accumulator. Seconds ascend from leaf to leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SecondLeaf {
    /// The second of the leaf before, if there is one: between the two nothing was executed.
    pub previous: Option<Deadline>,
    /// The second.
    pub second: Deadline,
    /// The root of the list of its pages of ids, with the number of pages bound in.
    pub ids: Hash,
}

impl SecondLeaf {
    /// The leaf's hash.
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::State, &encode(&(*b"baro second v2", self)))
    }
}

/// A second as it was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedSecond {
    /// Its leaf.
    pub leaf: SecondLeaf,
    /// The leaf's place in the accumulator.
    pub place: u32,
    /// The nodes that were complete with it, from the leaf itself up: node `level` covers the 2^level leaves that end
    /// here.
    pub nodes: Vec<Hash>,
    /// Every transaction that was executed for it.
    pub ids: Arc<IdPages>,
}

/// A node of the accumulator by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePlace {
    /// Its height above the leaves.
    pub level: u32,
    /// The last leaf below it. The node is complete with that one.
    pub last_leaf: u32,
}

impl NodePlace {
    /// Where the peaks over the first `count` leaves are, from the highest mountain to the lowest: one for each bit of the count.
    pub fn peaks(count: u32) -> impl Iterator<Item = NodePlace> {
        let levels = (0..u32::BITS).rev().filter(move |level| count >> level & 1 == 1);
        levels.map(move |level| NodePlace { level, last_leaf: (count >> level << level) - 1 })
    }
}

impl ClosedSeconds {
    /// How many seconds are closed.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The latest of them.
    pub fn last(&self) -> Option<Deadline> {
        self.last
    }

    /// What the state root commits to.
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::State, &encode(&(*b"baro closed v1", self)))
    }

    /// Closes a second with the pages of its ids.
    pub(crate) fn close(&mut self, second: Deadline, ids: Arc<IdPages>) -> ClosedSecond {
        let leaf = SecondLeaf { previous: self.last, second, ids: list_root(ids.leaves().to_vec()) };
        let place = self.count;
        let mut peaks = std::mem::take(&mut self.peaks).into_vec();
        let mut nodes = vec![leaf.hash()];
        // As many mountains become one as the number of leaves ends in ones.
        for left in peaks.drain(peaks.len() - place.trailing_ones() as usize..).rev() {
            nodes.push(Hash::node(&left, &nodes[nodes.len() - 1]));
        }
        peaks.push(nodes[nodes.len() - 1]);
        self.peaks = Bounded::new(peaks).expect("a peak for each bit of the count");
        self.count = place.checked_add(1).expect("seconds are 32 bits, and each is closed once");
        self.last = Some(second);
        ClosedSecond { leaf, place, nodes, ids }
    }

    /// The mountain that holds a leaf: its peak's place among the peaks, and its height.
    fn mountain(&self, place: u32) -> Option<(usize, u32)> {
        let height = (place ^ self.count).checked_ilog2().filter(|_| place < self.count)?;
        // Above the highest bit in which both differ, the leaf is past the higher mountains.
        let higher = self.count.checked_shr(height + 1).unwrap_or(0).count_ones();
        Some((higher as usize, height))
    }

    /// The nodes beside the way of a leaf to its peak, from the leaf up; nothing if there is no such leaf.
    pub fn siblings(&self, place: u32) -> Option<Vec<NodePlace>> {
        let (_, height) = self.mountain(place)?;
        let sibling = |level: u32| NodePlace { level, last_leaf: ((place >> level) ^ 1) << level | ((1 << level) - 1) };
        Some((0..height).map(sibling).collect())
    }

    /// The peaks by their places.
    pub fn peaks(&self) -> impl Iterator<Item = (NodePlace, Hash)> {
        NodePlace::peaks(self.count).zip(self.peaks.iter().copied())
    }

    /// True if `leaf` is at `place`, as the nodes beside its way show.
    pub(crate) fn holds(&self, place: u32, siblings: &[Hash], leaf: &SecondLeaf) -> bool {
        self.mountain(place).is_some_and(|(peak, height)| {
            siblings.len() == height as usize && self.peaks[peak] == climb(place, leaf.hash(), siblings)
        })
    }
}

impl<C> Decode<C> for ClosedSeconds {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let (count, last, peaks) = Decode::decode(decoder)?;
        let closed = Self { count, last, peaks };
        if closed.peaks.len() != count.count_ones() as usize || last.is_some() != (count > 0) {
            return Err(DecodeError::Other("the peaks do not fit the number of closed seconds"));
        }
        Ok(closed)
    }
}

impl<'de, C> BorrowDecode<'de, C> for ClosedSeconds {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use types::codec::decode;

    /// The accumulator after `count` seconds, all nodes that it ever had, and its leaves.
    fn grown(count: u32) -> (ClosedSeconds, BTreeMap<(u32, u32), Hash>, Vec<SecondLeaf>) {
        let (mut closed, mut nodes, mut leaves) = (ClosedSeconds::default(), BTreeMap::new(), Vec::new());
        for number in 0..count {
            let second = closed.close(Deadline(10 + 3 * number), Arc::new(IdPages::new([])));
            assert_eq!(
                (second.place, second.leaf.previous),
                (number, leaves.last().map(|leaf: &SecondLeaf| leaf.second))
            );
            let levels = (0..).zip(second.nodes);
            nodes.extend(levels.map(|(level, node)| ((level, number), node)));
            leaves.push(second.leaf);
        }
        (closed, nodes, leaves)
    }

    #[test]
    fn three_leaves_by_hand() {
        let (closed, _, leaves) = grown(3);
        let [a, b, c] = [0, 1, 2].map(|place: usize| leaves[place].hash());
        assert_eq!(closed.peaks.to_vec(), [Hash::node(&a, &b), c]);
        assert_eq!((closed.count(), closed.last()), (3, Some(Deadline(16))));
    }

    #[test]
    fn every_leaf_is_shown_by_nodes_that_were_written_once() {
        for count in 0..70 {
            let (closed, nodes, leaves) = grown(count);
            let known: Vec<_> = closed.peaks().map(|(at, peak)| (nodes[&(at.level, at.last_leaf)], peak)).collect();
            assert!(known.len() == count.count_ones() as usize && known.iter().all(|(node, peak)| node == peak));
            for (place, leaf) in (0..).zip(&leaves) {
                let way = closed.siblings(place).unwrap();
                let siblings: Vec<Hash> = way.iter().map(|at| nodes[&(at.level, at.last_leaf)]).collect();
                assert!(closed.holds(place, &siblings, leaf), "{place} of {count}");
                assert!(!closed.holds(place ^ 1, &siblings, leaf) && !closed.holds(count, &siblings, leaf));
                let other = SecondLeaf { previous: None, second: Deadline(9), ..*leaf };
                assert!(!closed.holds(place, &siblings, &other));
                for level in 0..siblings.len() {
                    let mut siblings = siblings.clone();
                    siblings[level].0[31] ^= 1;
                    assert!(!closed.holds(place, &siblings, leaf));
                }
            }
            assert_eq!(closed.siblings(count), None);
        }
    }

    #[test]
    fn one_encoding_and_no_impossible_ones() {
        let (closed, ..) = grown(7);
        assert_eq!(decode::<ClosedSeconds>(&encode(&closed)), Ok(closed.clone()));
        let peaks = |count: usize| Bounded::<Hash, MAX_DEPTH>::new(vec![Hash::ZERO; count]).unwrap();
        for bad in [
            encode(&(7u32, Some(Deadline(1)), peaks(2))),
            encode(&(7u32, None::<Deadline>, peaks(3))),
            encode(&(0u32, Some(Deadline(1)), peaks(0))),
        ] {
            assert!(decode::<ClosedSeconds>(&bad).is_err());
        }
        let hashes = [closed.hash(), grown(8).0.hash(), ClosedSeconds { last: Some(Deadline(1)), ..closed }.hash()];
        assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2], "the hash covers peaks and the last second");
    }
}
