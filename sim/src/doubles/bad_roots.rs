use replica::{Envelope, Message};

use super::{Double, Hand};

/// Proposes blocks whose state root or receipts root is not the outcome of their batches.
pub(super) struct BadRoots;

impl Double for BadRoots {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        match &envelope.message {
            Message::Proposal { proposal, block } if hand.dares(800) => {
                let mut block = block.clone();
                match hand.random.below(3) {
                    0 => block.header.state_root = hand.any_hash(),
                    1 => block.header.receipts_root = hand.any_hash(),
                    _ => block.header.timestamp.0 = block.header.timestamp.0.saturating_sub(60_000),
                }
                let message = hand.proposal(proposal, block);
                hand.say(envelope.to, message);
            }
            _ => hand.said.push(envelope),
        }
    }
}
