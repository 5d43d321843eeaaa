//! Who may act for an account.
//!
//! # What opens an account
//!
//! - An account without keys of its own is opened by the key whose address it is, which has all roles.
//! - An account with a policy is opened by the policy's keys alone: in each role, by signers that together weigh at least the
//!   role's threshold. That the account's address is a key's says nothing any more.
//! - If neither holds, a single signer that has a session of the account may pay within the session ([`Session`]).
//!
//! Authority is judged once, when the transaction's turn comes, by the keys of that moment. Changed keys count from the
//! next transaction on, also in the same block; the later instructions of the transaction that changes them still run under the
//! authority that it began with, because its signers were entitled when they signed and could have ordered the
//! instructions otherwise.
//!
//! # A transaction without authority is skipped
//!
//! If the signers have no role and no session, or the sponsor's signers may not sponsor, the transaction is *skipped*: it
//! has no receipt, costs nobody anything and is in nobody's history, so nobody can write into the history of somebody
//! else's account. Its id is not remembered as executed: the id follows from what the payer signs and not from who signed, so
//! remembering it would let a stranger use up the id of a transaction that its payer has signed or is about to sign.
//! Forgetting it is safe, because it had no effect; copies are judged anew until the deadline, and the first that is
//! authorized executes, once.
//!
//! # What forbids an instruction
//!
//! A transaction whose signers may do something, and want another thing, fails with a receipt like any other. Looked for
//! before everything else of the instruction:
//!
//! 1. signers of the account's keys have the role ([`Failure::MissingRole`]): managing for changes of keys and sessions,
//!    paying for all else;
//! 2. a session allows it ([`Failure::SessionForbids`], see [`SessionLimit`] for the order).
//!
//! What forbids a change of keys or sessions is said in [`KeyChange`].

mod change;
mod limit;
mod session;

use types::{Address, Amount, AssetId, AuthorizedTransaction, Instruction, KeyPolicy, KeyRole, SigningKeys, Timestamp};

pub use change::MAX_SESSIONS;
pub(crate) use change::{KeyChange, change_keys};
pub use limit::SessionLimit;
pub use session::Session;

use crate::state::overlay::Overlay;
use crate::{Failure, Record, RecordKey};

/// What a transaction's signers may do for its payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The account's keys: at least one of these.
    Keys { pay: bool, manage: bool },
    /// A key with a session, as the session stands now.
    Session(Box<Session>),
}

/// The policy of an account that has one.
fn policy<'r>(records: impl Fn(&RecordKey) -> Option<&'r Record>, account: &Address) -> Option<&'r KeyPolicy> {
    match records(&RecordKey::KeyPolicy(*account)) {
        Some(Record::KeyPolicy(policy)) => Some(policy),
        _ => None,
    }
}

impl Authority {
    /// What the signers may do for the account in a block of time `now`; `None` if nothing.
    fn judge<'r>(
        records: impl Fn(&RecordKey) -> Option<&'r Record>,
        account: &Address,
        signers: &SigningKeys,
        now: Timestamp,
    ) -> Option<Authority> {
        let (pay, manage) = match policy(&records, account) {
            None => (signers.has_own(), signers.has_own()),
            Some(policy) => {
                (policy.allows(KeyRole::Pay, signers.keys()), policy.allows(KeyRole::Manage, signers.keys()))
            }
        };
        if pay || manage {
            return Some(Authority::Keys { pay, manage });
        }
        let [key] = signers.keys() else { return None };
        match records(&Session::record_key(account, key)) {
            Some(Record::Session(session)) if !session.grant.valid_until.has_passed(now) => {
                Some(Authority::Session(session.clone()))
            }
            _ => None,
        }
    }

    /// Lets an instruction of the payer's run, or says what forbids it. What a session pays is counted at once.
    pub(crate) fn permit<'r>(
        &mut self,
        records: impl Fn(&RecordKey) -> Option<&'r Record>,
        instruction: &Instruction,
    ) -> Result<(), Failure> {
        let manages = matches!(
            instruction,
            Instruction::SetKeys { .. } | Instruction::GrantSession { .. } | Instruction::RevokeSession { .. }
        );
        match self {
            Authority::Keys { manage: false, .. } if manages => Err(Failure::MissingRole { role: KeyRole::Manage }),
            Authority::Keys { pay: false, .. } if !manages => Err(Failure::MissingRole { role: KeyRole::Pay }),
            Authority::Keys { .. } => Ok(()),
            Authority::Session(session) => {
                session.spend(records, instruction).map_err(|limit| Failure::SessionForbids { limit })
            }
        }
    }

    /// As [`Authority::permit`], in a running block.
    pub(crate) fn permit_in(
        &mut self,
        overlay: &mut Overlay<'_>,
        payer: &Address,
        instruction: &Instruction,
    ) -> Result<(), Failure> {
        self.permit(|key| overlay.record(key), instruction)?;
        self.keep(overlay, payer);
        Ok(())
    }

    /// Counts a fee that the account pays for its transaction, or says why a session does not pay it.
    pub(crate) fn count_fee(&mut self, asset: AssetId, fee: Amount) -> Result<(), Failure> {
        match self {
            Authority::Keys { .. } => Ok(()),
            Authority::Session(session) => session.count(asset, fee).map_err(|limit| Failure::SessionForbids { limit }),
        }
    }

    /// Writes down what the session has spent, if it is a session.
    pub(crate) fn keep(&self, overlay: &mut Overlay<'_>, payer: &Address) {
        if let Authority::Session(session) = self {
            overlay.put_record(Session::record_key(payer, &session.key), Record::Session(session.clone()));
        }
    }
}

/// Whose signers have no authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unauthorized {
    Payer,
    Sponsor,
}

/// What the transaction's signers may do for its payer in a block of time `now`, if they may do something and those of its
/// sponsor, where it has one, may sponsor.
pub(crate) fn judge<'r>(
    records: impl Fn(&RecordKey) -> Option<&'r Record>,
    transaction: &AuthorizedTransaction,
    now: Timestamp,
) -> Result<Authority, Unauthorized> {
    let authority = Authority::judge(&records, &transaction.payload().payer, transaction.signers(), now);
    let authority = authority.ok_or(Unauthorized::Payer)?;
    match transaction.sponsor() {
        Some(by) if !may_sponsor(records, &by.address(), by.signers()) => Err(Unauthorized::Sponsor),
        _ => Ok(authority),
    }
}

/// True if the signers may pay the fees of others from the account.
fn may_sponsor<'r>(
    records: impl Fn(&RecordKey) -> Option<&'r Record>,
    account: &Address,
    signers: &SigningKeys,
) -> bool {
    match policy(records, account) {
        None => signers.has_own(),
        Some(policy) => policy.allows(KeyRole::Sponsor, signers.keys()),
    }
}
