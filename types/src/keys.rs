//! Ed25519 keys and signatures as bytes. Judging a signature is the business of [`crate::signature`].

use bincode::{Decode, Encode};
use ed25519_dalek::Signer;

use crate::hash::hexadecimal;

/// An ed25519 public key in its 32-byte form. It need not be a point on the curve: a signature under it then fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PublicKey(pub [u8; 32]);

hexadecimal!(PublicKey, 32);

/// An ed25519 signature: 32 bytes of R, 32 bytes of s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Signature(pub [u8; 64]);

hexadecimal!(Signature, 64);

/// An ed25519 secret key. Its bytes are wiped on drop and never shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// The key with this 32-byte seed, which must come from a secure random source.
    pub fn from_seed(seed: [u8; 32]) -> SecretKey {
        SecretKey(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The seed, for storage in a key file.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`. Callers sign only domain-separated messages.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey of {}", self.public())
    }
}
