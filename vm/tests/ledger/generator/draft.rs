//! Drafting a transaction that means something in the present state, and now and then one that does not.

use types::{Address, Amount, AssetId, Instruction, Role, Timestamp};
use vm::{Record, RecordKey};

use super::dice::Dice;
use super::people::{People, Person};
use super::programs::Codes;
use crate::bank::{DOLLAR, NO_ASSET, WON};
use crate::instructions::{send, travel};
use crate::model::state::State;

/// What somebody says.
pub(crate) type Said = (Person, Instruction);

pub(crate) struct Drafter<'d> {
    pub(crate) dice: &'d mut Dice,
    pub(crate) people: &'d People,
    pub(crate) codes: &'d Codes,
    pub(crate) state: &'d State,
    /// Of the block that it will be in.
    pub(crate) now: Timestamp,
    pub(crate) height: u64,
}

impl Drafter<'_> {
    /// A payer with its instructions.
    pub(crate) fn transaction(&mut self) -> (Person, Vec<Instruction>) {
        if self.dice.below(1_000) < 5 {
            return self.many_grants();
        }
        let (payer, first) = self.said();
        let mut instructions = vec![first];
        if self.dice.chance(30) {
            for _ in 0..1 + self.dice.below(4) {
                let (_, another) = match self.dice.chance(70) {
                    true => self.transfer_of(payer),
                    false => self.said(),
                };
                instructions.push(another);
            }
        }
        if self.dice.chance(35) {
            instructions.insert(0, travel(if self.dice.chance(95) { "exchange-1" } else { " " }));
        }
        (payer, instructions)
    }

    pub(crate) fn said(&mut self) -> Said {
        match self.dice.weighted(&[22, 14, 12, 14, 10, 18, 20, 9, 1]) {
            0 => {
                let payer = self.anybody();
                self.transfer_of(payer)
            }
            1 => self.supply(),
            2 => self.proposal_or_approval(),
            3 => self.redemption(),
            4 => self.registration(),
            5 => self.control(),
            6 => self.payment_or_call(),
            7 => self.key_change(),
            _ => self.approval_of_validators(),
        }
    }

    fn payment_or_call(&mut self) -> Said {
        if self.dice.chance(60) { self.payment() } else { self.program() }
    }

    pub(crate) fn transfer_of(&mut self, payer: Person) -> Said {
        let (asset, to) = (self.asset(), self.receiver());
        let amount = self.amount_of(self.people.address(payer), asset);
        (payer, send(asset, to, amount))
    }

    pub(crate) fn anybody(&mut self) -> Person {
        self.dice.below(self.people.count() as u64) as usize
    }

    /// Who has this address, and now and then somebody else.
    pub(crate) fn person(&mut self, address: Option<Address>) -> Person {
        match address.and_then(|address| self.people.find(address)) {
            Some(person) if self.dice.chance(92) => person,
            _ => self.anybody(),
        }
    }

    /// Who has the role, and now and then somebody else.
    pub(crate) fn officer(&mut self, asset: AssetId, role: Role) -> Person {
        let officer = self.state.officer(asset, role).unwrap_or(None);
        self.person(officer)
    }

    pub(crate) fn asset(&mut self) -> AssetId {
        let created = self.state.assets.len() as u64;
        match self.dice.weighted(&[60, 30, 8, 2]) {
            0 => WON,
            1 => DOLLAR,
            2 => AssetId(self.dice.below(created) as u32),
            _ => AssetId(NO_ASSET.0.max(created as u32)),
        }
    }

    /// A person's address, or one of a program, an order or a custodian's customer.
    pub(crate) fn receiver(&mut self) -> Address {
        match self.dice.weighted(&[90, 4, 3, 3]) {
            1 => self.a_program().unwrap_or_else(|| self.somebodys_address()),
            2 => {
                let address = self.some_key(|key| matches!(key, RecordKey::OrderAddress(_)));
                match address {
                    Some(RecordKey::OrderAddress(address)) => address,
                    _ => self.somebodys_address(),
                }
            }
            3 => Address::of_customer(&self.somebodys_address(), self.dice.below(2)),
            _ => self.somebodys_address(),
        }
    }

    pub(crate) fn somebodys_address(&mut self) -> Address {
        self.people.address(self.dice.below(self.people.count() as u64) as usize)
    }

    /// An amount that the account can mostly pay.
    pub(crate) fn amount_of(&mut self, account: Address, asset: AssetId) -> u128 {
        let balance = self.state.balance(account, asset);
        match self.dice.weighted(&[20, 60, 6, 4, 4, 2, 2, 2]) {
            0 => 1 + u128::from(self.dice.below(9)),
            1 => 1 + u128::from(self.dice.next()) % (balance / 4).max(1),
            2 => 1 + u128::from(self.dice.next()) % balance.max(1),
            3 => balance,
            4 => balance.saturating_add(1),
            5 => 0,
            6 => u128::MAX - u128::from(self.dice.below(3)),
            _ => u128::from(self.dice.next()),
        }
    }

    /// The key of some record of a kind.
    pub(crate) fn some_key(&mut self, is_kind: impl Fn(&RecordKey) -> bool) -> Option<RecordKey> {
        let keys: Vec<&RecordKey> = self.state.records.keys().filter(|key| is_kind(key)).collect();
        if keys.is_empty() { None } else { Some(self.dice.pick(&keys).clone()) }
    }

    pub(crate) fn record(&self, key: &RecordKey) -> Option<Record> {
        self.state.records.get(key).cloned()
    }

    /// A limit around what is common here, or none.
    pub(crate) fn limit(&mut self) -> Option<Amount> {
        match self.dice.weighted(&[40, 20, 30, 10]) {
            0 => None,
            1 => Some(Amount(u128::from(self.dice.below(300)))),
            2 => Some(Amount(u128::from(self.dice.below(5_000)))),
            _ => Some(Amount(u128::MAX)),
        }
    }
}
