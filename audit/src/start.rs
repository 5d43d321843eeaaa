//! Where an audit starts: at genesis, or at a checkpoint where the blocks before it were never there.

use genesis::{Genesis, GenesisError};
use types::{Ballot, Certificate, CertificateError, Committee, Epoch, Handover, HandoverError, Hash, Header, Height};
use vm::{Ledger, RestoreError};

/// A state that is known, and the block after which it is the state.
pub struct Start {
    pub(crate) chain: Hash,
    pub(crate) committee: Committee,
    pub(crate) header: Header,
    pub(crate) hash: Hash,
    pub(crate) ledger: Ledger,
}

/// Why an audit cannot start there.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The genesis file makes no ledger.
    #[error("the genesis file: {0}")]
    Genesis(#[from] GenesisError),
    /// The ends of the epochs before the checkpoint do not lead from genesis to it.
    #[error("the end of epoch {epoch} before the checkpoint: {source}")]
    Handover {
        /// Which one.
        epoch: Epoch,
        /// What is wrong with it.
        source: HandoverError,
    },
    /// The checkpoint's block is of another epoch.
    #[error("the checkpoint's block is of epoch {found}, the ends of epochs lead to epoch {expected}")]
    Epoch {
        /// Where they lead.
        expected: Epoch,
        /// The block's.
        found: Epoch,
    },
    /// The checkpoint's certificate is for something else.
    #[error("the certificate of the checkpoint does not finalize block {0}")]
    OtherBlock(Height),
    /// The checkpoint's certificate proves nothing.
    #[error("the certificate of the checkpoint: {0}")]
    Certificate(#[from] CertificateError),
    /// The checkpoint is not the ledger of its block.
    #[error("{0}")]
    Ledger(#[from] RestoreError),
}

impl Start {
    /// The beginning of the chain.
    pub fn genesis(genesis: &Genesis) -> Result<Start, StartError> {
        let header = genesis.block().header.clone();
        let (chain, committee, hash) = (genesis.hash(), genesis.committee(), genesis.hash());
        Ok(Start { chain, committee, header, hash, ledger: genesis.ledger()? })
    }

    /// A checkpoint: the ledger after the block of `header`, which `certificate` finalizes. `handovers` are the ends of
    /// all epochs before it, from the first on, and possibly later ones.
    pub fn checkpoint(
        genesis: &Genesis,
        handovers: &[Handover],
        header: Header,
        certificate: Certificate,
        chunks: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Start, StartError> {
        let mut committee = genesis.committee();
        for handover in handovers.iter().take_while(|handover| handover.header.epoch < header.epoch) {
            let epoch = handover.header.epoch;
            committee = handover.verify(&committee).map_err(|source| StartError::Handover { epoch, source })?;
        }
        let (expected, found) = (committee.epoch, header.epoch);
        if expected != found {
            return Err(StartError::Epoch { expected, found });
        }
        let hash = header.hash();
        match certificate.ballot {
            Ballot::Finalize { block, .. } if block == hash => certificate.verify(&committee)?,
            _ => return Err(StartError::OtherBlock(header.height)),
        };
        let ledger = Ledger::restore(chunks, header.state_root)?;
        if header.next_validators != committee.validators.hash() {
            committee = committee.next(ledger.council().validators());
        }
        Ok(Start { chain: genesis.hash(), committee, header, hash, ledger })
    }

    /// The height of the known state: zero at genesis.
    pub fn height(&self) -> Height {
        self.header.height
    }

    /// The ledger that is known.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("height", &self.header.height).finish_non_exhaustive()
    }
}
