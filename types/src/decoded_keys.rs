//! Public keys in the form in which signatures are checked.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};

use crate::PublicKey;

/// Keys share a set of this many places by their bytes.
const WAYS: usize = 2;

/// A key with the point that it encodes.
#[derive(Clone)]
struct Entry {
    key: PublicKey,
    minus_point: EdwardsPoint,
}

/// A bounded memory of decoded ed25519 keys. Decoding is a function of the key's bytes alone, so what is remembered saves time
/// and decides nothing. Only keys under which a signature was valid are remembered; one that comes in takes the place of
/// another with which it shares its set.
pub struct DecodedKeys {
    /// Sets of [`WAYS`] places; none where nothing is remembered.
    sets: Vec<[Option<Box<Entry>>; WAYS]>,
}

impl DecodedKeys {
    /// Remembers no key.
    pub fn none() -> DecodedKeys {
        DecodedKeys { sets: Vec::new() }
    }

    /// Remembers up to about `keys` keys, of some 200 bytes each.
    pub fn with_capacity(keys: usize) -> DecodedKeys {
        let sets = keys.div_ceil(WAYS).next_power_of_two();
        DecodedKeys { sets: vec![[const { None }; WAYS]; sets] }
    }

    /// The key's set. Whoever searches for keys that share one makes others of them slower, not wrong.
    fn place(&self, key: &PublicKey) -> Option<usize> {
        let [a, b, c, d, e, f, g, h, ..] = key.0;
        let hash = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        // The number of sets is a power of two, or zero.
        self.sets.len().checked_sub(1).map(|mask| hash as usize & mask)
    }

    /// Minus the point of the key; `None` if it encodes none.
    pub(crate) fn minus(&self, key: &PublicKey) -> Option<EdwardsPoint> {
        let known = self.place(key).and_then(|place| self.sets[place].iter().flatten().find(|entry| entry.key == *key));
        match known {
            Some(entry) => Some(entry.minus_point),
            None => Some(-CompressedEdwardsY(key.0).decompress()?),
        }
    }

    /// Remembers a key under which a signature was valid.
    pub(crate) fn remember(&mut self, key: &PublicKey, minus_point: EdwardsPoint) {
        let Some(place) = self.place(key) else { return };
        let set = &mut self.sets[place];
        if set.iter().flatten().any(|entry| entry.key == *key) {
            return;
        }
        set.rotate_right(1);
        set[0] = Some(Box::new(Entry { key: *key, minus_point }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;

    fn key(number: u8) -> PublicKey {
        SecretKey::from_seed([number; 32]).public()
    }

    #[test]
    fn what_is_remembered_is_what_is_decoded() {
        let mut keys = DecodedKeys::with_capacity(4);
        let decoded = |key: &PublicKey| DecodedKeys::none().minus(key).expect("a point");
        for round in 0..3 {
            for number in 0..20 {
                let key = key(number);
                assert_eq!(keys.minus(&key), Some(decoded(&key)), "round {round}");
                keys.remember(&key, decoded(&key));
                assert_eq!(keys.minus(&key), Some(decoded(&key)));
            }
        }
        assert_eq!(keys.sets.iter().flatten().flatten().count(), 4, "it is full, and no larger");
    }

    #[test]
    fn what_encodes_no_point_has_none() {
        let mut off = [0; 32];
        off[0] = 2;
        assert_eq!(DecodedKeys::with_capacity(4).minus(&PublicKey(off)), None);
    }
}
