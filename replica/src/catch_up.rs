//! Catching up: finalized blocks come from one other validator at a time and are believed on their certificates alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use types::breakage::{Breakage, is_on};
use types::codec::Bounded;
use types::{Block, Certificate, Epoch, Hash, Header, Height, Moment, PublicKey, Verified};

use crate::chain::Divergence;
use crate::judging::follows;
use crate::message::{CertifiedBlock, MAX_FETCHED_BLOCKS};
use crate::replica::Replica;
use crate::{Effect, Envelope, Message, Now, Recipient, VerifiedBatch};

/// Blocks without a certificate that are held while the rest of their run is fetched: at most so many, of at most so
/// many bytes.
const MAX_RUN_BLOCKS: usize = 16 * MAX_FETCHED_BLOCKS;
const MAX_RUN_BYTES: usize = 64 << 20;

/// For so many `retry_millis` a validator that had nothing for us, or lied, is not asked if there are others.
const FRUITLESS: u64 = 4;

/// The same for one that did not answer, and may be gone.
const SILENT: u64 = 64;

/// An answer, which may be megabytes, is waited for four times as long as the one before took, or twice as long as for one that did not
/// come: for one `retry_millis` at least, and so many at most.
const LONGEST_PATIENCE: u64 = 4;

/// What is missing here, and who was asked for it.
#[derive(Default)]
pub(crate) struct CatchUp {
    asked: Option<Question>,
    /// Whom to ask once what came is executed: the time that this takes is not the answer's.
    next: Option<PublicKey>,
    /// How long the next answer is waited for, in milliseconds; within its bounds.
    patience_millis: u64,
    /// Blocks after the tip whose certificate has not come yet, from the one that was asked.
    run: Vec<CertifiedBlock>,
    /// Who had nothing for us, or lies, and until when they are not asked on their own word.
    fruitless: BTreeMap<PublicKey, Moment>,
    /// Whom we told lately that they lag, and when.
    told: BTreeMap<PublicKey, Moment>,
    /// When a validator without a seat asks for news.
    ask_again: Moment,
    /// How often it was this validator's own choice whom to ask.
    choices: usize,
}

/// A question that is on its way.
#[derive(Debug, Clone, Copy)]
struct Question {
    to: PublicKey,
    at: Moment,
    /// When to ask someone else.
    give_up: Moment,
}

impl CatchUp {
    pub(crate) fn is_under_way(&self) -> bool {
        self.asked.is_some() || self.next.is_some()
    }
}

/// Why blocks from another validator, or from our own disk, were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImportError {
    #[error("block {0} does not follow its parent, or its batches are not the ones that it names")]
    Broken(types::Height),
    #[error("block {0} has a certificate that does not finalize it")]
    Certificate(types::Height),
    #[error(transparent)]
    Diverged(#[from] Divergence),
}

/// Blocks up to one that a certificate finalizes.
pub(crate) struct Run {
    pub(crate) blocks: Vec<CertifiedBlock>,
    pub(crate) certificate: Verified<Certificate>,
}

impl Replica {
    /// Asks `peer` for the blocks that are missing here, unless somebody was asked just now.
    pub(crate) fn catch_up_from(&mut self, peer: PublicKey, now: Now, effects: &mut Vec<Effect>) {
        if self.catch_up.is_under_way() {
            return;
        }
        let is_fruitless = self.catch_up.fruitless.get(&peer).is_some_and(|until| *until > now.moment);
        let peer = if is_fruitless || peer == self.key { self.choose_whom_to_ask(now) } else { Some(peer) };
        if let Some(peer) = peer {
            self.ask_for_finalized(peer, now, effects);
        }
    }

    fn ask_for_finalized(&mut self, peer: PublicKey, now: Now, effects: &mut Vec<Effect>) {
        self.catch_up.next = None;
        let retry = self.limits.retry_millis;
        let patience = self.catch_up.patience_millis.clamp(retry, retry * LONGEST_PATIENCE);
        self.catch_up.patience_millis = patience;
        self.catch_up.asked = Some(Question { to: peer, at: now.moment, give_up: now.moment.plus_millis(patience) });
        let next = Height(self.chain.tip().height.0 + 1 + self.catch_up.run.len() as u64);
        let message = Message::FetchBlocks(next);
        effects.push(Effect::Send(Envelope { to: Recipient::One(peer), message }));
    }

    /// Somebody to ask, another one each time: a validator of the epoch that is known here; or whoever else has connected,
    /// every second time where this validator only follows, for then all whom it takes for validators may have left.
    fn choose_whom_to_ask(&mut self, now: Now) -> Option<PublicKey> {
        let choice = self.catch_up.choices;
        self.catch_up.choices += 1;
        let validators = self.committee.validators.keys().iter().filter(|key| **key != self.key).copied().collect();
        let others = self.connected.iter().filter(|key| self.committee.index_of(key).is_none()).copied().collect();
        let mut circles: [Vec<PublicKey>; 2] = [validators, others];
        if self.seat.is_none() && choice % 2 == 1 {
            circles.swap(0, 1);
        }
        let mut in_turn = Vec::new();
        for mut circle in circles {
            let first = (choice / 2) % circle.len().max(1);
            circle.rotate_left(first);
            in_turn.append(&mut circle);
        }
        let is_fruitful = |key: &&PublicKey| self.catch_up.fruitless.get(*key).is_none_or(|until| *until <= now.moment);
        in_turn.iter().find(is_fruitful).or(in_turn.first()).copied()
    }

    pub(crate) fn catch_up_deadline(&self) -> Option<Moment> {
        if is_on(Breakage::CatchUpNeverRetried) {
            return None;
        }
        let answer = self.catch_up.asked.map(|question| question.give_up);
        answer.or_else(|| self.seat.is_none().then_some(self.catch_up.ask_again))
    }

    /// Asks the next validator if the one that was asked stays silent. A validator without a seat hears of new blocks
    /// only by asking.
    pub(crate) fn retry_catch_up(&mut self, now: Now, effects: &mut Vec<Effect>) {
        match self.catch_up.asked {
            Some(Question { to, give_up, .. }) if give_up <= now.moment && !is_on(Breakage::CatchUpNeverRetried) => {
                self.catch_up.asked = None;
                // One that is only slow, or whose answer was lost, may be asked again soon.
                let is_gone = self.catch_up.patience_millis >= self.limits.retry_millis * LONGEST_PATIENCE;
                self.catch_up.patience_millis *= 2;
                self.give_up_on(to, if is_gone { SILENT } else { FRUITLESS }, now);
                if let Some(next) = self.choose_whom_to_ask(now) {
                    self.ask_for_finalized(next, now, effects);
                }
            }
            None if let Some(next) = self.catch_up.next => self.ask_for_finalized(next, now, effects),
            None if self.seat.is_none() && self.catch_up.ask_again <= now.moment => {
                self.catch_up.ask_again = now.moment.plus_millis(self.limits.retry_millis);
                if let Some(peer) = self.choose_whom_to_ask(now) {
                    self.ask_for_finalized(peer, now, effects);
                }
            }
            _ => {}
        }
    }

    /// Somebody had nothing for us, or not the truth: for so many `retry_millis`, others are asked.
    fn give_up_on(&mut self, peer: PublicKey, retries: u64, now: Now) {
        self.catch_up.run.clear();
        self.catch_up.fruitless.retain(|_, until| *until > now.moment);
        self.catch_up.fruitless.insert(peer, now.moment.plus_millis(self.limits.retry_millis * retries));
    }

    /// A message of another epoch. Either we lag, or the sender does and is told how far we are.
    pub(crate) fn hear_of_epoch(&mut self, from: PublicKey, epoch: Epoch, now: Now, effects: &mut Vec<Effect>) {
        if epoch > self.committee.epoch {
            return self.catch_up_from(from, now, effects);
        }
        self.catch_up.told.retain(|_, until| *until > now.moment);
        if !self.catch_up.told.contains_key(&from) {
            self.catch_up.told.insert(from, now.moment.plus_millis(self.limits.retry_millis / 4));
            let message = Message::Tip(self.chain.tip().height);
            effects.push(Effect::Send(Envelope { to: Recipient::One(from), message }));
        }
    }

    /// Another validator says how far it is.
    pub(crate) fn hear_of_tip(&mut self, from: PublicKey, height: Height, now: Now, effects: &mut Vec<Effect>) {
        if height > self.chain.tip().height {
            self.catch_up_from(from, now, effects);
        }
    }

    /// Blocks arrived from the validator that was asked.
    pub(crate) fn import_answer(
        &mut self,
        from: PublicKey,
        blocks: Bounded<CertifiedBlock, MAX_FETCHED_BLOCKS>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let Some(question) = self.catch_up.asked.take_if(|question| question.to == from) else { return };
        self.catch_up.patience_millis = now.moment.micros_since(question.at) / 250;
        let before = (self.chain.tip().height, self.catch_up.run.len());
        let mut run = std::mem::take(&mut self.catch_up.run);
        for block in blocks.into_vec() {
            if block.block.header.height.0 <= self.chain.tip().height.0 + run.len() as u64 {
                continue;
            }
            let certificate = block.certificate.clone();
            run.push(block);
            let Some(certificate) = certificate else { continue };
            let Ok(certificate) = certificate.verify(&self.committee) else {
                return self.give_up_on(from, FRUITLESS, now);
            };
            let epoch = self.committee.epoch;
            let run = Run { blocks: std::mem::take(&mut run), certificate };
            match self.import(run, now, effects) {
                // Consensus of a new epoch starts from its first block anyway.
                Ok(certificate) if epoch == self.committee.epoch => {
                    self.tell_consensus(now, consensus::Input::CaughtUp { finalization: certificate }, effects);
                }
                Ok(_) => {}
                Err(ImportError::Diverged(divergence)) => return self.diverged(divergence, effects),
                // A liar: somebody else is asked when the need shows again.
                Err(ImportError::Broken(_) | ImportError::Certificate(_)) => {
                    return self.give_up_on(from, FRUITLESS, now);
                }
            }
        }
        let run_bytes: usize = run.iter().flat_map(|block| block.batches.iter()).map(|batch| batch.len()).sum();
        if run.len() <= MAX_RUN_BLOCKS && run_bytes <= MAX_RUN_BYTES {
            self.catch_up.run = run;
        }
        if (self.chain.tip().height, self.catch_up.run.len()) > before {
            self.catch_up.next = Some(from);
        } else {
            self.give_up_on(from, FRUITLESS, now);
        }
    }

    /// Executes and finalizes a run of blocks on the word of its certificate.
    pub(crate) fn import(
        &mut self,
        run: Run,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<Verified<Certificate>, ImportError> {
        let Run { blocks, certificate } = run;
        if !is_on(Breakage::CatchUpUnverified) {
            self.check_run(&blocks, &certificate)?;
        }
        for certified in blocks {
            self.import_block(certified, &certificate, now)?;
        }
        self.finalize(&certificate, now, effects);
        Ok(certificate)
    }

    /// Checks that the blocks follow one another from the tip to the block that the certificate finalizes.
    fn check_run(&self, blocks: &[CertifiedBlock], certificate: &Certificate) -> Result<(), ImportError> {
        let mut parent: (&Header, Hash) = (self.chain.tip(), self.chain.tip_hash());
        for CertifiedBlock { block, .. } in blocks {
            let header = &block.header;
            let is_next = follows(header, parent.0)
                && header.parent == parent.1
                && header.epoch == self.committee.epoch
                && !self.is_last_of_epoch(parent.0);
            if !is_next || header.batches != Block::batches_hash(&block.batches) {
                return Err(ImportError::Broken(header.height));
            }
            parent = (header, header.hash());
        }
        match certificate.ballot {
            // The last block of an epoch can be final by a later view than its own.
            types::Ballot::Finalize { view, block } if block == parent.1 && view >= parent.0.view => Ok(()),
            _ => Err(ImportError::Certificate(parent.0.height)),
        }
    }

    fn import_block(
        &mut self,
        certified: CertifiedBlock,
        certificate: &Verified<Certificate>,
        now: Now,
    ) -> Result<(), ImportError> {
        let CertifiedBlock { block, batches: encoded, .. } = certified;
        let header = &block.header;
        let hash = header.hash();
        if self.chain.contains(&hash) {
            return Ok(());
        }
        let broken = ImportError::Broken(header.height);
        let batches = encoded
            .into_vec()
            .into_iter()
            .map(|bytes| VerifiedBatch::certified(bytes.into_vec().into(), &self.committee.chain, certificate))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| broken.clone())?;
        if !batches.iter().map(|batch| batch.digest()).eq(block.batches.iter().copied()) {
            return Err(broken);
        }
        let batches: Vec<Arc<VerifiedBatch>> = batches.into_iter().map(Arc::new).collect();
        let problem = match self.chain.execute(&header.parent, header.timestamp, &batches) {
            None => return Err(broken),
            Some(Err(error)) => error.to_string(),
            Some(Ok(execution)) if execution.state_root != header.state_root => {
                format!("the state root is {}, not {}", execution.state_root, header.state_root)
            }
            Some(Ok(execution)) if execution.receipts_root != header.receipts_root => {
                format!("the receipts root is {}, not {}", execution.receipts_root, header.receipts_root)
            }
            Some(Ok(execution)) if execution.next_validators != header.next_validators => {
                format!("the next validators are {}, not {}", execution.next_validators, header.next_validators)
            }
            Some(Ok(execution)) => {
                self.dissemination.include(&block.batches);
                self.chain.insert(hash, block, batches, execution.delta, execution.receipts);
                self.last_block = now.moment;
                return Ok(());
            }
        };
        Err(ImportError::Diverged(Divergence { height: header.height, block: hash, problem }))
    }
}
