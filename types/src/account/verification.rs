//! Judging signatures of all kinds: ed25519 in one batch ([`crate::signature`]), ECDSA one by one.
//!
//! One signature has one encoding. For ECDSA: 32 bytes of r, 32 bytes of s, both from 1 to the group's order less one, and
//! s not above half the order, since the other s would be a second signature of the same message.

use k256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256};

use crate::{AccountKey, DecodedKeys, P256Key, Secp256k1Key, Signature, SignedMessage, verify_all_with};

/// A signature of any kind together with what it is to be checked against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyedMessage<'a> {
    pub(crate) key: &'a AccountKey,
    pub(crate) message: &'a [u8],
    pub(crate) signature: &'a Signature,
}

impl<'a> KeyedMessage<'a> {
    /// The item for the batch, if it is one for it.
    fn batched(&self) -> Option<SignedMessage<'a>> {
        match self.key {
            AccountKey::Ed25519(key) => Some(SignedMessage { key, message: self.message, signature: self.signature }),
            AccountKey::Secp256k1(_) | AccountKey::P256(_) => None,
        }
    }
}

/// The verdict on each signature. It does not depend on the others.
pub(crate) fn verify_each(items: &[KeyedMessage<'_>], keys: &mut DecodedKeys) -> Vec<bool> {
    let batch: Vec<SignedMessage<'_>> = items.iter().filter_map(KeyedMessage::batched).collect();
    let batched = verify_all_with(&batch, keys);
    if batched.len() == items.len() {
        return batched;
    }
    let mut batched = batched.into_iter();
    let verdict = |KeyedMessage { key, message, signature }: &KeyedMessage<'_>| match key {
        // One verdict for each of the batch.
        AccountKey::Ed25519(_) => batched.next().unwrap_or(false),
        AccountKey::Secp256k1(key) => verify_secp256k1(key, message, signature),
        AccountKey::P256(key) => verify_p256(key, message, signature),
    };
    items.iter().map(verdict).collect()
}

fn verify_secp256k1(key: &Secp256k1Key, message: &[u8], signature: &Signature) -> bool {
    let Ok(parts) = k256::ecdsa::Signature::from_slice(&signature.0) else { return false };
    let is_low = parts.normalize_s() == parts;
    is_low && key.point().is_some_and(|point| point.verify_prehash(&Sha256::digest(message), &parts).is_ok())
}

fn verify_p256(key: &P256Key, message: &[u8], signature: &Signature) -> bool {
    let Ok(parts) = p256::ecdsa::Signature::from_slice(&signature.0) else { return false };
    let is_low = parts.normalize_s() == parts;
    is_low && key.point().is_some_and(|point| point.verify_prehash(&Sha256::digest(message), &parts).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountSecret, KeyKind};

    const ORDERS: [(KeyKind, &str); 2] = [
        (KeyKind::Secp256k1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
        (KeyKind::P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    ];

    fn secret(kind: KeyKind, number: u8) -> AccountSecret {
        AccountSecret::from_seed(kind, [number; 32]).expect("a scalar")
    }

    fn verify(key: &AccountKey, message: &[u8], signature: &Signature) -> bool {
        verify_each(&[KeyedMessage { key, message, signature }], &mut DecodedKeys::none())[0]
    }

    #[test]
    fn each_kind_signs_and_each_fault_is_noticed() {
        for kind in KeyKind::ALL {
            let (secret, other) = (secret(kind, 1), secret(kind, 2));
            let (key, signature) = (secret.key(), secret.sign(b"pay"));
            assert!(verify(&key, b"pay", &signature), "{kind}");
            assert!(!verify(&key, b"pay more", &signature), "{kind}");
            assert!(!verify(&other.key(), b"pay", &signature), "{kind}");
            for bit in 0..512 {
                let mut altered = signature;
                altered.0[bit / 8] ^= 1 << (bit % 8);
                assert!(!verify(&key, b"pay", &altered), "{kind}: bit {bit} of the signature");
            }
        }
    }

    #[test]
    fn the_verdicts_of_a_mixture_are_those_of_each() {
        let signed = |number: usize| {
            let secret = secret(KeyKind::ALL[number % 3], number as u8 + 1);
            let mut signature = secret.sign(b"pay");
            if number.is_multiple_of(5) {
                signature.0[40] ^= 1;
            }
            (secret.key(), signature)
        };
        let all: Vec<(AccountKey, Signature)> = (0..30).map(signed).collect();
        let items: Vec<KeyedMessage<'_>> =
            all.iter().map(|(key, signature)| KeyedMessage { key, message: b"pay", signature }).collect();
        let mut keys = DecodedKeys::with_capacity(8);
        let verdicts = verify_each(&items, &mut keys);
        let expected: Vec<bool> = (0..30usize).map(|number| !number.is_multiple_of(5)).collect();
        assert_eq!(verdicts, expected);
        assert!(items.iter().zip(&verdicts).all(|(item, verdict)| verify_each(&[*item], &mut keys)[0] == *verdict));
    }

    /// `order` less `s`: the other signature that satisfies the equation.
    fn mirrored(signature: &Signature, order: &str) -> Signature {
        let order = hex::decode(order).expect("hex");
        let (mut mirrored, mut borrow) = (*signature, 0i16);
        for place in (0..32).rev() {
            let digit = i16::from(order[place]) - i16::from(signature.0[32 + place]) - borrow;
            borrow = i16::from(digit < 0);
            mirrored.0[32 + place] = digit.rem_euclid(256) as u8;
        }
        mirrored
    }

    #[test]
    fn only_the_lower_s_is_a_signature() {
        for (kind, order) in ORDERS {
            for number in 1..20 {
                let secret = secret(kind, number);
                let low = secret.sign(b"pay");
                let high = mirrored(&low, order);
                assert_eq!(mirrored(&high, order), low);
                assert!(verify(&secret.key(), b"pay", &low), "{kind}");
                assert!(!verify(&secret.key(), b"pay", &high), "{kind}: a second signature of one message");
            }
        }
    }

    #[test]
    fn parts_that_are_no_scalars_are_refused() {
        for (kind, order) in ORDERS {
            let key = secret(kind, 1).key();
            let good = secret(kind, 1).sign(b"pay");
            let order: [u8; 32] = hex::decode(order).expect("hex").try_into().expect("32 bytes");
            for part in [0..32, 32..64] {
                for bad in [[0; 32], order, [0xff; 32]] {
                    let mut altered = good;
                    altered.0[part.clone()].copy_from_slice(&bad);
                    assert!(!verify(&key, b"pay", &altered), "{kind}");
                }
            }
        }
    }

    /// RFC 6979, A.2.5 (P-256, SHA-256, message "sample"); its s is above half the order and stands here mirrored.
    #[test]
    fn a_published_signature_holds() {
        let secret = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").expect("hex");
        let secret = AccountSecret::from_seed(KeyKind::P256, secret.try_into().expect("32 bytes")).expect("a scalar");
        let r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
        let s = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
        let published = Signature(hex::decode(format!("{r}{s}")).expect("hex").try_into().expect("64 bytes"));
        let low = mirrored(&published, ORDERS[1].1);
        assert_eq!(secret.sign(b"sample"), low);
        assert!(verify(&secret.key(), b"sample", &low) && !verify(&secret.key(), b"sample", &published));
    }
}
