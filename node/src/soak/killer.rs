//! Who is killed when, and for how long. A seed decides.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::watch::Watch;
use super::{CALM, SoakOptions};
use crate::localnet::Localnet;

/// How long a killed validator stays away, in milliseconds: at least and at most.
const AWAY_MILLIS: (u64, u64) = (100, 4_000);

/// Kills and restarts validators.
pub(super) struct Killer {
    random: StdRng,
    started: Instant,
    every: Duration,
    all_at_once: f64,
    duration: Duration,
    /// When the next kill is due, and when the last one was; none before the load begins.
    next: Option<Instant>,
    end: Option<Instant>,
    /// When each validator that was killed is started again.
    away: Vec<Option<Instant>>,
    /// Validators killed.
    pub(super) kills: u64,
    /// Kills that hit some but not all validators of several at once.
    pub(super) pairs: u64,
    /// Kills that hit every validator.
    pub(super) all: u64,
    /// Validators started again.
    pub(super) restarts: u64,
}

impl Killer {
    pub(super) fn new(options: &SoakOptions, started: Instant) -> Killer {
        Killer {
            random: StdRng::seed_from_u64(options.seed),
            started,
            every: options.every,
            all_at_once: options.all_at_once,
            duration: options.duration,
            next: None,
            end: None,
            away: vec![None; options.validators],
            kills: 0,
            pairs: 0,
            all: 0,
            restarts: 0,
        }
    }

    /// The load has begun. Said again, it changes nothing.
    pub(super) fn begin(&mut self, now: Instant) {
        self.next.get_or_insert(now + self.every);
        self.end.get_or_insert(now + self.duration.saturating_sub(CALM));
    }

    /// How many validators are away.
    pub(super) fn away(&self) -> usize {
        self.away.iter().flatten().count()
    }

    /// Does what is due.
    pub(super) fn turn(&mut self, localnet: &mut Localnet, watch: &mut Watch, now: Instant) -> anyhow::Result<()> {
        for index in 0..self.away.len() {
            if self.away[index].is_some_and(|until| until <= now) {
                self.restart(localnet, watch, index, now)?;
            }
        }
        if self.next.is_some_and(|next| next <= now) && self.end.is_some_and(|end| now < end) {
            self.next = Some(now + self.every);
            for index in self.victims() {
                localnet.kill(index);
                watch.killed(index, self.started.elapsed());
                let millis = self.random.random_range(AWAY_MILLIS.0..=AWAY_MILLIS.1);
                self.away[index] = Some(now + Duration::from_millis(millis));
                self.kills += 1;
            }
        }
        Ok(())
    }

    /// Whoever runs may be hit: as a rule one, sometimes two, sometimes all.
    fn victims(&mut self) -> Vec<usize> {
        let mut running: Vec<usize> = (0..self.away.len()).filter(|&index| self.away[index].is_none()).collect();
        running.shuffle(&mut self.random);
        let chance: f64 = self.random.random();
        if chance < self.all_at_once {
            self.all += 1;
        } else if chance < 2.0 * self.all_at_once {
            self.pairs += 1;
            running.truncate(2);
        } else {
            running.truncate(1);
        }
        running
    }

    fn restart(
        &mut self,
        localnet: &mut Localnet,
        watch: &mut Watch,
        index: usize,
        now: Instant,
    ) -> anyhow::Result<()> {
        self.away[index] = None;
        self.restarts += 1;
        watch.restarted(index, now.saturating_duration_since(self.started));
        localnet.restart(index)
    }

    /// Starts whoever is away.
    pub(super) fn restart_all(
        &mut self,
        localnet: &mut Localnet,
        watch: &mut Watch,
        now: Instant,
    ) -> anyhow::Result<()> {
        self.end = Some(now);
        for index in 0..self.away.len() {
            if self.away[index].is_some() {
                self.restart(localnet, watch, index, now)?;
            }
        }
        Ok(())
    }
}
