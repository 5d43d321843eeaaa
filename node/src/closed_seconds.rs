//! Closed deadline seconds as the store keeps them: the ids of each, and the nodes of the accumulator over them. A proof
//! of any second reads one list of ids and one entry of nodes for each level of the accumulator, at most 32.

use anyhow::Context;
use types::codec::{Bounded, List, decode, encode};
use types::{Deadline, Hash, TransactionId};
use vm::{ClosedSecond, ClosedSeconds, Finding, NodePlace, ReceiptPointer, SecondLeaf, SecondProof};

use crate::store::Store;

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
    use types::Height;

    use super::*;

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
}
