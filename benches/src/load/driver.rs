//! The load itself: one task that owns all payments in flight, sends what is due and learns what became of it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rpc::{BaroApiClient, HexBytes, Refused, SendOutcome, TransactionStatus, code};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use types::TransactionId;

use super::block::FinalBlock;
use super::clock::now as wall_clock;
use super::in_flight::{InFlight, Table};
use super::link::{Event, Link};
use super::measure::{Interval, Measure, Outcome};
use super::options::Mode;
use super::schedule::Schedule;
use super::sender::{MAX_GROUP, Sender};
use super::signing::{Signed, Signing};

/// Due payments are sent this often.
const TICK: Duration = Duration::from_millis(2);

/// A payment that a busy node refused is sent again after so many microseconds.
const BUSY_PAUSE: u64 = 20_000;

/// Who has waited so many microseconds for a word of his payment asks for it.
const PATIENCE: u64 = 5_000_000;

/// So many payments are asked for at once.
const MAX_QUESTIONS: usize = 500;

/// So many events are taken at once.
const MAX_EVENTS: usize = 256;

/// A payment with less time than this left, in seconds, is not sent for the first time: others are.
const LEAST_VALID_SECONDS: u32 = 5;

/// How the load is driven and for how long. Times are microseconds.
pub struct Plan {
    /// Open or closed loop.
    pub mode: Mode,
    /// Seconds left out of the figures.
    pub warmup: u32,
    /// Seconds measured.
    pub duration: u32,
    /// How long after its deadline a payment may still be without an outcome.
    pub grace: Duration,
}

/// The load while it runs.
pub struct Driver {
    plan: Plan,
    schedule: Option<Schedule>,
    issued: u64,
    signing: Signing,
    table: Table,
    senders: Vec<Sender>,
    turn: usize,
    /// Payments that busy nodes refused, with when to send them again.
    again: VecDeque<(u64, TransactionId)>,
    /// Payments to send once any validator is up.
    stranded: Vec<TransactionId>,
    /// Payments to ask for.
    suspects: VecDeque<TransactionId>,
    asking: bool,
    measure: Measure,
    started: Instant,
    events: UnboundedSender<Event>,
    incoming: UnboundedReceiver<Event>,
    links: Vec<JoinHandle<()>>,
}

impl Driver {
    /// Links up with the validators at these URLs and waits until one is up.
    pub async fn new(plan: Plan, signing: Signing, urls: &[String], connections: usize) -> Driver {
        let (events, incoming) = unbounded_channel();
        let links = urls.iter().enumerate().map(|(validator, url)| {
            let link = Link { validator, url: url.clone(), connections, events: events.clone() };
            tokio::spawn(link.run())
        });
        let links = links.collect();
        let schedule = match plan.mode {
            Mode::Rate(rate) => Some(Schedule::new(rate, plan.warmup + plan.duration)),
            Mode::Saturate(_) => None,
        };
        let senders = (0..urls.len()).map(|validator| Sender::new(validator, events.clone())).collect();
        let mut driver = Driver {
            plan,
            schedule,
            issued: 0,
            signing,
            table: Table::new(urls.len()),
            senders,
            turn: 0,
            again: VecDeque::new(),
            stranded: Vec::new(),
            suspects: VecDeque::new(),
            asking: false,
            measure: Measure::new(),
            started: Instant::now(),
            events,
            incoming,
            links,
        };
        // Each link says once how it is before the load begins.
        for _ in 0..urls.len() {
            if let Some(event) = driver.incoming.recv().await {
                driver.take(event);
            }
        }
        driver
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// Runs the load to its end: until every payment has its outcome, or has had the time for it. `each_second` is told
    /// of each second.
    pub async fn run(mut self, mut each_second: impl FnMut(&Interval)) -> Measure {
        self.started = Instant::now();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut events = Vec::with_capacity(MAX_EVENTS);
        let mut next_second = 1_000_000;
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => self.tick(),
                _ = self.incoming.recv_many(&mut events, MAX_EVENTS) => {
                    events.drain(..).for_each(|event| self.take(event));
                }
            }
            let now = self.now();
            if now >= next_second {
                each_second(&self.measure.second(now));
                next_second = (now / 1_000_000 + 1) * 1_000_000;
                self.suspect_the_silent(now);
            }
            if self.is_over() {
                break;
            }
        }
        each_second(&self.measure.second(self.now()));
        self.ask_everyone().await;
        self.give_up();
        self.links.iter().for_each(JoinHandle::abort);
        self.measure
    }

    /// Whether all payments were issued.
    fn is_issued(&self, now: u64) -> bool {
        match self.schedule {
            Some(schedule) => self.issued >= schedule.total(),
            None => now >= u64::from(self.plan.warmup + self.plan.duration) * 1_000_000,
        }
    }

    fn is_over(&self) -> bool {
        if !self.is_issued(self.now()) {
            return false;
        }
        let grace = self.plan.grace.as_millis() as u64;
        let wall_clock = wall_clock();
        self.table.len() == 0
            // Deadlines follow one another closely: all must have passed.
            || (self.table.len() < MAX_QUESTIONS || wall_clock.0 % 64 == 0)
                && self.table.all_ids(|id| id.deadline().has_passed(types::Timestamp(wall_clock.0.saturating_sub(grace))))
    }

    fn tick(&mut self) {
        let now = self.now();
        if self.is_issued(now) {
            self.measure.load_ends(now);
        } else {
            match self.plan.mode {
                Mode::Rate(_) => self.issue_due(now),
                Mode::Saturate(in_flight) => self.issue_room(now, in_flight),
            }
        }
        while self.again.front().is_some_and(|&(when, _)| when <= now) {
            if let Some((_, id)) = self.again.pop_front() {
                self.send_elsewhere(id);
            }
        }
        self.ask();
        self.flush(now);
    }

    /// Open loop: issues what is due. What is not signed yet keeps the time at which it was due.
    fn issue_due(&mut self, now: u64) {
        let Some(schedule) = self.schedule else { return };
        let due = schedule.due_by(now);
        while self.issued < due {
            let validator = self.next_up();
            for _ in 0..MAX_GROUP {
                if self.issued >= due {
                    break;
                }
                let Some(signed) = self.signing.next() else { return };
                let due = schedule.due(self.issued);
                self.issued += 1;
                self.issue(signed, due, validator);
            }
        }
    }

    /// Closed loop: issues as many as each validator has room for.
    fn issue_room(&mut self, now: u64, in_flight: usize) {
        for validator in 0..self.senders.len() {
            while self.senders[validator].is_up() && self.table.at(validator) < in_flight {
                let Some(signed) = self.signing.next() else { return };
                let left = signed.id.deadline().0.saturating_sub(LEAST_VALID_SECONDS);
                if !types::Deadline(left).has_passed(wall_clock()) {
                    self.issued += 1;
                    self.issue(signed, now, Some(validator));
                }
            }
        }
    }

    fn issue(&mut self, signed: Signed, due: u64, validator: Option<usize>) {
        let entry = InFlight {
            due,
            bytes: signed.bytes,
            validator: validator.unwrap_or(0),
            measured: due >= u64::from(self.plan.warmup) * 1_000_000,
            sent: false,
            perhaps_admitted: false,
            touched: due,
            seen: None,
        };
        self.table.insert(signed.id, entry);
        match validator {
            Some(validator) => self.senders[validator].push(signed.id),
            None => self.stranded.push(signed.id),
        }
    }

    /// The next validator that is up, in turn.
    fn next_up(&mut self) -> Option<usize> {
        let count = self.senders.len();
        let next = (0..count).map(|step| (self.turn + step) % count).find(|&place| self.senders[place].is_up())?;
        self.turn = (next + 1) % count;
        Some(next)
    }

    fn flush(&mut self, now: u64) {
        let (table, measure) = (&mut self.table, &mut self.measure);
        for (validator, sender) in self.senders.iter_mut().enumerate() {
            sender.flush(|id| {
                let entry = table.get_mut(id).filter(|entry| entry.validator == validator)?;
                if entry.sent {
                    measure.resent += 1;
                } else {
                    entry.sent = true;
                    measure.sent(now, entry.measured);
                }
                entry.touched = now;
                Some(HexBytes(entry.bytes.0.clone()))
            });
        }
    }

    /// Sends a payment to another validator than before, if there is one.
    fn send_elsewhere(&mut self, id: TransactionId) {
        let Some(entry) = self.table.get(&id) else { return };
        let before = entry.validator;
        let next = match self.next_up() {
            Some(next) if next == before => self.next_up(),
            next => next,
        };
        match next {
            Some(validator) => {
                self.table.assign(&id, validator);
                self.senders[validator].push(id);
            }
            None => self.stranded.push(id),
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Up { validator, clients } => {
                self.senders[validator].up(clients);
                for id in std::mem::take(&mut self.stranded) {
                    self.send_elsewhere(id);
                }
            }
            Event::Down { validator } => self.validator_fails(validator),
            Event::Block { validator, block } => self.learn(validator, &block),
            Event::Answer { validator, connection, ids, answer } => {
                self.senders[validator].answered(connection);
                match answer {
                    Ok(outcomes) => {
                        for (id, outcome) in ids.into_iter().zip(outcomes) {
                            self.answered(validator, id, outcome);
                        }
                    }
                    Err(error) => self.unanswered(validator, &ids, &error),
                }
            }
            Event::Outcomes(outcomes) => {
                self.asking = false;
                outcomes.into_iter().for_each(|(id, status)| self.told(id, status));
            }
        }
    }

    /// A connection failed: what was sent there may or may not have arrived, and sending it again is safe.
    fn validator_fails(&mut self, validator: usize) {
        if !self.senders[validator].is_up() {
            return;
        }
        self.senders[validator].down();
        let now = self.now();
        for id in self.table.ids(|entry| entry.validator == validator) {
            let Some(entry) = self.table.get_mut(&id) else { continue };
            entry.perhaps_admitted |= entry.sent;
            match entry.seen {
                Some(outcome) => self.end(now, &id, outcome),
                None => self.send_elsewhere(id),
            }
        }
    }

    /// Learns from a validator's block what became of the payments sent to it.
    fn learn(&mut self, validator: usize, block: &FinalBlock) {
        let now = self.now();
        let mut ours = false;
        for executed in &block.transactions {
            let outcome = if executed.failed { Outcome::Failed } else { Outcome::Final };
            let Some(entry) = self.table.get_mut(&executed.id) else { continue };
            ours = true;
            entry.seen = Some(outcome);
            if entry.validator == validator {
                self.end(now, &executed.id, outcome);
            }
        }
        self.measure.block(now, block.height, ours);
    }

    fn answered(&mut self, validator: usize, id: TransactionId, outcome: SendOutcome) {
        let now = self.now();
        let Some(entry) = self.table.get_mut(&id) else { return };
        let refused = match outcome {
            SendOutcome::Admitted(_) => {
                entry.perhaps_admitted = true;
                return;
            }
            SendOutcome::Refused(refused) => refused,
        };
        *self.measure.refusals.entry(refused.code).or_default() += 1;
        if entry.validator == validator {
            self.refused(now, id, &refused);
        }
    }

    fn refused(&mut self, now: u64, id: TransactionId, refused: &Refused) {
        let Some(entry) = self.table.get_mut(&id) else { return };
        let (seen, perhaps_admitted) = (entry.seen, entry.perhaps_admitted);
        match (refused.code, seen) {
            (code::BUSY | code::STOPPING, _) => self.again.push_back((now + BUSY_PAUSE, id)),
            (_, Some(outcome)) => self.end(now, &id, outcome),
            // Another sending of the same bytes may have had effect: the ledger knows.
            (code::ALREADY_EXECUTED, None) => self.suspects.push_back(id),
            (_, None) if perhaps_admitted => self.suspects.push_back(id),
            (_, None) => self.end(now, &id, Outcome::Rejected),
        }
    }

    /// A request failed as a whole. If its connection did, [`Event::Down`] follows or came before.
    fn unanswered(&mut self, validator: usize, ids: &[TransactionId], error: &jsonrpsee::core::client::Error) {
        let now = self.now();
        let refused = match error {
            jsonrpsee::core::client::Error::Call(error) => Some(error.code()),
            _ => None,
        };
        for id in ids {
            let Some(entry) = self.table.get_mut(id) else { continue };
            match refused {
                Some(code) => *self.measure.refusals.entry(code).or_default() += 1,
                None => entry.perhaps_admitted = true,
            }
            if entry.validator == validator {
                self.again.push_back((now + BUSY_PAUSE, *id));
            }
        }
    }

    /// A validator was asked for a payment.
    fn told(&mut self, id: TransactionId, status: TransactionStatus) {
        let now = self.now();
        let Some(entry) = self.table.get_mut(&id) else { return };
        entry.touched = now;
        match status {
            TransactionStatus::Final { .. } => self.end(now, &id, Outcome::Final),
            TransactionStatus::Failed { .. } => self.end(now, &id, Outcome::Failed),
            TransactionStatus::Expired { .. } => self.end(now, &id, Outcome::Expired),
            TransactionStatus::Pending => entry.perhaps_admitted = true,
            TransactionStatus::Unknown { valid_until } => {
                if !valid_until.has_passed(wall_clock()) {
                    self.send_elsewhere(id);
                }
            }
        }
    }

    fn end(&mut self, now: u64, id: &TransactionId, outcome: Outcome) {
        if let Some(entry) = self.table.remove(id) {
            self.measure.ended(now, entry.due, entry.measured, outcome);
        }
    }

    /// Payments of which nothing was heard for long are asked for.
    fn suspect_the_silent(&mut self, now: u64) {
        if self.suspects.is_empty() && !self.asking {
            let silent = self.table.ids(|entry| entry.sent && now.saturating_sub(entry.touched) > PATIENCE);
            self.suspects.extend(silent.into_iter().take(MAX_QUESTIONS));
        }
    }

    fn ask(&mut self) {
        if self.asking || self.suspects.is_empty() {
            return;
        }
        let Some(client) = self.next_up().and_then(|validator| self.senders[validator].client()) else { return };
        let count = self.suspects.len().min(MAX_QUESTIONS);
        let ids: Vec<TransactionId> = self.suspects.drain(..count).collect();
        self.asking = true;
        let events = self.events.clone();
        tokio::spawn(async move {
            let answers = join_all(ids.iter().map(|id| client.transaction(*id))).await;
            let known = ids.into_iter().zip(answers).filter_map(|(id, answer)| Some((id, answer.ok()?)));
            // Nobody listens any more once the run is over.
            let _ = events.send(Event::Outcomes(known.collect()));
        });
    }

    /// Asks every validator for what is left.
    async fn ask_everyone(&mut self) {
        for validator in 0..self.senders.len() {
            let Some(client) = self.senders[validator].client() else { continue };
            let ids = self.table.ids(|entry| entry.sent);
            for group in ids.chunks(MAX_QUESTIONS) {
                let answers = join_all(group.iter().map(|id| client.transaction(*id))).await;
                for (id, answer) in group.iter().zip(answers) {
                    if let Ok(status) = answer {
                        self.told(*id, status);
                    }
                }
            }
        }
    }

    /// What is left is lost if a node may have admitted it. What was never sent does not count.
    fn give_up(&mut self) {
        let now = self.now();
        for id in self.table.ids(|entry| entry.sent) {
            let admitted = self.table.get(&id).is_some_and(|entry| entry.perhaps_admitted);
            self.end(now, &id, if admitted { Outcome::Lost } else { Outcome::Rejected });
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.links.iter().for_each(JoinHandle::abort);
    }
}
