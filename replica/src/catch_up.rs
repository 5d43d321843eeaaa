//! Catching up: finalized blocks come from one other validator at a time and are believed on their certificates alone.

use std::sync::Arc;

use types::breakage::{Breakage, is_on};
use types::codec::Bounded;
use types::{Block, Certificate, Hash, Header, Moment, ValidatorIndex, Verified};

use crate::chain::Divergence;
use crate::judging::follows;
use crate::message::{CertifiedBlock, MAX_FETCHED_BLOCKS};
use crate::replica::Replica;
use crate::{Effect, Envelope, Message, Now, Recipient, VerifiedBatch};

/// A request for blocks that is on its way.
pub(crate) struct CatchUp {
    /// Who was asked.
    peer: ValidatorIndex,
    /// When to ask someone else.
    give_up: Moment,
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
    pub(crate) fn catch_up_from(&mut self, peer: ValidatorIndex, now: Now, effects: &mut Vec<Effect>) {
        if self.catch_up.is_none() {
            self.ask_for_finalized(peer, now, effects);
        }
    }

    fn ask_for_finalized(&mut self, peer: ValidatorIndex, now: Now, effects: &mut Vec<Effect>) {
        let peer = self.other_validator(peer);
        // An answer is megabytes: it may take a while.
        self.catch_up = Some(CatchUp { peer, give_up: now.moment.plus_millis(self.limits.retry_millis * 4) });
        let message = Message::FetchBlocks(self.chain.tip().height.next());
        effects.push(Effect::Send(Envelope { to: Recipient::One(peer), message }));
    }

    pub(crate) fn catch_up_deadline(&self) -> Option<Moment> {
        if is_on(Breakage::CatchUpNeverRetried) {
            return None;
        }
        self.catch_up.as_ref().map(|catch_up| catch_up.give_up)
    }

    /// Asks the next validator if the one that was asked stays silent.
    pub(crate) fn retry_catch_up(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if let Some(catch_up) = &self.catch_up
            && catch_up.give_up <= now.moment
            && !is_on(Breakage::CatchUpNeverRetried)
        {
            let next = ValidatorIndex(((catch_up.peer.position() + 1) % self.committee.size()) as u16);
            self.ask_for_finalized(next, now, effects);
        }
    }

    /// Blocks arrived from the validator that was asked.
    pub(crate) fn import_answer(
        &mut self,
        from: ValidatorIndex,
        blocks: Bounded<CertifiedBlock, MAX_FETCHED_BLOCKS>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        if self.catch_up.as_ref().is_none_or(|catch_up| catch_up.peer != from) {
            return;
        }
        self.catch_up = None;
        let before = self.chain.tip().height;
        let mut run = Vec::new();
        for block in blocks.into_vec() {
            if block.block.header.height <= self.chain.tip().height {
                continue;
            }
            let certificate = block.certificate.clone();
            run.push(block);
            let Some(certificate) = certificate else { continue };
            let Ok(certificate) = certificate.verify(&self.committee) else { return };
            let run = Run { blocks: std::mem::take(&mut run), certificate };
            match self.import(run, now, effects) {
                Ok(certificate) => {
                    self.tell_consensus(now, consensus::Input::CaughtUp { finalization: certificate }, effects);
                }
                Err(ImportError::Diverged(divergence)) => {
                    self.diverged(divergence, effects);
                    return;
                }
                // A liar: somebody else is asked when the need shows again.
                Err(ImportError::Broken(_) | ImportError::Certificate(_)) => return,
            }
        }
        if self.chain.tip().height > before {
            self.ask_for_finalized(from, now, effects);
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
        self.finalize(&certificate, effects);
        Ok(certificate)
    }

    /// Checks that the blocks follow one another from the tip to the block that the certificate finalizes.
    fn check_run(&self, blocks: &[CertifiedBlock], certificate: &Certificate) -> Result<(), ImportError> {
        let mut parent: (&Header, Hash) = (self.chain.tip(), self.chain.tip_hash());
        for CertifiedBlock { block, .. } in blocks {
            let header = &block.header;
            let is_next = follows(header, parent.0) && header.parent == parent.1;
            if !is_next || header.batches != Block::batches_hash(&block.batches) {
                return Err(ImportError::Broken(header.height));
            }
            parent = (header, header.hash());
        }
        match certificate.ballot {
            types::Ballot::Finalize { view, block } if block == parent.1 && view == parent.0.view => Ok(()),
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
