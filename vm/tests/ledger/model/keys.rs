//! Changes of an account's keys and sessions.

use types::{
    AccountKey, Amount, Instruction, KeyPolicy, KeyRole, PolicyFault, SessionFault, SessionGrant, SessionScope,
    Timestamp,
};
use vm::{Failure, Record, RecordKey, Session};

use super::turn::Turn;

impl Turn<'_> {
    pub(crate) fn change_keys(&mut self, instruction: &Instruction) -> Result<(), Failure> {
        self.expect_account()?;
        match instruction {
            Instruction::SetKeys { policy } => self.set_keys(policy.as_deref()),
            Instruction::GrantSession { key, session } => self.grant(key, session),
            Instruction::RevokeSession { key } => {
                let place = RecordKey::Session(self.actor, key.address());
                let found = self.state.records.remove(&place);
                found.map(|_| ()).ok_or(Failure::UnknownSession)
            }
            other => panic!("{other:?} changes no keys"),
        }
    }

    fn set_keys(&mut self, policy: Option<&KeyPolicy>) -> Result<(), Failure> {
        if let Some(fault) = policy.and_then(fault_of_policy) {
            return Err(Failure::InvalidPolicy { fault });
        }
        // Whatever sessions there are end, also where the account goes back to its address's key.
        let actor = self.actor;
        self.state.records.retain(|key, _| !matches!(key, RecordKey::Session(account, _) if *account == actor));
        let place = RecordKey::KeyPolicy(actor);
        match policy {
            Some(policy) => self.put(place, Record::KeyPolicy(policy.clone())),
            None => self.remove(&place),
        }
        Ok(())
    }

    fn grant(&mut self, key: &AccountKey, grant: &SessionGrant) -> Result<(), Failure> {
        if let Some(fault) = fault_of_session(key, grant, self.now) {
            return Err(Failure::InvalidSession { fault });
        }
        let (actor, now, place) = (self.actor, self.now, RecordKey::Session(self.actor, key.address()));
        let mut open = 0;
        for (of, record) in &self.state.records {
            if let (RecordKey::Session(account, _), Record::Session(session)) = (of, record)
                && (*account == actor && *of != place && !has_ended(&session.grant, now))
            {
                open += 1;
            }
        }
        if open >= 16 {
            return Err(Failure::TooManySessions);
        }
        self.state.records.retain(|key, record| match (key, record) {
            (RecordKey::Session(account, _), Record::Session(session)) if *account == actor => {
                !has_ended(&session.grant, now)
            }
            _ => true,
        });
        let session = Session { key: *key, grant: grant.clone(), spent: Amount(0) };
        self.put(place, Record::Session(Box::new(session)));
        Ok(())
    }
}

fn has_ended(grant: &SessionGrant, now: Timestamp) -> bool {
    now.0 / 1_000 > u64::from(grant.valid_until.0)
}

fn fault_of_policy(policy: &KeyPolicy) -> Option<PolicyFault> {
    let keys = &policy.keys;
    for (place, entry) in keys.iter().enumerate() {
        if place > 0 && keys[place - 1].key >= entry.key {
            return Some(PolicyFault::KeyOrder);
        }
    }
    if keys.iter().any(|entry| !entry.key.can_sign()) {
        return Some(PolicyFault::UnusableKey);
    }
    if keys.iter().any(|entry| entry.weight == 0) {
        return Some(PolicyFault::ZeroWeight);
    }
    if keys.iter().any(|entry| !(1..=7).contains(&entry.roles.0)) {
        return Some(PolicyFault::UnknownRoles);
    }
    let thresholds = policy.thresholds;
    let roles = [
        (KeyRole::Pay, 1, thresholds.pay),
        (KeyRole::Manage, 2, thresholds.manage),
        (KeyRole::Sponsor, 4, thresholds.sponsor),
    ];
    for (role, bit, threshold) in roles {
        let all: u32 = keys.iter().filter(|entry| entry.roles.0 & bit != 0).map(|entry| u32::from(entry.weight)).sum();
        let may_be_zero = role == KeyRole::Sponsor && all == 0;
        if threshold > all || threshold == 0 && !may_be_zero {
            return Some(PolicyFault::Threshold(role));
        }
    }
    None
}

fn fault_of_session(key: &AccountKey, grant: &SessionGrant, now: Timestamp) -> Option<SessionFault> {
    if !key.can_sign() {
        return Some(SessionFault::UnusableKey);
    }
    if grant.limit_per_payment.0 == 0 || grant.limit_per_payment > grant.limit_total {
        return Some(SessionFault::Limits);
    }
    if let SessionScope::Receivers(receivers) = &grant.scope {
        let mut ordered = receivers.to_vec();
        ordered.sort();
        ordered.dedup();
        if ordered.is_empty() || ordered != receivers.to_vec() {
            return Some(SessionFault::Receivers);
        }
    }
    has_ended(grant, now).then_some(SessionFault::Ended)
}
