//! The accounts that pay one another.

use types::{Address, SecretKey};

/// So many accounts at most pay; the others only receive, so that their keys need not be kept.
const MAX_PAYERS: usize = 100_000;

/// So many custodians at most pay for customers.
const MAX_CUSTODIANS: usize = 16;

/// Accounts whose keys follow from a seed.
pub(super) struct Accounts {
    payers: Vec<SecretKey>,
    addresses: Vec<Address>,
    customers_each: usize,
}

impl Accounts {
    /// The first `count` accounts of `seed`, which pay for themselves. The same seed gives the same keys, however many
    /// accounts are taken.
    pub(super) fn own(seed: u64, count: usize) -> Accounts {
        let mut payers = Vec::with_capacity(count.min(MAX_PAYERS));
        let mut addresses = Vec::with_capacity(count);
        for index in 0..count as u64 {
            let secret = secret(seed, index);
            addresses.push(Address::of(&secret.public()));
            if payers.len() < MAX_PAYERS {
                payers.push(secret);
            }
        }
        Accounts { payers, addresses, customers_each: 0 }
    }

    /// At least `count` customers: those of each custodian in turn; then the custodians' own accounts.
    pub(super) fn custodial(seed: u64, count: usize) -> Accounts {
        let custodians = count.clamp(1, MAX_CUSTODIANS);
        let payers: Vec<SecretKey> = (0..custodians as u64).map(|index| secret(seed, index)).collect();
        let own: Vec<Address> = payers.iter().map(|payer| Address::of(&payer.public())).collect();
        let customers_each = count.div_ceil(custodians);
        let customers = own
            .iter()
            .flat_map(|custodian| (0..customers_each as u64).map(|customer| Address::of_customer(custodian, customer)));
        let addresses = customers.chain(own.iter().copied()).collect();
        Accounts { payers, addresses, customers_each }
    }

    /// The keys of those who sign.
    pub(super) fn payers(&self) -> &[SecretKey] {
        &self.payers
    }

    /// All addresses that are to be funded.
    pub(super) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The last of them.
    pub(super) fn last(&self) -> Address {
        self.addresses[self.addresses.len() - 1]
    }

    /// How many customers each custodian has; none where everybody pays for itself.
    pub(super) fn customers_each(&self) -> usize {
        self.customers_each
    }

    /// The place among the addresses of a custodian's customer.
    pub(super) fn place_of_customer(&self, custodian: usize, customer: u64) -> usize {
        custodian * self.customers_each + customer as usize
    }
}

/// The key with this number of those that follow from `seed`.
pub(super) fn secret(seed: u64, index: u64) -> SecretKey {
    let mut material = [0; 16];
    material[..8].copy_from_slice(&seed.to_le_bytes());
    material[8..].copy_from_slice(&index.to_le_bytes());
    SecretKey::from_seed(blake3::derive_key("baro 2026 load account v1", &material))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_its_accounts() {
        let few = Accounts::own(1, 3);
        assert_eq!(few.addresses(), &Accounts::own(1, 5).addresses()[..3]);
        assert_ne!(few.addresses(), Accounts::own(2, 3).addresses());
        assert_eq!(Address::of(&few.payers()[2].public()), few.addresses()[2]);
    }

    #[test]
    fn customers_are_their_custodians() {
        let accounts = Accounts::custodial(1, 40);
        let custodian = Address::of(&accounts.payers()[15].public());
        let place = accounts.place_of_customer(15, 2);
        assert_eq!(accounts.addresses()[place], Address::of_customer(&custodian, 2));
        assert_eq!((accounts.last(), accounts.addresses().len()), (custodian, 16 * 3 + 16));
    }
}
