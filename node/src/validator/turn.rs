//! The loop of a validator: gathers what happened, lets the replica decide, carries the effects out.

use std::sync::Arc;

use replica::{Effect, Input, Message, Replica, SubmitError};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;
use tracing::{error, info, warn};
use types::{Member, TransactionId};
use vm::Council;

use super::clock::Clock;
use super::inbox::{Event, Fenced, Request};
use super::metrics::Metrics;
use super::outcomes::{Outcome, Outcomes};
use super::post::{Post, open};
use super::publication::Publication;
use super::reader::Reader;
use super::roster::Roster;
use super::unanswered::Unanswered;
use super::verifier::Verifier;
use super::writer::Writer;
use crate::network::{Inbound, Network, PeerEvent};
use crate::rate_limit::RateLimit;

/// So many frames of each lane are taken in one turn.
const FRAMES_PER_TURN: usize = 256;

/// Where the loop's inputs come from.
pub(super) struct Sources {
    pub(super) votes: Receiver<Inbound>,
    pub(super) batches: Receiver<Inbound>,
    pub(super) peers: UnboundedReceiver<PeerEvent>,
    pub(super) events: UnboundedReceiver<Event>,
    pub(super) requests: Receiver<Request>,
}

/// What the loop works with.
pub(super) struct Turn {
    pub(super) clock: Clock,
    pub(super) replica: Replica,
    pub(super) verifier: Verifier,
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    pub(super) post: Post,
    pub(super) roster: Roster,
    pub(super) network: Network,
    /// This node's peer id.
    pub(super) peer_id: String,
    pub(super) metrics: Arc<Metrics>,
    pub(super) publications: broadcast::Sender<Arc<Publication>>,
    pub(super) outcomes: Outcomes,
    pub(super) tickets: Tickets,
    /// Who waits until everything decided in this turn is in the store.
    pub(super) fences: Vec<(Fenced, oneshot::Sender<()>)>,
    /// Of messages that cannot be read, which a peer may send by the thousand.
    pub(super) malformed: RateLimit,
    pub(super) unanswered: Unanswered,
}

/// Clients that wait for the verdict on what they handed in.
#[derive(Default)]
pub(super) struct Tickets {
    next: u64,
    open: hashbrown::HashMap<u64, oneshot::Sender<Vec<Result<TransactionId, SubmitError>>>>,
}

impl Turn {
    /// Runs until told to stop or until it cannot go on.
    pub(super) async fn run(mut self, mut sources: Sources, first: Vec<Effect>) -> anyhow::Result<()> {
        let mut effects = first;
        let mut frames = Vec::with_capacity(FRAMES_PER_TURN);
        let result = loop {
            if let Err(stop) = self.carry_out(&mut effects) {
                break stop;
            }
            let now = self.clock.now();
            let deadline = self.replica.next_deadline(now).map(|moment| Instant::from_std(self.clock.instant(moment)));
            let sleep = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(frame) = sources.votes.recv() => frames.push(frame),
                Some(event) = sources.events.recv() => {
                    if let Err(stop) = self.event(event, &mut effects) {
                        break stop;
                    }
                }
                Some(event) = sources.peers.recv() => self.peer(event, &mut effects),
                Some(frame) = sources.batches.recv() => frames.push(frame),
                Some(request) = sources.requests.recv() => self.request(request, &mut effects),
                () = sleep => {}
            }
            if let Err(stop) = self.drain(&mut sources, &mut frames, &mut effects) {
                break stop;
            }
            let settled = self.replica.settle(self.clock.now(), &mut effects);
            settled.at(self.clock.now().moment);
        };
        // Messages of commits may still leave; nothing new is decided.
        self.writer.finish();
        result
    }

    /// Takes everything else that has gathered, so that one flush and one acknowledgement cover it.
    fn drain(
        &mut self,
        sources: &mut Sources,
        frames: &mut Vec<Inbound>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), anyhow::Result<()>> {
        while frames.len() < FRAMES_PER_TURN
            && let Ok(frame) = sources.votes.try_recv()
        {
            frames.push(frame);
        }
        while frames.len() < 2 * FRAMES_PER_TURN
            && let Ok(frame) = sources.batches.try_recv()
        {
            frames.push(frame);
        }
        frames.drain(..).for_each(|frame| self.frame(&frame, effects));
        for _ in 0..FRAMES_PER_TURN {
            match sources.events.try_recv() {
                Ok(event) => self.event(event, effects)?,
                Err(_) => break,
            }
        }
        for _ in 0..FRAMES_PER_TURN {
            match sources.requests.try_recv() {
                Ok(request) => self.request(request, effects),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn step(&mut self, input: Input, effects: &mut Vec<Effect>) {
        self.replica.step(self.clock.now(), input, effects);
    }

    /// Takes what a thread reports; an error is why the loop ends.
    fn event(&mut self, event: Event, effects: &mut Vec<Effect>) -> Result<(), anyhow::Result<()>> {
        match event {
            Event::Verified(result) => self.step(Input::Verified(result), effects),
            Event::Durable(commit) => self.step(Input::Durable { commit }, effects),
            Event::Broken(error) => return Err(Err(error)),
            Event::Stop => return Err(Ok(())),
        }
        Ok(())
    }

    fn frame(&mut self, inbound: &Inbound, effects: &mut Vec<Effect>) {
        match open(&inbound.frame) {
            Ok(message) => {
                if let Some(from) = self.roster.key(inbound.from) {
                    self.notice_unanswered(&message);
                    self.step(Input::Message { from, message: Box::new(message) }, effects);
                }
            }
            Err(error) => {
                self.metrics.malformed_message();
                if let Some(suppressed) = self.malformed.pass(self.clock.instant(self.clock.now().moment)) {
                    warn!(validator = inbound.from, suppressed, "ignored a message: {error}");
                }
            }
        }
    }

    /// Others answer with nothing where they have no such block, or not any more.
    fn notice_unanswered(&mut self, message: &Message) {
        let Message::Blocks(blocks) = message else { return };
        let (tip, now) = (self.replica.tip().height, self.clock.instant(self.clock.now().moment));
        if !blocks.is_empty() || !self.replica.summary().is_catching_up {
            return;
        }
        if let Some(lasted) = self.unanswered.note(tip, now) {
            warn!(
                block = %tip.next(), seconds = lasted.as_secs(),
                "nobody has the next block for this validator. If the others are further, they do not keep it any more: \
                 connect an archive, or let this validator begin with a checkpoint (see docs/operating.md)"
            );
        }
    }

    fn peer(&mut self, event: PeerEvent, effects: &mut Vec<Effect>) {
        match event {
            PeerEvent::Up(index) => {
                info!(validator = index, "connected");
                if let Some(key) = self.roster.key(index) {
                    self.step(Input::PeerUp(key), effects);
                }
            }
            PeerEvent::Down(index) => info!(validator = index, "disconnected"),
            PeerEvent::OtherChain(index) => {
                warn!(
                    validator = index,
                    "speaks for another chain or another version: compare genesis hash and version"
                );
            }
            PeerEvent::Misbehaved { from, lane, error } => {
                self.metrics.malformed_message();
                warn!(validator = from, %lane, "closed a connection: {error}");
            }
            PeerEvent::Refused(peer_id) => {
                self.metrics.refused_peer();
                warn!(%peer_id, "refused a peer that is in no committee, present or decided");
            }
        }
    }

    /// The committee, or the next one, has changed.
    fn members(&self, council: &Council, former: &[Member]) {
        let key = self.replica.key();
        if let Some(own) = council.members().iter().find(|member| member.key == key)
            && *own.peer_id != *self.peer_id
        {
            error!(
                expected = &*own.peer_id,
                "the committee knows this validator by another peer id: nobody will connect. Use \
                 the network.key that was made with its validator.key, or have the validators approve the new peer id"
            );
        }
        if let Err(error) = self.network.set_peers(self.roster.peers(council, former)) {
            error!("the connections cannot be changed to the new committee: {error}");
        }
    }

    fn request(&mut self, request: Request, effects: &mut Vec<Effect>) {
        match request {
            Request::Submit { transactions, reply } => {
                let ticket = self.tickets.next;
                self.tickets.next += 1;
                self.tickets.open.insert(ticket, reply);
                self.step(Input::Submit { ticket, transactions }, effects);
            }
            Request::Query(query) => query(&self.replica),
            // A client that went away does not mind.
            Request::Outcome { id, reply } => drop(reply.send(self.outcomes.of(&self.replica, &id))),
            Request::Fence { what, reply } => self.fences.push((what, reply)),
            Request::Wait { id, waiter } => self.wait(id, waiter),
            Request::RecentBlock { height, reply } => {
                drop(reply.send(self.outcomes.recent_block(height).cloned()));
            }
        }
    }

    fn wait(&mut self, id: TransactionId, waiter: oneshot::Sender<()>) {
        match self.outcomes.of(&self.replica, &id) {
            Outcome::Unknown if self.is_too_far(&id) => drop(waiter.send(())),
            Outcome::Pending | Outcome::Unknown => self.outcomes.wait(id, waiter),
            Outcome::Executed(_) | Outcome::Stored(_) | Outcome::Closed => drop(waiter.send(())),
        }
    }

    /// True for a deadline that no transaction can have yet: waiting for it would only hold memory.
    fn is_too_far(&self, id: &TransactionId) -> bool {
        let ahead = u64::from(id.deadline().0).saturating_sub(self.clock.now().time.second());
        ahead > 2 * u64::from(self.replica.ledger().parameters().max_valid_seconds)
    }

    /// Does what the replica wants done; an error is why the loop ends.
    fn carry_out(&mut self, effects: &mut Vec<Effect>) -> Result<(), anyhow::Result<()>> {
        for effect in effects.drain(..) {
            match effect {
                Effect::Send(envelope) => self.post.send(envelope),
                Effect::Write(write) => self.writer.write(write),
                Effect::Commit(commit) => self.writer.commit(commit),
                Effect::Verify(job) => self.verifier.submit(job),
                Effect::Reply { ticket, results } => {
                    self.metrics.submitted(&results);
                    if let Some(reply) = self.tickets.open.remove(&ticket) {
                        drop(reply.send(results));
                    }
                }
                Effect::Finalized(block) => {
                    self.metrics.finalized(&block);
                    self.outcomes.finalized(&block);
                    // Without subscribers there is nobody to send to.
                    let _ = self.publications.send(Arc::new(Publication::new(block)));
                }
                Effect::ServeBlocks { to, from } => self.reader.blocks(to, from),
                Effect::ServeBatches { to, digests } => self.reader.batches(to, digests),
                Effect::ServeCheckpoint { to } => self.reader.checkpoint(to),
                Effect::ServeHandovers { to, from } => self.reader.handovers(to, from),
                Effect::ServePart { to, height, index } => self.reader.part(to, height, index),
                Effect::Checkpoint { height, snapshot } => self.writer.checkpoint(height, snapshot),
                Effect::Evidence(evidence) => {
                    self.metrics.evidence();
                    error!(
                        validator = %evidence.first.signer, view = %evidence.first.ballot.view(),
                        "a validator signed contradicting votes: see baro_evidence"
                    );
                }
                Effect::KeyInUseElsewhere => error!(
                    "this validator has votes of its own key shown to it that it does not know: the key signs elsewhere \
                     too, or this home is an old copy. It casts no vote and follows the chain. Stop the other process; if \
                     there is none, restart this one once the others have finalized some blocks"
                ),
                Effect::Members { council, former } => self.members(&council, &former),
                Effect::Removed { epoch, height } => {
                    warn!(
                        %epoch, %height,
                        "this validator was removed from the committee by an approved change: it stops. Its home can be \
                         archived; to take part again, have the validators approve a new key"
                    );
                    return Err(Ok(()));
                }
                Effect::Diverged(divergence) => return Err(Err(divergence.into())),
            }
        }
        self.fences.drain(..).for_each(|(what, reply)| self.writer.fence(what, reply));
        let summary = self.replica.summary();
        self.metrics.summary(&summary, self.replica.ledger());
        Ok(())
    }
}
