//! Fees: what a transaction pays for being executed, in a settlement asset, by a schedule that is fixed at genesis.
//!
//! - The fee is due before the first instruction, from the sponsor if there is one and else from the payer, and passes the
//!   gate like all money. It stays paid if the transaction fails: nothing has moved but the fee.
//! - A transaction whose fee cannot be paid is *skipped* ([`crate::Skipped::unpaid`]), whatever keeps it from being paid: it has no
//!   receipt, because a receipt that costs nothing would be free to have. Its id is not remembered, as it had no effect; it
//!   may execute later, within its deadline, once there is money.
//! - What the keys of a session make their account pay comes out of the session: the fee counts towards its limit of all
//!   payments, also if the transaction fails, so a stolen session key costs no more than was granted. If the fee is in
//!   another asset than the session's, a sponsor must pay it.
//! - Validators approve changes of their list for nothing: that is the chain's own business, and a validator needs no account for it.
//! - A sponsor's signatures are outside of what the payer signs. Who passes a transaction on may leave them out, and then the
//!   payer pays; by signing for a chain a payer agrees to the chain's fee at most.

use bincode::{Decode, Encode};
use types::{
    Address, Amount, AssetId, AuthorizedTransaction, Instruction, MAX_BATCH_PAYMENTS, MAX_INSTRUCTIONS, Operation,
    Payload, Payment,
};

use crate::Failure;
use crate::rules::authority::Authority;
use crate::rules::gate::{self, Movement, Sink, Source};
use crate::state::overlay::{Overlay, Slot};

/// What transactions pay. A chain without a schedule has no fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct FeeSchedule {
    /// The asset in which fees are paid.
    pub asset: AssetId,
    /// For each transaction.
    pub per_transaction: Amount,
    /// For each of its instructions, and for each payment of a custodian's batch.
    pub per_instruction: Amount,
    /// Who receives them.
    pub collector: Address,
}

impl FeeSchedule {
    /// The fee of a transaction with so many instructions, a batch counted by its payments; `None` if it cannot be counted.
    pub fn fee(&self, instructions: usize) -> Option<Amount> {
        let all = self.per_instruction.0.checked_mul(instructions as u128)?;
        self.per_transaction.checked_add(Amount(all))
    }

    /// The highest fee; `None` if it cannot be counted.
    pub(crate) fn highest(&self) -> Option<Amount> {
        self.fee(MAX_INSTRUCTIONS * MAX_BATCH_PAYMENTS)
    }
}

/// The instructions that are charged, a batch by its payments.
fn charged(payload: &Payload) -> usize {
    let count = |instruction: &Instruction| match instruction {
        Instruction::Payment(payment) => match &**payment {
            Payment::Batch { payments, .. } => payments.len().max(1),
            _ => 1,
        },
        _ => 1,
    };
    payload.instructions.iter().map(count).sum()
}

/// A fee that was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct FeePaid {
    /// Who paid it: the sponsor or the payer.
    pub by: Address,
    /// The asset.
    pub asset: AssetId,
    /// How much, not zero.
    pub amount: Amount,
}

/// A fee that is to be paid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) fee: FeePaid,
    collector: Address,
    /// Nobody else pays it.
    is_payers: bool,
}

impl Due {
    /// The fee of the transaction, unless it has none.
    pub(crate) fn of(
        schedule: Option<FeeSchedule>,
        transaction: &AuthorizedTransaction,
        is_validator: impl Fn(&Address) -> bool,
    ) -> Option<Due> {
        let schedule = schedule?;
        let payload = transaction.payload();
        let approves = |instruction: &Instruction| matches!(instruction, Instruction::ApproveValidators { .. });
        if payload.instructions.iter().all(approves) && is_validator(&payload.payer) {
            return None;
        }
        let FeeSchedule { asset, collector, .. } = schedule;
        let amount = schedule.fee(charged(payload)).expect("genesis makes sure that the highest can be counted");
        let sponsor = transaction.sponsor().map(|by| by.address());
        (amount > Amount::ZERO).then(|| Due {
            fee: FeePaid { by: sponsor.unwrap_or(payload.payer), asset, amount },
            collector,
            is_payers: sponsor.is_none(),
        })
    }

    /// Counts the fee in a session that pays it.
    pub(crate) fn count(&self, authority: &mut Authority) -> Result<(), Failure> {
        if self.is_payers { authority.count_fee(self.fee.asset, self.fee.amount) } else { Ok(()) }
    }
}

/// A transaction that has begun: what its signers may still do, its payer's account, if there is one, and the fee that was
/// paid.
pub(crate) struct Begun {
    pub(crate) authority: Authority,
    pub(crate) payer: Option<Slot>,
    pub(crate) fee: Option<FeePaid>,
}

/// Begins a transaction and charges its fee. `touched` becomes the accounts of payer, sponsor and collector, as far as there
/// are and were touched. After an error the caller rolls the overlay back.
pub(crate) fn begin(
    overlay: &mut Overlay<'_>,
    transaction: &AuthorizedTransaction,
    mut authority: Authority,
    touched: &mut Vec<Slot>,
) -> Result<Begun, Failure> {
    overlay.begin();
    touched.clear();
    // A validator needs no account to approve a change.
    let payer = overlay.find(&transaction.payload().payer);
    touched.extend(payer);
    let due = Due::of(overlay.parameters().fees, transaction, |payer| overlay.is_validator(payer));
    let Some(due) = due else { return Ok(Begun { authority, payer, fee: None }) };
    due.count(&mut authority)?;
    authority.keep(overlay, &transaction.payload().payer);
    let by = overlay.find(&due.fee.by).ok_or(Failure::UnknownAccount)?;
    let FeePaid { asset, amount, .. } = due.fee;
    let (operation, from, to) = (Operation::Fee, Source::Account(by), Sink::Account(due.collector));
    let collector = gate::pass(overlay, Movement { asset, amount, operation, from, to })?;
    // Each once: if the instructions fail, just so many accounts stay touched.
    for slot in std::iter::once(by).chain(collector) {
        if !touched.contains(&slot) {
            touched.push(slot);
        }
    }
    Ok(Begun { authority, payer, fee: Some(due.fee) })
}
