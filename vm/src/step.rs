//! What an instruction asks for: money to be moved, or a change of the validators.

use types::{Epoch, Instruction};

use crate::council::Changes;
use crate::gate::{Movement, Way};

pub(crate) enum Step<'t> {
    Move(Movement),
    Approve { epoch: Epoch, changes: &'t Changes },
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
        }
    }
}
