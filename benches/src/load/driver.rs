//! The load itself: one task that owns all payments in flight, sends what is due and learns (`outcome`) what became
//! of it.

mod outcome;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rpc::HexBytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use types::{Deadline, Timestamp, TransactionId};

use super::chain::{Chain, Signed};
use super::clock::now as wall_clock;
use super::in_flight::{InFlight, Table, Underway};
use super::link::{Event, Link};
use super::measure::{Interval, Measure};
use super::options::Mode;
use super::schedule::Schedule;
use super::sender::{MAX_GROUP, Sender};
use super::signing::Signing;

/// Due payments are sent this often.
const TICK: Duration = Duration::from_millis(2);

/// So many events are taken at once.
const MAX_EVENTS: usize = 256;

/// A payment with less time than this left, in seconds, is not sent for the first time: others are.
const LEAST_VALID_SECONDS: u32 = 5;

/// How the load is driven and for how long. Times are microseconds.
pub(super) struct Plan {
    /// Open or closed loop.
    pub mode: Mode,
    /// Payments in a transaction.
    pub each: u64,
    /// Seconds left out of the figures.
    pub warmup: u32,
    /// Seconds measured.
    pub duration: u32,
    /// How long after its deadline a payment may still be without an outcome.
    pub grace: Duration,
    /// Whether to keep how each transaction ended.
    pub keep_outcomes: bool,
}

/// The load while it runs.
pub(super) struct Driver {
    plan: Plan,
    schedule: Option<Schedule>,
    issued: u64,
    last_deadline: Deadline,
    signing: Signing,
    table: Table,
    senders: Vec<Sender>,
    turn: usize,
    /// Payments that a validator did not take, with when to send them to another.
    again: VecDeque<(u64, usize, TransactionId)>,
    /// Payments to send once any validator is up.
    stranded: Vec<TransactionId>,
    /// Payments to ask for.
    suspects: VecDeque<TransactionId>,
    asking: bool,
    measure: Measure,
    started: Instant,
    events: UnboundedSender<Event>,
    incoming: UnboundedReceiver<Event>,
    /// Held for their end, which comes with the driver's.
    _links: JoinSet<()>,
}

impl Driver {
    /// Links up with the validators at these URLs and waits until each is known to be up or not.
    pub(super) async fn new(plan: Plan, signing: Signing, urls: &[String], connections: usize) -> Driver {
        let (events, incoming) = unbounded_channel();
        let links = urls.iter().enumerate().map(|(validator, url)| {
            let link = Link { validator, url: url.clone(), connections, events: events.clone() };
            link.run()
        });
        let links = links.collect();
        let schedule = match plan.mode {
            Mode::Rate(rate) => Some(Schedule::new(rate, plan.each, plan.warmup + plan.duration)),
            Mode::Saturate(_) => None,
        };
        let senders = (0..urls.len()).map(|validator| Sender::new(validator, events.clone())).collect();
        let mut measure = Measure::new(plan.each);
        measure.outcomes = plan.keep_outcomes.then(Vec::new);
        let mut driver = Driver {
            plan,
            schedule,
            issued: 0,
            last_deadline: Deadline(0),
            signing,
            table: Table::new(urls.len()),
            senders,
            turn: 0,
            again: VecDeque::new(),
            stranded: Vec::new(),
            suspects: VecDeque::new(),
            asking: false,
            measure,
            started: Instant::now(),
            events,
            incoming,
            _links: links,
        };
        let mut waiting = vec![true; urls.len()];
        while waiting.contains(&true) {
            let Some(event) = driver.incoming.recv().await else { break };
            if let Event::Up { validator, .. } | Event::Down { validator } = event {
                waiting[validator] = false;
            }
            driver.take(event);
        }
        driver
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// Runs the load to its end: until every payment has its outcome, or has had the time for it. `each_second` is told
    /// of each second.
    pub(super) async fn run(mut self, mut each_second: impl FnMut(&Interval)) -> Measure {
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
        let judged = Timestamp(wall_clock().0.saturating_sub(grace));
        self.table.len() == 0 || self.last_deadline.has_passed(judged)
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
        while self.again.front().is_some_and(|&(when, ..)| when <= now) {
            let Some((_, validator, id)) = self.again.pop_front() else { break };
            // Unless it was given to another meanwhile.
            if self.table.get(&id).is_some_and(|entry| entry.validator == validator) {
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
                let Some(signed) = self.next_signed() else { return };
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
                let Some(signed) = self.next_signed() else { return };
                let left = signed.0.id.deadline().0.saturating_sub(LEAST_VALID_SECONDS);
                if !Deadline(left).has_passed(wall_clock()) {
                    self.issued += 1;
                    self.issue(signed, now, Some(validator));
                }
            }
        }
    }

    /// The next payment, if it is signed by now: its first transaction and the others.
    fn next_signed(&mut self) -> Option<(Signed, Chain)> {
        let mut chain = self.signing.next()?;
        Some((chain.next()?, chain))
    }

    /// Issues a payment: its first transaction is to be sent.
    fn issue(&mut self, (first, rest): (Signed, Chain), due: u64, validator: Option<usize>) {
        let measured = due >= u64::from(self.plan.warmup) * 1_000_000;
        let payment = Underway { due, measured, begun: false, made: None, rest };
        self.enter(first, payment, due, validator);
    }

    /// A transaction of a payment is to be sent to this validator, or to whichever is up first.
    fn enter(&mut self, signed: Signed, payment: Underway, now: u64, validator: Option<usize>) {
        let entry = InFlight {
            payment,
            pays: signed.pays,
            bytes: signed.bytes,
            validator: validator.unwrap_or(0),
            sent: false,
            awaiting_answer: false,
            perhaps_admitted: false,
            touched: now,
            seen: None,
        };
        self.last_deadline = self.last_deadline.max(signed.id.deadline());
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
                    if !entry.payment.begun {
                        entry.payment.begun = true;
                        measure.sent(now, entry.payment.measured);
                    }
                }
                entry.awaiting_answer = true;
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
}
