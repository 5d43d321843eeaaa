//! Closed deadline seconds as the store keeps them: the ids of each in pages, and the nodes of the accumulator over them. A proof
//! of any second reads one page of ids, the leaves of all pages of its second and one entry of nodes for each level of the
//! accumulator, at most 32.

use anyhow::Context;
use types::codec::{Bounded, List, decode, encode};
use types::{Deadline, Hash, TransactionId};
use vm::{ClosedSecond, ClosedSeconds, Finding, IdPage, NodePlace, ReceiptPointer, SecondLeaf, SecondProof};

use crate::store::{Cut, Store};

/// A second: its place in the accumulator, its leaf, the leaves of its pages, and its last id.
type Second = (u32, SecondLeaf, List<Hash>, Option<TransactionId>);

/// A page of ids, with its place in its second.
type Page = (u32, IdPage);

/// Nodes that were complete with one leaf: the level of the first, and the nodes from there up.
type Nodes = (u32, Bounded<Hash, 33>);

/// A closed second on its way into the store.
pub(crate) struct Putting {
    closed: ClosedSecond,
    /// Its nodes are there.
    has_begun: bool,
    /// The first page that is not there yet.
    next: u32,
}

impl Putting {
    pub(crate) fn new(closed: ClosedSecond) -> Self {
        Self { closed, has_begun: false, next: 0 }
    }

    /// Puts more until `room`, in bytes, is used up; true once all is there.
    pub(crate) fn go_on(&mut self, store: &Store, room: &mut usize) -> anyhow::Result<bool> {
        let ClosedSecond { leaf, place, nodes, ids } = &self.closed;
        let second = || encode(&(place, leaf, ids.leaves(), ids.last()));
        if *room == 0 {
            return Ok(false);
        }
        if !self.has_begun {
            let (second, nodes) = (second(), encode(&(0u32, nodes)));
            *room = room.saturating_sub(second.len() + nodes.len());
            if store.ids(leaf.second)? == Some(second) {
                // Execution was repeated after a restart.
                return Ok(true);
            }
            store.put_nodes(*place, &nodes)?;
            self.has_begun = true;
        }
        let mut pages = Vec::new();
        while *room > 0
            && let Some(page) = ids.page(self.next)
        {
            let bytes = encode(&(self.next, &page));
            *room = room.saturating_sub(bytes.len());
            pages.push((*page.last().context("a page without ids")?, bytes));
            self.next += 1;
        }
        store.put_id_pages(leaf.second, &pages)?;
        let is_whole = self.next as usize == ids.leaves().len();
        if is_whole {
            // Last: where it is, the pages are.
            store.put_ids(leaf.second, &second())?;
        }
        Ok(is_whole)
    }
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
        Some((_, bytes)) => decode::<Second>(&bytes).context("a closed second")?.0.min(cut.first_place()),
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

/// Looks for an id among those of its deadline second, once that has closed.
pub(crate) fn find(store: &Store, id: &TransactionId) -> anyhow::Result<Option<ReceiptPointer>> {
    Ok(page(store, id)?.and_then(|(_, page)| page.find(id)))
}

/// The first page of a second whose last id is not before `id`.
fn page(store: &Store, id: &TransactionId) -> anyhow::Result<Option<Page>> {
    store.id_page(id)?.map(|bytes| decode(&bytes)).transpose().context("a page of ids")
}

/// What the closed seconds of a finalized state say of an id whose deadline it has passed. Nothing if the second closed
/// before the chain in this store begins.
pub(crate) fn prove(store: &Store, closed: &ClosedSeconds, id: &TransactionId) -> anyhow::Result<Option<Finding>> {
    let deadline = id.deadline();
    if closed.last().is_none_or(|last| last < deadline) {
        return Ok(Some(Finding::AfterTheLast));
    }
    let Some((_, bytes)) = store.first_ids_since(deadline)? else { return Ok(None) };
    let (place, leaf, leaves, last): Second = decode(&bytes).context("a closed second")?;
    if !speaks_of(&leaf, deadline) {
        return Ok(None);
    }
    let siblings = closed.siblings(place).context("a closed second is not in the ledger")?;
    let siblings = siblings.into_iter().map(|at| node(store, at)).collect::<anyhow::Result<Vec<Hash>>>()?;
    let second = SecondProof { leaf, place, siblings: Bounded::new(siblings)? };
    if leaf.second != deadline {
        return Ok(Some(Finding::NoSuchSecond { next: second }));
    }
    // What comes after the last id would be on the last page.
    let on_page = last.map_or(*id, |last| last.min(*id));
    let (place, page) = page(store, &on_page)?.context("a page of ids is missing")?;
    let finding = second.on_page(leaves.into_vec(), place, page);
    Ok(Some(finding.context("a page of ids is not one of its second")?))
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
    use std::sync::Arc;
    use std::time::Duration;

    use types::{Height, Timestamp};
    use vm::IdPages;

    use super::*;
    use crate::store::BlockRecord;

    fn id(second: u32, byte: u8) -> TransactionId {
        let mut id = [byte; 32];
        id[..4].copy_from_slice(&second.to_be_bytes());
        TransactionId(id)
    }

    const AT: ReceiptPointer = ReceiptPointer { height: Height(1), index: 0 };

    /// The ids of the bytes from 1 on, on two pages.
    fn ids_of(second: u32) -> Arc<IdPages> {
        Arc::new(IdPages::new((1..=100).map(|byte| (id(second, byte), AT))))
    }

    fn put(store: &Store, closed: ClosedSecond) {
        assert!(Putting::new(closed).go_on(store, &mut usize::MAX.clone()).unwrap());
    }

    #[test]
    fn a_damaged_entry_is_an_error_and_an_unknown_second_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Hash([1; 32])).unwrap();
        assert_eq!(find(&store, &id(5, 1)).unwrap(), None);
        let empty = ClosedSeconds::default();
        assert_eq!(prove(&store, &empty, &id(5, 1)).unwrap(), Some(Finding::AfterTheLast));

        let leaf = SecondLeaf { previous: Some(Deadline(4)), second: Deadline(7), ids: Hash::ZERO };
        let ids = ids_of(7);
        put(&store, ClosedSecond { leaf, place: 0, nodes: vec![leaf.hash()], ids });
        assert_eq!(find(&store, &id(7, 1)).unwrap(), Some(AT));
        assert_eq!(find(&store, &id(7, 101)).unwrap(), None);
        assert!(speaks_of(&leaf, Deadline(5)) && speaks_of(&leaf, Deadline(7)));
        assert!(
            !speaks_of(&leaf, Deadline(4))
                && !speaks_of(&SecondLeaf { previous: Some(Deadline(9)), ..leaf }, Deadline(5))
        );
        let missing = NodePlace { level: 1, last_leaf: 0 };
        assert!(node(&store, missing).unwrap_err().to_string().contains("level 1"));
        assert_eq!(node(&store, NodePlace { level: 0, last_leaf: 0 }).unwrap(), leaf.hash());
    }

    #[test]
    fn slices_that_are_shorter_than_what_is_said_of_a_second_get_on() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Hash([1; 32])).unwrap();
        let number = |number: u16| {
            let mut id = id(7, 0);
            id.0[4..6].copy_from_slice(&number.to_be_bytes());
            id
        };
        let ids = Arc::new(IdPages::new((0..20_000).map(|each| (number(each), AT))));
        let leaf = SecondLeaf { previous: None, second: Deadline(7), ids: Hash::ZERO };
        let mut putting = Putting::new(ClosedSecond { leaf, place: 0, nodes: vec![leaf.hash()], ids });
        let slices = (1..2_000).find(|_| putting.go_on(&store, &mut 4_096).unwrap());
        assert!(slices.is_some_and(|slices| slices > 150), "{slices:?}");
        assert_eq!(find(&store, &number(19_999)).unwrap(), Some(AT));
    }

    /// More than one value of the store can be, and parted by volumes that begin in between.
    #[test]
    fn a_second_of_half_a_million_ids_is_put_by_and_by_and_proven() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open_with(dir.path(), Hash([1; 32]), 1).unwrap();
        let number = |number: u32| {
            let mut id = id(7, 0);
            id.0[4..8].copy_from_slice(&number.to_be_bytes());
            id
        };
        let ids = Arc::new(IdPages::new((0..500_000).map(|even| (number(2 * even + 1), AT))));
        let leaf = SecondLeaf { previous: None, second: Deadline(7), ids: Hash::ZERO };
        let closed: ClosedSeconds = decode(&encode(&(1u32, Some(Deadline(7)), vec![leaf.hash()]))).unwrap();
        let mut putting = Putting::new(ClosedSecond { leaf, place: 0, nodes: vec![leaf.hash()], ids: ids.clone() });
        let mut slices = 0;
        while !putting.go_on(&store, &mut (1 << 20)).unwrap() {
            slices += 1;
            assert_eq!(prove(&store, &closed, &number(1)).unwrap(), None, "not before all is there");
            store.flush().unwrap();
        }
        assert!((16..32).contains(&slices) && store.written().bytes > 16 << 20, "{slices}");
        for number in [0, 1, 2, 127, 128, 129, 500_000, 999_999, 1_000_000].map(number) {
            let Some(Finding::OnPage { page, path, .. }) = prove(&store, &closed, &number).unwrap() else { panic!() };
            assert_eq!((path.place, Some(&page)), (ids.place_of(&number), ids.page(path.place).as_ref()));
            assert_eq!(find(&store, &number).unwrap(), page.find(&number));
        }
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
            let ids = ids_of(second.0);
            let leaf = SecondLeaf { previous, second, ids: Hash([place as u8; 32]) };
            let mut nodes = vec![leaf.hash()];
            for _ in 0..place.trailing_ones() {
                nodes.push(Hash::node(&self.peaks.pop().unwrap(), nodes.last().unwrap()));
            }
            self.peaks.push(*nodes.last().unwrap());
            self.count += 1;
            ClosedSecond { leaf, place, nodes, ids }
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
            if place % 10 == 3 {
                // A crash and a start have parted the ids from the nodes.
                store.put_nodes(place, &encode(&(0u32, &closed.nodes))).unwrap();
                store.flush().unwrap();
            }
            put(&store, closed);
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
                let Some(Finding::OnPage { second: proof, page, path, count: 2 }) = there else { panic!("{there:?}") };
                assert!(grown.holds(&proof), "second {place} of those from {first} on");
                assert_eq!((page.find(&id(second.0, 1)), path.place), (Some(AT), 0));
                for (byte, on_page) in [(0, 0), (64, 0), (65, 1), (100, 1), (255, 1)] {
                    let finding = prove(&store, &state, &id(second.0, byte)).unwrap();
                    let Some(Finding::OnPage { path, .. }) = finding else { panic!("{byte}: {finding:?}") };
                    assert_eq!(path.place, on_page, "{byte} in second {place}");
                }
                let Some(Finding::NoSuchSecond { next }) = between else { panic!("{place}: {between:?}") };
                assert!(next.place == place && grown.holds(&next));
            }
        }
        assert!(cuts > 5, "{cuts} cuts");
    }
}
