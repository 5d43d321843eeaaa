//! Session keys: what an account's managers let another key pay, up to a limit and an end.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::Bounded;
use crate::{Address, Amount, AssetId, Deadline};

/// The most receivers that a session names.
pub const MAX_SESSION_RECEIVERS: usize = 16;

/// To whom a session key pays.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionScope {
    /// To anyone.
    Anyone,
    /// To these, ascending, each once.
    Receivers(Bounded<Address, MAX_SESSION_RECEIVERS>),
    /// To active merchants of this category (ISO 18245).
    Category(u16),
    /// Into calls of this program, of which it may make any.
    Program(Address),
}

/// What a session key may do: pay one asset, within limits and scope, until a second.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionGrant {
    /// What it pays with.
    pub asset: AssetId,
    /// How much it pays in all.
    pub limit_total: Amount,
    /// How much it pays at once; not zero and no more than in all.
    pub limit_per_payment: Amount,
    /// To whom.
    pub scope: SessionScope,
    /// The last second in which it pays, by block time.
    pub valid_until: Deadline,
}

/// Why a session is refused. The first that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum SessionFault {
    /// Nobody, or everybody, can sign with the key.
    #[error("the ed25519 key is no point of its curve, or one of small order")]
    UnusableKey,
    /// A limit is zero, or that of one payment is higher than that of all.
    #[error("the limit of one payment is not zero and not above that of all")]
    Limits,
    /// There are no receivers, or they are not ascending, or one comes twice.
    #[error("receivers are 1 to {MAX_SESSION_RECEIVERS}, each once, in the order of their addresses")]
    Receivers,
    /// It has ended already.
    #[error("the session would have ended already")]
    Ended,
}

impl SessionGrant {
    /// Refuses a session by which nothing could be paid, but for its end.
    pub fn check(&self) -> Result<(), SessionFault> {
        if self.limit_per_payment == Amount::ZERO || self.limit_per_payment > self.limit_total {
            return Err(SessionFault::Limits);
        }
        if let SessionScope::Receivers(receivers) = &self.scope
            && (receivers.is_empty() || !receivers.windows(2).all(|pair| pair[0] < pair[1]))
        {
            return Err(SessionFault::Receivers);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named() {
        let grant = |total, once, receivers: &[u8]| SessionGrant {
            asset: AssetId(0),
            limit_total: Amount(total),
            limit_per_payment: Amount(once),
            scope: SessionScope::Receivers(
                Bounded::new(receivers.iter().map(|number| Address([*number; 20])).collect()).expect("few"),
            ),
            valid_until: Deadline(1),
        };
        assert_eq!(grant(1, 1, &[1, 2]).check(), Ok(()));
        assert_eq!(grant(9, 0, &[]).check(), Err(SessionFault::Limits));
        assert_eq!(grant(9, 10, &[1]).check(), Err(SessionFault::Limits));
        for receivers in [&[][..], &[2, 1], &[1, 1]] {
            assert_eq!(grant(9, 9, receivers).check(), Err(SessionFault::Receivers));
        }
        assert_eq!(SessionGrant { scope: SessionScope::Category(0), ..grant(9, 9, &[]) }.check(), Ok(()));
    }
}
