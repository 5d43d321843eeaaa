//! Starting again from what was durable.

use consensus::{Record, Root, Simplex, Start, Timing};
use genesis::Genesis;
use types::{Block, Certificate, Hash, Height, SecretKey, ValidatorIndex};

use crate::catch_up::{ImportError, Run};
use crate::chain::Chain;
use crate::dissemination::Dissemination;
use crate::message::CertifiedBlock;
use crate::replica::{Replica, Summary};
use crate::{Effect, Limits, Now, VerifiedBatch};

/// Whatever the shell's store reports.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// What the store gives back after a stop or a crash.
pub struct Recovered {
    /// The ledger after a finalized block, with that block and its certificate.
    pub checkpoint: Option<Checkpoint>,
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
    /// This key is not among the validators.
    #[error("the consensus key {0} is not in the genesis file: use the key and the genesis of the same validator")]
    NotAValidator(types::PublicKey),
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
    /// A validator of the chain of `genesis`, as it was when it stopped.
    pub fn new(
        genesis: &Genesis,
        secret: SecretKey,
        limits: Limits,
        recovered: Recovered,
        now: Now,
    ) -> Result<(Replica, Vec<Effect>), RecoveryError> {
        let committee = genesis.committee();
        let key = secret.public();
        let place = committee.validators.keys().iter().position(|other| *other == key);
        let place = place.ok_or(RecoveryError::NotAValidator(key))?;
        // A validator set has at most 64 members.
        let me = ValidatorIndex(place as u16);

        let Recovered { checkpoint, blocks, proposals, journal, batches } = recovered;
        let (ledger, root_block, certificate) = match checkpoint {
            Some(checkpoint) => restore(checkpoint, &committee)?,
            None => {
                let ledger = genesis.ledger().map_err(RecoveryError::Genesis)?;
                (ledger, genesis.block().clone(), None)
            }
        };
        let parameters = genesis.spec().parameters.clone();
        let timing = Timing {
            heartbeat_millis: parameters.heartbeat_millis,
            timeout_millis: parameters.timeout_millis,
            max_timeout_millis: parameters.max_timeout_millis,
        };
        let chain = Chain::new(ledger, root_block.header.clone());
        let dissemination = Dissemination::new(committee.clone(), me, secret.clone(), limits.clone(), now.time);
        let root = Root { view: root_block.header.view, block: chain.tip_hash(), certificate };
        let make = |root, journal| {
            let start = Start { at: now.moment, nonce: now.time.0 };
            Simplex::new(committee.clone(), me, secret.clone(), timing.clone(), journal, root, start)
        };
        // Consensus is made again below, once the finalized blocks are in: until then it has nothing to decide.
        let (simplex, _) = make(root.clone(), Vec::new());
        let mut replica =
            Replica::assemble(committee.clone(), me, parameters, limits, simplex, chain, dissemination, now);

        let mut effects = Vec::new();
        let certificate = replica.replay(blocks, now, &mut effects)?;
        let root = match certificate {
            Some(certificate) => {
                Root { view: replica.chain.tip().view, block: replica.chain.tip_hash(), certificate: Some(certificate) }
            }
            None => root,
        };
        let (simplex, outputs) = make(root, journal);
        replica.consensus = simplex;

        for bytes in batches {
            replica.dissemination.recovered(VerifiedBatch::verify(bytes.into(), &committee.chain)?, now);
        }
        replica.readopt(proposals, now);
        replica.follow(now, outputs, &mut effects);
        replica.settle(now, &mut effects);
        Ok((replica, effects))
    }

    /// Executes the stored blocks again; returns the last certificate.
    fn replay(
        &mut self,
        blocks: Box<dyn Iterator<Item = Result<CertifiedBlock, ReadError>>>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<types::Verified<Certificate>>, RecoveryError> {
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
            let imported = self.import(run, now, &mut repeated);
            // The blocks are on disk already: nothing of this is done again, but for a checkpoint that is overdue.
            is_checkpoint_due |= repeated.drain(..).any(|effect| matches!(effect, Effect::Checkpoint { .. }));
            last = Some(imported.map_err(|error: ImportError| RecoveryError::Block(error.to_string()))?);
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
        let holder = self.other_validator(self.me);
        for hash in hashes {
            self.try_adopt(&hash, holder, now);
        }
    }

    /// What the shell shows of a replica.
    pub fn summary(&self) -> Summary {
        Summary {
            view: self.consensus.view(),
            tip: self.chain.tip().clone(),
            tip_hash: self.chain.tip_hash(),
            is_catching_up: self.catch_up.is_some(),
            is_silenced: self.consensus.is_silenced(),
            pending: self.dissemination.pending(),
            evidence: self.consensus.evidence().len(),
        }
    }
}

fn restore(
    checkpoint: Checkpoint,
    committee: &types::Committee,
) -> Result<(vm::Ledger, Block, Option<types::Verified<Certificate>>), RecoveryError> {
    let Checkpoint { chunks, block, certificate } = checkpoint;
    let height = block.header.height;
    let refuse = |why: String| RecoveryError::Checkpoint(height, why);
    let certificate = certificate.verify(committee).map_err(|error| refuse(error.to_string()))?;
    let (hash, view) = (block.header.hash(), block.header.view);
    if certificate.ballot != (types::Ballot::Finalize { view, block: hash }) {
        return Err(refuse("the certificate is for another block".to_owned()));
    }
    let ledger = vm::Ledger::restore(chunks, block.header.state_root).map_err(|error| refuse(error.to_string()))?;
    Ok((ledger, block, Some(certificate)))
}
