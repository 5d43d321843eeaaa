//! Pages of seconds that candidate blocks close, until one of them is final. Views that fail leave several blocks that close the
//! same second, and sorting a million ids takes a tenth of a second. What this holds changes no result.

use std::sync::{Arc, Mutex, PoisonError};

use types::{Deadline, Hash, Timestamp};

use crate::state::id_page::IdPages;

#[derive(Default)]
pub(crate) struct Closings(Mutex<Vec<Closing>>);

struct Closing {
    second: Deadline,
    /// The second's hash chain: it tells which ids there are.
    chain: Hash,
    ids: Arc<IdPages>,
}

impl Closings {
    /// The pages of a second with this hash chain; `make` makes them if they are not here.
    pub(crate) fn pages(&self, second: Deadline, chain: Hash, make: impl FnOnce() -> IdPages) -> Arc<IdPages> {
        let mut closings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match closings.iter().find(|closing| closing.second == second && closing.chain == chain) {
            Some(closing) => closing.ids.clone(),
            None => {
                let ids = Arc::new(make());
                closings.push(Closing { second, chain, ids: ids.clone() });
                ids
            }
        }
    }

    /// Forgets the seconds that a final block has closed.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        let closings = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        closings.retain(|closing| !closing.second.has_passed(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_made_once_for_each_list_of_ids_and_until_their_second_is_closed() {
        let (mut closings, mut made) = (Closings::default(), 0);
        let mut take = |closings: &Closings, second, chain: u8| {
            closings.pages(Deadline(second), Hash([chain; 32]), || {
                made += 1;
                IdPages::new([])
            });
            made
        };
        assert_eq!([take(&closings, 5, 1), take(&closings, 5, 1)], [1, 1]);
        assert_eq!(take(&closings, 5, 2), 2, "other ids");
        assert_eq!(take(&closings, 6, 1), 3, "another second");
        closings.forget(Timestamp(5_999));
        assert_eq!([take(&closings, 5, 1), take(&closings, 5, 2), take(&closings, 6, 1)], [3, 3, 3]);
        closings.forget(Timestamp(6_000));
        assert_eq!([take(&closings, 6, 1), take(&closings, 5, 1)], [3, 4]);
    }
}
