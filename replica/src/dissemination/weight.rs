//! What a batch counts where bytes are bounded: its own, what is kept of it beside them, and what its instructions take to
//! execute.
//!
//! An instruction may be two bytes long, and a hundred in memory; it takes about as long as others do. So bytes alone would bound
//! neither a block's time nor a validator's memory. A hundred bytes stand for about a microsecond.

use types::{AuthorizedTransaction, Instruction, Issuance, Payment};

use crate::VerifiedBatch;

/// What is kept of any batch beside its bytes.
pub(super) const ENTRY_BYTES: usize = 1024;

/// What any instruction counts.
const INSTRUCTION: usize = 100;

/// A key is decoded where one is set or granted.
const KEY: usize = 600;

/// A payment of a custodian's batch counts beside its bytes.
const CUSTODIAL_PAYMENT: usize = 60;

/// A new record is hashed, and has its place in a tree and two tables.
const RECORD: usize = 400;

/// So much gas counts as a byte does: a block of [`Limits::block_weight`](crate::Limits) asks for less than [`vm::BLOCK_GAS`].
const GAS: u64 = 3;

/// What the batch counts.
pub(super) fn weight(batch: &VerifiedBatch) -> usize {
    batch.bytes().len() + ENTRY_BYTES + batch.transactions().iter().map(work).sum::<usize>()
}

/// What a transaction counts beside its bytes.
pub(super) fn work(transaction: &AuthorizedTransaction) -> usize {
    transaction.payload().instructions.iter().map(of_instruction).sum()
}

fn of_instruction(instruction: &Instruction) -> usize {
    let more = match instruction {
        Instruction::SetKeys { policy } => policy.as_ref().map_or(0, |policy| policy.keys.len() * KEY),
        Instruction::GrantSession { .. } => KEY + RECORD,
        Instruction::Issuance(step) => match **step {
            Issuance::Propose { .. } | Issuance::Redeem { .. } => RECORD,
            _ => 0,
        },
        Instruction::Payment(step) => match &**step {
            Payment::Batch { payments, .. } => payments.len() * CUSTODIAL_PAYMENT,
            Payment::Charge { .. } | Payment::Hold { .. } | Payment::OpenOrder { .. } => RECORD,
            _ => 0,
        },
        _ => (vm::gas_asked(instruction) / GAS) as usize,
    };
    INSTRUCTION + more
}

#[cfg(test)]
mod tests {
    use types::codec::Bounded;
    use types::{
        Address, Batch, ChainTag, Deadline, Epoch, Hash, MAX_INSTRUCTIONS, Payload, SecretKey, Transaction,
        ValidatorIndex,
    };

    use super::*;

    #[test]
    fn a_full_block_asks_for_no_more_gas_than_a_block_has() {
        assert!(crate::Limits::default().block_weight as u64 * GAS <= vm::BLOCK_GAS);
    }

    /// Two bytes each, and as much work as a payment.
    #[test]
    fn many_short_instructions_weigh_what_they_take() {
        let (chain, secret) = (Hash([7; 32]), SecretKey::from_seed([1; 32]));
        let batch = |count: usize| {
            let payload = Payload {
                chain: ChainTag::of(&chain),
                payer: Address::of(&secret.public()),
                valid_until: Deadline(1),
                salt: 0,
                instructions: Bounded::new(vec![Instruction::SetKeys { policy: None }; count]).unwrap(),
            };
            let transaction = Transaction::sign(payload, &secret, &chain);
            let encoded = types::codec::encode(&transaction);
            let batch = Batch {
                epoch: Epoch(0),
                creator: ValidatorIndex(0),
                number: 0,
                transactions: Bounded::new(vec![types::codec::Blob::new(encoded).unwrap()]).unwrap(),
            };
            let authorized = Transaction::authorize_all(vec![transaction], &chain);
            VerifiedBatch::of_own(&batch, authorized.into_iter().map(Result::unwrap).collect())
        };
        let (one, many) = (batch(1), batch(MAX_INSTRUCTIONS));
        let instructions = MAX_INSTRUCTIONS - 1;
        assert!(many.bytes().len() - one.bytes().len() < 3 * instructions);
        assert!(weight(&many) - weight(&one) >= 100 * instructions);
    }
}
