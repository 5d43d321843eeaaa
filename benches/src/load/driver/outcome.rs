//! What became of the payments: the driver's half that learns.

use futures::future::join_all;
use jsonrpsee::core::client::Error;
use rpc::{BaroApiClient, Refused, SendOutcome, TransactionStatus, code};
use types::TransactionId;

use super::Driver;
use crate::load::block::FinalBlock;
use crate::load::clock::now as wall_clock;
use crate::load::in_flight::InFlight;
use crate::load::link::Event;
use crate::load::measure::Outcome;

/// A payment that a busy node refused is sent again after so many microseconds.
const BUSY_PAUSE: u64 = 20_000;

/// Who has waited so many microseconds for a word of his payment asks for it.
const PATIENCE: u64 = 5_000_000;

/// So many payments are asked for at once.
const MAX_QUESTIONS: usize = 500;

impl Driver {
    /// Takes an event into account.
    pub(super) fn take(&mut self, event: Event) {
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
        entry.awaiting_answer = false;
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
        let validator = entry.validator;
        match (entry.seen, refused.code) {
            (Some(outcome), _) => self.end(now, &id, outcome),
            (None, code::BUSY | code::STOPPING | code::NOT_A_VALIDATOR) => {
                self.again.push_back((now + BUSY_PAUSE, validator, id))
            }
            // Another sending of the same bytes has had, or may have had, effect: the ledger knows.
            (None, code::ALREADY_EXECUTED) => self.suspects.push_back(id),
            (None, _) if entry.perhaps_admitted => self.suspects.push_back(id),
            (None, _) => self.end(now, &id, Outcome::Rejected),
        }
    }

    /// A request failed as a whole. If its connection did, [`Event::Down`] follows or came before.
    fn unanswered(&mut self, validator: usize, ids: &[TransactionId], error: &Error) {
        let now = self.now();
        let refused = match error {
            Error::Call(error) => Some(error.code()),
            _ => None,
        };
        for id in ids {
            let Some(entry) = self.table.get_mut(id) else { continue };
            entry.awaiting_answer = false;
            match refused {
                Some(code) => *self.measure.refusals.entry(code).or_default() += 1,
                None => entry.perhaps_admitted = true,
            }
            if entry.validator == validator {
                self.again.push_back((now + BUSY_PAUSE, validator, *id));
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

    /// A transaction has ended. If with effect, the payment's next one is to be sent, if there is one; else the payment
    /// has ended in the same way.
    fn end(&mut self, now: u64, id: &TransactionId, outcome: Outcome) {
        let Some(entry) = self.table.remove(id) else { return };
        if let Some(outcomes) = &mut self.measure.outcomes {
            outcomes.push((*id, outcome));
        }
        let InFlight { mut payment, pays, validator, .. } = entry;
        if outcome == Outcome::Final {
            if pays {
                payment.made = Some(now);
            }
            if let Some(next) = payment.rest.next() {
                // To the validator that knows the one before it, if it is there.
                let validator = if self.senders[validator].is_up() { Some(validator) } else { self.next_up() };
                self.enter(next, payment, now, validator);
                return;
            }
        }
        self.measure.ended(payment.made.unwrap_or(now), payment.due, payment.measured, outcome);
    }

    /// Payments of which nothing was heard for long are asked for.
    pub(super) fn suspect_the_silent(&mut self, now: u64) {
        if self.suspects.is_empty() && !self.asking {
            let silent = self.table.ids(|entry| entry.sent && now.saturating_sub(entry.touched) > PATIENCE);
            self.suspects.extend(silent.into_iter().take(MAX_QUESTIONS));
        }
    }

    pub(super) fn ask(&mut self) {
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
    pub(super) async fn ask_everyone(&mut self) {
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

    /// What is left is lost if a node may have admitted it. What was never sent does not count, and of a payment that had
    /// begun has expired.
    pub(super) fn give_up(&mut self) {
        let now = self.now();
        for id in self.table.ids(|entry| entry.payment.begun) {
            let outcome = match self.table.get(&id) {
                Some(entry) if entry.perhaps_admitted || entry.awaiting_answer => Outcome::Lost,
                Some(entry) if entry.sent => Outcome::Rejected,
                _ => Outcome::Expired,
            };
            self.end(now, &id, outcome);
        }
    }
}
