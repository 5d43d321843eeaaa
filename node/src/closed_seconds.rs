//! Closed deadline seconds as the store keeps them: the ids of each, and the nodes of the accumulator over them. A proof
//! of any second reads one list of ids and one entry of nodes for each level of the accumulator, at most 32.

use anyhow::Context;
use types::codec::{Bounded, List, decode, encode};
use types::{Deadline, Hash, TransactionId};
use vm::{ClosedSecond, ClosedSeconds, Finding, NodePlace, ReceiptPointer, SecondLeaf, SecondProof};

use crate::store::{Cut, Store};

/// The ids of a second, sorted, with its leaf.
type Ids = (u32, SecondLeaf, List<(TransactionId, ReceiptPointer)>);

/// Nodes that were complete with one leaf: the level of the first, and the nodes from there up.
type Nodes = (u32, Bounded<Hash, 33>);

/// Puts a second that has closed.
pub(crate) fn put(store: &Store, closed: &ClosedSecond) -> anyhow::Result<()> {
    let ClosedSecond { leaf, place, nodes, ids } = closed;
    store.put_nodes(*place, &encode(&(0u32, nodes)))?;
    Ok(store.put_ids(leaf.second, &encode(&(place, leaf, ids)))?)
}

/// Puts what the accumulator is made of where the store begins with a checkpoint: what comes later builds on its peaks.
pub(crate) fn begin(store: &Store, closed: &ClosedSeconds) -> anyhow::Result<()> {
    for (NodePlace { level, last_leaf }, peak) in closed.peaks() {
        store.put_nodes(last_leaf, &encode(&(level, vec![peak])))?;
    }
    Ok(())
}

/// Puts what the seconds that stay build on into the first volume that stays: the peaks over all that closed before them.
pub(crate) fn carry(store: &Store, cut: &Cut) -> anyhow::Result<()> {
    // The nodes of a second are put before its ids, and a new volume may have been begun in between.
    let first = match store.first_ids_since(cut.first_second())? {
        Some((_, bytes)) => decode::<Ids>(&bytes).context("the ids of a second")?.0.min(cut.first_place()),
        None => cut.first_place(),
    };
    for at in NodePlace::peaks(first) {
        store.put_kept_nodes(cut, at.last_leaf, &encode(&(at.level, vec![node(store, at)?])))?;
    }
    for place in first..cut.first_place() {
        let nodes = store.nodes(place)?.with_context(|| format!("closed second {place} is missing"))?;
        store.put_kept_nodes(cut, place, &nodes)?;
    }
    Ok(())
}

/// Looks for an id in the closed list of its deadline second.
pub(crate) fn find(store: &Store, id: &TransactionId) -> anyhow::Result<Option<ReceiptPointer>> {
    let Some(bytes) = store.ids(id.deadline())? else { return Ok(None) };
    let (_, _, ids): Ids = decode(&bytes).context("the ids of a second")?;
    Ok(ids.binary_search_by_key(id, |(id, _)| *id).ok().map(|found| ids[found].1))
}

/// What the closed seconds of a finalized state say of an id whose deadline it has passed. Nothing if the second closed
/// before the chain in this store begins.
pub(crate) fn prove(store: &Store, closed: &ClosedSeconds, id: &TransactionId) -> anyhow::Result<Option<Finding>> {
    let deadline = id.deadline();
    if closed.last().is_none_or(|last| last < deadline) {
        return Ok(Some(Finding::AfterTheLast));
    }
    let Some((_, bytes)) = store.first_ids_since(deadline)? else { return Ok(None) };
    let (place, leaf, ids): Ids = decode(&bytes).context("the ids of a second")?;
    if !speaks_of(&leaf, deadline) {
        return Ok(None);
    }
    let siblings = closed.siblings(place).context("a closed second is not in the ledger")?;
    let siblings = siblings.into_iter().map(|at| node(store, at)).collect::<anyhow::Result<Vec<Hash>>>()?;
    let second = SecondProof { leaf, place, siblings: Bounded::new(siblings)? };
    Ok(Some(if leaf.second == deadline { second.find(&ids, id) } else { Finding::NoSuchSecond { next: second } }))
}

/// True if the leaf is of the second, or says that it has none.
fn speaks_of(leaf: &SecondLeaf, second: Deadline) -> bool {
    leaf.second == second || leaf.previous.is_none_or(|previous| previous < second)
}

fn node(store: &Store, at: NodePlace) -> anyhow::Result<Hash> {
    let bytes = store.nodes(at.last_leaf)?.with_context(|| format!("closed second {} is missing", at.last_leaf))?;
    let (first, nodes): Nodes = decode(&bytes).context("nodes over closed seconds")?;
    let node = at.level.checked_sub(first).and_then(|place| nodes.get(place as usize));
    node.copied().with_context(|| format!("level {} over closed second {} is missing", at.level, at.last_leaf))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use types::{Height, Timestamp};

    use super::*;
    use crate::store::BlockRecord;

    fn id(second: u32, byte: u8) -> TransactionId {
        let mut id = [byte; 32];
        id[..4].copy_from_slice(&second.to_be_bytes());
        TransactionId(id)
    }

    #[test]
    fn a_damaged_entry_is_an_error_and_an_unknown_second_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Hash([1; 32])).unwrap();
        assert_eq!(find(&store, &id(5, 1)).unwrap(), None);
        let empty = ClosedSeconds::default();
        assert_eq!(prove(&store, &empty, &id(5, 1)).unwrap(), Some(Finding::AfterTheLast));

        let leaf = SecondLeaf { previous: Some(Deadline(4)), second: Deadline(7), ids: Hash::ZERO };
        let at = ReceiptPointer { height: Height(1), index: 0 };
        put(&store, &ClosedSecond { leaf, place: 0, nodes: vec![leaf.hash()], ids: vec![(id(7, 1), at)] }).unwrap();
        assert_eq!(find(&store, &id(7, 1)).unwrap(), Some(at));
        assert_eq!(find(&store, &id(7, 2)).unwrap(), None);
        assert!(speaks_of(&leaf, Deadline(5)) && speaks_of(&leaf, Deadline(7)));
        assert!(
            !speaks_of(&leaf, Deadline(4))
                && !speaks_of(&SecondLeaf { previous: Some(Deadline(9)), ..leaf }, Deadline(5))
        );
        let missing = NodePlace { level: 1, last_leaf: 0 };
        assert!(node(&store, missing).unwrap_err().to_string().contains("level 1"));
        assert_eq!(node(&store, NodePlace { level: 0, last_leaf: 0 }).unwrap(), leaf.hash());
    }

    /// A chain of closed seconds, 10 apart, as blocks close them one by one.
    #[derive(Default)]
    struct Grown {
        count: u32,
        peaks: Vec<Hash>,
    }

    impl Grown {
        const FIRST: u32 = 1_000;

        fn second(place: u32) -> Deadline {
            Deadline(Self::FIRST + 10 * place)
        }

        fn close(&mut self) -> ClosedSecond {
            let place = self.count;
            let second = Self::second(place);
            let previous = place.checked_sub(1).map(Self::second);
            let leaf = SecondLeaf { previous, second, ids: Hash([place as u8; 32]) };
            let mut nodes = vec![leaf.hash()];
            for _ in 0..place.trailing_ones() {
                nodes.push(Hash::node(&self.peaks.pop().unwrap(), nodes.last().unwrap()));
            }
            self.peaks.push(*nodes.last().unwrap());
            self.count += 1;
            let at = ReceiptPointer { height: Height(u64::from(place) + 1), index: 0 };
            ClosedSecond { leaf, place, nodes, ids: vec![(id(second.0, 1), at)] }
        }

        fn state(&self) -> ClosedSeconds {
            let last = self.count.checked_sub(1).map(Self::second);
            decode(&encode(&(self.count, last, Bounded::<Hash, 32>::new(self.peaks.clone()).unwrap()))).unwrap()
        }

        /// True if the second leads to a peak.
        fn holds(&self, proof: &SecondProof) -> bool {
            let mut node = proof.leaf.hash();
            for (level, sibling) in proof.siblings.iter().enumerate() {
                let is_right = proof.place >> level & 1 == 1;
                node = if is_right { Hash::node(sibling, &node) } else { Hash::node(&node, sibling) };
            }
            self.peaks.contains(&node)
        }
    }

    #[test]
    fn what_closed_after_a_cut_is_proven_and_what_closed_before_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        // Each flush begins a new volume.
        let store = Store::open_with(dir.path(), Hash([1; 32]), 1).unwrap();
        let mut grown = Grown::default();
        let time = |place: u32| Timestamp(u64::from(Grown::second(place).0 + 1) * 1_000);
        for place in 0..60u32 {
            let closed = grown.close();
            let ids = encode(&(place, closed.leaf, &closed.ids));
            store.put_nodes(place, &encode(&(0u32, &closed.nodes))).unwrap();
            if place % 10 == 3 {
                // A crash and a start have parted the ids from the nodes.
                store.flush().unwrap();
            }
            store.put_ids(closed.leaf.second, &ids).unwrap();
            let record =
                BlockRecord { block: encode(&time(place)), certificate: None, receipts: vec![], batches: vec![] };
            store.put_block(Height(u64::from(place) + 1), &record).unwrap();
            if place % 10 == 7 {
                store.flush().unwrap();
            }
        }
        store.write_checkpoint(Height(60), std::iter::empty()).unwrap();
        let state = grown.state();
        let mut cuts = 0;
        for keep in (0..600).rev().step_by(10) {
            let time_of = |bytes: &[u8]| decode::<Timestamp>(bytes);
            let Some(cut) = store.cut(Duration::from_secs(keep), &time_of).unwrap() else { continue };
            carry(&store, &cut).unwrap();
            store.prune(&cut).unwrap();
            cuts += 1;
            let beginning = store.beginning().unwrap();
            let first = (0..60).find(|place| store.ids(Grown::second(*place)).unwrap().is_some()).unwrap();
            for place in 0..60 {
                let second = Grown::second(place);
                let there = prove(&store, &state, &id(second.0, 1)).unwrap();
                let between = prove(&store, &state, &id(second.0 - 5, 1)).unwrap();
                if place < first {
                    assert!(second.has_passed(beginning.timestamp), "second {place} would count as empty");
                    assert_eq!((there, between), (None, None), "second {place} of those from {first} on");
                    continue;
                }
                let Some(Finding::Listed { second: proof, .. }) = there else { panic!("{place}: {there:?}") };
                assert!(grown.holds(&proof), "second {place} of those from {first} on");
                let Some(Finding::NoSuchSecond { next }) = between else { panic!("{place}: {between:?}") };
                assert!(next.place == place && grown.holds(&next));
            }
        }
        assert!(cuts > 5, "{cuts} cuts");
    }
}
