//! Who signed: lists of signatures under a transaction, by its payer's keys and by its sponsor's.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::error::DecodeError;
use bincode::{BorrowDecode, Decode, Encode};

use crate::codec::{Bounded, encode};
use crate::{AccountKey, AccountSecret, Address, Hash, Signature, TransactionId};

/// The most signatures in one list.
pub const MAX_SIGNATURES: usize = 16;

/// A signature with the key that it is said to be of.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeySignature {
    /// The key.
    pub key: AccountKey,
    /// Its signature. What is signed follows from the place of the list.
    pub signature: Signature,
}

/// Why signatures make no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// None, or too many.
    #[error("{0} signatures: 1 to {MAX_SIGNATURES} are taken")]
    Count(usize),
    /// A key signs twice, or in encoded form the keys are not in their order.
    #[error("each key signs once, and signatures are in the order of their keys")]
    Order,
}

/// 1 to [`MAX_SIGNATURES`] signatures of the same message, in the order of their keys, each key once: so those who sign
/// make the same bytes, whoever signs first.
#[derive(Debug, Clone, PartialEq, Eq, Encode)]
pub struct Authorization(Bounded<KeySignature, MAX_SIGNATURES>);

impl Authorization {
    /// The list of these signatures, which may come in any order.
    pub fn new(mut signatures: Vec<KeySignature>) -> Result<Authorization, AuthorizationError> {
        signatures.sort_unstable_by_key(|signature| signature.key);
        Self::ordered(signatures)
    }

    fn ordered(signatures: Vec<KeySignature>) -> Result<Authorization, AuthorizationError> {
        let count = signatures.len();
        if !signatures.windows(2).all(|pair| pair[0].key < pair[1].key) {
            return Err(AuthorizationError::Order);
        }
        let list = Bounded::new(signatures).ok().filter(|list| !list.is_empty());
        list.map(Authorization).ok_or(AuthorizationError::Count(count))
    }

    pub(crate) fn by(secrets: &[&AccountSecret], message: &[u8]) -> Result<Authorization, AuthorizationError> {
        let sign = |secret: &&AccountSecret| KeySignature { key: secret.key(), signature: secret.sign(message) };
        Authorization::new(secrets.iter().map(sign).collect())
    }

    /// The signatures.
    pub fn signatures(&self) -> &[KeySignature] {
        &self.0
    }
}

impl<C> Decode<C> for Authorization {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let list = Bounded::<KeySignature, MAX_SIGNATURES>::decode(decoder)?;
        Self::ordered(list.into_vec()).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

impl<'de, C> BorrowDecode<'de, C> for Authorization {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// Somebody else's promise to pay a transaction's fee. It is outside of what the payer signs, so that the transaction's id
/// does not change with it. Its bytes name the one transaction and the one sponsor, so it is of no use elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Sponsorship {
    /// The account that pays the fee.
    pub sponsor: Address,
    /// Signatures by the sponsor's keys, over the transaction's id.
    pub authorization: Authorization,
}

impl Sponsorship {
    /// Sponsors the transaction with this id. `chain` is the genesis hash.
    pub fn sign(
        sponsor: Address,
        id: &TransactionId,
        secrets: &[&AccountSecret],
        chain: &Hash,
    ) -> Result<Sponsorship, AuthorizationError> {
        let authorization = Authorization::by(secrets, &sponsored_message(chain, id, &sponsor))?;
        Ok(Sponsorship { sponsor, authorization })
    }
}

/// The message under the signatures of the payer's keys.
pub(crate) fn signed_message(payload_hash: &Hash) -> Vec<u8> {
    encode(&(*b"baro transaction v1", *payload_hash))
}

/// The message under the signatures of a sponsor's keys.
pub(crate) fn sponsored_message(chain: &Hash, id: &TransactionId, sponsor: &Address) -> Vec<u8> {
    encode(&(*b"baro sponsorship v1", *chain, *id, *sponsor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyKind;
    use crate::codec::{CodecError, decode};

    fn secret(kind: KeyKind, number: u8) -> AccountSecret {
        AccountSecret::from_seed(kind, [number; 32]).expect("a scalar")
    }

    #[test]
    fn those_who_sign_make_the_same_bytes_in_any_order() {
        let secrets: Vec<AccountSecret> = KeyKind::ALL.iter().map(|kind| secret(*kind, 3)).collect();
        let by = |order: [usize; 3]| Authorization::by(&order.map(|place| &secrets[place]), b"message").expect("three");
        let first = by([0, 1, 2]);
        assert!([[2, 1, 0], [1, 0, 2]].into_iter().all(|order| by(order) == first));
        assert_eq!(decode(&encode(&first)), Ok(first));
    }

    #[test]
    fn lists_of_another_form_are_refused() {
        let signature = |number: u8| {
            let secret = secret(KeyKind::Ed25519, number);
            KeySignature { key: secret.key(), signature: secret.sign(b"message") }
        };
        let list = |count: u8| (0..count).map(signature).collect::<Vec<_>>();
        assert_eq!(Authorization::new(vec![]), Err(AuthorizationError::Count(0)));
        assert_eq!(Authorization::new(list(17)), Err(AuthorizationError::Count(17)));
        assert_eq!(Authorization::new(list(16)).map(|list| list.signatures().len()), Ok(16));
        assert_eq!(Authorization::new(vec![signature(1), signature(1)]), Err(AuthorizationError::Order));

        let mut reversed = Authorization::new(list(2)).expect("two").0.into_vec();
        reversed.reverse();
        for encoded in [encode(&reversed), encode(&Vec::<KeySignature>::new())] {
            assert!(matches!(decode::<Authorization>(&encoded), Err(CodecError::Invalid(_))));
        }
        assert!(matches!(decode::<Authorization>(&encode(&list(17))), Err(CodecError::TooLong { .. })));
    }
}
