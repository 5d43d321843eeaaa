//! Votes of consensus, the certificates that a quorum of them makes, and evidence of contradicting ones.

use bincode::{Decode, Encode};

use crate::breakage::{Breakage, is_on};
use crate::codec::{Bounded, encode};
use crate::validators::Committee;
use crate::{Hash, MAX_VALIDATORS, PublicKey, SecretKey, Signature, SignedMessage, ValidatorIndex, Verified, View};
use crate::{verify_all, verify_one};

/// What is voted for in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Ballot {
    /// The block may be built upon.
    Notarize {
        /// The view.
        view: View,
        /// The hash of the block's header.
        block: Hash,
    },
    /// The view is given up; blocks may be built past it.
    Nullify {
        /// The view.
        view: View,
    },
    /// The block and its ancestors are final.
    Finalize {
        /// The view.
        view: View,
        /// The hash of the block's header.
        block: Hash,
    },
}

impl Ballot {
    /// The view voted in.
    pub fn view(&self) -> View {
        match *self {
            Ballot::Notarize { view, .. } | Ballot::Nullify { view } | Ballot::Finalize { view, .. } => view,
        }
    }

    /// The block voted for, if any.
    pub fn block(&self) -> Option<Hash> {
        match *self {
            Ballot::Notarize { block, .. } | Ballot::Finalize { block, .. } => Some(block),
            Ballot::Nullify { .. } => None,
        }
    }

    /// True when no honest validator signs both: two blocks notarized or finalized in one view, or a view both
    /// finalized and nullified.
    pub fn contradicts(&self, other: &Ballot) -> bool {
        if self.view() != other.view() {
            return false;
        }
        match (self, other) {
            (Ballot::Notarize { block: a, .. }, Ballot::Notarize { block: b, .. })
            | (Ballot::Finalize { block: a, .. }, Ballot::Finalize { block: b, .. })
            | (Ballot::Notarize { block: a, .. }, Ballot::Finalize { block: b, .. })
            | (Ballot::Finalize { block: a, .. }, Ballot::Notarize { block: b, .. }) => a != b,
            (Ballot::Nullify { .. }, Ballot::Finalize { .. }) | (Ballot::Finalize { .. }, Ballot::Nullify { .. }) => {
                true
            }
            (Ballot::Nullify { .. }, Ballot::Notarize { .. }) | (Ballot::Notarize { .. }, Ballot::Nullify { .. }) => {
                is_on(Breakage::HonestAccused)
            }
            (Ballot::Nullify { .. }, Ballot::Nullify { .. }) => false,
        }
    }

    /// The bytes that a voter of `committee` signs: purpose, chain, epoch, ballot.
    fn message(&self, committee: &Committee) -> Vec<u8> {
        encode(&(*b"baro vote v1", committee.chain, committee.epoch, *self))
    }
}

/// One validator's signed ballot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Vote {
    /// What is voted for.
    pub ballot: Ballot,
    /// Who votes.
    pub signer: ValidatorIndex,
    /// The signature over purpose, chain, epoch and ballot.
    pub signature: Signature,
}

impl Vote {
    /// Signs a ballot as a member of `committee`.
    pub fn sign(ballot: Ballot, signer: ValidatorIndex, secret: &SecretKey, committee: &Committee) -> Verified<Vote> {
        let signature = secret.sign(&ballot.message(committee));
        Verified::new(Vote { ballot, signer, signature })
    }

    /// The vote as a verified one, if the committee's validator signed it.
    pub fn verify(self, committee: &Committee) -> Option<Verified<Vote>> {
        let key = committee.key(self.signer)?;
        let message = self.ballot.message(committee);
        let valid = verify_one(&SignedMessage { key, message: &message, signature: &self.signature });
        valid.then(|| Verified::new(self))
    }

    /// The valid ones among `votes`, verified in one batch, in their order.
    pub fn verify_many(votes: Vec<Vote>, committee: &Committee) -> Vec<Verified<Vote>> {
        let known: Vec<(Vote, PublicKey)> =
            votes.into_iter().filter_map(|vote| committee.key(vote.signer).map(|key| (vote, *key))).collect();
        let messages: Vec<Vec<u8>> = known.iter().map(|(vote, _)| vote.ballot.message(committee)).collect();
        let items: Vec<SignedMessage<'_>> = (known.iter().zip(&messages))
            .map(|((vote, key), message)| SignedMessage { key, message, signature: &vote.signature })
            .collect();
        let verdicts = verify_all(&items);
        known.into_iter().zip(verdicts).filter_map(|((vote, _), valid)| valid.then(|| Verified::new(vote))).collect()
    }
}

/// A set of validators as a bit map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Signers(u64);

impl Signers {
    /// Adds a validator; false if it was there or cannot be.
    pub fn insert(&mut self, index: ValidatorIndex) -> bool {
        let fresh = index.position() < MAX_VALIDATORS && !self.contains(index);
        if fresh {
            self.0 |= 1 << index.0;
        }
        fresh
    }

    /// Takes a validator out.
    pub fn remove(&mut self, index: ValidatorIndex) {
        if self.contains(index) {
            self.0 &= !(1 << index.0);
        }
    }

    /// True if the validator is in the set.
    pub fn contains(&self, index: ValidatorIndex) -> bool {
        index.position() < MAX_VALIDATORS && self.0 >> index.0 & 1 == 1
    }

    /// How many validators are in the set.
    pub fn count(&self) -> usize {
        self.0.count_ones() as usize
    }

    /// The validators in the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = ValidatorIndex> + use<> {
        let map = *self;
        // MAX_VALIDATORS fits in 16 bits.
        (0..MAX_VALIDATORS as u16).map(ValidatorIndex).filter(move |&index| map.contains(index))
    }
}

/// Proof that a quorum signed one ballot: a notarization, a nullification or a finalization.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Certificate {
    /// What was voted for.
    pub ballot: Ballot,
    /// Who signed.
    pub signers: Signers,
    /// Their signatures, in the order of their indices.
    pub signatures: Bounded<Signature, MAX_VALIDATORS>,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Fewer signers than a quorum.
    #[error("{signers} signers are no quorum: {quorum} are needed")]
    NoQuorum {
        /// Distinct signers.
        signers: usize,
        /// n - f.
        quorum: usize,
    },
    /// A signer is no member of the committee.
    #[error("validator {0} is not in the committee")]
    UnknownSigner(ValidatorIndex),
    /// Not as many signatures as signers.
    #[error("{signatures} signatures for {signers} signers")]
    Count {
        /// Distinct signers.
        signers: usize,
        /// Signatures.
        signatures: usize,
    },
    /// A signature is not valid.
    #[error("the signature of validator {0} is not valid")]
    Signature(ValidatorIndex),
}

impl Certificate {
    /// The certificate that `votes` make, if they are from a quorum of `committee` and for one ballot.
    pub fn assemble(votes: &[Verified<Vote>], committee: &Committee) -> Option<Verified<Certificate>> {
        let ballot = votes.first()?.ballot;
        let mut ordered: Vec<&Verified<Vote>> = votes.iter().filter(|vote| vote.ballot == ballot).collect();
        ordered.sort_by_key(|vote| vote.signer);
        if !is_on(Breakage::SignerCountedTwice) {
            ordered.dedup_by_key(|vote| vote.signer);
        }
        if ordered.len() < committee.quorum() {
            return None;
        }
        let mut signers = Signers::default();
        ordered.iter().for_each(|vote| {
            signers.insert(vote.signer);
        });
        let signatures = Bounded::new(ordered.iter().map(|vote| vote.signature).collect()).ok()?;
        Some(Verified::new(Certificate { ballot, signers, signatures }))
    }

    /// Checks quorum, membership and every signature.
    pub fn verify(self, committee: &Committee) -> Result<Verified<Certificate>, CertificateError> {
        if is_on(Breakage::CertificateUnverified) {
            return Ok(Verified::new(self));
        }
        let signers: Vec<ValidatorIndex> = self.signers.iter().collect();
        if is_on(Breakage::SignerCountedTwice) && self.signatures.len() >= committee.quorum() {
            return Ok(Verified::new(self));
        }
        if signers.len() != self.signatures.len() {
            return Err(CertificateError::Count { signers: signers.len(), signatures: self.signatures.len() });
        }
        if signers.len() < committee.quorum() {
            return Err(CertificateError::NoQuorum { signers: signers.len(), quorum: committee.quorum() });
        }
        let message = self.ballot.message(committee);
        let items: Vec<SignedMessage<'_>> = (signers.iter().zip(self.signatures.iter()))
            .map(|(&signer, signature)| {
                let key = committee.key(signer).ok_or(CertificateError::UnknownSigner(signer))?;
                Ok(SignedMessage { key, message: &message, signature })
            })
            .collect::<Result<_, CertificateError>>()?;
        match verify_all(&items).iter().position(|valid| !valid) {
            Some(place) => Err(CertificateError::Signature(signers[place])),
            None => Ok(Verified::new(self)),
        }
    }
}

/// Two votes of one validator that no honest validator signs both.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    /// The vote seen first.
    pub first: Vote,
    /// The vote that contradicts it.
    pub second: Vote,
}

impl Evidence {
    /// The evidence that two verified votes make, if they contradict each other.
    pub fn of(first: &Verified<Vote>, second: &Verified<Vote>) -> Option<Evidence> {
        let contradict = first.signer == second.signer && first.ballot.contradicts(&second.ballot);
        contradict.then(|| Evidence { first: Vote::clone(first), second: Vote::clone(second) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Epoch, ValidatorSet};

    fn committee(chain: Hash) -> (Vec<SecretKey>, Committee) {
        let secrets: Vec<SecretKey> = (0..4).map(|byte| SecretKey::from_seed([byte; 32])).collect();
        let validators = ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).expect("distinct");
        (secrets, Committee { chain, epoch: Epoch(0), validators })
    }

    fn votes(ballot: Ballot, signers: &[u16]) -> (Vec<Verified<Vote>>, Committee) {
        let (secrets, committee) = committee(Hash::ZERO);
        let votes = signers
            .iter()
            .map(|&signer| Vote::sign(ballot, ValidatorIndex(signer), &secrets[usize::from(signer)], &committee))
            .collect();
        (votes, committee)
    }

    const BALLOT: Ballot = Ballot::Nullify { view: View(3) };

    #[test]
    fn a_quorum_makes_a_certificate_that_verifies() {
        let (votes, committee) = votes(BALLOT, &[2, 0, 3]);
        let certificate = Certificate::assemble(&votes, &committee).expect("quorum");
        assert!(certificate.into_inner().verify(&committee).is_ok());
    }

    #[test]
    fn a_signer_counts_once() {
        let (votes, committee) = votes(BALLOT, &[0, 1, 1]);
        assert!(Certificate::assemble(&votes, &committee).is_none());
    }

    #[test]
    fn a_certificate_short_of_a_quorum_is_refused() {
        let (votes, committee) = votes(BALLOT, &[0, 1, 2]);
        let mut certificate = Certificate::assemble(&votes, &committee).expect("quorum").into_inner();
        certificate.signers = Signers(0b011);
        assert_eq!(certificate.clone().verify(&committee), Err(CertificateError::Count { signers: 2, signatures: 3 }));
        certificate.signatures = Bounded::new(certificate.signatures[..2].to_vec()).expect("short");
        assert_eq!(certificate.verify(&committee), Err(CertificateError::NoQuorum { signers: 2, quorum: 3 }));
    }

    #[test]
    fn every_signature_of_a_certificate_is_checked() {
        let (votes, committee) = votes(BALLOT, &[0, 1, 2]);
        let certificate = Certificate::assemble(&votes, &committee).expect("quorum").into_inner();
        for place in 0..3 {
            let mut forged = certificate.clone();
            let mut signatures = forged.signatures.into_vec();
            signatures[place].0[40] ^= 1;
            forged.signatures = Bounded::new(signatures).expect("short");
            let signer = ValidatorIndex(place as u16);
            assert_eq!(forged.verify(&committee), Err(CertificateError::Signature(signer)));
        }
    }

    #[test]
    fn signed_bytes_name_chain_epoch_view_and_kind() {
        let block = Hash([9; 32]);
        let ballot = Ballot::Notarize { view: View(3), block };
        let (votes, committee) = votes(ballot, &[0]);
        let vote = Vote::clone(&votes[0]);
        assert!(vote.clone().verify(&committee).is_some());
        let other_chain = Committee { chain: Hash([1; 32]), ..committee.clone() };
        assert!(vote.clone().verify(&other_chain).is_none());
        let other_epoch = Committee { epoch: Epoch(1), ..committee.clone() };
        assert!(vote.clone().verify(&other_epoch).is_none());
        for ballot in [Ballot::Finalize { view: View(3), block }, Ballot::Notarize { view: View(4), block }] {
            assert!(Vote { ballot, ..vote.clone() }.verify(&committee).is_none());
        }
    }

    #[test]
    fn evidence_is_two_votes_that_no_honest_validator_signs() {
        let (view, a, b) = (View(3), Hash([1; 32]), Hash([2; 32]));
        let notarize = |block| Ballot::Notarize { view, block };
        let finalize = |block| Ballot::Finalize { view, block };
        let nullify = Ballot::Nullify { view };
        assert!(notarize(a).contradicts(&notarize(b)));
        assert!(finalize(a).contradicts(&nullify));
        assert!(finalize(a).contradicts(&notarize(b)));
        assert!(!notarize(a).contradicts(&finalize(a)));
        assert!(!notarize(a).contradicts(&nullify), "a validator may give up on a block that it notarized");
        assert!(!nullify.contradicts(&Ballot::Finalize { view: View(4), block: a }));
    }
}
