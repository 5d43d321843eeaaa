//! Starting again from what was durable.

use consensus::{Record, Simplex};
use genesis::Genesis;
use types::{
    Ballot, Block, Certificate, Committee, Epoch, Handover, HandoverError, Hash, Header, Height, SecretKey, Verified,
};

use crate::catch_up::{ImportError, Run};
use crate::chain::Chain;
use crate::message::CertifiedBlock;
use crate::replica::{Replica, Summary};
use crate::{Effect, Limits, Now, VerifiedBatch, Write};

/// Whatever the shell's store reports.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// What the store gives back after a stop or a crash.
pub struct Recovered {
    /// The ledger after a finalized block, with that block and its certificate.
    pub checkpoint: Option<Checkpoint>,
    /// The ends of the epochs up to the checkpoint, from the first one on. Later ones may follow.
    pub handovers: Vec<Handover>,
    /// The finalized blocks after the checkpoint (or genesis), in order of height. Those after the last certificate
    /// are ignored: they come again. An error ends the recovery.
    pub blocks: Box<dyn Iterator<Item = Result<CertifiedBlock, ReadError>>>,
    /// Blocks that were voted for and are not final.
    pub proposals: Vec<Block>,
    /// The consensus journal.
    pub journal: Vec<Record>,
    /// Encodings of batches that are in no finalized block.
    pub batches: Vec<Vec<u8>>,
}

impl Default for Recovered {
    fn default() -> Self {
        Self {
            checkpoint: None,
            handovers: Vec::new(),
            blocks: Box::new(std::iter::empty()),
            proposals: Vec::new(),
            journal: Vec::new(),
            batches: Vec::new(),
        }
    }
}

/// A ledger on disk.
pub struct Checkpoint {
    /// The chunks of [`vm::Snapshot::chunks`].
    pub chunks: Box<dyn Iterator<Item = Vec<u8>>>,
    /// The block after which the ledger was written.
    pub block: Block,
    /// The certificate that finalizes it.
    pub certificate: Certificate,
}

/// Why a validator cannot start from its data.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The chain of committees from genesis on is broken.
    #[error("the stored ends of epochs do not lead from genesis to the checkpoint: {0}")]
    Handover(#[from] HandoverError),
    /// The genesis allocation is not possible.
    #[error("genesis: {0}")]
    Genesis(#[source] genesis::GenesisError),
    /// The checkpoint does not fit its certificate.
    #[error("the checkpoint at height {0} is not the ledger that the validators finalized: {1}")]
    Checkpoint(Height, String),
    /// A stored block is not what a quorum finalized, or cannot be reproduced.
    #[error("stored block: {0}")]
    Block(String),
    /// A stored batch is not one that this validator would have kept.
    #[error("stored batch: {0}")]
    Batch(#[from] crate::BatchError),
    /// The store cannot be read.
    #[error("reading the stored blocks: {0}")]
    Read(#[source] ReadError),
}

impl Replica {
    /// A validator of the chain of `genesis`, as it was when it stopped. One whose key is not in the committee follows
    /// the chain until it is.
    pub fn new(
        genesis: &Genesis,
        secret: SecretKey,
        limits: Limits,
        recovered: Recovered,
        now: Now,
    ) -> Result<(Replica, Vec<Effect>), RecoveryError> {
        let Recovered { checkpoint, handovers, blocks, proposals, journal, batches } = recovered;
        let key = secret.public();
        let first = genesis.committee();
        let sets = handovers.iter().map(|handover| &handover.validators).chain([&first.validators]);
        let was_member = sets.into_iter().any(|set| set.keys().contains(&key));
        let Beginning { ledger, block, committee, certificate, handover } = match checkpoint {
            Some(checkpoint) => restore(checkpoint, first, &handovers)?,
            None => {
                let ledger = genesis.ledger().map_err(RecoveryError::Genesis)?;
                Beginning {
                    ledger,
                    block: genesis.block().clone(),
                    committee: first,
                    certificate: None,
                    handover: None,
                }
            }
        };
        let parameters = genesis.spec().parameters.clone();
        let chain = Chain::new(ledger, block.header);
        let mut replica = Replica::assemble(committee, secret, parameters, limits, chain, now);

        // A checkpoint that came from others is all that there is of its block.
        let is_known = |new: &Handover| handovers.iter().any(|known| known.header.epoch == new.header.epoch);
        let handover = handover.filter(|handover| !is_known(handover));
        let mut effects: Vec<Effect> =
            handover.map(|handover| Effect::Write(Write::Handover(handover))).into_iter().collect();
        let epoch = replica.committee.epoch;
        let last = replica.replay(blocks, now, &mut effects)?;
        // The block before an epoch is known to all of it without a certificate.
        let certificate = match last {
            Some((last_epoch, certificate)) => (last_epoch == replica.committee.epoch).then_some(certificate),
            None => certificate.filter(|_| epoch == replica.committee.epoch),
        };
        for bytes in batches {
            replica.dissemination.recovered(VerifiedBatch::verify(bytes.into(), &replica.committee.chain)?, now);
        }
        replica.readopt(proposals, now);
        replica.tell_of_members(&mut effects);
        replica.take_seat(journal, certificate, now, &mut effects);
        replica.was_member |= was_member;
        replica.leave_if_removed(&mut effects);
        replica.go_on(now, &mut effects);
        Ok((replica, effects))
    }

    /// Executes the stored blocks again; returns the last certificate with its epoch.
    fn replay(
        &mut self,
        blocks: Box<dyn Iterator<Item = Result<CertifiedBlock, ReadError>>>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<(Epoch, Verified<Certificate>)>, RecoveryError> {
        let mut last = None;
        let mut run = Vec::new();
        let mut repeated = Vec::new();
        let mut is_checkpoint_due = false;
        for block in blocks {
            let block = block.map_err(RecoveryError::Read)?;
            let certificate = block.certificate.clone();
            run.push(block);
            let Some(certificate) = certificate else { continue };
            let certificate =
                certificate.verify(&self.committee).map_err(|error| RecoveryError::Block(error.to_string()))?;
            let run = Run { blocks: std::mem::take(&mut run), certificate };
            let epoch = self.committee.epoch;
            let imported = self.import(run, now, &mut repeated);
            // The blocks are on disk already: nothing of this is done again, but for a checkpoint that is overdue, and the
            // end of an epoch, which a crash may have kept from being written.
            for effect in repeated.drain(..) {
                match effect {
                    Effect::Checkpoint { .. } => is_checkpoint_due = true,
                    Effect::Write(Write::Handover(_)) => effects.push(effect),
                    _ => {}
                }
            }
            let certificate = imported.map_err(|error: ImportError| RecoveryError::Block(error.to_string()))?;
            last = Some((epoch, certificate));
        }
        if is_checkpoint_due {
            effects.push(self.checkpoint());
        }
        Ok(last)
    }

    /// Executes the blocks again that were voted for, as far as their ancestors and batches are here.
    fn readopt(&mut self, mut proposals: Vec<Block>, now: Now) {
        proposals.retain(|block| block.header.height > self.chain.tip().height);
        proposals.sort_by_key(|block| block.header.view);
        let hashes: Vec<Hash> = proposals.iter().map(|block| block.header.hash()).collect();
        for (hash, block) in hashes.iter().zip(proposals) {
            self.judging.keep(*hash, block);
        }
        let holder = self.any_other_validator();
        for hash in hashes {
            self.try_adopt(&hash, holder, now);
        }
    }

    /// What the shell shows of a replica.
    pub fn summary(&self) -> Summary {
        let consensus = self.seat.as_ref().map(|seat| &seat.consensus);
        Summary {
            epoch: self.committee.epoch,
            has_seat: consensus.is_some(),
            is_listening: consensus.is_some_and(Simplex::is_listening),
            view: consensus.map_or(self.chain.tip().view, Simplex::view),
            tip: self.chain.tip().clone(),
            tip_hash: self.chain.tip_hash(),
            is_catching_up: self.catch_up.is_under_way(),
            is_silenced: consensus.is_some_and(Simplex::is_silenced),
            pending: self.dissemination.pending(),
            evidence: self.evidence.len(),
            views_given_up: self.views_given_up,
            timeout_millis: consensus.map_or(self.parameters.timeout_millis, Simplex::timeout_millis),
        }
    }
}

/// Where the execution of blocks begins.
struct Beginning {
    ledger: vm::Ledger,
    block: Block,
    /// The committee of the block after it.
    committee: Committee,
    /// The block's finalization; none for genesis and for the last block of an epoch, which the next one needs no proof of.
    certificate: Option<Verified<Certificate>>,
    /// The end of its epoch, if the block is the last one.
    handover: Option<Handover>,
}

/// Begins with a checkpoint.
fn restore(checkpoint: Checkpoint, first: Committee, handovers: &[Handover]) -> Result<Beginning, RecoveryError> {
    let Checkpoint { chunks, block, certificate } = checkpoint;
    let Header { height, epoch, view, state_root, next_validators, .. } = block.header;
    let refuse = |why: String| RecoveryError::Checkpoint(height, why);
    let mut committee = first;
    for handover in handovers.iter().take_while(|handover| handover.header.epoch < epoch) {
        committee = handover.verify(&committee)?;
    }
    if committee.epoch != epoch {
        return Err(refuse(format!("the ends of the epochs before epoch {epoch} are missing")));
    }
    let certificate = certificate.verify(&committee).map_err(|error| refuse(error.to_string()))?;
    match certificate.ballot {
        Ballot::Finalize { view: finalized, block: hash } if hash == block.header.hash() && finalized >= view => {}
        _ => return Err(refuse("the certificate is for another block".to_owned())),
    }
    let ledger = vm::Ledger::restore(chunks, state_root).map_err(|error| refuse(error.to_string()))?;
    if next_validators != committee.validators.hash() {
        let (header, validators) = (block.header.clone(), ledger.council().validators());
        let handover = Handover { header, certificate: certificate.into_inner(), validators: validators.clone() };
        committee = committee.next(validators);
        return Ok(Beginning { ledger, block, committee, certificate: None, handover: Some(handover) });
    }
    Ok(Beginning { ledger, block, committee, certificate: Some(certificate), handover: None })
}
