//! The ids of a deadline second that has passed: sorted, in pages, so that a proof shows one page and what hashes them
//! hashes kilobytes at a time. Each page names the id before it. An id therefore has one page on which it stands if it
//! was executed, and that page alone shows whether it was.

use bincode::{Decode, Encode};
use types::codec::{Bounded, encode};
use types::{Domain, Hash, TransactionId};

use crate::ReceiptPointer;
use crate::state::replay::{Entries, Executed};

/// The most ids of a page. All pages but the last have as many.
pub(crate) const PAGE_IDS: usize = 64;

/// Ids of one second that follow each other in its sorted list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct IdPage {
    /// The id before them; none on the first page.
    previous: Option<TransactionId>,
    /// Ascending, each with the place of its receipt. On every page of a closed second there is at least one.
    ids: Bounded<(TransactionId, ReceiptPointer), PAGE_IDS>,
}

impl IdPage {
    /// The page's leaf in the list of its second.
    pub fn leaf(&self) -> Hash {
        Hash::of(Domain::State, &encode(&(*b"baro ids v1", self)))
    }

    /// The ids, ascending, each with the place of its receipt.
    pub fn ids(&self) -> &[(TransactionId, ReceiptPointer)] {
        &self.ids
    }

    /// The page's last id; none if the page is not one of a closed second.
    pub fn last(&self) -> Option<&TransactionId> {
        self.ids.last().map(|(id, _)| id)
    }

    /// Where the receipt of `id` is, if it is on this page.
    pub fn find(&self, id: &TransactionId) -> Option<ReceiptPointer> {
        self.ids.binary_search_by_key(id, |(id, _)| *id).ok().map(|found| self.ids[found].1)
    }

    /// True if `id` would be on this page, and on no other of the same list.
    pub(crate) fn is_of(&self, id: &TransactionId, is_last_page: bool) -> bool {
        self.previous.is_none_or(|previous| previous < *id)
            && (is_last_page || self.last().is_some_and(|last| id <= last))
    }
}

/// All ids of a closed second. Its pages are made when they are asked for: a million ids take 48 MB.
pub struct IdPages {
    /// In the order of their execution: those of final blocks, then the others.
    of_final: Entries,
    others: Vec<Executed>,
    /// The ids, ascending.
    order: Vec<Place>,
    leaves: Vec<Hash>,
}

/// Where an id is, with the bytes of it that decide nearly every comparison.
#[derive(Clone, Copy)]
struct Place {
    key: u32,
    place: u32,
}

impl IdPages {
    /// The ids of a second in any order, each with the place of its receipt.
    pub fn new(ids: impl IntoIterator<Item = (TransactionId, ReceiptPointer)>) -> Self {
        Self::of(Entries::default(), ids.into_iter().map(|(id, at)| Executed { id, at }).collect())
    }

    /// The ids that were executed for a second, in final blocks and in others.
    pub(crate) fn of(of_final: Entries, others: Vec<Executed>) -> Self {
        let mut ids = Self { of_final, others, order: Vec::new(), leaves: Vec::new() };
        // Ids fit in memory, so their number fits.
        let places = ids.of_final.iter().chain(&ids.others).zip(0..);
        let mut order: Vec<Place> =
            places.map(|(entry, place)| Place { key: after_deadline(&entry.id), place }).collect();
        order.sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| ids.entry(*a).id.cmp(&ids.entry(*b).id)));
        ids.order = order;
        ids.leaves = (0..).map_while(|place| ids.page(place)).map(|page| page.leaf()).collect();
        ids
    }

    fn entry(&self, Place { place, .. }: Place) -> &Executed {
        let place = place as usize;
        self.of_final.get(place).unwrap_or_else(|| &self.others[place - self.of_final.len()])
    }

    /// A page by its place, if there are so many.
    pub fn page(&self, place: u32) -> Option<IdPage> {
        let first = place as usize * PAGE_IDS;
        let end = (first + PAGE_IDS).min(self.order.len());
        let on_page = self.order.get(first..end).filter(|on_page| !on_page.is_empty())?;
        let ids = on_page.iter().map(|at| self.entry(*at)).map(|entry| (entry.id, entry.at)).collect();
        let previous = first.checked_sub(1).map(|before| self.entry(self.order[before]).id);
        Some(IdPage { previous, ids: Bounded::new(ids).expect("no more than a page holds") })
    }

    /// The leaves of the pages, in their order.
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// The greatest id; none if there are no ids.
    pub fn last(&self) -> Option<&TransactionId> {
        self.order.last().map(|at| &self.entry(*at).id)
    }

    /// The place of the page that has `id`, or would have it.
    pub fn place_of(&self, id: &TransactionId) -> u32 {
        let before = self.order.partition_point(|at| self.entry(*at).id < *id);
        // What is after the last id would be on the last page.
        (before.min(self.order.len().saturating_sub(1)) / PAGE_IDS) as u32
    }
}

impl PartialEq for IdPages {
    fn eq(&self, other: &Self) -> bool {
        self.leaves == other.leaves
    }
}

impl Eq for IdPages {}

impl std::fmt::Debug for IdPages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdPages").field("ids", &self.order.len()).field("leaves", &self.leaves).finish()
    }
}

/// The four bytes that follow the deadline, which all ids of a second share.
fn after_deadline(id: &TransactionId) -> u32 {
    let [_, _, _, _, a, b, c, d, ..] = id.0;
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use types::Height;
    use types::codec::decode;

    use super::*;

    /// An entry of one second whose id has `key` in the bytes that are compared first, and `tail` at its end.
    fn entry(key: u32, tail: u8) -> Executed {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&7u32.to_be_bytes());
        id[4..8].copy_from_slice(&key.to_be_bytes());
        id[31] = tail;
        Executed { id: TransactionId(id), at: ReceiptPointer { height: Height(key.into()), index: tail.into() } }
    }

    fn pages(ids: &IdPages) -> Vec<IdPage> {
        (0..).map_while(|place| ids.page(place)).collect()
    }

    #[test]
    fn pages_hold_all_ids_in_order_and_each_names_the_one_before() {
        for count in [1, 63, 64, 65, 129, 1_000] {
            // Some share their first bytes, and none come in order.
            let mixed = |number: u32| number * 7_919 % count;
            let executed: Vec<Executed> =
                (0..count).map(|number| entry(mixed(number) / 3, (mixed(number) % 3) as u8)).collect();
            let mut expected: Vec<_> = executed.iter().map(|entry| (entry.id, entry.at)).collect();
            expected.sort_unstable();
            let mut made = Vec::new();
            for of_final in [0, 1, count as usize / 2, count as usize] {
                let mut entries = Entries::default();
                executed[..of_final].iter().for_each(|entry| entries.push(*entry));
                let ids = IdPages::of(entries, executed[of_final..].to_vec());
                let pages = pages(&ids);
                assert_eq!(pages.len(), count.div_ceil(64) as usize);
                assert_eq!(pages.iter().flat_map(|page| page.ids().to_vec()).collect::<Vec<_>>(), expected);
                assert_eq!(pages[0].previous, None);
                assert!(pages.windows(2).all(|pair| pair[1].previous.as_ref() == pair[0].last()), "{count}");
                assert_eq!(ids.last(), expected.last().map(|(id, _)| id));
                assert!(pages.iter().all(|page| decode::<IdPage>(&encode(page)).as_ref() == Ok(page)));
                assert!(pages.iter().map(IdPage::leaf).eq(ids.leaves().iter().copied()));
                made.push(ids);
            }
            assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
        }
        let none = IdPages::new([]);
        assert_eq!((none.page(0), none.last(), none.leaves(), none.page(u32::MAX)), (None, None, &[][..], None));
    }

    #[test]
    fn every_id_has_one_page() {
        let ids = IdPages::new((0..200).map(|number| entry(10 + 2 * number, 1)).map(|Executed { id, at }| (id, at)));
        let pages = pages(&ids);
        for key in 0..430 {
            for tail in 0..3 {
                let Executed { id, at } = entry(key, tail);
                let last = pages.len() - 1;
                let of: Vec<usize> = (0..=last).filter(|place| pages[*place].is_of(&id, *place == last)).collect();
                assert_eq!(of, [ids.place_of(&id) as usize], "{id}");
                let is_executed = (10..410).contains(&key) && key % 2 == 0 && tail == 1;
                assert_eq!(pages[of[0]].find(&id), is_executed.then_some(at));
            }
        }
    }
}
