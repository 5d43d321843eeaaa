//! Blake3 hashes, each computed under a domain so that no two kinds of value share a hash.

use bincode::{Decode, Encode};

/// What a hash is of. The name is part of what is hashed (blake3's key derivation mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// A transaction's payload, with the chain.
    Transaction,
    /// A batch of transactions.
    Batch,
    /// The list of batches in a block.
    BatchList,
    /// A block header.
    Header,
    /// The chain spec that the genesis block commits to.
    ChainSpec,
    /// A validator set.
    Validators,
    /// An address made from a public key.
    Address,
    /// A leaf of the account tree.
    Account,
    /// An asset's record.
    Asset,
    /// A leaf of the receipt tree.
    Receipt,
    /// An inner node of a Merkle tree.
    Node,
    /// The roots that make up the state root.
    State,
    /// The validators that the ledger lists, with their approvals.
    Council,
    /// A part of a checkpoint.
    CheckpointPart,
    /// A checkpoint: its block and the list of its parts.
    Checkpoint,
    /// A leaf of the record tree.
    Record,
    /// A program's bytes.
    Program,
    /// A pair of words that a program hashes.
    ProgramWords,
    /// The address of a program.
    ProgramAddress,
    /// The address of a custodian's customer.
    CustomerAddress,
    /// The address for a merchant's order.
    OrderAddress,
    /// An address made from a public key of a later kind than [`Domain::Address`]'s.
    KeyAddress,
    /// A document that an attestor stands behind.
    ReserveDocument,
}

impl Domain {
    const fn context(self) -> &'static str {
        match self {
            Domain::Transaction => "baro 2026 transaction v1",
            Domain::Batch => "baro 2026 batch v1",
            Domain::BatchList => "baro 2026 batch list v1",
            Domain::Header => "baro 2026 header v1",
            Domain::ChainSpec => "baro 2026 chain spec v1",
            Domain::Validators => "baro 2026 validators v1",
            Domain::Address => "baro 2026 address v1",
            Domain::Account => "baro 2026 account v1",
            Domain::Asset => "baro 2026 asset v1",
            Domain::Receipt => "baro 2026 receipt v1",
            Domain::Node => "baro 2026 node v1",
            Domain::State => "baro 2026 state v1",
            Domain::Council => "baro 2026 council v1",
            Domain::CheckpointPart => "baro 2026 checkpoint part v1",
            Domain::Checkpoint => "baro 2026 checkpoint v1",
            Domain::Record => "baro 2026 record v1",
            Domain::Program => "baro 2026 program v1",
            Domain::ProgramWords => "baro 2026 program words v1",
            Domain::ProgramAddress => "baro 2026 program address v1",
            Domain::CustomerAddress => "baro 2026 customer address v1",
            Domain::OrderAddress => "baro 2026 order address v1",
            Domain::KeyAddress => "baro 2026 key address v1",
            Domain::ReserveDocument => "baro 2026 reserve document v1",
        }
    }

    /// The context's key, derived once: the derivation itself costs a compression.
    fn key(self) -> &'static [u8; 32] {
        const COUNT: usize = Domain::ReserveDocument as usize + 1;
        static KEYS: [std::sync::OnceLock<[u8; 32]>; COUNT] = [const { std::sync::OnceLock::new() }; COUNT];
        KEYS[self as usize]
            .get_or_init(|| *blake3::Hasher::new_derive_key(self.context()).update(b"key").finalize().as_bytes())
    }
}

/// 32 bytes of blake3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash that stands for "nothing".
    pub const ZERO: Hash = Hash([0; 32]);

    /// The hash of `bytes` as a value of `domain`.
    pub fn of(domain: Domain, bytes: &[u8]) -> Hash {
        Hash(*blake3::keyed_hash(domain.key(), bytes).as_bytes())
    }

    /// The hash of an inner Merkle node.
    pub fn node(left: &Hash, right: &Hash) -> Hash {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&left.0);
        bytes[32..].copy_from_slice(&right.0);
        Hash::of(Domain::Node, &bytes)
    }

    /// The first eight hexadecimal digits, for people.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

/// Why a string is not the hexadecimal form of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} bytes in hexadecimal, got {got:?}")]
pub struct HexError {
    /// How many bytes the value has.
    pub expected: usize,
    /// The start of what was given instead.
    pub got: String,
}

/// Parses `text`, with or without `0x`, as exactly `N` bytes.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
        .map_err(|_| HexError { expected: N, got: text.chars().take(80).collect() })?;
    Ok(bytes)
}

/// Gives a newtype over bytes its hexadecimal text form: `Display`, `Debug`, `FromStr` and serde.
macro_rules! hexadecimal {
    ($type:ident, $length:expr) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(&self.0))
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::HexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hash::parse_hex::<$length>(text).map($type)
            }
        }

        $crate::hash::text_serde!($type);
    };
}

/// Gives a type with `Display` and `FromStr` its serde form: that text.
macro_rules! text_serde {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {hexadecimal, text_serde};

hexadecimal!(Hash, 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_separate() {
        assert_ne!(Hash::of(Domain::Batch, b"x"), Hash::of(Domain::Header, b"x"));
    }

    #[test]
    fn text_form_round_trips() {
        let hash = Hash::of(Domain::Batch, b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("12".parse::<Hash>().is_err());
    }
}
