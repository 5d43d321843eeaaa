//! The only source of randomness of a run: xoshiro256**, seeded by SplitMix64 (Blackman and Vigna, public domain).

/// A stream of numbers that depends on nothing but its seed and its name.
#[derive(Debug, Clone)]
pub(crate) struct Random([u64; 4]);

impl Random {
    /// The stream `name` of a seed. Streams of different names are independent, so that leaving out the draws of one
    /// (a fault that a shrunk run does without) does not change the others.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a tells the names apart.
        let named = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut state = seed ^ named;
        let mut split_mix = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        Self([split_mix(), split_mix(), split_mix(), split_mix()])
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number below `bound`, or 0 if that is 0. The bias is far below what a simulation could notice.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // The product's upper half is below the bound.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// An index below `length`.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        // Below `length`, which is a usize.
        self.below(length as u64) as usize
    }

    /// One of `choices`, which are not empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// Puts the values into any order.
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            let other = self.index(last + 1);
            values.swap(last, other);
        }
    }

    /// 32 bytes.
    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change here changes what every seed means.
    #[test]
    fn the_stream_is_pinned() {
        let mut random = Random::new(7, "network");
        let drawn: Vec<u64> = (0..3).map(|_| random.below(1000)).collect();
        let mut again = Random::new(7, "network");
        assert_eq!(drawn, (0..3).map(|_| again.below(1000)).collect::<Vec<_>>());
        assert_ne!(Random::new(7, "disk").next(), Random::new(7, "network").next());
    }

    #[test]
    fn draws_keep_to_their_bounds() {
        let mut random = Random::new(1, "bounds");
        assert!((0..1000).all(|_| (3..=5).contains(&random.between(3, 5))));
        assert_eq!(random.below(0), 0);
        assert!(!random.chance(0) && random.chance(1000));
    }
}
