//! The checksum beside every value: what comes back is what was put, under the key under which it was put.

use std::sync::LazyLock;

/// 16 bytes of blake3.
pub(super) type Checksum = [u8; 16];

/// The length of a [`Checksum`].
pub(super) const CHECKSUM_BYTES: usize = 16;

static KEY: LazyLock<[u8; 32]> = LazyLock::new(|| blake3::derive_key("baro 2026 store v1", b"checksum"));

/// The checksum of several byte strings; where one ends and the next begins is part of what is checked.
pub(super) fn checksum(parts: &[&[u8]]) -> Checksum {
    let mut hasher = blake3::Hasher::new_keyed(&KEY);
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
    }
    let mut checksum = [0; CHECKSUM_BYTES];
    hasher.finalize_xof().fill(&mut checksum);
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_where_a_part_ends() {
        assert_ne!(checksum(&[b"ab", b"c"]), checksum(&[b"a", b"bc"]));
    }
}
