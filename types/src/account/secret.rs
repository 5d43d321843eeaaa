//! Secret keys of accounts.

use k256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256};

use crate::{AccountKey, KeyKind, P256Key, Secp256k1Key, SecretKey, Signature};

/// A secret key of any kind. Its bytes are wiped on drop and never shown by `Debug`.
#[derive(Clone)]
pub enum AccountSecret {
    /// A native wallet's.
    Ed25519(SecretKey),
    /// An Ethereum wallet's.
    Secp256k1(k256::ecdsa::SigningKey),
    /// A passkey's.
    P256(p256::ecdsa::SigningKey),
}

impl AccountSecret {
    /// The key with these 32 bytes, which must come from a secure random source. `None` with a chance of 2^-32 or less:
    /// the bytes are zero or not below the order of the kind's group, so take others.
    pub fn from_seed(kind: KeyKind, seed: [u8; 32]) -> Option<AccountSecret> {
        match kind {
            KeyKind::Ed25519 => Some(AccountSecret::Ed25519(SecretKey::from_seed(seed))),
            KeyKind::Secp256k1 => k256::ecdsa::SigningKey::from_slice(&seed).ok().map(AccountSecret::Secp256k1),
            KeyKind::P256 => p256::ecdsa::SigningKey::from_slice(&seed).ok().map(AccountSecret::P256),
        }
    }

    /// The seed, for storage in a key file.
    pub fn seed(&self) -> [u8; 32] {
        match self {
            AccountSecret::Ed25519(secret) => secret.seed(),
            AccountSecret::Secp256k1(secret) => secret.to_bytes().into(),
            AccountSecret::P256(secret) => secret.to_bytes().into(),
        }
    }

    /// The public key.
    pub fn key(&self) -> AccountKey {
        const POINT: &str = "a public key is a point";
        match self {
            AccountSecret::Ed25519(secret) => AccountKey::Ed25519(secret.public()),
            AccountSecret::Secp256k1(secret) => {
                let point = secret.verifying_key().to_sec1_point(true);
                let bytes = point.as_bytes().try_into().expect("a compressed point has 33 bytes");
                AccountKey::Secp256k1(Secp256k1Key::from_bytes(bytes).expect(POINT))
            }
            AccountSecret::P256(secret) => {
                let point = secret.verifying_key().to_sec1_point(true);
                let bytes = point.as_bytes().try_into().expect("a compressed point has 33 bytes");
                AccountKey::P256(P256Key::from_bytes(bytes).expect(POINT))
            }
        }
    }

    /// Signs `message`; the ECDSA kinds sign its SHA-256, deterministically (RFC 6979), with the lower of the two s.
    /// Callers sign only domain-separated messages.
    pub fn sign(&self, message: &[u8]) -> Signature {
        const SIGNS: &str = "32 bytes are as long as the group's order";
        match self {
            AccountSecret::Ed25519(secret) => secret.sign(message),
            AccountSecret::Secp256k1(secret) => {
                let signature: k256::ecdsa::Signature = secret.sign_prehash(&Sha256::digest(message)).expect(SIGNS);
                Signature(signature.normalize_s().to_bytes().into())
            }
            AccountSecret::P256(secret) => {
                let signature: p256::ecdsa::Signature = secret.sign_prehash(&Sha256::digest(message)).expect(SIGNS);
                Signature(signature.normalize_s().to_bytes().into())
            }
        }
    }
}

impl From<SecretKey> for AccountSecret {
    fn from(secret: SecretKey) -> Self {
        AccountSecret::Ed25519(secret)
    }
}

impl std::fmt::Debug for AccountSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountSecret of {}", self.key())
    }
}
