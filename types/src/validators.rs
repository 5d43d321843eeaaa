//! The validators of a chain and the arithmetic of quorums.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::error::DecodeError;
use bincode::{BorrowDecode, Decode, Encode};

use crate::breakage::{Breakage, is_on};
use crate::codec::{Bounded, encode};
use crate::{Domain, Epoch, Hash, PublicKey, ValidatorIndex, View};

/// The most validators that a set can have: signers of a certificate are a 64-bit map.
pub const MAX_VALIDATORS: usize = 64;

/// The consensus keys of the validators, in the order of their indices.
#[derive(Debug, Clone, PartialEq, Eq, Encode)]
pub struct ValidatorSet {
    keys: Bounded<PublicKey, MAX_VALIDATORS>,
}

/// Why keys do not make a validator set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// None, or more than [`MAX_VALIDATORS`].
    #[error("a validator set has 1 to {MAX_VALIDATORS} validators, not {0}")]
    Size(usize),
    /// One key stands for two validators.
    #[error("two validators share the key {0}")]
    SharedKey(PublicKey),
}

impl ValidatorSet {
    /// The set of these keys.
    pub fn new(keys: Vec<PublicKey>) -> Result<Self, ValidatorSetError> {
        let count = keys.len();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ValidatorSetError::SharedKey(pair[0]));
        }
        match Bounded::new(keys) {
            Ok(keys) if count > 0 => Ok(Self { keys }),
            _ => Err(ValidatorSetError::Size(count)),
        }
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// What a header commits to.
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::Validators, &encode(self))
    }
}

impl<C> Decode<C> for ValidatorSet {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let keys = Bounded::<PublicKey, MAX_VALIDATORS>::decode(decoder)?;
        Self::new(keys.into_vec()).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

impl<'de, C> BorrowDecode<'de, C> for ValidatorSet {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// A validator set at work: in one epoch of one chain. It decides who leads and what a quorum is, and its chain and
/// epoch are part of everything that its members sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committee {
    /// The hash of the genesis block.
    pub chain: Hash,
    /// The epoch.
    pub epoch: Epoch,
    /// The validators.
    pub validators: ValidatorSet,
}

impl Committee {
    /// n, the number of validators.
    pub fn size(&self) -> usize {
        self.validators.keys.len()
    }

    /// f, the number of faulty validators that do no harm: the greatest with n >= 3f + 1.
    pub fn tolerated_faults(&self) -> usize {
        (self.size() - 1) / 3
    }

    /// q = n - f. Two quorums share more than f validators, hence an honest one.
    pub fn quorum(&self) -> usize {
        self.size() - self.tolerated_faults() - usize::from(is_on(Breakage::QuorumOneShort))
    }

    /// The leader of `view`: the validators take turns.
    pub fn leader(&self, view: View) -> ValidatorIndex {
        // The remainder is below MAX_VALIDATORS.
        ValidatorIndex((view.0 % self.size() as u64) as u16)
    }

    /// The validator's key, if the committee has such a validator.
    pub fn key(&self, index: ValidatorIndex) -> Option<&PublicKey> {
        self.validators.keys.get(index.position())
    }

    /// The committee of the epoch after this one.
    pub fn next(&self, validators: ValidatorSet) -> Committee {
        Committee { chain: self.chain, epoch: self.epoch.next(), validators }
    }

    /// The place of the validator with this key, if it is in the committee.
    pub fn index_of(&self, key: &PublicKey) -> Option<ValidatorIndex> {
        let place = self.validators.keys.iter().position(|other| other == key)?;
        // At most MAX_VALIDATORS.
        Some(ValidatorIndex(place as u16))
    }

    /// All indices in order.
    pub fn indices(&self) -> impl Iterator<Item = ValidatorIndex> + use<> {
        // At most MAX_VALIDATORS.
        (0..self.size() as u16).map(ValidatorIndex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{CodecError, decode};

    fn committee(size: u8) -> Committee {
        let keys = (0..size).map(|byte| PublicKey([byte; 32])).collect();
        let validators = ValidatorSet::new(keys).expect("distinct keys");
        Committee { chain: Hash::ZERO, epoch: Epoch(0), validators }
    }

    #[test]
    fn two_quorums_share_an_honest_validator() {
        for size in 1..=64 {
            let committee = committee(size);
            let (n, f, q) = (committee.size(), committee.tolerated_faults(), committee.quorum());
            assert!(n > 3 * f && n < 3 * f + 4);
            assert!(2 * q - n > f, "quorums of {n} share only faulty validators");
            assert!(n - f >= q, "{n} honest validators alone make no quorum");
        }
    }

    #[test]
    fn everyone_leads_in_turn() {
        let leaders: Vec<u16> = (0..8).map(|view| committee(4).leader(View(view)).0).collect();
        assert_eq!(leaders, [0, 1, 2, 3, 0, 1, 2, 3]);
    }

    #[test]
    fn refuses_shared_keys_and_bad_sizes() {
        let key = PublicKey([1; 32]);
        assert_eq!(ValidatorSet::new(vec![key, key]), Err(ValidatorSetError::SharedKey(key)));
        assert_eq!(ValidatorSet::new(vec![]), Err(ValidatorSetError::Size(0)));
        let many = (0..65).map(|byte| PublicKey([byte; 32])).collect();
        assert_eq!(ValidatorSet::new(many), Err(ValidatorSetError::Size(65)));
    }

    #[test]
    fn no_bytes_decode_as_a_set_that_cannot_be() {
        let keys = |keys: Vec<PublicKey>| encode(&Bounded::<_, MAX_VALIDATORS>::new(keys).expect("few"));
        let key = PublicKey([1; 32]);
        assert!(decode::<ValidatorSet>(&keys(vec![key])).is_ok());
        for bad in [vec![], vec![key, key]] {
            assert!(matches!(decode::<ValidatorSet>(&keys(bad)), Err(CodecError::Invalid(_))));
        }
    }
}
