//! What keys of sessions have their accounts pay, within the session and beyond it.

use types::{AccountKey, Address, Amount, AssetId, Instruction, SessionScope};
use vm::{Record, RecordKey, Session};

use super::draft::Drafter;
use super::people::Person;
use crate::instructions::{charge, hold, send};

impl Drafter<'_> {
    /// The keys of an account's sessions.
    pub(crate) fn sessions_of(&self, account: Address) -> Vec<AccountKey> {
        let of_account = |(key, record): (&RecordKey, &Record)| match (key, record) {
            (RecordKey::Session(of, _), Record::Session(session)) if *of == account => Some(session.key),
            _ => None,
        };
        self.state.records.iter().filter_map(of_account).collect()
    }

    /// Now and then, if there is a session: a payer, the session's key, and what it does.
    pub(crate) fn session_payment(&mut self) -> Option<(Person, AccountKey, Vec<Instruction>)> {
        if !self.dice.chance(9) {
            return None;
        }
        let place = self.some_key(|key| matches!(key, RecordKey::Session(..)))?;
        let RecordKey::Session(account, _) = place else { return None };
        let Some(Record::Session(session)) = self.record(&place) else { return None };
        let payer = self.people.find(account)?;
        let count = self.dice.pick(&[1, 1, 1, 2, 3]);
        let mut instructions: Vec<Instruction> = (0..count).map(|_| self.by_session(account, &session)).collect();
        if self.dice.chance(25) {
            instructions.insert(0, crate::instructions::travel("exchange-1"));
        }
        Some((payer, session.key, instructions))
    }

    fn by_session(&mut self, account: Address, session: &Session) -> Instruction {
        if self.dice.chance(7) {
            return self.said().1;
        }
        let asset = if self.dice.chance(95) { session.grant.asset } else { self.asset() };
        let amount = self.amount_within(account, session);
        let receiver = match &session.grant.scope {
            SessionScope::Program(program) if self.dice.chance(92) => {
                let program = if self.dice.chance(95) { *program } else { self.receiver() };
                return self.call_within(program, account, asset, amount);
            }
            SessionScope::Receivers(receivers) if self.dice.chance(85) => self.dice.pick(receivers),
            SessionScope::Category(_) if self.dice.chance(85) => self.a_merchant(),
            _ => self.receiver(),
        };
        match self.dice.weighted(&[60, 20, 20]) {
            0 => send(asset, receiver, amount),
            kind => {
                let merchant = if self.dice.chance(60) { self.a_merchant() } else { receiver };
                let name = format!("session-{}", self.dice.below(100_000));
                match kind {
                    1 => charge(merchant, &name, asset, amount),
                    _ => hold(merchant, &name, asset, amount, 3_600),
                }
            }
        }
    }

    fn a_merchant(&mut self) -> Address {
        match self.some_key(|key| matches!(key, RecordKey::Merchant(_))) {
            Some(RecordKey::Merchant(merchant)) => merchant,
            _ => self.somebodys_address(),
        }
    }

    fn call_within(&mut self, program: Address, caller: Address, asset: AssetId, amount: u128) -> Instruction {
        let mut instruction = self.call_of(program, caller);
        if let Instruction::CallProgram(call) = &mut instruction
            && call.attach.is_some()
        {
            call.attach = Some((asset, Amount(amount)));
        }
        instruction
    }

    /// Mostly what the session still allows, and some of it around its limits.
    fn amount_within(&mut self, account: Address, session: &Session) -> u128 {
        let grant = &session.grant;
        let (left, once) = (grant.limit_total.0 - session.spent.0, grant.limit_per_payment.0);
        match self.dice.weighted(&[50, 10, 8, 8, 6, 6, 12]) {
            0 => 1 + u128::from(self.dice.next()) % (left.min(once) / 4).max(1),
            1 => left.min(once),
            2 => once,
            3 => once.saturating_add(1),
            4 => left,
            5 => left.saturating_add(1),
            _ => self.amount_of(account, grant.asset),
        }
    }
}
