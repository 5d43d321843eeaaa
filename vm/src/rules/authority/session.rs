//! A session key's part of an account.

use bincode::{Decode, Encode};
use types::{AccountKey, Address, Amount, AssetId, Instruction, SessionGrant, SessionScope};

use super::SessionLimit;
use crate::{Record, RecordKey};

/// A session of an account: what a key was granted, and what it has spent of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    /// The key.
    pub key: AccountKey,
    /// What it was granted.
    pub grant: SessionGrant,
    /// What it has spent of [`SessionGrant::limit_total`].
    pub spent: Amount,
}

impl Session {
    /// Where an account's session of a key is.
    pub(crate) fn record_key(account: &Address, key: &AccountKey) -> RecordKey {
        RecordKey::Session(*account, key.address())
    }

    /// Counts what the instruction pays, or says why it may not.
    pub(crate) fn spend<'r>(
        &mut self,
        records: impl Fn(&RecordKey) -> Option<&'r Record>,
        instruction: &Instruction,
    ) -> Result<(), SessionLimit> {
        let payment = match (&self.grant.scope, instruction) {
            (SessionScope::Program(program), Instruction::CallProgram(call)) => {
                if call.program != *program {
                    return Err(SessionLimit::Scope);
                }
                call.attach
            }
            (SessionScope::Program(_), _) => return Err(SessionLimit::Instruction),
            (scope, Instruction::Transfer { asset, to, amount, .. }) => {
                let is_in_scope = match scope {
                    SessionScope::Receivers(receivers) => receivers.binary_search(to).is_ok(),
                    SessionScope::Category(category) => match records(&RecordKey::Merchant(*to)) {
                        Some(Record::Merchant(merchant)) => merchant.is_active && merchant.category == *category,
                        _ => false,
                    },
                    SessionScope::Anyone | SessionScope::Program(_) => true,
                };
                if !is_in_scope {
                    return Err(SessionLimit::Scope);
                }
                Some((*asset, *amount))
            }
            _ => return Err(SessionLimit::Instruction),
        };
        match payment {
            Some((asset, _)) if asset != self.grant.asset => Err(SessionLimit::Asset),
            Some((_, amount)) if amount > self.grant.limit_per_payment => Err(SessionLimit::PerPayment),
            Some((asset, amount)) => self.count(asset, amount),
            None => Ok(()),
        }
    }

    /// Counts what the account pays on the session's behalf, or says why the session does not cover it.
    pub(crate) fn count(&mut self, asset: AssetId, amount: Amount) -> Result<(), SessionLimit> {
        if asset != self.grant.asset {
            return Err(SessionLimit::Asset);
        }
        let spent = self.spent.checked_add(amount).filter(|spent| *spent <= self.grant.limit_total);
        self.spent = spent.ok_or(SessionLimit::Total)?;
        Ok(())
    }
}
