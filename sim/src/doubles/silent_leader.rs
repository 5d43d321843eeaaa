use replica::{Envelope, Message};

use super::{Double, Hand};

/// Votes like anyone, but never proposes.
pub(super) struct SilentLeader;

impl Double for SilentLeader {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        match envelope.message {
            Message::Proposal { .. } => hand.misdeeds += 1,
            _ => hand.said.push(envelope),
        }
    }
}
