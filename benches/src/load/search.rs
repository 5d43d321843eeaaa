//! The search for the highest rate that a network bears: which rate to try next. Pure: it knows outcomes, not networks.

/// The search ends when the lowest rate that broke is at most so many percent above the highest that held.
const WITHIN_PERCENT: u64 = 5;

/// If not even this part of the first rate holds, the search gives up.
const LEAST_PART: u32 = 16;

/// What was tried and what is left to try. Each rate is tried once, so a run that breaks by bad luck is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Search {
    first: u32,
    /// The highest rate that held, below all that broke.
    held: Option<u32>,
    /// The lowest rate that broke.
    broke: Option<u32>,
}

impl Search {
    /// A search that begins at this rate.
    pub(super) fn new(first: u32) -> Search {
        Search { first: first.max(1), held: None, broke: None }
    }

    /// The rate to try next: doubled while all hold, halved while none does, then the middle. `None` at the end.
    pub(super) fn next(&self) -> Option<u32> {
        match (self.held, self.broke) {
            (None, None) => Some(self.first),
            (Some(held), None) => held.checked_mul(2),
            (None, Some(broke)) => {
                let half = broke / 2;
                (half >= self.first.div_ceil(LEAST_PART)).then_some(half)
            }
            (Some(held), Some(broke)) => {
                let middle = held + broke.saturating_sub(held) / 2;
                let is_near = u64::from(broke) * 100 <= u64::from(held) * (100 + WITHIN_PERCENT);
                (!is_near && middle > held).then_some(middle)
            }
        }
    }

    /// The outcome of a rate that `next` gave.
    pub(super) fn learn(&mut self, rate: u32, held: bool) {
        let place = if held { &mut self.held } else { &mut self.broke };
        *place = Some(rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rates that are tried on a network that bears `limit`, and the highest that held.
    fn tried(first: u32, limit: u32) -> (Vec<u32>, Option<u32>) {
        let mut search = Search::new(first);
        let mut rates = Vec::new();
        while let Some(rate) = search.next() {
            assert!(rates.len() < 64, "it does not end: {rates:?}");
            rates.push(rate);
            search.learn(rate, rate <= limit);
        }
        (rates, search.held)
    }

    #[test]
    fn it_doubles_and_then_bisects() {
        let (rates, highest) = tried(1000, 16_100);
        assert_eq!(rates, [1000, 2000, 4000, 8000, 16_000, 32_000, 24_000, 20_000, 18_000, 17_000, 16_500]);
        assert_eq!(highest, Some(16_000));
    }

    #[test]
    fn it_halves_where_the_first_rate_breaks() {
        assert_eq!(tried(1000, 300), (vec![1000, 500, 250, 375, 312, 281, 296, 304], Some(296)));
        assert_eq!(tried(1000, 0), (vec![1000, 500, 250, 125], None), "and gives up");
        assert_eq!(tried(1, 0), (vec![1], None));
    }

    #[test]
    fn what_it_finds_is_within_five_percent() {
        for first in [1, 7, 1000, 30_000] {
            for limit in (first..200_000).step_by(977) {
                let (_, highest) = tried(first, limit);
                let highest = highest.expect("the first rate holds");
                assert!(highest <= limit, "{highest} of {limit}");
                assert!(u64::from(limit) * 100 < u64::from(highest) * 105 + 100, "{highest} of {limit}");
            }
        }
    }

    #[test]
    fn it_ends_at_the_greatest_rate() {
        let (rates, highest) = tried(3_000_000_000, u32::MAX);
        assert_eq!((rates, highest), (vec![3_000_000_000], Some(3_000_000_000)));
        assert_eq!(tried(0, 1).1, Some(1));
    }
}
