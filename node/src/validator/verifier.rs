//! Threads that verify signatures, so that the turn of the loop never waits for them.

use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use replica::{Job, JobResult};
use tokio::sync::mpsc::UnboundedSender;
use types::Hash;

use super::inbox::Event;

/// Takes jobs; results come back as events. The replica bounds how many jobs are open.
#[derive(Clone)]
pub(super) struct Verifier {
    jobs: Sender<Job>,
}

impl Verifier {
    /// Starts `threads` threads. They end when the verifier is dropped.
    pub(super) fn start(threads: usize, chain: Hash, events: &UnboundedSender<Event>) -> std::io::Result<Self> {
        let (jobs, queue) = unbounded();
        for number in 0..threads {
            let (queue, events) = (queue.clone(), events.clone());
            thread::Builder::new().name(format!("verify-{number}")).spawn(move || work(&queue, &chain, &events))?;
        }
        Ok(Self { jobs })
    }

    pub(super) fn submit(&self, job: Job) {
        // Fails only while the process ends.
        let _ = self.jobs.send(job);
    }
}

fn work(queue: &Receiver<Job>, chain: &Hash, events: &UnboundedSender<Event>) {
    for job in queue {
        let result: JobResult = job.run(chain);
        if events.send(Event::Verified(result)).is_err() {
            return;
        }
    }
}
