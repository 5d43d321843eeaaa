//! What the finalized state can tell of a transaction before it is ordered.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId, AuthorizedTransaction, Deadline, ProgramCall, Timestamp};

use crate::execution::step::Step;
use crate::program::verify;
use crate::rules::authority::{KeyChange, Unauthorized, judge};
use crate::rules::calls::{Meter, admissible, gas_of_call, gas_of_deployment};
use crate::rules::fees::Due;
use crate::rules::gate::{Movement, Way};
use crate::state::replay::{Standing, standing};
use crate::{Account, Asset, Failure, Ledger, Parameters, ReceiptPointer, Record, RecordKey, Session};

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
    /// Whether the transaction could be executed in a block of time `now` on top of the finalized state, as far as its
    /// payer's side tells. Blocks that come before it may change the answer either way.
    pub fn precheck(&self, transaction: &AuthorizedTransaction, now: Timestamp) -> Result<(), Precheck> {
        let valid_until = transaction.id().deadline();
        let Parameters { max_valid_seconds, validator_notice_millis, fees } = self.parameters();
        match standing(valid_until, now, max_valid_seconds) {
            Standing::Expired => return Err(Precheck::Expired { valid_until }),
            Standing::TooFar => return Err(Precheck::DeadlineTooFar { valid_until, max_valid_seconds }),
            Standing::Open => {}
        }
        if let Some(at) = self.executed(&transaction.id()) {
            return Err(Precheck::AlreadyExecuted(at));
        }
        let payer = &transaction.payload().payer;
        let records = |key: &RecordKey| self.record(key);
        let mut authority = judge(records, transaction, now).map_err(|whose| match whose {
            Unauthorized::Payer => Precheck::Unauthorized,
            Unauthorized::Sponsor => Precheck::UnauthorizedSponsor,
        })?;
        let mut purse = self.account(payer).map(Purse::new);
        if let Some(due) = Due::of(fees, transaction, |payer| self.council().has_approver(payer)) {
            let unpaid = |failure| Precheck::Unpaid { by: due.fee.by, failure };
            due.count(&mut authority).map_err(unpaid)?;
            let mut sponsor = self.account(&due.fee.by).filter(|by| by.address != *payer).map(Purse::new);
            let by = sponsor.as_mut().or(purse.as_mut()).filter(|by| by.account.address == due.fee.by);
            by.ok_or(Failure::UnknownAccount).and_then(|by| by.spend(due.movement, self.assets())).map_err(unpaid)?;
        }
        let mut has_approved = false;
        // What the instructions before have made of merchants' entries.
        let mut registered = BTreeMap::new();
        let mut meter = Meter::new();
        let mut has_changed_keys = false;
        for instruction in transaction.payload().instructions.iter() {
            authority.permit(records, instruction).map_err(Precheck::WouldFail)?;
            match Step::from(instruction) {
                Step::Move(movement) => {
                    let purse = purse.as_mut().ok_or(Precheck::UnknownAccount)?;
                    purse.spend(movement, self.assets()).map_err(Precheck::WouldFail)?;
                }
                Step::Approve { .. } if std::mem::replace(&mut has_approved, true) => {
                    return Err(Precheck::WouldFail(Failure::SecondApproval));
                }
                Step::Approve { epoch, changes } => {
                    let approved = self.council().approve(payer, epoch, changes, now, validator_notice_millis);
                    approved.map_err(Precheck::WouldFail)?;
                }
                Step::Register(registration) => {
                    let key = registration.key();
                    let is_registered = registered.get(&key).copied().unwrap_or_else(|| self.record(&key).is_some());
                    let entry = registration.check(payer, self.assets(), is_registered);
                    registered.insert(key, entry.map_err(Precheck::WouldFail)?.is_some());
                }
                Step::Deploy(deployment) => {
                    purse.as_ref().ok_or(Precheck::UnknownAccount)?;
                    meter.admit(&gas_of_deployment(deployment)).map_err(Precheck::WouldFail)?;
                    verify(&deployment.code).map_err(|_| Precheck::WouldFail(Failure::InvalidProgram))?;
                }
                Step::Keys(change) => {
                    purse.as_ref().ok_or(Precheck::UnknownAccount)?;
                    change.check(now).map_err(Precheck::WouldFail)?;
                    if let KeyChange::Revoke(key) = change
                        && !has_changed_keys
                        && self.record(&Session::record_key(payer, key)).is_none()
                    {
                        return Err(Precheck::WouldFail(Failure::UnknownSession));
                    }
                    has_changed_keys = true;
                }
                Step::Call(call) => {
                    let purse = purse.as_mut().ok_or(Precheck::UnknownAccount)?;
                    meter.admit(&gas_of_call(call)).map_err(Precheck::WouldFail)?;
                    self.precheck_call(call, purse).map_err(Precheck::WouldFail)?;
                    // It may pay its caller: what follows can be told only by running it.
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn precheck_call(&self, call: &ProgramCall, purse: &mut Purse<'_>) -> Result<(), Failure> {
        let program = call.program;
        let Some(Record::Program(deployed)) = self.record(&RecordKey::Program(program)) else {
            return Err(Failure::UnknownProgram { program });
        };
        if let Some((asset, amount)) = call.attach {
            purse.spend(Movement { asset, amount, way: Way::Transfer { to: program } }, self.assets())?;
        }
        admissible(&deployed.program, call).map_err(|trap| Failure::Trapped { trap })
    }
}

/// What the payer holds as instruction follows instruction. Allocates only for a second asset.
struct Purse<'a> {
    account: &'a Account,
    first: Option<(AssetId, Amount)>,
    others: Vec<(AssetId, Amount)>,
}

impl<'a> Purse<'a> {
    fn new(account: &'a Account) -> Self {
        Self { account, first: None, others: Vec::new() }
    }

    /// Moves the payer's side of `movement`, if nothing there forbids it.
    fn spend(&mut self, movement: Movement, assets: &[Asset]) -> Result<(), Failure> {
        let payer = self.account.address;
        let balance = self.balance(movement.asset);
        movement.check(&payer, assets, *balance)?;
        let left = match movement.way {
            Way::Mint { to } if to == payer => balance.checked_add(movement.amount),
            Way::Transfer { to } if to != payer => balance.checked_sub(movement.amount),
            Way::Burn => balance.checked_sub(movement.amount),
            Way::Mint { .. } | Way::Transfer { .. } => None,
        };
        *balance = left.unwrap_or(*balance);
        Ok(())
    }

    fn balance(&mut self, asset: AssetId) -> &mut Amount {
        let held = || (asset, self.account.balance(asset));
        let first = self.first.get_or_insert_with(held);
        if first.0 == asset {
            return &mut first.1;
        }
        let place = match self.others.iter().position(|(other, _)| *other == asset) {
            Some(place) => place,
            None => {
                self.others.push(held());
                self.others.len() - 1
            }
        };
        &mut self.others[place].1
    }
}
