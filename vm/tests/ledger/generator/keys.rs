//! Changes of keys and sessions.

use types::codec::Bounded;
use types::{
    AccountKey, Address, Amount, Deadline, Instruction, KeyPolicy, KeyRole, KeyRoles, PolicyKey, SessionGrant,
    SessionScope, Thresholds,
};
use vm::RecordKey;

use super::draft::{Drafter, Said};
use super::people::{People, Person};
use crate::bank::WON;

impl Drafter<'_> {
    pub(crate) fn key_change(&mut self) -> Said {
        // Mostly somebody who holds something.
        let people = [self.anybody(), self.anybody(), self.anybody()];
        let wealth = |person: &Person| self.state.balance(self.people.address(*person), WON);
        let payer = people.into_iter().find(|person| wealth(person) > 0).unwrap_or(people[0]);
        match self.dice.weighted(&[35, 50, 15]) {
            0 => {
                // Back to the key of the address, or new keys.
                let policy = if self.dice.chance(25) { None } else { Some(Box::new(self.policy(payer))) };
                (payer, Instruction::SetKeys { policy })
            }
            1 => {
                let key = self.new_key();
                (payer, self.grant_to(payer, key))
            }
            _ => match self.some_key(|key| matches!(key, RecordKey::Session(..))) {
                Some(RecordKey::Session(account, key)) if self.dice.chance(85) => {
                    let open = self.sessions_of(account);
                    let key = open.into_iter().find(|open| open.address() == key).unwrap();
                    (self.person(Some(account)), Instruction::RevokeSession { key })
                }
                _ => (payer, Instruction::RevokeSession { key: self.new_key() }),
            },
        }
    }

    /// More sessions at once than an account can have.
    pub(crate) fn many_grants(&mut self) -> (Person, Vec<Instruction>) {
        let payer = self.anybody();
        let count = 12 + self.dice.below(12);
        (payer, (0..count).map(|number| self.grant_to(payer, self.people.nth_key(number as usize))).collect())
    }

    fn new_key(&mut self) -> AccountKey {
        if self.dice.chance(3) { People::anybodys_key() } else { self.people.some_key(self.dice) }
    }

    /// One to four keys with weights and roles, mostly such that they can be met.
    fn policy(&mut self, person: Person) -> KeyPolicy {
        let mut keys = Vec::new();
        for number in 0..self.dice.pick(&[1, 1, 2, 2, 3, 4]) {
            let own = number == 0 && self.dice.chance(40);
            let key = if own { self.people.key(person) } else { self.new_key() };
            let roles = if self.dice.chance(65) { 7 } else { 1 + self.dice.below(7) as u8 };
            keys.push(PolicyKey { key, weight: 1 + self.dice.below(3) as u16, roles: KeyRoles(roles) });
        }
        keys.sort_by_key(|entry| entry.key);
        if self.dice.chance(97) {
            keys.dedup_by_key(|entry| entry.key);
        }
        match self.dice.weighted(&[92, 2, 2, 2, 1, 1]) {
            0 => {}
            1 => keys.reverse(),
            2 => keys[0].weight = 0,
            3 => keys[0].roles = KeyRoles(self.dice.pick(&[0, 8, 15])),
            4 => keys.clear(),
            _ => keys[0].weight = u16::MAX,
        }
        let [pay, manage, sponsor] = KeyRole::ALL.map(|role| {
            let with_role = keys.iter().filter(|entry| entry.roles.has(role));
            let all: u32 = with_role.map(|entry| u32::from(entry.weight)).sum();
            match self.dice.weighted(&[96, 2, 2]) {
                0 if all == 0 => 0,
                0 => 1 + self.dice.below(u64::from(all)) as u32,
                1 => 0,
                _ => all + 1,
            }
        });
        KeyPolicy { keys: Bounded::new(keys).unwrap(), thresholds: Thresholds { pay, manage, sponsor } }
    }

    fn grant_to(&mut self, payer: Person, key: AccountKey) -> Instruction {
        let account = self.people.address(payer);
        // Mostly something that the account holds.
        let assets = [self.asset(), self.asset(), self.asset()];
        let held = assets.into_iter().find(|asset| self.state.balance(account, *asset) > 0);
        let asset = held.unwrap_or(assets[0]);
        let balance = self.state.balance(account, asset);
        let total = match self.dice.weighted(&[50, 30, 10, 8, 2]) {
            0 => 1 + u128::from(self.dice.below(300)),
            1 => 1 + u128::from(self.dice.next()) % balance.max(1),
            2 => balance.saturating_add(10),
            3 => u128::MAX,
            _ => 0,
        };
        let per_payment = match self.dice.weighted(&[50, 40, 5, 5]) {
            0 => total,
            1 => 1 + u128::from(self.dice.next()) % total.max(1),
            2 => 0,
            _ => total.saturating_add(1),
        };
        let second = self.now.second() as u32;
        let lasts = self.dice.pick(&[0, 1, 3, 60, 3_600, 100_000, 1_000_000, 100_000_000]);
        let valid_until = Deadline(if self.dice.chance(96) { second + lasts } else { second - 1 });
        let (limit_total, limit_per_payment) = (Amount(total), Amount(per_payment));
        let session = SessionGrant { asset, limit_total, limit_per_payment, scope: self.scope(), valid_until };
        Instruction::GrantSession { key, session: Box::new(session) }
    }

    fn scope(&mut self) -> SessionScope {
        match self.dice.weighted(&[45, 20, 15, 20]) {
            0 => SessionScope::Anyone,
            1 => {
                let mut receivers: Vec<Address> = (0..1 + self.dice.below(4)).map(|_| self.receiver()).collect();
                receivers.sort();
                receivers.dedup();
                match self.dice.weighted(&[92, 3, 3, 2]) {
                    0 => {}
                    1 => receivers.reverse(),
                    2 => receivers.push(receivers[0]),
                    _ => receivers.clear(),
                }
                SessionScope::Receivers(Bounded::new(receivers).unwrap())
            }
            2 => SessionScope::Category(self.dice.pick(&[5_814, 5_814, 5_814, 5_411])),
            _ => SessionScope::Program(self.a_program().unwrap_or_else(|| self.somebodys_address())),
        }
    }
}
