//! How much gas calls may use.

use types::{Deployment, Instruction, ProgramCall};

use crate::Failure;
use crate::program::gas;

/// The most gas that the calls of one transaction may ask for together: the largest program's deployment, with an `init`
/// of the longest, or two of the longest calls. About 10 ms, and never above 20.
pub const TRANSACTION_GAS: u64 = 2 * gas::MAX;

/// The most gas that the calls of one block use together: about 100 ms, and never above 200. The leader executes a block
/// before it proposes it, and the others before they vote; both together are then within the shortest timeout of a view
/// that a chain has unless it asks for another (400 ms). It also bounds what calls add to a block's receipts: 80,000
/// events take about 5 MB.
pub const BLOCK_GAS: u64 = 20_000_000;

/// What an instruction that calls or deploys costs the transaction and the block besides what the machine uses: the
/// ledger finds the program and the accounts, and writes the result down.
pub const CALL_GAS: u64 = 400;

/// What each byte of a deployed program costs the transaction and the block. Verifying it takes less; but every validator
/// keeps it for ever, as a new cell, whose 100 bytes cost the same.
pub const CODE_BYTE_GAS: u64 = 20;

/// What the instruction asks for, before and with the machine's part.
pub(crate) struct Gas {
    /// What is used whatever the machine does.
    pub(crate) fixed: u64,
    /// What the machine may use.
    pub(crate) limit: u64,
}

impl Gas {
    fn wanted(&self) -> u64 {
        self.fixed + self.limit
    }
}

/// What a call asks for.
pub(crate) fn gas_of_call(call: &ProgramCall) -> Gas {
    Gas { fixed: CALL_GAS, limit: call.gas_limit.min(gas::MAX) }
}

/// What a deployment asks for.
pub(crate) fn gas_of_deployment(deployment: &Deployment) -> Gas {
    let bytes = deployment.code.len() as u64;
    Gas { fixed: CALL_GAS + CODE_BYTE_GAS * bytes, limit: deployment.gas_limit.min(gas::MAX) }
}

/// The gas that an instruction asks of its block; it may use less. A leader whose block asks for no more than [`BLOCK_GAS`] makes
/// no call fail because others came before it.
pub fn gas_asked(instruction: &Instruction) -> u64 {
    match instruction {
        Instruction::CallProgram(call) => gas_of_call(call).wanted(),
        Instruction::DeployProgram(deployment) => gas_of_deployment(deployment).wanted(),
        _ => 0,
    }
}

/// The gas that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meter {
    block: u64,
    transaction: u64,
}

impl Meter {
    /// At the beginning of a block.
    pub(crate) fn new() -> Self {
        Self { block: BLOCK_GAS, transaction: TRANSACTION_GAS }
    }

    /// Begins the next transaction of the block.
    pub(crate) fn begin_transaction(&mut self) {
        self.transaction = TRANSACTION_GAS;
    }

    /// What the block's calls have used.
    pub(crate) fn used(&self) -> u64 {
        BLOCK_GAS - self.block
    }

    /// Lets an instruction of the transaction ask for `gas`. What it uses in any case is used from here on.
    pub(crate) fn admit(&mut self, gas: &Gas) -> Result<(), Failure> {
        let wanted = gas.wanted();
        let left = self.transaction;
        self.transaction = left.checked_sub(wanted).ok_or(Failure::TransactionGas { wanted, left })?;
        if wanted > self.block {
            return Err(Failure::BlockGasExhausted { wanted, left: self.block });
        }
        self.block -= gas.fixed;
        Ok(())
    }

    /// The machine has used `gas`, which was within an admitted limit. It stays used if the transaction fails.
    pub(crate) fn use_up(&mut self, gas: u64) {
        self.block = self.block.saturating_sub(gas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_counts_for_the_block_and_what_was_asked_for_counts_for_the_transaction() {
        let mut meter = Meter::new();
        let all = Gas { fixed: CALL_GAS, limit: TRANSACTION_GAS - CALL_GAS };
        let one = Gas { fixed: 1, limit: 0 };
        assert_eq!(meter.admit(&all), Ok(()));
        assert_eq!(meter.admit(&one), Err(Failure::TransactionGas { wanted: 1, left: 0 }));
        meter.begin_transaction();
        assert_eq!(meter.admit(&one), Ok(()), "nothing but the fixed part was used");
        let used = BLOCK_GAS - 2 * CALL_GAS - 1;
        meter.use_up(used);
        meter.begin_transaction();
        let left = CALL_GAS;
        let wanted = left + 1;
        assert_eq!(meter.admit(&Gas { fixed: left, limit: 1 }), Err(Failure::BlockGasExhausted { wanted, left }));
        meter.begin_transaction();
        assert_eq!(meter.admit(&Gas { fixed: left, limit: 0 }), Ok(()));
    }

    #[test]
    fn no_call_asks_for_more_than_a_transaction_may() {
        let largest = CODE_BYTE_GAS * types::MAX_PROGRAM_BYTES as u64;
        assert!(CALL_GAS + largest + gas::MAX <= TRANSACTION_GAS);
        const { assert!(TRANSACTION_GAS <= BLOCK_GAS) };
    }
}
