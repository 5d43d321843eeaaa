//! Who has keys, and of which kind.

use std::collections::BTreeMap;

use types::{AccountKey, AccountSecret, Address, KeyKind, Payload, PublicKey, Sponsorship, Transaction};

use super::dice::Dice;
use crate::bank::{BOB, CHAIN, STRANGER, VALIDATORS, key};
use crate::desk::{APPROVER, ATTESTOR, CAROL, COMPLIANCE, PAUSER};

/// Somebody with an address, by place in [`People`].
pub(crate) type Person = usize;

/// How many people with first keys of this kind there are besides those of [`crate::bank`] and [`crate::desk`], and how many
/// keys that are nobody's address: phones, passkeys, keys in a safe, keys of programs that pay. Few are of P-256, whose
/// signatures take longer than all the rest of a transaction.
const KINDS: [(KeyKind, u8, u8); 3] = [(KeyKind::Ed25519, 0, 8), (KeyKind::Secp256k1, 3, 4), (KeyKind::P256, 2, 3)];

pub(crate) struct People {
    /// The address of each person's first key.
    addresses: Vec<Address>,
    /// Each person's first key, in their order, and then those that are nobody's address.
    keys: Vec<AccountKey>,
    secrets: BTreeMap<AccountKey, AccountSecret>,
}

impl People {
    /// Issuers, Alice, Bob, officers, strangers who come to hold money, validators, and people with other kinds of keys.
    pub(crate) fn new() -> Self {
        let customers = (0..STRANGER + 4).chain([APPROVER, COMPLIANCE, PAUSER, ATTESTOR, CAROL]);
        let customers = customers.chain(VALIDATORS.into_iter().filter(|validator| *validator != BOB));
        let mut secrets: Vec<AccountSecret> = customers.map(|customer| key(customer).into()).collect();
        let secret = |kind, number| AccountSecret::from_seed(kind, [number; 32]).unwrap();
        for (kind, people, _) in KINDS {
            secrets.extend((1..=people).map(|number| secret(kind, number)));
        }
        let addresses = secrets.iter().map(|secret| secret.key().address()).collect();
        for (kind, _, spare) in KINDS {
            secrets.extend((101..=100 + spare).map(|number| secret(kind, number)));
        }
        let keys = secrets.iter().map(AccountSecret::key).collect();
        let secrets = secrets.into_iter().map(|secret| (secret.key(), secret)).collect();
        Self { addresses, keys, secrets }
    }

    pub(crate) fn count(&self) -> usize {
        self.addresses.len()
    }

    pub(crate) fn address(&self, person: Person) -> Address {
        self.addresses[person]
    }

    pub(crate) fn find(&self, address: Address) -> Option<Person> {
        self.addresses.iter().position(|of| *of == address)
    }

    /// The key whose address the person has.
    pub(crate) fn key(&self, person: Person) -> AccountKey {
        self.keys[person]
    }

    /// A key that somebody can sign with, mostly nobody's address.
    pub(crate) fn some_key(&self, dice: &mut Dice) -> AccountKey {
        let from = if dice.chance(80) { self.count() } else { 0 };
        dice.pick(&self.keys[from..])
    }

    /// One of all keys, the same for the same number; those of numbers in a row differ.
    pub(crate) fn nth_key(&self, number: usize) -> AccountKey {
        self.keys[number % self.keys.len()]
    }

    /// Under which anybody can sign.
    pub(crate) fn anybodys_key() -> AccountKey {
        PublicKey([0; 32]).into()
    }

    fn secrets(&self, keys: &[AccountKey]) -> Vec<&AccountSecret> {
        keys.iter().map(|key| &self.secrets[key]).collect()
    }

    pub(crate) fn sign(&self, payload: Payload, by: &[AccountKey]) -> Transaction {
        Transaction::sign_with(payload, &self.secrets(by), &CHAIN).unwrap()
    }

    /// Lets somebody else pay the transaction's fee.
    pub(crate) fn sponsor(&self, transaction: Transaction, sponsor: Address, by: &[AccountKey]) -> Transaction {
        let id = transaction.payload.id(&CHAIN);
        transaction.sponsored(Sponsorship::sign(sponsor, &id, &self.secrets(by), &CHAIN).unwrap())
    }
}
