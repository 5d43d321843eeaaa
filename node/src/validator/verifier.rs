//! Threads that verify signatures, so that the turn of the loop never waits for them.
//!
//! Signatures are cheaper in large groups. So a thread takes what waits, up to [`SIGNATURES_AT_ONCE`], and never waits for
//! more to come. What other validators have sent goes first: clients that send more than can be verified hold up
//! clients, and not the chain.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, select_biased, unbounded};
use replica::{Job, JobResult};
use tokio::sync::mpsc::UnboundedSender;
use types::{DecodedKeys, Hash};

use super::inbox::Event;
use super::metrics::Metrics;

/// So many signatures are verified together at most, as far as jobs can be told apart: with more, what they need does not fit
/// into a core's cache.
const SIGNATURES_AT_ONCE: usize = 1_024;

/// So many public keys a thread remembers decoded; about 13 MB once there have been as many.
const REMEMBERED_KEYS: usize = 65_536;

/// Takes jobs; results come back as events. The replica bounds how many jobs are open.
#[derive(Clone)]
pub(super) struct Verifier {
    of_validators: Sender<Job>,
    of_clients: Sender<Job>,
}

impl Verifier {
    /// Starts `threads` threads. They end when the verifier is dropped.
    pub(super) fn start(
        threads: usize,
        chain: Hash,
        metrics: &Arc<Metrics>,
        events: &UnboundedSender<Event>,
    ) -> std::io::Result<Self> {
        let (of_validators, validators) = unbounded();
        let (of_clients, clients) = unbounded();
        for number in 0..threads {
            let queue = Queue { of_validators: validators.clone(), of_clients: clients.clone() };
            let (metrics, events) = (metrics.clone(), events.clone());
            thread::Builder::new()
                .name(format!("verify-{number}"))
                .spawn(move || work(&queue, &chain, &metrics, &events))?;
        }
        Ok(Self { of_validators, of_clients })
    }

    pub(super) fn submit(&self, job: Job) {
        let queue = if job.is_of_validators() { &self.of_validators } else { &self.of_clients };
        // Fails only while the process ends.
        let _ = queue.send(job);
    }
}

/// What waits to be verified.
struct Queue {
    of_validators: Receiver<Job>,
    of_clients: Receiver<Job>,
}

impl Queue {
    /// The next jobs, all of one queue; `None` once nobody submits any more.
    fn next(&self) -> Option<Vec<Job>> {
        let (first, queue) = select_biased! {
            recv(self.of_validators) -> job => (job.ok()?, &self.of_validators),
            recv(self.of_clients) -> job => (job.ok()?, &self.of_clients),
        };
        let mut signatures = first.signatures();
        let mut jobs = vec![first];
        while signatures < SIGNATURES_AT_ONCE
            && let Ok(job) = queue.try_recv()
        {
            signatures += job.signatures();
            jobs.push(job);
        }
        Some(jobs)
    }
}

fn work(queue: &Queue, chain: &Hash, metrics: &Metrics, events: &UnboundedSender<Event>) {
    metrics.measure_thread();
    let mut keys = DecodedKeys::with_capacity(REMEMBERED_KEYS);
    while let Some(jobs) = queue.next() {
        let results = Job::run_all(jobs, chain, &mut keys);
        metrics.verified(results.iter().map(JobResult::transactions).sum());
        for result in results {
            if events.send(Event::Verified(result)).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission(ticket: u64) -> Job {
        Job::Submission { ticket, transactions: vec![vec![0]] }
    }

    fn tickets(jobs: Option<Vec<Job>>) -> Vec<u64> {
        let ticket = |job: &Job| match job {
            Job::Submission { ticket, .. } => *ticket,
            _ => u64::MAX,
        };
        jobs.iter().flatten().map(ticket).collect()
    }

    #[test]
    fn validators_go_first_and_what_waits_goes_together() {
        let (of_validators, validators) = unbounded();
        let (of_clients, clients) = unbounded();
        let queue = Queue { of_validators: validators, of_clients: clients };
        for ticket in 0..3 {
            of_clients.send(submission(ticket)).unwrap();
        }
        // Which queue a job is in decides, whatever it is.
        of_validators.send(submission(7)).unwrap();
        assert_eq!(tickets(queue.next()), [7]);
        assert_eq!(tickets(queue.next()), [0, 1, 2]);
        for ticket in 0..2_000 {
            of_clients.send(submission(ticket)).unwrap();
        }
        assert_eq!(tickets(queue.next()).len(), SIGNATURES_AT_ONCE);
        assert_eq!(tickets(queue.next()).len(), 2_000 - SIGNATURES_AT_ONCE);
        drop((of_validators, of_clients));
        assert!(queue.next().is_none());
    }
}
