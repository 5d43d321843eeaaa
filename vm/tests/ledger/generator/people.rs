//! Who has keys.

use types::codec::Bounded;
use types::{AccountSecret, Address, ChainTag, Deadline, Instruction, Payload, SecretKey, Sponsorship, Transaction};

use crate::bank::{BOB, CHAIN, STRANGER, VALIDATORS, address, key};
use crate::desk::{APPROVER, ATTESTOR, CAROL, COMPLIANCE, PAUSER};

/// Somebody with a key, by place in [`People`].
pub(crate) type Person = usize;

pub(crate) struct People {
    keys: Vec<(Address, SecretKey)>,
}

impl People {
    /// Issuers, Alice, Bob, officers, strangers who come to hold money, and validators.
    pub(crate) fn new() -> Self {
        let customers = (0..STRANGER + 4).chain([APPROVER, COMPLIANCE, PAUSER, ATTESTOR, CAROL]);
        let customers = customers.chain(VALIDATORS.into_iter().filter(|validator| *validator != BOB));
        Self { keys: customers.map(|customer| (address(customer), key(customer))).collect() }
    }

    pub(crate) fn count(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn address(&self, person: Person) -> Address {
        self.keys[person].0
    }

    pub(crate) fn find(&self, address: Address) -> Option<Person> {
        self.keys.iter().position(|(of, _)| *of == address)
    }

    pub(crate) fn sign(
        &self,
        payer: Person,
        valid_until: u32,
        salt: u64,
        instructions: Vec<Instruction>,
    ) -> Transaction {
        let (payer, secret) = &self.keys[payer];
        let instructions = Bounded::new(instructions).unwrap();
        let (chain, valid_until) = (ChainTag::of(&CHAIN), Deadline(valid_until));
        Transaction::sign(Payload { chain, payer: *payer, valid_until, salt, instructions }, secret, &CHAIN)
    }

    /// Lets somebody else pay the transaction's fee.
    pub(crate) fn sponsor(&self, transaction: Transaction, sponsor: Person) -> Transaction {
        let (address, secret) = &self.keys[sponsor];
        let id = transaction.payload.id(&CHAIN);
        let secret = AccountSecret::from(secret.clone());
        transaction.sponsored(Sponsorship::sign(*address, &id, &[&secret], &CHAIN).unwrap())
    }
}
