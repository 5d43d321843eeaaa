//! Keys of accounts: ed25519 (native wallets), secp256k1 (Ethereum wallets) and P-256 (passkeys).
//!
//! A key has one encoding. Those of the two ECDSA curves are compressed points, and what is not a point of its curve is no
//! key. Ed25519 keys are taken as they are, because decoding a point costs a quarter of a verification and is done there;
//! [`AccountKey::can_sign`] says whether anything can come of one.

use std::fmt;
use std::str::FromStr;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::error::DecodeError;
use bincode::{BorrowDecode, Decode, Encode};
use curve25519_dalek::edwards::CompressedEdwardsY;

use crate::codec::encode;
use crate::hash::parse_hex;
use crate::{Address, Domain, Hash, PublicKey};

/// The bytes of a compressed point: 2 or 3 for the parity of y, then x.
const POINT_BYTES: usize = 33;

/// Why a key is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountKeyError {
    /// The bytes are no compressed point of the curve.
    #[error("a {0} key is a compressed point of its curve: 33 bytes of which the first is 02 or 03")]
    NotAPoint(KeyKind),
    /// The text has another form.
    #[error("a key is written as its kind, a colon and hexadecimal digits, such as ed25519:8a88e3dd...; got {0:?}")]
    Form(String),
}

/// The kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// Native wallets.
    Ed25519,
    /// Ethereum wallets.
    Secp256k1,
    /// Passkeys.
    P256,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [KeyKind; 3] = [KeyKind::Ed25519, KeyKind::Secp256k1, KeyKind::P256];

    /// The kind's name in text.
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Ed25519 => "ed25519",
            KeyKind::Secp256k1 => "secp256k1",
            KeyKind::P256 => "p256",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An ECDSA public key on one curve: made only of bytes that are a point.
macro_rules! ecdsa_key {
    ($(#[$doc:meta])* $name:ident, $kind:expr, $curve:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
        pub struct $name([u8; POINT_BYTES]);

        impl $name {
            /// The key of a compressed point.
            pub fn from_bytes(bytes: [u8; POINT_BYTES]) -> Result<Self, AccountKeyError> {
                Self::point_of(&bytes).map(|_| Self(bytes)).ok_or(AccountKeyError::NotAPoint($kind))
            }

            /// The compressed point.
            pub fn bytes(&self) -> &[u8; POINT_BYTES] {
                &self.0
            }

            /// The form that judges signatures.
            pub(crate) fn point(&self) -> Option<$curve::ecdsa::VerifyingKey> {
                Self::point_of(&self.0)
            }

            fn point_of(bytes: &[u8; POINT_BYTES]) -> Option<$curve::ecdsa::VerifyingKey> {
                // The decoder also knows other forms, of which some are as long.
                let is_compressed = matches!(bytes[0], 2 | 3);
                is_compressed.then(|| $curve::ecdsa::VerifyingKey::from_sec1_bytes(bytes).ok()).flatten()
            }
        }

        impl<C> Decode<C> for $name {
            fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                let bytes = <[u8; POINT_BYTES]>::decode(decoder)?;
                Self::from_bytes(bytes).map_err(|error| DecodeError::OtherString(error.to_string()))
            }
        }

        impl<'de, C> BorrowDecode<'de, C> for $name {
            fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                Self::decode(decoder)
            }
        }
    };
}

ecdsa_key! {
    /// A secp256k1 public key.
    Secp256k1Key, KeyKind::Secp256k1, k256
}

ecdsa_key! {
    /// A P-256 public key.
    P256Key, KeyKind::P256, p256
}

/// A key that may open accounts. Its order, by kind and then by bytes, is that of lists of keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum AccountKey {
    /// A native wallet's.
    Ed25519(PublicKey),
    /// An Ethereum wallet's.
    Secp256k1(Secp256k1Key),
    /// A passkey's.
    P256(P256Key),
}

impl AccountKey {
    /// The key's kind.
    pub fn kind(&self) -> KeyKind {
        match self {
            AccountKey::Ed25519(_) => KeyKind::Ed25519,
            AccountKey::Secp256k1(_) => KeyKind::Secp256k1,
            AccountKey::P256(_) => KeyKind::P256,
        }
    }

    /// The address of the account that the key opens as long as the account has no keys of its own. It depends on the kind: the
    /// same bytes on two curves are two accounts.
    pub fn address(&self) -> Address {
        match self {
            AccountKey::Ed25519(key) => Address::of(key),
            AccountKey::Secp256k1(_) | AccountKey::P256(_) => {
                let hash = Hash::of(Domain::KeyAddress, &encode(self));
                let mut bytes = [0; 20];
                bytes.copy_from_slice(&hash.0[..20]);
                Address(bytes)
            }
        }
    }

    /// False for keys under which nobody or everybody can sign: an ed25519 key that is no point, or one of small order, for
    /// which the verification rule takes any message.
    pub fn can_sign(&self) -> bool {
        match self {
            AccountKey::Ed25519(key) => {
                CompressedEdwardsY(key.0).decompress().is_some_and(|point| !point.is_small_order())
            }
            AccountKey::Secp256k1(_) | AccountKey::P256(_) => true,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            AccountKey::Ed25519(key) => &key.0,
            AccountKey::Secp256k1(key) => key.bytes(),
            AccountKey::P256(key) => key.bytes(),
        }
    }
}

impl From<PublicKey> for AccountKey {
    fn from(key: PublicKey) -> Self {
        AccountKey::Ed25519(key)
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), hex::encode(self.bytes()))
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AccountKey {
    type Err = AccountKeyError;

    fn from_str(text: &str) -> Result<Self, AccountKeyError> {
        let form = || AccountKeyError::Form(text.chars().take(80).collect());
        let (kind, digits) = text.split_once(':').ok_or_else(form)?;
        let kind = KeyKind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(form)?;
        match kind {
            KeyKind::Ed25519 => {
                parse_hex(digits).map(|bytes| AccountKey::Ed25519(PublicKey(bytes))).map_err(|_| form())
            }
            KeyKind::Secp256k1 => {
                Secp256k1Key::from_bytes(parse_hex(digits).map_err(|_| form())?).map(AccountKey::Secp256k1)
            }
            KeyKind::P256 => P256Key::from_bytes(parse_hex(digits).map_err(|_| form())?).map(AccountKey::P256),
        }
    }
}

crate::hash::text_serde!(AccountKey);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountSecret;
    use crate::codec::decode;

    fn keys() -> [AccountKey; 3] {
        KeyKind::ALL.map(|kind| AccountSecret::from_seed(kind, [7; 32]).expect("a scalar").key())
    }

    #[test]
    fn a_key_has_one_encoding_and_one_text() {
        for key in keys() {
            assert_eq!(decode(&encode(&key)), Ok(key));
            assert_eq!(key.to_string().parse(), Ok(key));
            assert!(key.can_sign());
        }
        let texts = ["8a88e3dd", "rsa:00", "ed25519:00", "p256:02"];
        assert!(texts.iter().all(|text| matches!(text.parse::<AccountKey>(), Err(AccountKeyError::Form(_)))));
    }

    #[test]
    fn addresses_differ_by_kind() {
        let [ed25519, secp256k1, p256] = keys();
        let AccountKey::Ed25519(public) = ed25519 else { panic!("the first is ed25519") };
        assert_eq!(ed25519.address(), Address::of(&public));
        // 2 and the x of a point of both curves, found by counting up.
        let shared = (1u8..).find_map(|x| {
            let mut bytes = [0; POINT_BYTES];
            (bytes[0], bytes[32]) = (2, x);
            Some((Secp256k1Key::from_bytes(bytes).ok()?, P256Key::from_bytes(bytes).ok()?))
        });
        let (on_secp256k1, on_p256) = shared.expect("a quarter of all x are");
        assert_ne!(AccountKey::Secp256k1(on_secp256k1).address(), AccountKey::P256(on_p256).address());
        assert_ne!(secp256k1.address(), p256.address());
    }

    #[test]
    fn what_is_no_compressed_point_is_no_key() {
        for key in &keys()[1..] {
            let good = encode(key);
            for tag in [0, 1, 4, 5, 6, 7] {
                let mut other = good.clone();
                other[1] = tag;
                assert!(decode::<AccountKey>(&other).is_err(), "{key} with the tag {tag}");
            }
            let is_key = |x: u8| {
                let mut other = good.clone();
                other[2..].fill(0);
                other[33] = x;
                decode::<AccountKey>(&other).is_ok()
            };
            let points = (1..=64).filter(|x| is_key(*x)).count();
            assert!((16..48).contains(&points), "half of all x are of points: {points} of 64");
        }
    }

    /// The same x, once reduced and once with the field's order added: only the former is an encoding.
    #[test]
    fn a_coordinate_beyond_the_field_is_refused() {
        let orders = [
            ("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", 1),
            ("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 2),
        ];
        for (order, kind) in orders {
            let order: [u8; 32] = parse_hex(order).expect("32 bytes");
            let (mut small, mut large) = ([0; POINT_BYTES + 1], [0; POINT_BYTES + 1]);
            let found = (1u8..).find(|x| {
                (small[0], small[1], small[33]) = (kind, 2, *x);
                decode::<AccountKey>(&small).is_ok()
            });
            let mut carry = u16::from(found.expect("half of all x are of points"));
            (large[0], large[1]) = (kind, 2);
            for place in (0..32).rev() {
                carry += u16::from(order[place]);
                large[2 + place] = carry as u8;
                carry >>= 8;
            }
            assert_eq!(carry, 0, "fits into 32 bytes");
            assert!(decode::<AccountKey>(&large).is_err());
        }
    }

    #[test]
    fn an_ed25519_key_that_anybody_or_nobody_can_use_is_told() {
        let key = |bytes| AccountKey::Ed25519(PublicKey(bytes));
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(!key(identity).can_sign() && !key([0; 32]).can_sign(), "of small order");
        let mut off = [0; 32];
        off[0] = 2;
        assert!(!key(off).can_sign(), "no point");
    }
}
