//! Binary Merkle trees over lists. Leaf `i` is at place `i` of level 0; a node's children are at `2p` and `2p + 1` of the
//! level below; what is past the end of the list is a subtree of [`Hash::ZERO`] leaves. The depth is the least that
//! holds the list, so the root alone does not tell the length: whoever commits to a root commits to the length too.

use std::sync::OnceLock;

use types::Hash;
use types::codec::Bounded;

use crate::proofs::path::Path;

pub(crate) const MAX_DEPTH: usize = 32;

/// The root of a subtree of this depth without leaves.
fn empty(depth: usize) -> Hash {
    static EMPTY: OnceLock<[Hash; MAX_DEPTH + 1]> = OnceLock::new();
    EMPTY.get_or_init(|| {
        let mut roots = [Hash::ZERO; MAX_DEPTH + 1];
        for depth in 1..=MAX_DEPTH {
            roots[depth] = Hash::node(&roots[depth - 1], &roots[depth - 1]);
        }
        roots
    })[depth]
}

/// How many levels of inner nodes a list of this length has.
pub(crate) fn depth(count: u32) -> usize {
    count.checked_sub(1).and_then(u32::checked_ilog2).map_or(0, |log| log as usize + 1)
}

/// The root over a whole list, with its length bound in; zero for none.
pub(crate) fn list_root(mut nodes: Vec<Hash>) -> Hash {
    let count = nodes.len() as u64;
    let mut level = 0;
    while nodes.len() > 1 {
        for parent in 0..nodes.len().div_ceil(2) {
            let right = nodes.get(2 * parent + 1).copied().unwrap_or(empty(level));
            nodes[parent] = Hash::node(&nodes[2 * parent], &right);
        }
        nodes.truncate(nodes.len().div_ceil(2));
        level += 1;
    }
    nodes.first().map_or(Hash::ZERO, |root| bind_count(root, count))
}

/// The root of a list with its length bound in.
pub(crate) fn bind_count(root: &Hash, count: u64) -> Hash {
    let mut length = [0; 32];
    length[..8].copy_from_slice(&count.to_le_bytes());
    Hash::node(root, &Hash(length))
}

/// A tree whose nodes are kept, so that changing some leaves costs only their paths.
#[derive(Default)]
pub(crate) struct Tree {
    levels: Vec<Vec<Hash>>,
}

/// The nodes that a change of leaves changes, by level and in the order of their places, and the root after it.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    levels: Vec<Vec<(u32, Hash)>>,
    root: Hash,
}

impl Patch {
    pub(crate) fn root(&self) -> Hash {
        self.root
    }

    /// The changed leaves in the order of their places.
    pub(crate) fn leaves(&self) -> &[(u32, Hash)] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The leaf at a place, if it has changed.
    pub(crate) fn leaf(&self, place: u32) -> Option<Hash> {
        let leaves = self.leaves();
        leaves.binary_search_by_key(&place, |(place, _)| *place).ok().map(|found| leaves[found].1)
    }
}

/// Reads a level of one patch at ascending places.
struct Cursor<'a> {
    rest: &'a [(u32, Hash)],
}

impl Cursor<'_> {
    fn at(&mut self, place: u32) -> Option<Hash> {
        let passed = self.rest.iter().take_while(|(other, _)| *other < place).count();
        self.rest = &self.rest[passed..];
        self.rest.first().filter(|(other, _)| *other == place).map(|(_, hash)| *hash)
    }
}

impl Tree {
    /// The tree over these leaves.
    pub(crate) fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while levels[levels.len() - 1].len() > 1 {
            let level = levels.len() - 1;
            let parent = |pair: &[Hash]| Hash::node(&pair[0], pair.get(1).unwrap_or(&empty(level)));
            let parents = levels[level].chunks(2).map(parent).collect();
            levels.push(parents);
        }
        Self { levels }
    }

    pub(crate) fn root(&self) -> Hash {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or(Hash::ZERO)
    }

    /// The way from the leaf at `place` to the root; nothing if there is no such leaf.
    pub(crate) fn path(&self, place: u32) -> Option<Path> {
        self.levels[..].first()?.get(place as usize)?;
        let below_root = &self.levels[..self.levels.len() - 1];
        let sibling = |(level, nodes): (usize, &Vec<Hash>)| {
            nodes.get((place as usize >> level) ^ 1).copied().unwrap_or(empty(level))
        };
        let siblings = below_root.iter().enumerate().map(sibling).collect();
        Some(Path { place, siblings: Bounded::new(siblings).expect("as many levels as 32-bit places need") })
    }

    /// What setting `leaves` (ascending places; those of new leaves without a gap) changes in the tree of `count` leaves
    /// (the new ones included) that this one becomes by `patches`, oldest first. Every node is computed once.
    pub(crate) fn patch<'a>(
        &self,
        patches: impl DoubleEndedIterator<Item = &'a Patch> + Clone,
        leaves: Vec<(u32, Hash)>,
        count: u32,
    ) -> Patch {
        let before = || patches.clone().next_back().map_or_else(|| self.root(), Patch::root);
        if leaves.is_empty() {
            return Patch { levels: Vec::new(), root: before() };
        }
        let mut levels = vec![leaves];
        for level in 0..depth(count) {
            let cursor = |patch: &'a Patch| Cursor { rest: patch.levels.get(level).map_or(&[], Vec::as_slice) };
            let mut newest_first: Vec<Cursor<'_>> = patches.clone().rev().map(cursor).collect();
            let base = self.levels.get(level).map_or(&[][..], Vec::as_slice);
            let mut unchanged = |place: u32| {
                let patched = newest_first.iter_mut().find_map(|cursor| cursor.at(place));
                patched.or_else(|| base.get(place as usize).copied()).unwrap_or(empty(level))
            };

            // Reading and hashing take turns by level and not by node, so that reads from memory overlap.
            let mut pairs = Vec::with_capacity(levels[level].len());
            let mut changed = levels[level].iter().peekable();
            while let Some(&(place, hash)) = changed.next() {
                let pair = if place % 2 == 1 {
                    [unchanged(place - 1), hash]
                } else {
                    let sibling = changed.next_if(|(other, _)| *other == place + 1);
                    [hash, sibling.map_or_else(|| unchanged(place + 1), |(_, hash)| *hash)]
                };
                pairs.push((place / 2, pair));
            }
            levels.push(pairs.into_iter().map(|(place, [left, right])| (place, Hash::node(&left, &right))).collect());
        }
        let root = levels[levels.len() - 1][0].1;
        Patch { levels, root }
    }

    /// Becomes the tree that `patch` was made for.
    pub(crate) fn apply(&mut self, patch: &Patch) {
        if self.levels.len() < patch.levels.len() {
            self.levels.resize_with(patch.levels.len(), Vec::new);
        }
        for (level, changed) in self.levels.iter_mut().zip(&patch.levels) {
            for &(place, hash) in changed {
                match level.get_mut(place as usize) {
                    Some(node) => *node = hash,
                    None => level.push(hash),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Domain;

    fn leaf(value: u32) -> Hash {
        Hash::of(Domain::Account, &value.to_le_bytes())
    }

    fn leaves(range: std::ops::Range<u32>) -> Vec<Hash> {
        range.map(leaf).collect()
    }

    #[test]
    fn the_depth_is_the_least_that_holds_the_list() {
        let depths: Vec<usize> = [0, 1, 2, 3, 4, 5, 8, 9, u32::MAX].map(depth).to_vec();
        assert_eq!(depths, [0, 0, 1, 2, 2, 3, 3, 4, 32]);
    }

    #[test]
    fn three_leaves_by_hand() {
        let [a, b, c] = [leaf(0), leaf(1), leaf(2)];
        let root = Hash::node(&Hash::node(&a, &b), &Hash::node(&c, &Hash::ZERO));
        assert_eq!(Tree::new(vec![a, b, c]).root(), root);
        let mut three = [0; 32];
        three[0] = 3;
        assert_eq!(list_root(vec![a, b, c]), Hash::node(&root, &Hash(three)));
        assert_eq!((list_root(vec![]), Tree::new(vec![]).root()), (Hash::ZERO, Hash::ZERO));
        assert_ne!(list_root(vec![a]), list_root(vec![a, Hash::ZERO]), "the length counts");
    }

    #[test]
    fn patches_give_the_root_of_a_tree_made_at_once() {
        for (before, after) in [(0, 1), (0, 9), (1, 2), (1, 9), (3, 3), (4, 5), (5, 8), (7, 40), (33, 70)] {
            let mut tree = Tree::new(leaves(0..before));
            // An old leaf changes, and new ones come.
            let mut expected = leaves(0..after);
            let mut changes: Vec<(u32, Hash)> = (before..after).map(|place| (place, leaf(place))).collect();
            if before > 0 {
                expected[before as usize / 2] = leaf(1_000);
                changes.insert(0, (before / 2, leaf(1_000)));
            }
            let first = tree.patch([].into_iter(), changes, after);
            assert_eq!(first.root(), Tree::new(expected.clone()).root(), "{before} to {after}");

            // A second change on top of the first, before the first is applied.
            let middle = after / 3;
            expected[middle as usize] = leaf(2_000);
            let second = tree.patch([&first].into_iter(), vec![(middle, leaf(2_000))], after);
            let root = Tree::new(expected).root();
            assert_eq!(second.root(), root, "{before} to {after}");
            assert_eq!(tree.patch([&first, &second].into_iter(), vec![], after).root(), root);

            tree.apply(&first);
            assert_eq!(tree.root(), first.root());
            tree.apply(&second);
            assert_eq!(tree.root(), root);
        }
    }
}
