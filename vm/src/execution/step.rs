//! What an instruction asks for: money to be moved, a change of the validators, of the registry of merchants or of the payer's
//! keys, or a program to be deployed or called.

use types::{Deployment, Epoch, Instruction, ProgramCall};

use crate::rules::authority::KeyChange;
use crate::rules::council::Changes;
use crate::rules::gate::{Movement, Way};
use crate::rules::merchants::{Change, Registration};

pub(crate) enum Step<'t> {
    Move(Movement),
    Approve { epoch: Epoch, changes: &'t Changes },
    Register(Registration<'t>),
    Deploy(&'t Deployment),
    Call(&'t ProgramCall),
    Keys(KeyChange<'t>),
}

impl<'t> From<&'t Instruction> for Step<'t> {
    fn from(instruction: &'t Instruction) -> Self {
        match instruction {
            Instruction::Mint { asset, to, amount } => {
                Step::Move(Movement { asset: *asset, amount: *amount, way: Way::Mint { to: *to } })
            }
            Instruction::Burn { asset, amount } => {
                Step::Move(Movement { asset: *asset, amount: *amount, way: Way::Burn })
            }
            Instruction::Transfer { asset, to, amount, .. } => {
                Step::Move(Movement { asset: *asset, amount: *amount, way: Way::Transfer { to: *to } })
            }
            Instruction::ApproveValidators { epoch, changes } => Step::Approve { epoch: *epoch, changes },
            Instruction::RegisterMerchant { merchant, entry } => {
                Step::Register(Registration { merchant: *merchant, change: Change::Register(entry) })
            }
            Instruction::UpdateMerchant { merchant, entry } => {
                Step::Register(Registration { merchant: *merchant, change: Change::Update(entry) })
            }
            Instruction::CloseMerchant { merchant } => {
                Step::Register(Registration { merchant: *merchant, change: Change::Close })
            }
            Instruction::DeployProgram(deployment) => Step::Deploy(deployment),
            Instruction::CallProgram(call) => Step::Call(call),
            Instruction::SetKeys { policy } => Step::Keys(KeyChange::Set(policy.as_deref())),
            Instruction::GrantSession { key, session } => Step::Keys(KeyChange::Grant(key, session)),
            Instruction::RevokeSession { key } => Step::Keys(KeyChange::Revoke(key)),
        }
    }
}
