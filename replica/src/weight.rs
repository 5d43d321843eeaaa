//! What a batch counts where bytes are bounded: its own, what is kept of it beside them, and what its instructions take to
//! execute.
//!
//! An instruction may be two bytes long, and a hundred in memory; it takes about as long as others do. So bytes alone would bound
//! neither a block's time nor a validator's memory. A hundred bytes stand for about a microsecond.

use types::{Instruction, Issuance, Payload, Payment};

use crate::BatchError;

/// What a batch of several transactions weighs at most: it takes tens of milliseconds to execute. Validators refuse a heavier one, so all
/// must weigh alike.
pub(crate) const MAX_BATCH_WEIGHT: usize = 2 << 20;

/// What the batches of a block weigh together at most, unless it is one. Validators do not vote for a heavier block.
pub(crate) const MAX_BLOCK_WEIGHT: usize = 8 << 20;

/// What is kept of any batch beside its bytes.
pub(crate) const ENTRY_BYTES: usize = 1024;

/// What any instruction counts.
const INSTRUCTION: usize = 100;

/// A key is decoded where one is set or granted.
const KEY: usize = 600;

/// A payment of a custodian's batch counts beside its bytes.
const CUSTODIAL_PAYMENT: usize = 60;

/// A new record is hashed, and has its place in a tree and two tables.
const RECORD: usize = 400;

/// What a batch of these transactions counts, whose encoding has so many bytes.
pub(crate) fn of_batch<'a>(bytes: usize, payloads: impl Iterator<Item = &'a Payload>) -> usize {
    bytes + ENTRY_BYTES + payloads.map(of_instructions).sum::<usize>()
}

/// May so many transactions that weigh this together be spread in one batch?
pub(crate) fn check_batch(weight: usize, transactions: usize) -> Result<(), BatchError> {
    if weight > MAX_BATCH_WEIGHT && transactions > 1 {
        return Err(BatchError::TooHeavy(weight));
    }
    Ok(())
}

/// What a transaction's instructions count beside its bytes.
pub(crate) fn of_instructions(payload: &Payload) -> usize {
    payload.instructions.iter().map(of_instruction).sum()
}

/// The gas that the transactions' calls ask of their block. A transaction that asks for more than one may have fails, and takes no
/// more than that.
pub(crate) fn gas<'a>(payloads: impl Iterator<Item = &'a Payload>) -> u64 {
    let of_transaction = |payload: &Payload| {
        let asked = payload.instructions.iter().map(vm::gas_asked);
        asked.fold(0, u64::saturating_add).min(vm::TRANSACTION_GAS)
    };
    payloads.map(of_transaction).sum()
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
        // Programs have gas, and a block a limit of it.
        _ => 0,
    };
    INSTRUCTION + more
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use types::codec::{Bounded, Text};
    use types::{
        Address, Batch, ChainTag, Committee, Deadline, Epoch, Hash, MAX_INSTRUCTIONS, ProgramCall, SecretKey,
        Transaction, ValidatorIndex, ValidatorSet,
    };

    use super::*;
    use crate::{Job, JobResult, VerifiedBatch};

    /// A batch of one transaction with these instructions.
    fn batch(instructions: Vec<Instruction>) -> VerifiedBatch {
        batch_of(1, instructions)
    }

    /// The same of several transactions.
    fn batch_of(count: usize, instructions: Vec<Instruction>) -> VerifiedBatch {
        let (chain, secret) = (Hash([7; 32]), SecretKey::from_seed([1; 32]));
        let payload = Payload {
            chain: ChainTag::of(&chain),
            payer: Address::of(&secret.public()),
            valid_until: Deadline(1),
            salt: 0,
            instructions: Bounded::new(instructions).unwrap(),
        };
        let transaction = Transaction::sign(payload, &secret, &chain);
        let encoded = types::codec::Blob::new(types::codec::encode(&transaction)).unwrap();
        let batch = Batch {
            epoch: Epoch(0),
            creator: ValidatorIndex(0),
            number: 0,
            transactions: Bounded::new(vec![encoded; count]).unwrap(),
        };
        let authorized = Transaction::authorize_all(vec![transaction; count], &chain);
        VerifiedBatch::of_own(&batch, authorized.into_iter().map(Result::unwrap).collect())
    }

    /// Two bytes each, and as much work as a payment.
    #[test]
    fn many_short_instructions_weigh_what_they_take() {
        let batch = |count: usize| batch(vec![Instruction::SetKeys { policy: None }; count]);
        let (one, many) = (batch(1), batch(MAX_INSTRUCTIONS));
        let instructions = MAX_INSTRUCTIONS - 1;
        assert!(many.bytes().len() - one.bytes().len() < 3 * instructions);
        assert!(many.weight() - one.weight() >= 100 * instructions);
        assert_eq!(many.gas(), 0);
    }

    /// The way of a batch from another validator.
    #[test]
    fn several_transactions_must_not_weigh_too_much_and_one_may() {
        let (chain, secrets) = (Hash([7; 32]), [SecretKey::from_seed([1; 32])]);
        let validators = ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap();
        let committee = Arc::new(Committee { chain, epoch: Epoch(0), validators });
        let arrives = |batch: VerifiedBatch| {
            let (digest, bytes) = (batch.digest(), batch.bytes().clone());
            match (Job::Batch { committee: committee.clone(), from: ValidatorIndex(0), digest, bytes }).run(&chain) {
                JobResult::Batch { result, .. } => result.map(|_| ()),
                JobResult::Submission { .. } => unreachable!("a batch was given"),
            }
        };
        let heavy = |count| batch_of(count, vec![Instruction::SetKeys { policy: None }; MAX_INSTRUCTIONS]);
        let fits = MAX_BATCH_WEIGHT / heavy(1).weight();
        assert_eq!(arrives(heavy(fits)), Ok(()));
        assert_eq!(arrives(heavy(fits + 2)), Err(BatchError::TooHeavy(heavy(fits + 2).weight())));
        assert_eq!(check_batch(MAX_BATCH_WEIGHT + 1, 1), Ok(()));
        assert_eq!(check_batch(MAX_BATCH_WEIGHT + 1, 2), Err(BatchError::TooHeavy(MAX_BATCH_WEIGHT + 1)));
    }

    #[test]
    fn a_transaction_asks_for_no_more_gas_than_one_may_have() {
        let call = |gas_limit| {
            let call = ProgramCall {
                program: Address([1; 20]),
                entry: Text::new("pay".to_owned()).unwrap(),
                args: Bounded::default(),
                attach: None,
                gas_limit,
            };
            Instruction::CallProgram(Box::new(call))
        };
        assert_eq!(batch(vec![call(1_000)]).gas(), 1_000 + vm::CALL_GAS);
        assert_eq!(batch(vec![call(u64::MAX); MAX_INSTRUCTIONS]).gas(), vm::TRANSACTION_GAS);
    }
}
