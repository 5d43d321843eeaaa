use replica::{Envelope, Message};
use types::codec::{Blob, Bounded, decode, encode};
use types::{Amount, Batch, Instruction, MAX_INSTRUCTIONS, Transaction};

use super::{Double, Hand};

/// Puts transactions into its batches that their payer did not sign.
pub(super) struct BadBatches;

/// The same payment for another amount, under the old signature.
fn forged(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut transaction: Transaction = decode(bytes).ok()?;
    let mut instructions = transaction.payload.instructions.to_vec();
    let Some(Instruction::Transfer { amount, .. }) = instructions.first_mut() else { return None };
    *amount = Amount(amount.0 + 1);
    transaction.payload.instructions = Bounded::<Instruction, MAX_INSTRUCTIONS>::new(instructions).ok()?;
    Some(encode(&transaction))
}

impl Double for BadBatches {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        if let Message::Batch(bytes) = &envelope.message
            && let Ok(batch) = decode::<Batch>(bytes)
            && batch.creator == hand.me
        {
            let forged = batch.transactions.iter().filter_map(|bytes| Blob::new(forged(bytes)?).ok()).collect();
            let transactions = Bounded::new(forged).unwrap_or_default();
            let encoded = encode(&Batch {
                epoch: hand.committee.epoch,
                creator: hand.me,
                number: batch.number ^ 1 << 60,
                transactions,
            });
            let digest = Batch::digest(&encoded);
            if let (Ok(blob), Ok(batches)) = (Blob::new(encoded), Bounded::new(vec![digest])) {
                hand.misdeeds += 1;
                hand.say(envelope.to, Message::Batch(blob));
                hand.say(envelope.to, Message::Acknowledge(batches));
            }
        }
        hand.said.push(envelope);
    }
}
