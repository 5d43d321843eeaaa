//! From one validator set to the next, so that trust goes from genesis to any epoch without the blocks between.

use bincode::{Decode, Encode};

use crate::breakage::{Breakage, is_on};
use crate::{Ballot, Certificate, CertificateError, Committee, Epoch, Header, ValidatorSet};

/// The end of an epoch: its last block, which names the next validator set, finalized by the validators of the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Handover {
    /// The header of the epoch's last block.
    pub header: Header,
    /// Its finalization.
    pub certificate: Certificate,
    /// The validators of the next epoch.
    pub validators: ValidatorSet,
}

/// Why a handover proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandoverError {
    /// It ends another epoch than the one that is known.
    #[error("the handover ends epoch {found}, not epoch {expected}")]
    Epoch {
        /// The known epoch.
        expected: Epoch,
        /// The one that it ends.
        found: Epoch,
    },
    /// Its block is not the last one of the epoch, or names other validators.
    #[error("block {0} does not hand over to these validators")]
    Validators(crate::Height),
    /// The certificate is for something else.
    #[error("the certificate does not finalize block {0}")]
    OtherBlock(crate::Height),
    /// The certificate is not valid.
    #[error("the certificate of block {height}: {source}")]
    Certificate {
        /// The block.
        height: crate::Height,
        /// What is wrong with it.
        source: CertificateError,
    },
}

impl Handover {
    /// The committee of the next epoch, if `committee` has handed over to it.
    pub fn verify(&self, committee: &Committee) -> Result<Committee, HandoverError> {
        let Header { epoch, height, next_validators, .. } = self.header;
        if epoch != committee.epoch {
            return Err(HandoverError::Epoch { expected: committee.epoch, found: epoch });
        }
        if next_validators == committee.validators.hash() || next_validators != self.validators.hash() {
            return Err(HandoverError::Validators(height));
        }
        match self.certificate.ballot {
            Ballot::Finalize { block, .. } if block == self.header.hash() => {}
            _ => return Err(HandoverError::OtherBlock(height)),
        }
        let checked = self.certificate.clone().verify(committee);
        if !is_on(Breakage::HandoverUnverified) {
            checked.map_err(|source| HandoverError::Certificate { height, source })?;
        }
        Ok(committee.next(self.validators.clone()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Hash, Height, SecretKey, Timestamp, ValidatorIndex, View, Vote};

    fn secrets(first: u8) -> Vec<SecretKey> {
        (first..first + 4).map(|byte| SecretKey::from_seed([byte; 32])).collect()
    }

    fn set(secrets: &[SecretKey]) -> ValidatorSet {
        ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap()
    }

    fn first() -> (Vec<SecretKey>, Committee) {
        let secrets = secrets(1);
        let committee = Committee { chain: Hash([9; 32]), epoch: Epoch(0), validators: set(&secrets) };
        (secrets, committee)
    }

    fn handover(secrets: &[SecretKey], committee: &Committee, validators: ValidatorSet) -> Handover {
        let header = Header {
            epoch: committee.epoch,
            height: Height(7),
            view: View(8),
            parent: Hash::ZERO,
            timestamp: Timestamp(1),
            proposer: ValidatorIndex(0),
            batches: Hash::ZERO,
            state_root: Hash::ZERO,
            receipts_root: Hash::ZERO,
            next_validators: validators.hash(),
        };
        // A view after the block's own: the epoch's last block is proposed again until it is final.
        let ballot = Ballot::Finalize { view: View(10), block: header.hash() };
        let vote = |(secret, index)| Vote::sign(ballot, ValidatorIndex(index), secret, committee);
        let votes: Vec<_> = secrets.iter().zip(0..3).map(vote).collect();
        let certificate = Certificate::assemble(&votes, committee).unwrap().into_inner();
        Handover { header, certificate, validators }
    }

    #[test]
    fn trust_goes_from_epoch_to_epoch() {
        let (first_secrets, first) = first();
        let second_secrets = secrets(3);
        let second = handover(&first_secrets, &first, set(&second_secrets)).verify(&first).unwrap();
        assert_eq!((second.epoch, second.chain), (Epoch(1), first.chain));
        let third = handover(&second_secrets, &second, set(&secrets(5))).verify(&second).unwrap();
        assert_eq!(third.validators, set(&secrets(5)));
    }

    #[test]
    fn whatever_is_not_the_end_of_the_epoch_is_refused() {
        let (secrets_of_first, first) = first();
        let good = handover(&secrets_of_first, &first, set(&secrets(3)));
        let other_set = Handover { validators: set(&secrets(4)), ..good.clone() };
        assert_eq!(other_set.verify(&first), Err(HandoverError::Validators(Height(7))));
        let same_set = handover(&secrets_of_first, &first, first.validators.clone());
        assert_eq!(same_set.verify(&first), Err(HandoverError::Validators(Height(7))));
        let later = Committee { epoch: Epoch(1), ..first.clone() };
        let wrong_epoch = HandoverError::Epoch { expected: Epoch(1), found: Epoch(0) };
        assert_eq!(good.verify(&later), Err(wrong_epoch));
        let mut other_block = good.clone();
        other_block.header.height = Height(8);
        assert_eq!(other_block.verify(&first), Err(HandoverError::OtherBlock(Height(8))));
        let strangers = handover(&secrets(20), &first, set(&secrets(3)));
        assert!(matches!(strangers.verify(&first), Err(HandoverError::Certificate { .. })));
    }
}
