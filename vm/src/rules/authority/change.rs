//! Changes of an account's keys and sessions.

use types::{AccountKey, Address, Amount, Deadline, KeyPolicy, SessionFault, SessionGrant, Timestamp};

use super::Session;
use crate::rules::turn::Turn;
use crate::state::overlay::Overlay;
use crate::{Failure, Record, RecordKey};

/// The most sessions of an account that have not ended.
pub const MAX_SESSIONS: usize = 16;

/// A change of an account's keys or sessions.
///
/// What forbids it, in this order, once the signers may manage:
///
/// 1. the payer has an account ([`Failure::UnknownAccount`]);
/// 2. a new policy can be met ([`Failure::InvalidPolicy`]); a session can be used ([`Failure::InvalidSession`]), and no
///    more than [`MAX_SESSIONS`] would be open ([`Failure::TooManySessions`]); one that is to end is there
///    ([`Failure::UnknownSession`]).
///
/// New keys end all sessions: who rotates keys because one was stolen need not know what the thief has granted. Sessions
/// that have ended are removed when another is granted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyChange<'t> {
    Set(Option<&'t KeyPolicy>),
    Grant(&'t AccountKey, &'t SessionGrant),
    Revoke(&'t AccountKey),
}

impl KeyChange<'_> {
    /// Everything that can be told from the change itself.
    fn check(&self, now: Timestamp) -> Result<(), Failure> {
        match self {
            KeyChange::Set(Some(policy)) => policy.check().map_err(|fault| Failure::InvalidPolicy { fault }),
            KeyChange::Grant(key, session) => {
                let fault = match session.check() {
                    _ if !key.can_sign() => Err(SessionFault::UnusableKey),
                    Ok(()) if session.valid_until.has_passed(now) => Err(SessionFault::Ended),
                    checked => checked,
                };
                fault.map_err(|fault| Failure::InvalidSession { fault })
            }
            KeyChange::Set(None) | KeyChange::Revoke(_) => Ok(()),
        }
    }

    fn run(&self, overlay: &mut Overlay<'_>, account: &Address) -> Result<(), Failure> {
        let now = overlay.block().timestamp;
        self.check(now)?;
        match *self {
            KeyChange::Set(policy) => {
                for (key, _) in sessions(overlay, account) {
                    overlay.remove_record(key);
                }
                let key = RecordKey::KeyPolicy(*account);
                match policy {
                    Some(policy) => overlay.put_record(key, Record::KeyPolicy(policy.clone())),
                    None => overlay.remove_record(key),
                }
            }
            KeyChange::Grant(key, session) => {
                let place = Session::record_key(account, key);
                let (ended, open): (Vec<_>, Vec<_>) =
                    sessions(overlay, account).into_iter().partition(|(_, end)| end.has_passed(now));
                if open.iter().filter(|(other, _)| *other != place).count() >= MAX_SESSIONS {
                    return Err(Failure::TooManySessions);
                }
                for (key, _) in ended {
                    overlay.remove_record(key);
                }
                let session = Session { key: *key, grant: session.clone(), spent: Amount::ZERO };
                overlay.put_record(place, Record::Session(Box::new(session)));
            }
            KeyChange::Revoke(key) => {
                let place = Session::record_key(account, key);
                if overlay.record(&place).is_none() {
                    return Err(Failure::UnknownSession);
                }
                overlay.remove_record(place);
            }
        }
        Ok(())
    }
}

/// Changes the actor's keys or sessions, or says what forbids it.
pub(crate) fn change_keys(turn: &mut Turn<'_, '_>, change: KeyChange<'_>) -> Result<(), Failure> {
    turn.payer()?;
    change.run(turn.overlay, &turn.actor)
}

/// The account's sessions with their last seconds.
fn sessions(overlay: &Overlay<'_>, account: &Address) -> Vec<(RecordKey, Deadline)> {
    let range = RecordKey::Session(*account, Address([0; 20]))..=RecordKey::Session(*account, Address([0xff; 20]));
    let sessions = overlay.records(range).filter_map(|(key, record)| match record {
        Record::Session(session) => Some((key.clone(), session.grant.valid_until)),
        _ => None,
    });
    sessions.collect()
}
