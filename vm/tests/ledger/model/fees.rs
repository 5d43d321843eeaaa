//! What transactions are charged.

use types::{Address, Amount, AuthorizedTransaction, Height, Instruction, Operation, Origin, Payment};
use vm::FeePaid;

use super::Model;
use super::authority::Authority;
use super::gate;
use super::turn::Turn;

impl Model {
    /// What the transaction is charged.
    pub(super) fn fee_of(&self, transaction: &AuthorizedTransaction) -> Option<FeePaid> {
        let schedule = self.fees?;
        let payload = transaction.payload();
        let is_approval = |instruction: &Instruction| matches!(instruction, Instruction::ApproveValidators { .. });
        if payload.instructions.iter().all(is_approval) && self.state.council.is_validator(payload.payer) {
            return None;
        }
        let mut count = 0;
        for instruction in payload.instructions.iter() {
            count += match instruction {
                Instruction::Payment(payment) => match &**payment {
                    Payment::Batch { payments, .. } => payments.len().max(1) as u128,
                    _ => 1,
                },
                _ => 1,
            };
        }
        let amount = Amount(schedule.per_transaction.0 + count * schedule.per_instruction.0);
        let by = transaction.sponsor().map_or(payload.payer, |sponsor| sponsor.address());
        (amount.0 > 0).then_some(FeePaid { by, asset: schedule.asset, amount })
    }

    /// The fee is paid, and stays paid; nothing where it cannot be.
    pub(super) fn charge(
        &mut self,
        fee: &FeePaid,
        transaction: &AuthorizedTransaction,
        authority: &Authority,
        height: Height,
        touched: &mut Vec<Address>,
    ) -> Option<()> {
        if !self.state.accounts.contains(&fee.by) {
            return None;
        }
        let mut after = self.state.clone();
        // What a session's key has its account pay comes out of the session. A sponsor's own keys have agreed to what the
        // sponsor pays, even where it sponsors itself.
        if let (Authority::Session(key), None) = (authority, transaction.sponsor()) {
            after.count_in_session(fee.by, key, fee.asset, fee.amount).ok()?;
        }
        let mut turn = Turn {
            state: &mut after,
            actor: fee.by,
            origin: Origin { transaction: transaction.id(), instruction: 0 },
            now: self.now,
            height,
            has_travel: &mut false,
            touched,
            after: 0,
        };
        turn.touch(fee.by).ok()?;
        let (from, to) = (gate::From::Account(fee.by), gate::To::Account(self.fees?.collector));
        turn.moves(Operation::Fee, fee.asset, fee.amount, from, to).ok()?;
        self.state = after;
        Some(())
    }
}
