//! From the validators of genesis to a finalized block.

use types::codec::Bounded;
use types::{Ballot, Certificate, CertificateError, Committee, Epoch, Handover, HandoverError, Header, Height};

/// The most epochs that a proof goes through.
pub const MAX_HANDOVERS: usize = 4096;

/// The most blocks from the proven one to the one that has a certificate, both included.
pub const MAX_HEADERS: usize = 1024;

/// What shows that a block is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finality {
    /// The ends of all epochs before the block's, from the first one on.
    pub handovers: Bounded<Handover, MAX_HANDOVERS>,
    /// The block, and its descendants up to the one that the certificate finalizes.
    pub headers: Bounded<Header, MAX_HEADERS>,
    /// The finalization of the last of them.
    pub certificate: Certificate,
}

/// Why a block is not shown to be final.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FinalityError {
    /// An epoch's end does not lead to the next epoch.
    #[error("{0}")]
    Handover(#[from] HandoverError),
    /// There is no block.
    #[error("the proof names no block")]
    NoBlock,
    /// A header is not the parent of the next one.
    #[error("block {0} is not the parent of the header after it")]
    Parent(Height),
    /// The certified block belongs to another epoch than the one that the handovers lead to.
    #[error("the block is of epoch {found}, the handovers lead to epoch {expected}")]
    Epoch {
        /// Where the handovers lead.
        expected: Epoch,
        /// The block's.
        found: Epoch,
    },
    /// The certificate is for something else.
    #[error("the certificate does not finalize block {0}")]
    OtherBlock(Height),
    /// The certificate is not valid.
    #[error("the certificate of block {height}: {source}")]
    Certificate {
        /// The block.
        height: Height,
        /// What is wrong with it.
        source: CertificateError,
    },
}

impl Finality {
    /// The header of the proven block, if it is final on the chain that `genesis`, the first committee, began.
    pub fn verify(&self, genesis: &Committee) -> Result<&Header, FinalityError> {
        let mut committee = genesis.clone();
        for handover in self.handovers.iter() {
            committee = handover.verify(&committee)?;
        }
        let (Some(block), Some(last)) = (self.headers.first(), self.headers.last()) else {
            return Err(FinalityError::NoBlock);
        };
        if let Some(pair) = self.headers.windows(2).find(|pair| pair[1].parent != pair[0].hash()) {
            return Err(FinalityError::Parent(pair[0].height));
        }
        let (height, found, expected) = (last.height, last.epoch, committee.epoch);
        if found != expected {
            return Err(FinalityError::Epoch { expected, found });
        }
        match self.certificate.ballot {
            Ballot::Finalize { block, .. } if block == last.hash() => {}
            _ => return Err(FinalityError::OtherBlock(height)),
        }
        let checked = self.certificate.clone().verify(&committee);
        checked.map_err(|source| FinalityError::Certificate { height, source })?;
        Ok(block)
    }
}
