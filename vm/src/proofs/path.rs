//! Merkle paths: how a leaf leads to a root that is known.

use bincode::{Decode, Encode};
use types::Hash;
use types::codec::Bounded;

use crate::state::merkle::{MAX_DEPTH, bind_count, depth};

/// The way from one leaf of a list up to the root of the tree over it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Path {
    /// The leaf's place in the list, counted from zero. Its bits, lowest first, say on which side the leaf's branch is: 0
    /// left, 1 right.
    pub place: u32,
    /// The other child at each level, from the leaves up.
    pub siblings: Bounded<Hash, MAX_DEPTH>,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The list has no such place.
    #[error("the path begins at place {place} of a list of {count}")]
    Place {
        /// Where it begins.
        place: u32,
        /// How long the list is.
        count: u32,
    },
    /// The tree over the list has another number of levels.
    #[error("the path has {got} levels, the tree over {count} leaves has {expected}")]
    Levels {
        /// How long the list is.
        count: u32,
        /// How many levels its tree has.
        expected: usize,
        /// How many the path has.
        got: usize,
    },
}

impl Path {
    /// The root that the tree over a list of `count` has if this path is one of its paths and `leaf` its leaf.
    pub fn root(&self, leaf: Hash, count: u32) -> Result<Hash, PathError> {
        let (place, got, expected) = (self.place, self.siblings.len(), depth(count));
        if place >= count {
            return Err(PathError::Place { place, count });
        }
        if got != expected {
            return Err(PathError::Levels { count, expected, got });
        }
        Ok(climb(place, leaf, &self.siblings))
    }

    /// As [`Path::root`], for roots that have the length of the list bound in.
    pub fn list_root(&self, leaf: Hash, count: u32) -> Result<Hash, PathError> {
        self.root(leaf, count).map(|root| bind_count(&root, u64::from(count)))
    }
}

/// The node above `leaf`, which is at `place`, at the height of the siblings.
pub(crate) fn climb(place: u32, leaf: Hash, siblings: &[Hash]) -> Hash {
    siblings.iter().zip(0..).fold(leaf, |node, (sibling, level)| match place.checked_shr(level).unwrap_or(0) & 1 {
        0 => Hash::node(&node, sibling),
        _ => Hash::node(sibling, &node),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::merkle::{Tree, list_root};
    use types::Domain;

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|value| Hash::of(Domain::Receipt, &value.to_le_bytes())).collect()
    }

    #[test]
    fn every_leaf_has_a_path_to_both_roots() {
        for count in 1..=34 {
            let leaves = leaves(count);
            let tree = Tree::new(leaves.clone());
            for (leaf, place) in leaves.iter().zip(0..) {
                let path = tree.path(place).unwrap();
                assert_eq!(path.root(*leaf, count), Ok(tree.root()), "{place} of {count}");
                assert_eq!(path.list_root(*leaf, count), Ok(list_root(leaves.clone())));
            }
            assert_eq!(tree.path(count), None);
        }
    }

    #[test]
    fn nothing_else_has_that_path() {
        let leaves = leaves(11);
        let tree = Tree::new(leaves.clone());
        let root = Ok(tree.root());
        for place in 0..11 {
            let good = tree.path(place).unwrap();
            let leaf = leaves[place as usize];
            for other in (0..11).filter(|other| *other != place) {
                assert_ne!(good.root(leaves[other as usize], 11), root, "another leaf");
                assert_ne!(Path { place: other, ..good.clone() }.root(leaf, 11), root, "another place");
            }
            for level in 0..good.siblings.len() {
                let mut siblings = good.siblings.to_vec();
                siblings[level].0[0] ^= 1;
                assert_ne!(Path { siblings: Bounded::new(siblings).unwrap(), ..good.clone() }.root(leaf, 11), root);
            }
        }
        let good = tree.path(3).unwrap();
        assert_eq!(good.root(leaves[3], 3), Err(PathError::Place { place: 3, count: 3 }));
        assert_eq!(good.root(leaves[3], 8), Err(PathError::Levels { count: 8, expected: 3, got: 4 }));
        let bound = good.list_root(leaves[3], 11);
        assert_ne!(good.list_root(leaves[3], 12), bound, "the length is bound in");
    }
}
