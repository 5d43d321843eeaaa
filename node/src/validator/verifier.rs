//! Threads that verify signatures, so that the turn of the loop never waits for them.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use replica::{Job, JobResult};
use tokio::sync::mpsc::UnboundedSender;
use types::Committee;

use super::inbox::Event;

/// Takes jobs; results come back as events. The replica bounds how many jobs are open.
#[derive(Clone)]
pub(super) struct Verifier {
    jobs: Sender<Job>,
}

impl Verifier {
    /// Starts `threads` threads. They end when the verifier is dropped.
    pub(super) fn start(
        threads: usize,
        committee: &Committee,
        events: &UnboundedSender<Event>,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = unbounded();
        let committee = Arc::new(committee.clone());
        for number in 0..threads {
            let (queue, committee, events) = (queue.clone(), committee.clone(), events.clone());
            thread::Builder::new().name(format!("verify-{number}")).spawn(move || work(&queue, &committee, &events))?;
        }
        Ok(Self { jobs })
    }

    pub(super) fn submit(&self, job: Job) {
        // Fails only while the process ends.
        let _ = self.jobs.send(job);
    }
}

fn work(queue: &Receiver<Job>, committee: &Committee, events: &UnboundedSender<Event>) {
    for job in queue {
        let result: JobResult = job.run(committee);
        if events.send(Event::Verified(result)).is_err() {
            return;
        }
    }
}
