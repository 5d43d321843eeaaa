//! A session key's part of an account.

use bincode::{Decode, Encode};
use types::{AccountKey, Address, Amount, AssetId, Compliance, Instruction, Payment, SessionGrant, SessionScope};

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
            (scope, instruction) => match paid(&records, instruction) {
                Paid::Nothing => None,
                Paid::To { .. } if matches!(scope, SessionScope::Program(_)) => return Err(SessionLimit::Instruction),
                Paid::To { receiver, .. } if !is_in_scope(records, scope, &receiver) => {
                    return Err(SessionLimit::Scope);
                }
                Paid::To { asset, amount, .. } => Some((asset, amount)),
                Paid::Otherwise => return Err(SessionLimit::Instruction),
            },
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

/// What an instruction pays, as far as a session knows.
enum Paid {
    /// Nothing: it says something of the payments beside it.
    Nothing,
    /// An account, or a merchant's order.
    To { receiver: Address, asset: AssetId, amount: Amount },
    /// Something that a session does not pay.
    Otherwise,
}

/// An order is paid to its merchant, and so is its address.
fn paid<'r>(records: impl Fn(&RecordKey) -> Option<&'r Record>, instruction: &Instruction) -> Paid {
    match instruction {
        Instruction::Transfer { asset, to, amount, .. } => {
            let receiver = match records(&RecordKey::OrderAddress(*to)) {
                Some(Record::OrderAddress(order)) => order.merchant,
                _ => *to,
            };
            Paid::To { receiver, asset: *asset, amount: *amount }
        }
        Instruction::Payment(payment) => match **payment {
            Payment::Charge { merchant, asset, amount, .. } | Payment::Hold { merchant, asset, amount, .. } => {
                Paid::To { receiver: merchant, asset, amount }
            }
            _ => Paid::Otherwise,
        },
        Instruction::Compliance(compliance) if matches!(**compliance, Compliance::DeclareTravel { .. }) => {
            Paid::Nothing
        }
        _ => Paid::Otherwise,
    }
}

fn is_in_scope<'r>(
    records: impl Fn(&RecordKey) -> Option<&'r Record>,
    scope: &SessionScope,
    receiver: &Address,
) -> bool {
    match scope {
        SessionScope::Receivers(receivers) => receivers.binary_search(receiver).is_ok(),
        SessionScope::Category(category) => match records(&RecordKey::Merchant(*receiver)) {
            Some(Record::Merchant(merchant)) => merchant.is_active && merchant.category == *category,
            _ => false,
        },
        SessionScope::Anyone | SessionScope::Program(_) => true,
    }
}
