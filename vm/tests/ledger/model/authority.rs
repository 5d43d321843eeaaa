//! Who may act for an account: those of its keys that weigh enough together, or the key of a session within the session.

use types::{
    AccountKey, Address, Amount, AssetId, AuthorizedTransaction, Compliance, Instruction, KeyRole, Payment,
    SessionScope, Timestamp,
};
use vm::{Failure, Record, RecordKey, Session, SessionLimit};

use super::state::State;

/// What those who signed a transaction may do for its payer.
pub(crate) enum Authority {
    /// At least one of the two.
    Keys { pay: bool, manage: bool },
    /// What the session of this key allows.
    Session(AccountKey),
}

impl State {
    /// True if the signers may act for the account in the role.
    pub(crate) fn may(&self, account: Address, signers: &[AccountKey], role: KeyRole) -> bool {
        let Some(Record::KeyPolicy(policy)) = self.records.get(&RecordKey::KeyPolicy(account)) else {
            return signers.iter().any(|key| key.address() == account);
        };
        let (threshold, bit) = match role {
            KeyRole::Pay => (policy.thresholds.pay, 1),
            KeyRole::Manage => (policy.thresholds.manage, 2),
            KeyRole::Sponsor => (policy.thresholds.sponsor, 4),
        };
        let mut weight = 0;
        for entry in policy.keys.iter() {
            if entry.roles.0 & bit == bit && signers.contains(&entry.key) {
                weight += u32::from(entry.weight);
            }
        }
        // A threshold of zero is nobody's: nobody sponsors for such an account.
        threshold > 0 && weight >= threshold
    }

    pub(crate) fn session(&self, account: Address, key: &AccountKey) -> Option<Session> {
        match self.records.get(&RecordKey::Session(account, key.address())) {
            Some(Record::Session(session)) => Some((**session).clone()),
            _ => None,
        }
    }

    /// Nothing where the payer's signers may do nothing, or the sponsor's may not sponsor.
    pub(crate) fn authority(&self, transaction: &AuthorizedTransaction, now: Timestamp) -> Option<Authority> {
        let (payer, signers) = (transaction.payload().payer, transaction.signers().keys());
        if let Some(sponsor) = transaction.sponsor()
            && !self.may(sponsor.address(), sponsor.signers().keys(), KeyRole::Sponsor)
        {
            return None;
        }
        let pay = self.may(payer, signers, KeyRole::Pay);
        let manage = self.may(payer, signers, KeyRole::Manage);
        if pay || manage {
            return Some(Authority::Keys { pay, manage });
        }
        if signers.len() != 1 {
            return None;
        }
        let session = self.session(payer, &signers[0])?;
        let has_ended = now.0 / 1_000 > u64::from(session.grant.valid_until.0);
        (!has_ended).then_some(Authority::Session(signers[0]))
    }

    /// Whether the signers may have this done. What a session pays is counted.
    pub(crate) fn permit(
        &mut self,
        authority: &Authority,
        payer: Address,
        instruction: &Instruction,
    ) -> Result<(), Failure> {
        let (role, has_role) = match (authority, instruction) {
            (Authority::Session(key), _) => {
                return self.pay_by_session(payer, key, instruction).map_err(|limit| Failure::SessionForbids { limit });
            }
            (
                Authority::Keys { manage, .. },
                Instruction::SetKeys { .. } | Instruction::GrantSession { .. } | Instruction::RevokeSession { .. },
            ) => (KeyRole::Manage, *manage),
            (Authority::Keys { pay, .. }, _) => (KeyRole::Pay, *pay),
        };
        if has_role { Ok(()) } else { Err(Failure::MissingRole { role }) }
    }

    fn pay_by_session(
        &mut self,
        account: Address,
        key: &AccountKey,
        instruction: &Instruction,
    ) -> Result<(), SessionLimit> {
        let grant = self.session(account, key).unwrap().grant;
        let calls_a_program = matches!(grant.scope, SessionScope::Program(_));
        let paid = match instruction {
            Instruction::Compliance(step) if matches!(**step, Compliance::DeclareTravel { .. }) => None,
            Instruction::CallProgram(call) if calls_a_program => {
                self.expect_in_scope(&grant.scope, call.program)?;
                call.attach
            }
            _ if calls_a_program => return Err(SessionLimit::Instruction),
            Instruction::Transfer { asset, to, amount, .. } => {
                let receiver = match self.records.get(&RecordKey::OrderAddress(*to)) {
                    Some(Record::OrderAddress(awaited)) => awaited.merchant,
                    _ => *to,
                };
                self.expect_in_scope(&grant.scope, receiver)?;
                Some((*asset, *amount))
            }
            Instruction::Payment(step) => match &**step {
                Payment::Charge { merchant, asset, amount, .. } | Payment::Hold { merchant, asset, amount, .. } => {
                    self.expect_in_scope(&grant.scope, *merchant)?;
                    Some((*asset, *amount))
                }
                _ => return Err(SessionLimit::Instruction),
            },
            _ => return Err(SessionLimit::Instruction),
        };
        let Some((asset, amount)) = paid else { return Ok(()) };
        if asset != grant.asset {
            return Err(SessionLimit::Asset);
        }
        if amount > grant.limit_per_payment {
            return Err(SessionLimit::PerPayment);
        }
        self.count_in_session(account, key, asset, amount)
    }

    fn expect_in_scope(&self, scope: &SessionScope, receiver: Address) -> Result<(), SessionLimit> {
        let is_in_scope = match scope {
            SessionScope::Anyone => true,
            SessionScope::Receivers(receivers) => receivers.contains(&receiver),
            SessionScope::Program(program) => *program == receiver,
            SessionScope::Category(category) => match self.records.get(&RecordKey::Merchant(receiver)) {
                Some(Record::Merchant(entry)) => entry.is_active && entry.category == *category,
                _ => false,
            },
        };
        if is_in_scope { Ok(()) } else { Err(SessionLimit::Scope) }
    }

    /// Counts what a session's key has its account pay, be it a payment or a fee.
    pub(crate) fn count_in_session(
        &mut self,
        account: Address,
        key: &AccountKey,
        asset: AssetId,
        amount: Amount,
    ) -> Result<(), SessionLimit> {
        let mut session = self.session(account, key).unwrap();
        if asset != session.grant.asset {
            return Err(SessionLimit::Asset);
        }
        if amount.0 > session.grant.limit_total.0 - session.spent.0 {
            return Err(SessionLimit::Total);
        }
        session.spent.0 += amount.0;
        self.records.insert(RecordKey::Session(account, key.address()), Record::Session(Box::new(session)));
        Ok(())
    }
}
