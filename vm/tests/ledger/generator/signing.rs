//! Who signs: mostly those who may, and now and then others, or not enough of them.

use types::codec::Bounded;
use types::{AccountKey, Address, ChainTag, Deadline, Instruction, KeyRole, Payload, Transaction};
use vm::{Record, RecordKey};

use super::draft::Drafter;
use super::people::Person;
use crate::bank::{CHAIN, MAX_VALID_SECONDS, WON};

impl Drafter<'_> {
    /// A transaction that is signed, now and then beside another one of the same id that somebody else has signed.
    pub(crate) fn signed(&mut self, has_fees: bool) -> Vec<Transaction> {
        let (payer, session, instructions) = match self.session_payment() {
            Some((payer, key, instructions)) => (payer, Some(key), instructions),
            None => {
                let (payer, instructions) = self.transaction();
                (payer, None, instructions)
            }
        };
        let payload = Payload {
            chain: ChainTag::of(&CHAIN),
            payer: self.people.address(payer),
            valid_until: self.deadline(),
            salt: self.dice.next(),
            instructions: Bounded::new(instructions).unwrap(),
        };
        let by = match session {
            Some(key) if self.dice.chance(96) => vec![key],
            Some(key) => vec![key, self.people.some_key(self.dice)],
            None => self.signers(payer, &roles(&payload.instructions)),
        };
        let mut signed = Vec::new();
        if self.dice.chance(2) {
            let forger = self.people.some_key(self.dice);
            signed.push(self.people.sign(payload.clone(), &[forger]));
        }
        signed.push(self.people.sign(payload, &distinct(by)));
        if self.dice.chance(if has_fees { 75 } else { 8 })
            && let Some(transaction) = signed.pop()
        {
            signed.push(self.sponsored(transaction));
        }
        signed
    }

    fn deadline(&mut self) -> Deadline {
        let second = self.now.second() as u32;
        Deadline(match self.dice.weighted(&[96, 2, 2]) {
            0 => second + self.dice.below(u64::from(MAX_VALID_SECONDS)) as u32,
            1 => second - 1,
            _ => second + MAX_VALID_SECONDS + 1,
        })
    }

    /// Mostly by who can pay best of those whose keys may sponsor.
    fn sponsored(&mut self, transaction: Transaction) -> Transaction {
        let may_sponsor = |person: &Person| {
            let place = RecordKey::KeyPolicy(self.people.address(*person));
            match self.state.records.get(&place) {
                Some(Record::KeyPolicy(policy)) => policy.thresholds.sponsor > 0,
                _ => true,
            }
        };
        let by_wealth = |person: &Person| self.state.balance(self.people.address(*person), WON);
        let richest = (0..self.people.count()).filter(may_sponsor).max_by_key(by_wealth);
        let sponsor = match richest {
            Some(richest) if self.dice.chance(85) => richest,
            _ => self.anybody(),
        };
        let by = distinct(self.signers(sponsor, &[KeyRole::Sponsor]));
        self.people.sponsor(transaction, self.people.address(sponsor), &by)
    }

    /// Keys that sign for somebody, who is to act in these roles.
    fn signers(&mut self, person: Person, roles: &[KeyRole]) -> Vec<AccountKey> {
        let (account, own) = (self.people.address(person), self.people.key(person));
        let mut by = self.enough(account, own, roles);
        match self.dice.weighted(&[920, 20, 15, 15, 10, 20]) {
            0 => {}
            // A signature is missing.
            1 => {
                by.pop();
            }
            // One more than is needed.
            2 => by.push(self.people.some_key(self.dice)),
            // The key that the account began with, which may have no say any more.
            3 => by = vec![own],
            // Somebody else's.
            4 => by = vec![self.people.some_key(self.dice)],
            // Such as may do something else, if the account has such.
            _ => {
                let role = self.dice.pick(&KeyRole::ALL);
                by = self.enough(account, own, &[role]);
            }
        }
        if by.is_empty() { vec![self.people.some_key(self.dice)] } else { by }
    }

    /// As few keys as may act for the account in these roles, if it has such.
    fn enough(&mut self, account: Address, own: AccountKey, roles: &[KeyRole]) -> Vec<AccountKey> {
        let Some(Record::KeyPolicy(policy)) = self.record(&RecordKey::KeyPolicy(account)) else {
            return vec![own];
        };
        let mut left = policy.keys.to_vec();
        let mut by = Vec::new();
        while let Some(role) = roles.iter().find(|role| !self.state.may(account, &by, **role)) {
            let with_role: Vec<usize> = (0..left.len()).filter(|place| left[*place].roles.has(*role)).collect();
            if with_role.is_empty() {
                break;
            }
            let place = self.dice.pick(&with_role);
            by.push(left.remove(place).key);
        }
        by
    }
}

/// The roles that the instructions ask for.
fn roles(instructions: &[Instruction]) -> Vec<KeyRole> {
    let manages = |instruction: &Instruction| {
        matches!(
            instruction,
            Instruction::SetKeys { .. } | Instruction::GrantSession { .. } | Instruction::RevokeSession { .. }
        )
    };
    let mut roles = Vec::new();
    if instructions.iter().any(manages) {
        roles.push(KeyRole::Manage);
    }
    if !instructions.iter().all(manages) {
        roles.push(KeyRole::Pay);
    }
    roles
}

/// Each key signs once.
fn distinct(mut keys: Vec<AccountKey>) -> Vec<AccountKey> {
    keys.sort();
    keys.dedup();
    keys
}
