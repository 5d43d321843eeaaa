//! The accounts that pay one another.

use types::{Address, SecretKey};

/// So many accounts at most pay; the others only receive, so that their keys need not be kept.
const MAX_PAYERS: usize = 100_000;

/// Accounts whose keys follow from a seed.
pub(super) struct Accounts {
    payers: Vec<SecretKey>,
    addresses: Vec<Address>,
}

impl Accounts {
    /// The first `count` accounts of `seed`. The same seed gives the same accounts, however many are taken.
    pub(super) fn derive(seed: u64, count: usize) -> Accounts {
        let mut payers = Vec::with_capacity(count.min(MAX_PAYERS));
        let mut addresses = Vec::with_capacity(count);
        for index in 0..count as u64 {
            let mut material = [0; 16];
            material[..8].copy_from_slice(&seed.to_le_bytes());
            material[8..].copy_from_slice(&index.to_le_bytes());
            let secret = SecretKey::from_seed(blake3::derive_key("baro 2026 load account v1", &material));
            addresses.push(Address::of(&secret.public()));
            if payers.len() < MAX_PAYERS {
                payers.push(secret);
            }
        }
        Accounts { payers, addresses }
    }

    /// The keys of the accounts that pay, which are the first ones.
    pub(super) fn payers(&self) -> &[SecretKey] {
        &self.payers
    }

    /// All addresses.
    pub(super) fn addresses(&self) -> &[Address] {
        &self.addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_its_accounts() {
        let few = Accounts::derive(1, 3);
        assert_eq!(few.addresses(), &Accounts::derive(1, 5).addresses()[..3]);
        assert_ne!(few.addresses(), Accounts::derive(2, 3).addresses());
        assert_eq!(Address::of(&few.payers()[2].public()), few.addresses()[2]);
    }
}
