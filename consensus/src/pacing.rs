//! The timers of a view: when a leader proposes, when a view is given up, when to say things again.

use types::Moment;

use crate::patience::Patience;

/// Durations that all validators share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How long an idle leader waits before it makes an empty block.
    pub heartbeat_millis: u64,
    /// How long a block may take to be notarized before its view is given up, when views are fast and do not fail.
    pub timeout_millis: u64,
    /// The limit of that time, which grows where views take long and doubles with each failed one in a row.
    pub max_timeout_millis: u64,
}

/// By what a view was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// The view before was notarized: an idle leader waits for its heartbeat.
    Progress,
    /// A later view than the one before was notarized or finalized, which says nothing of how long that took.
    Leap,
    /// The view before was given up: time has passed without a block, so the leader proposes at once.
    Failure,
}

/// The timers of the current view.
#[derive(Debug)]
pub(crate) struct Pacing {
    timing: Timing,
    patience: Patience,
    is_work_pending: bool,
    /// When the leader proposes, should it be this validator.
    propose_at: Moment,
    /// When to give up the view; `None` once that is done.
    give_up_at: Option<Moment>,
    /// When to say again what is not certified.
    repeat_at: Moment,
}

impl Pacing {
    pub(crate) fn new(timing: Timing, now: Moment) -> Self {
        let patience = Patience::new(&timing);
        let mut pacing =
            Self { timing, patience, is_work_pending: false, propose_at: now, give_up_at: None, repeat_at: now };
        pacing.start(now, false);
        pacing
    }

    /// The present patience.
    pub(crate) fn timeout_millis(&self) -> u64 {
        self.patience.millis()
    }

    /// Starts the timers of a view. A failed view counts only if this validator itself waited in vain, and one that was notarized only if
    /// it waited at all: catching up on views says nothing about the network.
    pub(crate) fn enter(&mut self, now: Moment, entrance: Entrance) {
        match entrance {
            Entrance::Failure if self.has_given_up() => self.patience.failed(),
            Entrance::Failure => {}
            Entrance::Progress => {
                let waited = now.micros_since(self.propose_at);
                self.patience.notarized((waited > 0).then_some(waited / 1000));
            }
            Entrance::Leap => self.patience.notarized(None),
        }
        self.start(now, self.is_work_pending || entrance == Entrance::Failure);
    }

    fn start(&mut self, now: Moment, is_prompt: bool) {
        self.propose_at = if is_prompt { now } else { now.plus_millis(self.timing.heartbeat_millis) };
        self.give_up_at = Some(self.propose_at.plus_millis(self.timeout_millis()));
        self.repeat_at = self.repetition_after(now);
    }

    /// Something to order appeared, or is gone. Within a view, patience only gets shorter.
    pub(crate) fn work(&mut self, now: Moment, pending: bool) {
        self.is_work_pending = pending;
        if pending {
            self.hurry(now);
        }
    }

    /// A block is due, though there be nothing to order.
    pub(crate) fn hurry(&mut self, now: Moment) {
        self.propose_at = self.propose_at.min(now);
        let give_up_at = now.plus_millis(self.timeout_millis());
        self.give_up_at = self.give_up_at.map(|at| at.min(give_up_at));
    }

    /// A block became final: views do not fail any more.
    pub(crate) fn finalized(&mut self) {
        self.patience.finalized();
    }

    /// True while there is something to order.
    pub(crate) fn is_work_pending(&self) -> bool {
        self.is_work_pending
    }

    pub(crate) fn is_proposal_due(&self, now: Moment) -> bool {
        self.propose_at <= now
    }

    pub(crate) fn propose_at(&self) -> Moment {
        self.propose_at
    }

    pub(crate) fn give_up_at(&self) -> Option<Moment> {
        self.give_up_at
    }

    /// True once the view is given up.
    pub(crate) fn has_given_up(&self) -> bool {
        self.give_up_at.is_none()
    }

    /// The view is given up.
    pub(crate) fn give_up(&mut self, now: Moment) {
        self.give_up_at = None;
        self.repeat_at = self.repetition_after(now);
    }

    /// What may have been lost is said again after the shortest timeout, however long the patience has grown: a view must
    /// not fail because a message of the view before was lost once.
    fn repetition_after(&self, now: Moment) -> Moment {
        now.plus_millis(self.timing.timeout_millis)
    }

    pub(crate) fn repeat_at(&self) -> Moment {
        self.repeat_at
    }

    /// Everything was said again.
    pub(crate) fn repeated(&mut self, now: Moment) {
        self.repeat_at = self.repetition_after(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment(5_000_000);

    fn pacing() -> Pacing {
        Pacing::new(Timing { heartbeat_millis: 1000, timeout_millis: 400, max_timeout_millis: 3000 }, START)
    }

    /// So many views, each notarized so long after its block was due; returns when the last one was.
    fn notarize(pacing: &mut Pacing, views: usize, millis: u64) -> Moment {
        let notarized = |_| {
            let now = pacing.propose_at().plus_millis(millis);
            pacing.enter(now, Entrance::Progress);
            now
        };
        (0..views).map(notarized).last().unwrap_or(START)
    }

    #[test]
    fn an_idle_validator_waits_for_the_heartbeat_and_a_busy_one_does_not() {
        let mut pacing = pacing();
        assert_eq!(pacing.give_up_at(), Some(START.plus_millis(1400)));
        pacing.work(START.plus_millis(100), true);
        assert_eq!(pacing.propose_at(), START.plus_millis(100));
        assert_eq!(pacing.give_up_at(), Some(START.plus_millis(500)));
        pacing.work(START.plus_millis(200), false);
        pacing.work(START.plus_millis(300), true);
        assert_eq!(pacing.give_up_at(), Some(START.plus_millis(500)), "patience only gets shorter");
    }

    #[test]
    fn a_view_takes_from_the_moment_that_its_block_was_due() {
        let mut pacing = pacing();
        let now = notarize(&mut pacing, 4, 700);
        assert_eq!(pacing.timeout_millis(), 1400, "twice 700, whatever the heartbeat");
        assert_eq!(pacing.give_up_at(), Some(now.plus_millis(1000 + 1400)));
        notarize(&mut pacing, 5, 100);
        assert_eq!(pacing.timeout_millis(), 400);
    }

    #[test]
    fn views_that_nobody_waited_for_say_nothing() {
        let mut pacing = pacing();
        let now = notarize(&mut pacing, 4, 700);
        (0..8).for_each(|_| pacing.enter(now, Entrance::Progress));
        assert_eq!(pacing.timeout_millis(), 1400, "certificates of many views at once");
        (0..8).for_each(|_| pacing.enter(now.plus_millis(60_000), Entrance::Leap));
        assert_eq!(pacing.timeout_millis(), 1400, "a view that was left long ago");
    }

    #[test]
    fn who_is_hurried_waits_for_no_heartbeat() {
        let mut pacing = pacing();
        pacing.hurry(START.plus_millis(50));
        assert_eq!(pacing.give_up_at(), Some(START.plus_millis(450)));
        pacing.hurry(START.plus_millis(90));
        assert_eq!(pacing.propose_at(), START.plus_millis(50), "patience only gets shorter");
    }

    #[test]
    fn catching_up_on_failed_views_does_not_lengthen_patience() {
        let mut pacing = pacing();
        pacing.enter(START, Entrance::Failure);
        assert_eq!(pacing.timeout_millis(), 400);
        pacing.give_up(START);
        pacing.enter(START, Entrance::Failure);
        assert_eq!(pacing.timeout_millis(), 800);
        pacing.enter(START, Entrance::Failure);
        assert_eq!(pacing.timeout_millis(), 800);
        assert!(pacing.is_proposal_due(START), "after a failed view the leader does not wait");
    }
}
