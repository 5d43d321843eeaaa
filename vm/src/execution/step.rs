//! Which rule each instruction asks.

use types::{Address, Instruction};

use crate::Failure;
use crate::rules::authority::{KeyChange, change_keys};
use crate::rules::calls::{Calls, Stopped};
use crate::rules::compliance::control;
use crate::rules::issuance::{burn, issue, mint};
use crate::rules::merchants::{Change, Registration, register};
use crate::rules::payments::{pay, transfer};
use crate::rules::turn::Turn;

/// Carries out an instruction in its turn, or says what forbids it.
pub(crate) fn take(turn: &mut Turn<'_, '_>, instruction: &Instruction, calls: &mut Calls) -> Result<(), Stopped> {
    match instruction {
        Instruction::Mint { asset, to, amount } => mint(turn, *asset, *to, *amount)?,
        Instruction::Burn { asset, amount } => burn(turn, *asset, *amount)?,
        Instruction::Transfer { asset, to, amount, .. } => transfer(turn, *asset, *to, *amount)?,
        Instruction::ApproveValidators { epoch, changes } => {
            if std::mem::replace(&mut turn.overlay.scope.has_approved, true) {
                return Err(Failure::SecondApproval.into());
            }
            turn.overlay.approve(&turn.actor, *epoch, changes)?;
        }
        Instruction::RegisterMerchant { merchant, entry } => {
            register(turn, Registration { merchant: *merchant, change: Change::Register(entry) })?;
        }
        Instruction::UpdateMerchant { merchant, entry } => {
            register(turn, Registration { merchant: *merchant, change: Change::Update(entry) })?;
        }
        Instruction::CloseMerchant { merchant } => {
            register(turn, Registration { merchant: *merchant, change: Change::Close })?;
        }
        Instruction::DeployProgram(deployment) => {
            let address = Address::of_program(&turn.actor, &turn.origin.transaction, turn.origin.instruction);
            calls.deploy(turn, deployment, address)?;
        }
        Instruction::CallProgram(call) => calls.call(turn, call)?,
        Instruction::SetKeys { policy } => change_keys(turn, KeyChange::Set(policy.as_deref()))?,
        Instruction::GrantSession { key, session } => change_keys(turn, KeyChange::Grant(key, session))?,
        Instruction::RevokeSession { key } => change_keys(turn, KeyChange::Revoke(key))?,
        Instruction::Issuance(issuance) => issue(turn, issuance)?,
        Instruction::Compliance(compliance) => control(turn, compliance)?,
        Instruction::Payment(payment) => pay(turn, payment)?,
    }
    Ok(())
}
