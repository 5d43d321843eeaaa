//! What was seen of the validators: gaps between finalizations, and how fast who was away caught up. Times are counted
//! from the start of the run.

use std::time::Duration;

use types::Height;

/// Whoever is at most so many blocks behind has caught up: it follows, as answers are not taken at one instant.
const CLOSE: u64 = 3;

/// A catch-up over fewer blocks says nothing about speed.
const LEAST_BLOCKS: u64 = 20;

/// An answer of a validator, or that it gave none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) validator: usize,
    /// When it was asked.
    pub(super) asked: Duration,
    /// When the answer was there.
    pub(super) at: Duration,
    pub(super) state: Option<State>,
}

/// How a validator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) height: Height,
    pub(super) executed: u64,
    pub(super) catching_up: bool,
}

/// What a validator does.
#[derive(Debug, Clone, Copy)]
enum Doing {
    /// It was started at this time and has not answered.
    Starting(Duration),
    /// It answers, and is behind since this time: where it and the chain were.
    CatchingUp {
        since: Duration,
        from: State,
        chain: State,
    },
    Following,
    Down,
}

/// How one validator caught up, or all together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct CatchUp {
    pub(super) count: u64,
    pub(super) took: Duration,
    pub(super) blocks: u64,
    pub(super) payments: u64,
    /// What the chain grew meanwhile.
    pub(super) chain_blocks: u64,
    pub(super) chain_payments: u64,
}

/// All that was seen.
pub(super) struct Watch {
    doing: Vec<Doing>,
    /// The furthest that any validator was seen.
    chain: State,
    finalized: Duration,
    /// The longest time between finalizations.
    pub(super) longest_gap: Duration,
    /// Since when a quorum follows the chain.
    quorum_since: Option<Duration>,
    /// The longest time without finalization in which a quorum followed the chain throughout.
    pub(super) longest_gap_with_quorum: Duration,
    pub(super) catch_up: CatchUp,
    /// From a restart to the first answer, the longest.
    pub(super) longest_start: Duration,
    /// From a restart to following the chain, the longest.
    pub(super) longest_return: Duration,
    restarted: Vec<Duration>,
}

impl Watch {
    /// Of so many validators, all of which follow the chain.
    pub(super) fn new(validators: usize) -> Watch {
        Watch {
            doing: vec![Doing::Following; validators],
            chain: State { height: Height(0), executed: 0, catching_up: false },
            finalized: Duration::ZERO,
            longest_gap: Duration::ZERO,
            quorum_since: Some(Duration::ZERO),
            longest_gap_with_quorum: Duration::ZERO,
            catch_up: CatchUp::default(),
            longest_start: Duration::ZERO,
            longest_return: Duration::ZERO,
            restarted: vec![Duration::ZERO; validators],
        }
    }

    /// The greatest height seen.
    pub(super) fn height(&self) -> Height {
        self.chain.height
    }

    /// How many validators follow the chain.
    pub(super) fn following(&self) -> usize {
        self.doing.iter().filter(|doing| matches!(doing, Doing::Following)).count()
    }

    fn quorum(&self) -> usize {
        let count = self.doing.len();
        count - (count - 1) / 3
    }

    pub(super) fn killed(&mut self, validator: usize, at: Duration) {
        self.change(validator, Doing::Down, at);
    }

    pub(super) fn restarted(&mut self, validator: usize, at: Duration) {
        self.restarted[validator] = at;
        self.change(validator, Doing::Starting(at), at);
    }

    fn change(&mut self, validator: usize, doing: Doing, at: Duration) {
        self.doing[validator] = doing;
        if self.following() >= self.quorum() {
            self.quorum_since.get_or_insert(at);
        } else if let Some(since) = self.quorum_since.take() {
            self.close_quorum_gap(since, at);
        }
    }

    fn close_quorum_gap(&mut self, since: Duration, at: Duration) {
        let gap = at.saturating_sub(since.max(self.finalized));
        self.longest_gap_with_quorum = self.longest_gap_with_quorum.max(gap);
    }

    pub(super) fn saw(&mut self, sighting: Sighting) {
        let Sighting { validator, asked, at, state: Some(state) } = sighting else { return };
        if state.height > self.chain.height {
            if self.finalized > Duration::ZERO {
                self.longest_gap = self.longest_gap.max(at.saturating_sub(self.finalized));
                if let Some(since) = self.quorum_since {
                    self.close_quorum_gap(since, at);
                }
            }
            self.finalized = at;
            self.chain = state;
        }
        let is_close = !state.catching_up && self.chain.height.0 - state.height.0 <= CLOSE;
        match self.doing[validator] {
            // The answer of a process that was killed since, or before that.
            Doing::Down => {}
            Doing::Starting(since) if asked < since => {}
            Doing::Starting(since) => {
                self.longest_start = self.longest_start.max(at - since);
                let doing = Doing::CatchingUp { since: at, from: state, chain: self.chain };
                self.change(validator, doing, at);
                if is_close {
                    self.returned(validator, at);
                }
            }
            Doing::CatchingUp { since, from, chain } if is_close => {
                let blocks = state.height.0 - from.height.0;
                if blocks >= LEAST_BLOCKS {
                    self.catch_up.count += 1;
                    self.catch_up.took += at - since;
                    self.catch_up.blocks += blocks;
                    self.catch_up.payments += state.executed - from.executed;
                    self.catch_up.chain_blocks += self.chain.height.0 - chain.height.0;
                    self.catch_up.chain_payments += self.chain.executed - chain.executed;
                }
                self.returned(validator, at);
            }
            Doing::CatchingUp { .. } | Doing::Following => {}
        }
    }

    fn returned(&mut self, validator: usize, at: Duration) {
        self.longest_return = self.longest_return.max(at.saturating_sub(self.restarted[validator]));
        self.change(validator, Doing::Following, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn saw(watch: &mut Watch, validator: usize, at: u64, height: u64) {
        let state = State { height: Height(height), executed: 10 * height, catching_up: false };
        watch.saw(Sighting { validator, asked: ms(at), at: ms(at), state: Some(state) });
    }

    #[test]
    fn a_gap_counts_against_the_quorum_only_while_there_is_one() {
        let mut watch = Watch::new(4);
        saw(&mut watch, 0, 100, 1);
        saw(&mut watch, 0, 150, 2);
        watch.killed(1, ms(160));
        watch.killed(2, ms(170));
        watch.restarted(2, ms(900));
        saw(&mut watch, 2, 1_000, 2);
        saw(&mut watch, 0, 1_080, 3);
        assert_eq!(watch.longest_gap, ms(930));
        assert_eq!(watch.longest_gap_with_quorum, ms(80), "from the return of the quorum");
        watch.killed(0, ms(1_180));
        assert_eq!(watch.longest_gap_with_quorum, ms(100), "a gap that the loss of the quorum ends counts too");
    }

    #[test]
    fn catch_up_is_set_against_the_chain() {
        let mut watch = Watch::new(4);
        saw(&mut watch, 0, 100, 100);
        watch.killed(3, ms(110));
        saw(&mut watch, 3, 120, 100);
        saw(&mut watch, 0, 1_000, 200);
        watch.restarted(3, ms(1_000));
        saw(&mut watch, 3, 1_100, 100);
        assert_eq!(watch.following(), 3);
        saw(&mut watch, 0, 1_300, 210);
        saw(&mut watch, 3, 1_300, 209);
        assert_eq!(watch.following(), 4);
        let expected =
            CatchUp { count: 1, took: ms(200), blocks: 109, payments: 1_090, chain_blocks: 10, chain_payments: 100 };
        assert_eq!(watch.catch_up, expected);
        assert_eq!((watch.longest_start, watch.longest_return), (ms(100), ms(300)));
    }
}
