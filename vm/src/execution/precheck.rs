//! What the finalized state can tell of a transaction before it is ordered.

use types::{Address, AuthorizedTransaction, Deadline};

use crate::execution::execute::run_instructions;
use crate::rules::authority::{Unauthorized, judge};
use crate::rules::calls::Calls;
use crate::rules::fees::{self, Begun};
use crate::state::overlay::{Overlay, Parent};
use crate::state::replay::{Standing, standing};
use crate::{BlockContext, Failure, Ledger, ReceiptPointer};

/// Why a transaction is not worth ordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Precheck {
    /// The deadline has passed.
    #[error("the transaction expired: its deadline, second {valid_until}, has passed; sign it anew with a later one")]
    Expired {
        /// The deadline.
        valid_until: Deadline,
    },
    /// The deadline is too far ahead.
    #[error(
        "the deadline, second {valid_until}, is more than {max_valid_seconds} s ahead: sign the transaction anew with an \
         earlier one"
    )]
    DeadlineTooFar {
        /// The deadline.
        valid_until: Deadline,
        /// How far ahead it may be, in seconds.
        max_valid_seconds: u32,
    },
    /// The transaction was executed.
    #[error("the transaction was already executed, in block {}: ask for its status", .0.height)]
    AlreadyExecuted(ReceiptPointer),
    /// The keys that signed do not open the payer's account.
    #[error("the keys that signed do not open the payer's account: sign with the keys that the account has now")]
    Unauthorized,
    /// The keys that signed for the sponsor may not sponsor from its account.
    #[error("the keys that signed for the sponsor may not pay fees from its account: ask the sponsor to sign anew")]
    UnauthorizedSponsor,
    /// The fee cannot be paid.
    #[error("the fee cannot be paid by {by}: {failure}")]
    Unpaid {
        /// Who is to pay it: the sponsor or the payer.
        by: Address,
        /// What keeps it from being paid.
        failure: Failure,
    },
    /// The payer has no account.
    #[error("the payer has no account: it comes into being when it first receives money")]
    UnknownAccount,
    /// As the finalized state stands, an instruction would fail.
    #[error("the transaction would fail: {0}")]
    WouldFail(#[source] Failure),
}

impl Ledger {
    /// Whether the transaction would succeed in the block `next` on top of the finalized state, as far as that can be told
    /// without running programs. Blocks that come before it may change the answer either way.
    pub fn precheck(&self, transaction: &AuthorizedTransaction, next: BlockContext) -> Result<(), Precheck> {
        let valid_until = transaction.id().deadline();
        let max_valid_seconds = self.parameters().max_valid_seconds;
        match standing(valid_until, next.timestamp, max_valid_seconds) {
            Standing::Expired => return Err(Precheck::Expired { valid_until }),
            Standing::TooFar => return Err(Precheck::DeadlineTooFar { valid_until, max_valid_seconds }),
            Standing::Open => {}
        }
        if let Some(at) = self.executed(&transaction.id()) {
            return Err(Precheck::AlreadyExecuted(at));
        }
        let authority = judge(|key| self.record(key), transaction, next.timestamp).map_err(|whose| match whose {
            Unauthorized::Payer => Precheck::Unauthorized,
            Unauthorized::Sponsor => Precheck::UnauthorizedSponsor,
        })?;
        let Some(parent) = Parent::new(self, &[]) else { return Ok(()) };
        let (mut overlay, mut touched) = (Overlay::new(parent, next, 2), Vec::new());
        let by = transaction.sponsor().map_or(transaction.payload().payer, |sponsor| sponsor.address());
        let begun = fees::begin(&mut overlay, transaction, authority, &mut touched);
        let Begun { authority, payer, .. } = begun.map_err(|failure| Precheck::Unpaid { by, failure })?;
        match run_instructions(&mut overlay, payer, transaction, authority, &mut touched, &mut Calls::foreseen()) {
            Ok(()) => Ok(()),
            Err((_, stopped)) if stopped.failure == Failure::UnknownAccount && payer.is_none() => {
                Err(Precheck::UnknownAccount)
            }
            Err((_, stopped)) => Err(Precheck::WouldFail(stopped.failure)),
        }
    }
}
