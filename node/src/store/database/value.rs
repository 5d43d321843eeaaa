//! A value as it stands in its table: checked, in place or as chunks elsewhere.

use crate::store::checksum::{CHECKSUM_BYTES, Checksum};

/// Values up to this length stand in their table; longer ones are chunks.
pub(in crate::store) const INLINE_BYTES: usize = 512;

const INLINE: u8 = 0;
const CHUNKED: u8 = 1;

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Value<'a> {
    /// The checksum over table, key and value.
    pub(in crate::store) check: Checksum,
    pub(in crate::store) place: Place<'a>,
}

/// Where the value itself is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Place<'a> {
    Here(&'a [u8]),
    Chunks { first: u64, length: u64 },
}

impl<'a> Value<'a> {
    pub(in crate::store) fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + CHECKSUM_BYTES + INLINE_BYTES);
        match self.place {
            Place::Here(value) => {
                bytes.push(INLINE);
                bytes.extend_from_slice(&self.check);
                bytes.extend_from_slice(value);
            }
            Place::Chunks { first, length } => {
                bytes.push(CHUNKED);
                bytes.extend_from_slice(&self.check);
                bytes.extend_from_slice(&first.to_be_bytes());
                bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
        bytes
    }

    /// None where the bytes are no value.
    pub(in crate::store) fn decoded(bytes: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let (&check, rest) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
        let place = match kind {
            INLINE => Place::Here(rest),
            CHUNKED => {
                let (first, rest) = rest.split_first_chunk::<8>()?;
                let length = rest.try_into().ok()?;
                Place::Chunks { first: u64::from_be_bytes(*first), length: u64::from_be_bytes(length) }
            }
            _ => return None,
        };
        Some(Self { check, place })
    }
}
